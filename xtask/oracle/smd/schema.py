#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes reconcile/smd/data/kubernetes-1.37.json.gz from the wheel kubernetes-validate 1.37.0 (Apache-2.0).

    pip download --no-deps kubernetes-validate==1.37.0
    python3 xtask/oracle/smd/schema.py kubernetes_validate-1.37.0-py3-none-any.whl reconcile/smd/data/kubernetes-1.37.json.gz

Kept: properties, required, items, additionalProperties, type, format, enum, the x-kubernetes-* keys. Dropped: descriptions, the widening to null,
the enums of apiVersion and kind. Added: the two defaults that list keys rely on.
"""
import gzip, json, sys, zipfile

SOURCE = "kubernetes_validate/kubernetes-json-schema/v1.37.0-local/_definitions.json"
FIXED = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
}
PROTOCOL = ("io.k8s.api.core.v1.ContainerPort", "io.k8s.api.core.v1.ServicePort")


def slim(node):
    out = {}
    for key, value in node.items():
        if key == "description" and isinstance(value, str):
            continue
        if key == "type" and isinstance(value, list):
            out[key] = [t for t in value if t != "null"][0]
        elif key == "properties":
            out[key] = {name: property_of(name, child) for name, child in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            out[key] = slim(value)
        elif key == "$ref":
            out[key] = "#/components/schemas/" + value.rsplit("/", 1)[1]
        else:
            out[key] = value
    return out


def property_of(name, child):
    child = slim(child)
    if name in ("apiVersion", "kind") and len(child.get("enum", [])) == 1:
        del child["enum"]
    return child


def main(wheel, target):
    definitions = json.loads(zipfile.ZipFile(wheel).read(SOURCE))["$defs"]
    out = {name: FIXED.get(name) or slim(node) for name, node in definitions.items()}
    for name in PROTOCOL:
        out[name]["properties"]["protocol"]["default"] = "TCP"
    text = json.dumps({"definitions": out, "version": "1.37.0"}, sort_keys=True, separators=(",", ":"))
    with open(target, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(text.encode())
    print(len(out), "types,", len(text), "bytes")


main(*sys.argv[1:])
