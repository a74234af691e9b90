// SPDX-License-Identifier: Apache-2.0

//! Does an object fit its type?

use std::collections::BTreeSet;

use serde_json::Value;

use super::item::element_of;
use super::{Problems, no_type};
use crate::path::Element;
use crate::schema::{At, Choice, List, Map, ObjectType, Scalar, Schema, TypeRef};
use crate::value::write_text;

pub(super) fn check(value: &Value, of: &ObjectType, duplicates: bool) -> Result<(), Problems> {
    Validator { schema: &of.schema, duplicates }.validate(value, &of.root)
}

struct Validator<'a> {
    schema: &'a Schema,
    duplicates: bool,
}

/// Returns the text of a value as it stands in a message.
fn shown(value: &Value) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut out, value);
    out
}

/// Checks a scalar; null fits every type.
pub(super) fn scalar(kind: Scalar, value: Option<&Value>, side: &str) -> Result<(), Problems> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(()) };
    let (fits, wanted) = match kind {
        Scalar::Numeric => (value.is_number(), "numeric (int or float)"),
        Scalar::String => (value.is_string(), "string"),
        Scalar::Boolean => (value.is_boolean(), "boolean"),
        Scalar::Untyped => (!value.is_array() && !value.is_object(), "any scalar"),
    };
    if fits {
        Ok(())
    } else {
        Err(Problems::one(format!("{side}expected {wanted}, got {}", got(kind, value))))
    }
}

/// The forms differ by type in the message of the API server; clients see Go's spelling of the value.
fn got(kind: Scalar, value: &Value) -> String {
    match (kind, value) {
        (Scalar::Numeric, Value::String(_)) => "string".into(),
        (Scalar::Numeric, Value::Bool(_)) => "bool".into(),
        (Scalar::Numeric, Value::Array(_)) => "[]interface {}".into(),
        (Scalar::Numeric, Value::Object(_)) => "map[string]interface {}".into(),
        (Scalar::String, value) => format!("&value.valueUnstructured{{Value:{}}}", shown(value)),
        (_, value) => format!("&{{{}}}", plain(value)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => shown(other),
    }
}

impl Validator<'_> {
    fn validate(&self, value: &Value, of: &TypeRef) -> Result<(), Problems> {
        let atom = self.schema.resolve(of).ok_or_else(|| no_type(of.name()))?;
        match atom.deduce(Some(value)).choice().ok_or_else(|| no_type(of.name()))? {
            Choice::Scalar(kind) => scalar(kind, Some(value), ""),
            Choice::List(list) => self.list(value, list),
            Choice::Map(map) => self.map(value, map),
        }
    }

    fn list(&self, value: &Value, list: At<'_, List>) -> Result<(), Problems> {
        let items = match value {
            Value::Null => return Ok(()),
            Value::Array(items) => items,
            other => return Err(Problems::one(format!("expected list, got &{{{}}}", plain(other)))),
        };
        let mut problems = Problems::default();
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let element = if list.atomic {
                Element::Index(i64::try_from(index).unwrap_or(i64::MAX))
            } else {
                match element_of(self.schema, &list, item) {
                    Ok(element) => element,
                    Err(cause) => {
                        problems.add(Problems::one(format!("element {index}: {cause}")));
                        break;
                    }
                }
            };
            problems.take(self.validate(item, &list.element).map_err(|inner| inner.at(&element)));
            if !list.atomic && !self.duplicates && seen.contains(&element) {
                problems.add(Problems::one(format!("duplicate entries for key {element}")));
            }
            seen.insert(element);
        }
        problems.or(())
    }

    fn map(&self, value: &Value, map: At<'_, Map>) -> Result<(), Problems> {
        let entries = match value {
            Value::Null => return Ok(()),
            Value::Object(entries) => entries,
            other => return Err(Problems::one(format!("expected map, got &{{{}}}", plain(other)))),
        };
        let mut problems = Problems::default();
        for (name, inner) in entries {
            let of = map.type_of(name);
            let path = format!(".{name}");
            if of.is_none() {
                problems.add(Problems::one("field not declared in schema").at(&path));
                break;
            }
            problems.take(self.validate(inner, of).map_err(|inner| inner.at(&path)));
        }
        problems.or(())
    }
}
