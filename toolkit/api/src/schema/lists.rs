// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use super::node::{Additional, ListType, Node};
use super::path::Path;
use super::violation::Violation;

/// Finds what occurs twice in sets and keyed lists.
pub(super) fn check(value: &Value, node: &Node, path: &Path<'_>, out: &mut Vec<Violation>) {
    if !node.has_lists {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Additional::Schema(entry) = &node.additional {
                    check(value, entry, &Path::Entry(path, key), out);
                }
                if let Some(property) = node.properties.get(key) {
                    check(value, property, &Path::Field(path, key), out);
                }
            }
        }
        Value::Array(items) => {
            check_items(items, node, path, out);
            let Some(node) = node.items.as_deref() else { return };
            for (index, item) in items.iter().enumerate() {
                check(item, node, &Path::Index(path, index), out);
            }
        }
        _ => {}
    }
}

fn check_items(items: &[Value], node: &Node, path: &Path<'_>, out: &mut Vec<Violation>) {
    match &node.list_type {
        ListType::Atomic => {}
        ListType::Set => report_second(items, path, |a, b| a == b, Clone::clone, out),
        ListType::Map(keys) => {
            // Only the first item of another type is reported, and nothing else of the list.
            if let Some((index, item)) =
                items.iter().enumerate().find(|(_, item)| !item.is_object() && !item.is_null())
            {
                let field = Path::Index(path, index).field();
                return out.push(Violation::invalid(
                    &field,
                    item,
                    "must be an object for an array of list-type map",
                ));
            }
            if !keys.is_empty() {
                report_second(
                    items,
                    path,
                    |a, b| keys.iter().all(|key| a.get(key) == b.get(key)),
                    |item| key_part(item, keys),
                    out,
                );
            }
        }
    }
}

/// Reports the second of several equal items, and only that one.
fn report_second(
    items: &[Value],
    path: &Path<'_>,
    same: impl Fn(&Value, &Value) -> bool,
    shown: impl Fn(&Value) -> Value,
    out: &mut Vec<Violation>,
) {
    for (index, item) in items.iter().enumerate() {
        if items[..index].iter().filter(|earlier| same(earlier, item)).take(2).count() == 1 {
            out.push(Violation::duplicate(&Path::Index(path, index).field(), &shown(item)));
        }
    }
}

fn key_part(item: &Value, keys: &[String]) -> Value {
    let fields = keys.iter().filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
    Value::Object(fields.collect::<Map<String, Value>>())
}
