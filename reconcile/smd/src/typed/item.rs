// SPDX-License-Identifier: Apache-2.0

//! The path element of a list item.

use serde_json::Value;

use crate::path::Element;
use crate::schema::{List, Schema};
use crate::value::write_quoted;

/// Returns the element that names an item of an associative list.
pub(super) fn element_of(schema: &Schema, list: &List, item: &Value) -> Result<Element, String> {
    if list.keys.is_empty() { set_item(item) } else { keyed_item(schema, list, item) }
}

fn set_item(item: &Value) -> Result<Element, String> {
    match item {
        Value::Object(_) => Err("associative list without keys has an element that's a map type".into()),
        Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
        Value::Null => Err("associative list without keys has an element that's an explicit null".into()),
        scalar => Ok(Element::Value(scalar.clone())),
    }
}

fn keyed_item(schema: &Schema, list: &List, item: &Value) -> Result<Element, String> {
    let map = match item {
        Value::Object(map) => map,
        Value::Null => return Err("associative list with keys may not have a null element".into()),
        _ => return Err("associative list with keys may not have non-map elements".into()),
    };
    let mut key = Vec::with_capacity(list.keys.len());
    for name in &list.keys {
        if let Some(value) = map.get(name) {
            key.push((name.clone(), value.clone()));
        } else if let Some(value) = default_of(schema, list, name)? {
            key.push((name.clone(), value.clone()));
        }
    }
    if key.is_empty() {
        let mut names = String::new();
        for (index, name) in list.keys.iter().enumerate() {
            if index > 0 {
                names.push(' ');
            }
            // Writing to a string cannot fail.
            let _ = write_quoted(&mut names, name);
        }
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{names}] (and doesn't have default values for any key fields)"
        ));
    }
    Ok(Element::key(key))
}

fn default_of<'s>(schema: &'s Schema, list: &'s List, name: &str) -> Result<Option<&'s Value>, String> {
    let failed = |why: &str| format!("couldn't find default value for {name}: {why}");
    let atom = schema.resolve(&list.element).ok_or_else(|| failed("invalid elementType for list"))?;
    let map = atom.map.ok_or_else(|| failed("associative list may not have non-map types"))?.get();
    Ok(map.field(name).and_then(|field| field.default.as_ref()))
}
