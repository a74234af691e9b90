// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use super::metadata;
use super::names;
use super::node::{Additional, Node};
use super::path::Path;
use super::violation::Violation;

/// What the walk over embedded resources does at each of them.
type Visit<'a> = dyn FnMut(&mut Map<String, Value>, &str) -> Result<(), String> + 'a;

/// Types and prunes the metadata of embedded resources.
///
/// # Errors
///
/// Type or metadata somewhere cannot be decoded.
pub(super) fn coerce(value: &mut Value, root: &Node, unknown: &mut Vec<String>) -> Result<(), String> {
    let mut visit = |fields: &mut Map<String, Value>, path: &str| {
        for key in ["apiVersion", "kind"] {
            if let Some(value) = fields.get(key).filter(|value| !value.is_string()) {
                let field = format!("{path}.{key}");
                return Err(Violation::invalid(&field, value, "must be a string").to_string());
            }
        }
        let Some(meta) = fields.get("metadata") else { return Ok(()) };
        let field = format!("{path}.metadata");
        let shown = Violation::invalid(&field, meta, "").to_string();
        metadata::clean(fields, &field, unknown).map_err(|problem| format!("{shown}{problem}"))
    };
    walk(value, root, "", &mut visit)
}

fn walk(value: &mut Value, node: &Node, path: &str, visit: &mut Visit<'_>) -> Result<(), String> {
    if let (true, Value::Object(fields)) = (node.embedded && !path.is_empty(), &mut *value) {
        visit(fields, path)?;
    }
    if !node.has_embedded {
        return Ok(());
    }
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                if let Some(property) = node.properties.get(key) {
                    walk(value, property, &super::path::join(path, key), visit)?;
                } else if let Additional::Schema(entry) = &node.additional {
                    walk(value, entry, &format!("{path}[{key}]"), visit)?;
                }
            }
        }
        Value::Array(items) => {
            let Some(node) = node.items.as_deref() else { return Ok(()) };
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, node, &format!("{path}[{index}]"), visit)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Checks type and metadata of embedded resources.
pub(super) fn check(value: &Value, node: &Node, path: &Path<'_>, out: &mut Vec<Violation>) {
    if let (true, Value::Object(fields)) = (node.embedded, value) {
        check_resource(fields, &path.field(), out);
    }
    if !node.has_embedded {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Some(property) = node.properties.get(key) {
                    check(value, property, &Path::Field(path, key), out);
                } else if let Additional::Schema(entry) = &node.additional {
                    check(value, entry, &Path::Entry(path, key), out);
                }
            }
        }
        Value::Array(items) => {
            let Some(node) = node.items.as_deref() else { return };
            for (index, item) in items.iter().enumerate() {
                check(item, node, &Path::Index(path, index), out);
            }
        }
        _ => {}
    }
}

fn check_resource(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    for key in ["apiVersion", "kind"] {
        let field = format!("{path}.{key}");
        match fields.get(key) {
            None => out.push(Violation::required(&field, "")),
            Some(Value::String(text)) if text.is_empty() => {
                out.push(Violation::invalid(&field, &Value::from(""), "must not be empty"));
            }
            Some(value @ Value::String(text)) if key == "kind" => {
                for problem in names::dns_1035_label(&text.to_lowercase()) {
                    let detail = format!("may have mixed case, but should otherwise match: {problem}");
                    out.push(Violation::invalid(&field, value, &detail));
                }
            }
            Some(value @ Value::String(text)) => {
                if text.split('/').count() > 2 {
                    let detail = format!("unexpected GroupVersion string: {text}");
                    out.push(Violation::invalid(&field, value, &detail));
                }
            }
            Some(value) => out.push(Violation::invalid(&field, value, "must be a string")),
        }
    }
    if let Some(Value::Object(meta)) = fields.get("metadata") {
        metadata::check_common(meta, &format!("{path}.metadata"), out);
    }
}
