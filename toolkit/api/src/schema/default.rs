// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use super::node::{Additional, Node};

/// Removes nulls of maps and objects where the schema neither allows null nor has a default to put in its place.
pub(super) fn drop_nulls(value: &mut Value, node: &Node) {
    match value {
        Value::Object(fields) => fields.retain(|key, value| {
            let Some(child) = node.child(key) else { return true };
            if value.is_null() {
                return child.nullable || child.default.is_some();
            }
            drop_nulls(value, child);
            true
        }),
        Value::Array(items) => {
            let Some(node) = node.items.as_deref() else { return };
            items.iter_mut().for_each(|item| drop_nulls(item, node));
        }
        _ => {}
    }
}

/// Fills in the defaults of everything that is present.
pub(super) fn fill(value: &mut Value, node: &Node) {
    if !node.has_defaults {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (key, property) in &node.properties {
                let Some(default) = &property.default else { continue };
                match fields.get_mut(key) {
                    None => {
                        fields.insert(key.clone(), default.clone());
                    }
                    Some(value) if value.is_null() && !property.nullable => *value = default.clone(),
                    Some(_) => {}
                }
            }
            for (key, value) in fields.iter_mut() {
                if let Some(property) = node.properties.get(key) {
                    fill(value, property);
                } else if let Additional::Schema(entry) = &node.additional {
                    fill_item(value, entry);
                }
            }
        }
        Value::Array(items) => {
            let Some(node) = node.items.as_deref() else { return };
            items.iter_mut().for_each(|item| fill_item(item, node));
        }
        _ => {}
    }
}

fn fill_item(value: &mut Value, node: &Node) {
    if let Some(default) = node.default.as_ref().filter(|_| value.is_null() && !node.nullable) {
        *value = default.clone();
    }
    fill(value, node);
}
