// SPDX-License-Identifier: Apache-2.0

//! The field set of an object.

use std::collections::BTreeMap;

use serde_json::Value;

use super::item::element_of;
use super::{Problems, no_type};
use crate::path::Element;
use crate::schema::{At, Choice, List, Map, ObjectType, Schema, TypeRef};
use crate::set::{FieldSet, Node};

pub(super) fn field_set(value: &Value, of: &ObjectType) -> Result<FieldSet, Problems> {
    node(&of.schema, value, &of.root).map(|node| node.below)
}

fn node(schema: &Schema, value: &Value, of: &TypeRef) -> Result<Node, Problems> {
    let atom = schema.resolve(of).ok_or_else(|| no_type(of.name()))?;
    match atom.deduce(Some(value)).choice().ok_or_else(|| no_type(of.name()))? {
        Choice::Scalar(_) => Ok(Node::leaf()),
        Choice::List(list) if list.atomic => Ok(Node::leaf()),
        Choice::Map(map) if map.atomic => Ok(Node::leaf()),
        Choice::List(list) => list_node(schema, value, list),
        Choice::Map(map) => map_node(schema, value, map),
    }
}

fn list_node(schema: &Schema, value: &Value, list: At<'_, List>) -> Result<Node, Problems> {
    let mut items: BTreeMap<Element, Vec<&Value>> = BTreeMap::new();
    for item in value.as_array().into_iter().flatten() {
        if let Ok(element) = element_of(schema, &list, item) {
            items.entry(element).or_default().push(item);
        }
    }
    let mut below = FieldSet::default();
    for (element, same) in items {
        // An item that is there twice is owned as a whole.
        let mut inner = match same.as_slice() {
            [only] => node(schema, only, &list.element).map_err(|inner| inner.at(&element))?,
            _ => Node::default(),
        };
        inner.member = true;
        below.put(element, inner);
    }
    Ok(Node { member: false, below })
}

fn map_node(schema: &Schema, value: &Value, map: At<'_, Map>) -> Result<Node, Problems> {
    let mut below = FieldSet::default();
    for (name, inner) in value.as_object().into_iter().flatten() {
        let element = Element::field(name);
        let mut node = node(schema, inner, map.type_of(name)).map_err(|inner| inner.at(&element))?;
        let empty = inner.is_null() || inner.as_object().is_some_and(serde_json::Map::is_empty);
        node.member |= empty || map.field(name).is_none();
        below.put(element, node);
    }
    Ok(Node { member: false, below })
}
