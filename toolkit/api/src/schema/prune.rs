// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use super::node::{Additional, Node};
use super::path::join;

/// Removes what the schema does not declare and returns the removed paths.
pub(super) fn prune(object: &mut Value, root: &Node) -> Vec<String> {
    let mut unknown = Vec::new();
    visit(object, Some(root), true, "", &mut unknown);
    unknown
}

/// Removes what the schema of a part does not declare.
pub(super) fn prune_as(value: &mut Value, node: &Node, embedded: bool) {
    visit(value, Some(node), embedded, "", &mut Vec::new());
}

fn is_meta(key: &str) -> bool {
    matches!(key, "apiVersion" | "kind" | "metadata")
}

/// `embedded` says that the object carries its own type and metadata, which are judged elsewhere.
fn visit(value: &mut Value, node: Option<&Node>, embedded: bool, path: &str, unknown: &mut Vec<String>) {
    let Some(node) = node else {
        return remove_all(value, path, unknown);
    };
    if node.preserve {
        return visit_preserved(value, node, embedded, path, unknown);
    }
    match value {
        Value::Object(fields) => fields.retain(|key, value| {
            if embedded && is_meta(key) {
                return true;
            }
            let child = join(path, key);
            if let Some(property) = node.properties.get(key) {
                visit(value, Some(property), property.embedded, &child, unknown);
                return true;
            }
            match &node.additional {
                Additional::Undeclared => {
                    if !is_meta(key) || !path.is_empty() {
                        unknown.push(child);
                    }
                    false
                }
                Additional::Allowed(_) => {
                    visit(value, None, false, &child, unknown);
                    true
                }
                Additional::Schema(entry) => {
                    visit(value, Some(entry), entry.embedded, &child, unknown);
                    true
                }
            }
        }),
        Value::Array(items) => {
            let embedded = node.items.as_ref().is_some_and(|items| items.embedded);
            for (index, item) in items.iter_mut().enumerate() {
                visit(item, node.items.as_deref(), embedded, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

fn remove_all(value: &mut Value, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            unknown.extend(fields.keys().map(|key| join(path, key)));
            fields.clear();
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                remove_all(item, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

/// Keeps what is not declared, and goes on where something is.
fn visit_preserved(value: &mut Value, node: &Node, embedded: bool, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                if embedded && is_meta(key) {
                    continue;
                }
                let child = node.properties.get(key).or(match &node.additional {
                    Additional::Schema(entry) => Some(entry),
                    _ => None,
                });
                if let Some(child) = child {
                    visit(value, Some(child), child.embedded, &join(path, key), unknown);
                }
            }
        }
        Value::Array(items) => {
            let Some(node) = node.items.as_deref() else { return };
            for (index, item) in items.iter_mut().enumerate() {
                visit(item, Some(node), node.embedded, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}
