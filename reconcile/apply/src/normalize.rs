// SPDX-License-Identifier: Apache-2.0

//! What is put right on a desired object before it is applied.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gitops_manifest::Manifest;
use serde_json::{Map, Value, json};

/// Puts an object into the form that can be applied again and again without a difference.
///
/// Ports get their protocol, since it is part of their key; `stringData` of a Secret becomes `data`; the status goes away, except that of a definition.
/// With `drop_unknown`, so do fields that a built-in kind does not have.
pub(crate) fn normalize(manifest: &mut Manifest, drop_unknown: bool) {
    let group = manifest.group().to_owned();
    let kind = manifest.kind().to_owned();
    let api_version = manifest.api_version().to_owned();
    let object = manifest.value_mut();
    spell_out(object);
    if group == "apiextensions.k8s.io" && kind == "CustomResourceDefinition" {
        drop_placeholder_bundle(object);
    } else if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    match (group.as_str(), kind.as_str()) {
        ("", "Service") => default_protocol(object.pointer_mut("/spec/ports")),
        ("", "Secret") => fold_string_data(object),
        ("", "Pod") => pod_spec(object.pointer_mut("/spec")),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") => {
            pod_spec(object.pointer_mut("/spec/template/spec"));
        }
        ("batch", "CronJob") => pod_spec(object.pointer_mut("/spec/jobTemplate/spec/template/spec")),
        _ => {}
    }
    // Roles are exempt: their rules may name what this version does not know.
    if drop_unknown
        && group != "rbac.authorization.k8s.io"
        && kind != "CustomResourceDefinition"
        && let Some(definition) = gitops_smd::builtin().definition_of(&api_version, &kind)
        && fits(object, definition, 0)
    {
        prune(object, definition, 0);
    }
}

/// A label or annotation written as a number or a boolean is meant as its text; the server would refuse the object.
fn spell_out(object: &mut Value) {
    for field in ["labels", "annotations"] {
        let map = object.get_mut("metadata").and_then(|metadata| metadata.get_mut(field));
        for value in map.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
            if value.is_number() || value.is_boolean() {
                *value = Value::String(value.to_string());
            }
        }
    }
}

fn default_protocol(ports: Option<&mut Value>) {
    for port in ports.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            port.entry("protocol").or_insert_with(|| json!("TCP"));
        }
    }
}

fn pod_spec(spec: Option<&mut Value>) {
    let Some(spec) = spec else { return };
    for field in ["containers", "initContainers"] {
        for container in spec.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            default_protocol(container.get_mut("ports"));
        }
    }
}

fn fold_string_data(secret: &mut Value) {
    let Some(secret) = secret.as_object_mut() else { return };
    let Some(Value::Object(plain)) = secret.remove("stringData") else { return };
    let data = secret.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    if let Some(data) = data.as_object_mut() {
        for (key, value) in plain {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            data.insert(key, Value::String(STANDARD.encode(text)));
        }
    }
}

/// A conversion webhook's `caBundle` that is a placeholder for an injector is refused by the server; it is left to the injector.
fn drop_placeholder_bundle(definition: &mut Value) {
    let Some(client) =
        definition.pointer_mut("/spec/conversion/webhook/clientConfig").and_then(Value::as_object_mut)
    else {
        return;
    };
    let is_certificate = |text: &str| {
        STANDARD.decode(text).is_ok_and(|bytes| bytes.windows(11).any(|window| window == b"-----BEGIN "))
    };
    if client.get("caBundle").and_then(Value::as_str).is_some_and(|bundle| !is_certificate(bundle)) {
        client.remove("caBundle");
    }
}

const DEPTH: usize = 64;

fn target(definition: &Value) -> Option<&Value> {
    match definition.get("$ref").and_then(Value::as_str) {
        Some(reference) => gitops_smd::builtin().definition(reference),
        None => Some(definition),
    }
}

/// Returns whether every scalar has the type that the kind declares. One that has not is for the server to refuse, with the whole
/// object as it was written.
fn fits(value: &Value, definition: &Value, depth: usize) -> bool {
    let Some(definition) = target(definition).filter(|_| depth < DEPTH) else { return true };
    let properties = definition.get("properties").and_then(Value::as_object);
    match (definition.get("type").and_then(Value::as_str), value) {
        (_, Value::Null) | (None, _) => true,
        (Some("string"), value) => {
            value.is_string() || definition.get("format").is_some_and(|f| f == "int-or-string")
        }
        (Some("integer" | "number"), value) => value.is_number(),
        (Some("boolean"), value) => value.is_boolean(),
        (Some("array"), Value::Array(items)) => {
            definition.get("items").is_none_or(|of| items.iter().all(|item| fits(item, of, depth + 1)))
        }
        (Some("object"), Value::Object(map)) => map.iter().all(|(name, inner)| {
            let of = properties.and_then(|p| p.get(name)).or_else(|| definition.get("additionalProperties"));
            of.is_none_or(|of| !of.is_object() || fits(inner, of, depth + 1))
        }),
        _ => false,
    }
}

fn prune(value: &mut Value, definition: &Value, depth: usize) {
    let Some(definition) = target(definition).filter(|_| depth < DEPTH) else { return };
    match value {
        Value::Array(items) => {
            if let Some(of) = definition.get("items") {
                items.iter_mut().for_each(|item| prune(item, of, depth + 1));
            }
        }
        Value::Object(map) => {
            let Some(properties) = definition.get("properties").and_then(Value::as_object) else {
                if let Some(of) = definition.get("additionalProperties").filter(|of| of.is_object()) {
                    map.values_mut().for_each(|inner| prune(inner, of, depth + 1));
                }
                return;
            };
            map.retain(|name, _| properties.contains_key(name));
            for (name, inner) in map.iter_mut() {
                if let Some(of) = properties.get(name) {
                    prune(inner, of, depth + 1);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: Value, expected: &Value) {
        let mut manifest = Manifest::from_value(input).expect("because the test writes an object");
        normalize(&mut manifest, true);
        assert_eq!(manifest.value(), expected);
    }

    #[test]
    fn a_secret_keeps_its_plain_values_as_data() {
        check(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}, "data": {"c": "ZA=="}}),
            &json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "Yg==", "c": "ZA=="}}),
        );
    }

    #[test]
    fn a_label_that_looks_like_a_boolean_is_its_text() {
        check(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "l", "labels": {"a": true, "b": 1}}}),
            &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "l", "labels": {"a": "true", "b": "1"}}}),
        );
    }

    #[test]
    fn unknown_fields_of_a_built_in_kind_vanish() {
        check(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"port": 1, "ports": [{"port": 80}]}, "status": {}}),
            &json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80, "protocol": "TCP"}]}}),
        );
    }

    #[test]
    fn an_object_with_a_wrong_type_goes_to_the_server_as_it_is() {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": "x", "nope": 1}});
        check(object.clone(), &object);
    }
}
