// SPDX-License-Identifier: Apache-2.0

//! OpenAPI v3 documents, one per group and version.

use std::collections::{BTreeMap, BTreeSet};

use gitops_smd::builtin;
use serde_json::{Map, Value, json};

use crate::cluster::Cluster;
use crate::http::Reply;
use crate::refusal::Refusal;
use crate::registry::{Catalog, Resource};

/// Answers below `/openapi/v3`.
pub(crate) fn answer(cluster: &Cluster, path: &str) -> Result<Reply, Refusal> {
    let catalog = cluster.registry.catalog();
    if path.is_empty() {
        return Ok(Reply::json(200, &index(&catalog)));
    }
    let (group, version) = match path.split('/').collect::<Vec<_>>().as_slice() {
        ["api", version] => (String::new(), (*version).to_owned()),
        ["apis", group, version] => ((*group).to_owned(), (*version).to_owned()),
        _ => return Err(Refusal::no_route()),
    };
    let resources: Vec<&Resource> = catalog
        .iter()
        .map(AsRef::as_ref)
        .filter(|resource| resource.group == group && resource.version == version && served(resource))
        .collect();
    if resources.is_empty() {
        return Err(Refusal::no_route());
    }
    Ok(Reply::json(200, &document(&resources)))
}

fn served(resource: &Resource) -> bool {
    resource.custom.as_ref().is_none_or(|custom| custom.served)
}

fn root_path(resource: &Resource) -> String {
    if resource.group.is_empty() {
        format!("api/{}", resource.version)
    } else {
        format!("apis/{}/{}", resource.group, resource.version)
    }
}

fn index(catalog: &Catalog) -> Value {
    let mut hashes: BTreeMap<String, u64> = BTreeMap::new();
    for resource in catalog.iter().filter(|resource| served(resource)) {
        let hash = hashes.entry(root_path(resource)).or_insert(0xcbf2_9ce4_8422_2325);
        *hash = (*hash ^ resource.schema_id()).wrapping_mul(0x100_0000_01b3);
    }
    let paths: Map<String, Value> = hashes
        .into_iter()
        .map(|(path, hash)| {
            let url = format!("/openapi/v3/{path}?hash={hash:016X}{hash:016X}");
            (path, json!({"serverRelativeURL": url}))
        })
        .collect();
    json!({"paths": paths})
}

/// Returns the name of the schema of a kind.
fn schema_name(resource: &Resource) -> String {
    match builtin().name_of(&resource.api_version(), &resource.kind) {
        Some(name) if !resource.is_custom() => name.to_owned(),
        _ => {
            let mut parts: Vec<&str> = resource.group.split('.').collect();
            parts.reverse();
            format!("{}.{}.{}", parts.join("."), resource.version, resource.kind)
        }
    }
}

fn document(resources: &[&Resource]) -> Value {
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut paths = Map::new();
    for resource in resources {
        let name = schema_name(resource);
        match &resource.custom {
            Some(custom) => {
                schemas.insert(name.clone(), custom_schema(resource, &custom.version));
                wanted.insert("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta".to_owned());
            }
            None => {
                wanted.insert(name.clone());
            }
        }
        add_paths(resource, &name, &mut paths);
    }
    collect(wanted, &mut schemas);
    json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.37.2"}, "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn custom_schema(resource: &Resource, version: &Value) -> Value {
    let mut schema = version["schema"]["openAPIV3Schema"].clone();
    if !schema.is_object() {
        schema = json!({"type": "object"});
    }
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    spell_out(&mut schema);
    schema["properties"]["apiVersion"] = json!({"type": "string"});
    schema["properties"]["kind"] = json!({"type": "string"});
    let meta = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    schema["properties"]["metadata"] = json!({"allOf": [{"$ref": meta}]});
    schema["x-kubernetes-group-version-kind"] =
        json!([{"group": resource.group, "kind": resource.kind, "version": resource.version}]);
    schema
}

/// Writes what the extension for integers or strings means.
fn spell_out(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) && !map.contains_key("anyOf")
            {
                map.insert("anyOf".to_owned(), json!([{"type": "integer"}, {"type": "string"}]));
            }
            map.values_mut().for_each(spell_out);
        }
        Value::Array(items) => items.iter_mut().for_each(spell_out),
        _ => {}
    }
}

/// Adds built-in schemas and everything that they refer to.
fn collect(mut wanted: BTreeSet<String>, schemas: &mut BTreeMap<String, Value>) {
    while let Some(name) = wanted.pop_first() {
        if schemas.contains_key(&name) {
            continue;
        }
        if let Some(definition) = builtin().definition(&name) {
            references(definition, &mut wanted);
            schemas.insert(name, definition.clone());
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) =
                map.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next())
            {
                found.insert(name.to_owned());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn parameter(name: &str, kind: &str) -> Value {
    json!({"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": true}})
}

fn add_paths(resource: &Resource, name: &str, paths: &mut Map<String, Value>) {
    let namespace = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
    let collection = format!("/{}{namespace}/{}", root_path(resource), resource.plural);
    let kind = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let operation = |action: &str, parameters: Vec<Value>, media: &[&str]| {
        let mut operation = json!({
            "x-kubernetes-action": action, "x-kubernetes-group-version-kind": kind, "parameters": parameters,
            "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {
                "$ref": format!("#/components/schemas/{name}")}}}}},
        });
        if !media.is_empty() {
            let content: Map<String, Value> = media
                .iter()
                .map(|media| {
                    let schema = json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
                    ((*media).to_owned(), schema)
                })
                .collect();
            operation["requestBody"] = json!({"content": content});
        }
        operation
    };
    let write = || {
        vec![
            parameter("dryRun", "string"),
            parameter("fieldManager", "string"),
            parameter("fieldValidation", "string"),
        ]
    };
    let mut patch_parameters = write();
    patch_parameters.push(parameter("force", "boolean"));
    let mut patches =
        vec!["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
    if !resource.is_custom() {
        patches.push("application/strategic-merge-patch+json");
    }
    paths.insert(
        collection.clone(),
        json!({
            "get": operation("list", Vec::new(), &[]),
            "post": operation("post", write(), &["application/json"]),
            "delete": operation("deletecollection", Vec::new(), &[]),
        }),
    );
    paths.insert(
        format!("{collection}/{{name}}"),
        json!({
            "get": operation("get", Vec::new(), &[]),
            "put": operation("put", write(), &["application/json"]),
            "patch": operation("patch", patch_parameters, &patches),
            "delete": operation("delete", vec![parameter("dryRun", "string")], &[]),
        }),
    );
}
