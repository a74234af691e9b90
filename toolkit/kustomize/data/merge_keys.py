#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/schema/table.rs from the OpenAPI document of Kubernetes 1.21.2.

    merge_keys.py swagger.json > ../src/schema/table.rs

The version is the one kustomize 5.8.1 carries: kinds that came later have no merge keys there, and lists in them are
replaced. Only what a strategic merge needs is kept: the types from which a list with merge keys can be reached, those
lists with their keys, the kinds of such types, and the kinds without a namespace.
"""
import json
import sys

doc = json.load(open(sys.argv[1]))
defs = doc['definitions']


def ref(schema):
    return schema['$ref'].rsplit('/', 1)[1] if '$ref' in schema else None


def fields(name):
    for field, schema in sorted((defs[name].get('properties') or {}).items()):
        listed = schema.get('type') == 'array'
        target = ref(schema.get('items') or {}) if listed else ref(schema)
        merge = None
        if listed and 'merge' in schema.get('x-kubernetes-patch-strategy', '').split(','):
            key = schema.get('x-kubernetes-patch-merge-key')
            merge = schema.get('x-kubernetes-list-map-keys') or ([key] if key else [])
        yield field, target, listed, merge


useful = {n for n in defs if any(m is not None for *_, m in fields(n))}
while True:
    more = {n for n in defs if n not in useful and any(t in useful for _, t, *_ in fields(n))}
    if not more:
        break
    useful |= more
kinds = {}
for name in defs:
    for gvk in defs[name].get('x-kubernetes-group-version-kind', []):
        api = f"{gvk['group']}/{gvk['version']}" if gvk['group'] else gvk['version']
        if name in useful:
            kinds[api, gvk['kind']] = name
order = sorted(useful)
index = {n: i for i, n in enumerate(order)}
scopes = {}
for path, item in doc.get('paths', {}).items():
    gvk = item.get('get', {}).get('x-kubernetes-group-version-kind')
    if gvk:
        api = f"{gvk['group']}/{gvk['version']}" if gvk['group'] else gvk['version']
        scopes[api, gvk['kind']] = scopes.get((api, gvk['kind']), False) or '{namespace}/' in path
cluster = sorted(k for k, namespaced in scopes.items() if not namespaced) or json.load(open(sys.argv[2]))

out = sys.stdout.write
out('// SPDX-License-Identifier: Apache-2.0\n\n//! Made by data/merge_keys.py; do not edit.\n\n')
out('use super::{Field, NONE};\n\n')
out('const fn f(name: &\'static str, target: u16, list: bool, merge: Option<&\'static [&\'static str]>) -> Field {\n')
out('    Field { name, target, list, merge }\n}\n\n')
out('/// Fields by type.\n#[rustfmt::skip]\npub(super) static TYPES: &[&[Field]] = &[\n')
for name in order:
    row = []
    for field, target, listed, merge in fields(name):
        if target in useful or merge is not None:
            t = str(index[target]) if target in useful else 'NONE'
            m = 'None' if merge is None else 'Some(&[' + ', '.join(f'"{k}"' for k in merge) + '])'
            row.append(f'f("{field}", {t}, {str(listed).lower()}, {m})')
    out('    &[' + ', '.join(row) + '],\n')
out('];\n\n/// Types by API version and kind, sorted.\n#[rustfmt::skip]\npub(super) static KINDS: &[(&str, &str, u16)] = &[\n')
for (api, kind), name in sorted(kinds.items()):
    out(f'    ("{api}", "{kind}", {index[name]}),\n')
out('];\n\n/// Kinds that have no namespace, sorted.\n#[rustfmt::skip]\npub(super) static CLUSTER_SCOPED: &[(&str, &str)] = &[\n')
for api, kind in cluster:
    out(f'    ("{api}", "{kind}"),\n')
out('];\n')
