// SPDX-License-Identifier: Apache-2.0

//! An object without some of its fields.

use serde_json::Value;

use super::item::element_of;
use crate::path::Element;
use crate::schema::{At, Choice, List, Map, Schema, TypeRef};
use crate::set::FieldSet;

/// Removes the members of a set. What is emptied, or atomic with members below, is left behind as null.
pub(super) fn remove(value: &Value, set: &FieldSet, schema: &Schema, of: &TypeRef) -> Value {
    let choice = schema.resolve(of).and_then(|atom| atom.deduce(Some(value)).choice());
    match (choice, value) {
        (Some(Choice::Scalar(_)), value) => value.clone(),
        (Some(Choice::List(list)), Value::Array(items)) if !list.atomic => {
            from_list(items, set, schema, list)
        }
        (Some(Choice::Map(map)), Value::Object(entries)) if !map.atomic => {
            from_map(entries, set, schema, map)
        }
        _ => Value::Null,
    }
}

fn from_list(items: &[Value], set: &FieldSet, schema: &Schema, list: At<'_, List>) -> Value {
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let node = element_of(schema, &list, item).ok().and_then(|element| set.nodes.get(&element));
        match node {
            Some(node) if node.member => {}
            Some(node) => kept.push(remove(item, &node.below, schema, &list.element)),
            None => kept.push(item.clone()),
        }
    }
    if kept.is_empty() { Value::Null } else { Value::Array(kept) }
}

fn from_map(
    entries: &serde_json::Map<String, Value>,
    set: &FieldSet,
    schema: &Schema,
    map: At<'_, Map>,
) -> Value {
    let mut kept = serde_json::Map::new();
    for (name, inner) in entries {
        match set.nodes.get(&Element::field(name)) {
            Some(node) if node.member => {}
            Some(node) => {
                kept.insert(name.clone(), remove(inner, &node.below, schema, map.type_of(name)));
            }
            None => {
                kept.insert(name.clone(), inner.clone());
            }
        }
    }
    if kept.is_empty() { Value::Null } else { Value::Object(kept) }
}
