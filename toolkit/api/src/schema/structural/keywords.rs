// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use super::{children, is_set, text};
use crate::schema::pattern::Pattern;
use crate::schema::violation::Violation;

const NESTED: [&str; 8] =
    ["additionalProperties", "properties", "not", "allOf", "oneOf", "anyOf", "definitions", "items"];

const UNSUPPORTED: [&str; 6] =
    ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];

/// What may stand beside the type at the root if the status is written apart.
const AT_ROOT: [&str; 13] = [
    "description",
    "type",
    "format",
    "title",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "properties",
    "required",
    "items",
    "x-kubernetes-validations",
    "example",
];

/// Returns whether the schema can be read as a structural one at all.
pub(super) fn is_convertible(fields: &Map<String, Value>) -> bool {
    let unsupported = UNSUPPORTED.iter().any(|key| fields.get(*key).is_some_and(|value| !value.is_null()));
    let list = fields.get("items").is_some_and(Value::is_array);
    !unsupported && !list && children(fields, "", &NESTED).iter().all(|(_, child)| is_convertible(child))
}

/// Checks the root of a version with a status subresource, whose status is validated by itself.
pub(super) fn check_root(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let kind = text(fields, "type");
    if kind != "object" {
        let detail = "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled";
        out.push(Violation::invalid(&format!("{path}.type"), &Value::from(kind), detail));
        return;
    }
    let allowed = |key: &str| {
        AT_ROOT.contains(&key)
            || matches!(
                key,
                "x-kubernetes-preserve-unknown-fields"
                    | "nullable"
                    | "externalDocs"
                    | "$schema"
                    | "x-kubernetes-map-type"
            )
    };
    if fields.keys().any(|key| !allowed(key)) {
        let detail = "only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength \
                      MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs \
                      Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the \
                      status subresource is enabled";
        out.push(Violation::invalid(path, &Value::Object(fields.clone()), detail));
    }
}

/// Checks the keywords of a schema and of everything below it.
pub(super) fn check(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    check_supported(fields, path, out);
    if is_set(fields, "uniqueItems") {
        let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        out.push(Violation::forbidden(&format!("{path}.uniqueItems"), detail));
    }
    let additional = fields.get("additionalProperties").is_some_and(|value| !value.is_null());
    let declared =
        fields.get("properties").and_then(Value::as_object).is_some_and(|fields| !fields.is_empty());
    if additional && declared {
        let detail = "additionalProperties and properties are mutual exclusive";
        out.push(Violation::forbidden(&format!("{path}.additionalProperties"), detail));
    }
    for (path, child) in children(fields, path, &NESTED) {
        check(child, &path, out);
    }
    if fields.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        let field = format!("{path}.x-kubernetes-preserve-unknown-fields");
        out.push(Violation::invalid(&field, &Value::Bool(false), "must be true or undefined"));
    }
    check_map_type(fields, path, out);
    check_list_type(fields, path, out);
    check_keyed_list(fields, path, out);
}

fn check_supported(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    for key in UNSUPPORTED {
        if fields.get(key).is_some_and(|value| !value.is_null() && value != "") {
            out.push(Violation::forbidden(&format!("{path}.{key}"), &format!("{key} is not supported")));
        }
    }
    let kind = text(fields, "type");
    if kind == "null" {
        let detail = "type cannot be set to null, use nullable as an alternative";
        out.push(Violation::forbidden(&format!("{path}.type"), detail));
    }
    const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
    if !kind.is_empty() && !TYPES.contains(&kind) {
        out.push(Violation::not_supported(&format!("{path}.type"), &Value::from(kind), TYPES.into_iter()));
    }
    if fields.get("items").is_some_and(Value::is_array) {
        let detail = "items must be a schema object and not an array";
        out.push(Violation::forbidden(&format!("{path}.items"), detail));
    }
    let pattern = text(fields, "pattern");
    if let (false, Err(problem)) = (pattern.is_empty(), Pattern::compile(pattern)) {
        out.push(problem.violation(path, pattern));
    }
}

/// Requires a type that an extension belongs to.
fn require_type(
    fields: &Map<String, Value>,
    wanted: &str,
    keyword: &str,
    path: &str,
    out: &mut Vec<Violation>,
) {
    let kind = text(fields, "type");
    let (field, detail) = (format!("{path}.type"), format!("must be {wanted} if {keyword} is specified"));
    if kind.is_empty() {
        out.push(Violation::required(&field, &detail));
    } else if kind != wanted {
        out.push(Violation::invalid(&field, &Value::from(kind), &detail));
    }
}

fn check_map_type(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let keyword = "x-kubernetes-map-type";
    let Some(kind) = fields.get(keyword).and_then(Value::as_str) else { return };
    require_type(fields, "object", keyword, path, out);
    if !matches!(kind, "atomic" | "granular") {
        let field = format!("{path}.{keyword}");
        out.push(Violation::not_supported(&field, &Value::from(kind), ["atomic", "granular"].into_iter()));
    }
}

fn check_list_type(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let keyword = "x-kubernetes-list-type";
    let field = format!("{path}.{keyword}");
    let kind = fields.get(keyword).and_then(Value::as_str);
    if let Some(kind) = kind {
        if text(fields, "type") != "array" {
            require_type(fields, "array", keyword, path, out);
        } else if let (true, Some(items)) = (kind == "set", fields.get("items").and_then(Value::as_object)) {
            check_set_items(items, path, out);
        }
        if !matches!(kind, "atomic" | "set" | "map") {
            out.push(Violation::not_supported(
                &field,
                &Value::from(kind),
                ["atomic", "set", "map"].into_iter(),
            ));
        }
    }
    let keyed = fields
        .get("x-kubernetes-list-map-keys")
        .and_then(Value::as_array)
        .is_some_and(|keys| !keys.is_empty());
    let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
    match kind {
        None if keyed => out.push(Violation::required(&field, detail)),
        Some(kind) if keyed && kind != "map" => {
            out.push(Violation::invalid(&field, &Value::from(kind), detail))
        }
        _ => {}
    }
}

/// Items of sets are compared as wholes.
fn check_set_items(items: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let (keyword, wrong) = match text(items, "type") {
        "array" => {
            let keyword = "x-kubernetes-list-type";
            (keyword, items.get(keyword).is_some_and(|kind| kind != "atomic"))
        }
        "object" => {
            let keyword = "x-kubernetes-map-type";
            (keyword, items.get(keyword).is_none_or(|kind| kind != "atomic"))
        }
        _ => return,
    };
    if wrong {
        let value = items.get(keyword).unwrap_or(&Value::Null);
        let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
        out.push(Violation::invalid(&format!("{path}.items.{keyword}"), value, detail));
    }
}

fn check_keyed_list(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let kind = text(fields, "x-kubernetes-list-type");
    let empty = Vec::new();
    let listed = fields.get("x-kubernetes-list-map-keys");
    let keys = listed.and_then(Value::as_array).unwrap_or(&empty);
    let items = fields.get("items").and_then(Value::as_object);
    if kind == "map" {
        let field = format!("{path}.x-kubernetes-list-map-keys");
        if keys.is_empty() {
            out.push(Violation::required(&field, "must not be empty if x-kubernetes-list-type is map"));
        }
        if fields.get("items").is_none() {
            let detail = "must have a schema if x-kubernetes-list-type is map";
            out.push(Violation::required(&format!("{path}.items"), detail));
        }
        if let Some(items) = items {
            check_keys(items, keys, path, out);
        }
    }
    if let (Some(items), "map" | "set") = (items, kind) {
        if is_set(items, "nullable") {
            let detail = format!("cannot be nullable when x-kubernetes-list-type is {kind}");
            out.push(Violation::forbidden(&format!("{path}.items.nullable"), &detail));
        }
        if kind == "map" {
            check_key_presence(items, keys, path, out);
        }
    }
}

fn check_keys(items: &Map<String, Value>, keys: &[Value], path: &str, out: &mut Vec<Violation>) {
    let kind = text(items, "type");
    if kind != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        out.push(Violation::invalid(&format!("{path}.items.type"), &Value::from(kind), detail));
        return;
    }
    let field = format!("{path}.x-kubernetes-list-map-keys");
    let listed = Value::Array(keys.to_vec());
    for (index, key) in keys.iter().enumerate() {
        let name = key.as_str().unwrap_or_default();
        let property = items.get("properties").and_then(|properties| properties.get(name));
        match property.map(|property| property["type"].as_str()) {
            Some(Some("array" | "object")) => {
                let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                let field = format!("{path}.items.properties[{name}].type");
                out.push(Violation::invalid(&field, &Value::from(kind), detail));
            }
            Some(_) => {}
            None => {
                out.push(Violation::invalid(&field, &listed, "entries must all be names of item properties"))
            }
        }
        if keys[..index].contains(key) {
            out.push(Violation::invalid(&field, &listed, "must not contain duplicate entries"));
        }
    }
}

/// A key must be there in every item.
fn check_key_presence(items: &Map<String, Value>, keys: &[Value], path: &str, out: &mut Vec<Violation>) {
    let empty = Vec::new();
    let required = items.get("required").and_then(Value::as_array).unwrap_or(&empty);
    for key in keys {
        let name = key.as_str().unwrap_or_default();
        let Some(property) = items.get("properties").and_then(|properties| properties.get(name)) else {
            continue;
        };
        let field = format!("{path}.items.properties[{name}]");
        if !required.contains(key) && property["default"].is_null() {
            let detail = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required \
                          property";
            out.push(Violation::required(&format!("{field}.default"), detail));
        }
        if property["nullable"] == true {
            let detail = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            out.push(Violation::forbidden(&format!("{field}.nullable"), detail));
        }
    }
}
