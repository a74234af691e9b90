// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use super::{children, is_set, text};
use crate::schema::violation::Violation;

/// Where a schema stands.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Level {
    Root,
    Field,
    Item,
}

/// Checks that every place has one type and that alternatives only constrain values.
pub(super) fn check(fields: &Map<String, Value>, level: Level, path: &str, out: &mut Vec<Violation>) {
    for (path, child) in children(fields, path, &["items"]) {
        check(child, Level::Item, &path, out);
    }
    for (path, child) in children(fields, path, &["properties", "additionalProperties"]) {
        check(child, Level::Field, &path, out);
    }
    if level == Level::Root && fields.contains_key("additionalProperties") {
        let field = format!("{path}.additionalProperties");
        out.push(Violation::forbidden(&field, "must not be used at the root"));
    }
    check_type(fields, level, path, out);
    check_extensions(fields, path, out);
    let embedded = is_set(fields, "x-kubernetes-embedded-resource");
    if level == Level::Root || embedded {
        check_type_meta(fields, level, path, out);
    }
    let int_or_string = is_set(fields, "x-kubernetes-int-or-string");
    check_branches(fields, int_or_string, path, out);
}

fn check_type(fields: &Map<String, Value>, level: Level, path: &str, out: &mut Vec<Violation>) {
    let kind = text(fields, "type");
    let field = format!("{path}.type");
    let embedded = is_set(fields, "x-kubernetes-embedded-resource");
    let untyped = is_set(fields, "x-kubernetes-int-or-string")
        || is_set(fields, "x-kubernetes-preserve-unknown-fields");
    if embedded && kind != "object" {
        let detail = "must be object if x-kubernetes-embedded-resource is true";
        if kind.is_empty() {
            out.push(Violation::required(&field, detail));
        } else {
            out.push(Violation::invalid(&field, &Value::from(kind), detail));
        }
    } else if kind.is_empty() && !untyped {
        let place = match level {
            Level::Root => "at the root",
            Level::Field => "for specified object fields",
            Level::Item => "for specified array items",
        };
        out.push(Violation::required(&field, &format!("must not be empty {place}")));
    } else if level == Level::Root && !kind.is_empty() && kind != "object" {
        out.push(Violation::invalid(&field, &Value::from(kind), "must be object at the root"));
    }
    if kind == "array" && !fields.get("items").is_some_and(Value::is_object) {
        out.push(Violation::required(&format!("{path}.items"), "must be specified"));
    }
}

fn check_extensions(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let embedded = is_set(fields, "x-kubernetes-embedded-resource");
    let preserve = is_set(fields, "x-kubernetes-preserve-unknown-fields");
    if embedded && fields.contains_key("additionalProperties") {
        let detail = "must not be used if x-kubernetes-embedded-resource is set";
        out.push(Violation::forbidden(&format!("{path}.additionalProperties"), detail));
    }
    if embedded && !preserve && !fields.contains_key("properties") {
        let detail = "must not be empty if x-kubernetes-embedded-resource is true without \
                      x-kubernetes-preserve-unknown-fields";
        out.push(Violation::required(&format!("{path}.properties"), detail));
    }
    if is_set(fields, "x-kubernetes-int-or-string") {
        for (key, set) in
            [("x-kubernetes-preserve-unknown-fields", preserve), ("x-kubernetes-embedded-resource", embedded)]
        {
            if set {
                let detail = "must be false if x-kubernetes-int-or-string is true";
                out.push(Violation::invalid(&format!("{path}.{key}"), &Value::Bool(true), detail));
            }
        }
    }
}

/// Type and metadata of a resource are the server's; only names may be constrained.
fn check_type_meta(fields: &Map<String, Value>, level: Level, path: &str, out: &mut Vec<Violation>) {
    let Some(properties) = fields.get("properties").and_then(Value::as_object) else { return };
    for (name, wanted) in [("kind", "string"), ("apiVersion", "string"), ("metadata", "object")] {
        let Some(property) = properties.get(name).and_then(Value::as_object) else { continue };
        let kind = text(property, "type");
        if kind != wanted {
            let field = format!("{path}.properties[{name}].type");
            out.push(Violation::invalid(&field, &Value::from(kind), &format!("must be {wanted}")));
        }
    }
    let metadata = properties.get("metadata").filter(|_| level == Level::Root).and_then(Value::as_object);
    let Some(metadata) = metadata else { return };
    let named = |key: &String| matches!(key.as_str(), "name" | "generateName");
    let declared = metadata.get("properties").and_then(Value::as_object);
    let extra_fields = declared.is_some_and(|fields| !fields.keys().all(named));
    let extra_keywords =
        metadata.keys().any(|key| !matches!(key.as_str(), "type" | "properties" | "description" | "title"));
    if extra_fields || extra_keywords {
        let detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        out.push(Violation::forbidden(&format!("{path}.properties[metadata]"), detail));
    }
}

/// Checks the alternatives of a schema. An integer-or-text may have its two types as `anyOf`, alone or as the first of
/// `allOf`.
fn check_branches(fields: &Map<String, Value>, int_or_string: bool, path: &str, out: &mut Vec<Violation>) {
    let exempt = int_or_string && names_both_types(fields);
    let wrapped = fields.get("allOf").and_then(|branches| branches.get(0)).and_then(Value::as_object);
    let wrapped = wrapped.filter(|first| int_or_string && !exempt && names_both_types(first));
    for key in ["allOf", "anyOf", "oneOf", "not"] {
        for (path, child) in children(fields, path, &[key]) {
            let types = exempt && key == "anyOf";
            let inner = wrapped.is_some_and(|first| std::ptr::eq(first, child));
            check_branch(child, types, inner, &path, out);
        }
    }
}

fn names_both_types(fields: &Map<String, Value>) -> bool {
    let Some(branches) = fields.get("anyOf").and_then(Value::as_array) else { return false };
    let types: Vec<&str> = branches.iter().filter_map(|branch| branch["type"].as_str()).collect();
    branches.len() == 2 && types == ["integer", "string"]
}

/// Alternatives constrain values and say nothing about structure. `typed` allows a type, `inner` one in the `anyOf`.
fn check_branch(fields: &Map<String, Value>, typed: bool, inner: bool, path: &str, out: &mut Vec<Violation>) {
    for (path, child) in children(fields, path, &["items", "properties"]) {
        check_branch(child, false, false, &path, out);
    }
    check_branches(fields, inner, path, out);
    let mut forbid = |key: &str, must: &str| {
        let detail = format!("must be {must} to be structural");
        out.push(Violation::forbidden(&format!("{path}.{key}"), &detail));
    };
    if fields.contains_key("additionalProperties") {
        forbid("additionalProperties", "undefined");
    }
    if !text(fields, "type").is_empty() && !typed {
        forbid("type", "empty");
    }
    for key in ["title", "description"] {
        if !text(fields, key).is_empty() {
            forbid(key, "empty");
        }
    }
    if fields.get("x-kubernetes-validations").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty())
    {
        forbid("x-kubernetes-validations", "empty");
    }
    if fields.get("default").is_some_and(|default| !default.is_null()) {
        forbid("default", "undefined");
    }
    if is_set(fields, "nullable") {
        forbid("nullable", "false");
    }
    for key in [
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
    ] {
        if is_set(fields, key) {
            forbid(key, "false");
        }
    }
    for key in ["x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"] {
        if fields.contains_key(key) {
            forbid(key, "undefined");
        }
    }
}
