// SPDX-License-Identifier: Apache-2.0

//! Whether a schema is one that the server accepts.
//!
//! Three passes, as the server has them: keywords of the schema language, structure, defaults. The later ones look only
//! at a schema that the earlier ones understood.

mod defaults;
mod keywords;
mod rules;
mod structure;

use serde_json::{Map, Value};

use super::violation::Violation;

/// Returns what keeps a schema from being accepted; `status` says whether the version has a status subresource.
pub(super) fn check(schema: &Value, path: &str, status: bool) -> Vec<Violation> {
    let mut out = Vec::new();
    let Some(fields) = schema.as_object() else { return out };
    if status {
        keywords::check_root(fields, path, &mut out);
    }
    check_shape(fields, path, &mut out);
    if out.is_empty() {
        defaults::check(schema, path, &mut out);
    }
    if out.is_empty() {
        rules::check(fields, path, None, &mut out);
    }
    out
}

/// Returns what keeps the schema of a stored definition from being used: its defaults and rules are taken as they are.
pub(super) fn check_stored(schema: &Value, path: &str) -> Vec<Violation> {
    let mut out = Vec::new();
    if let Some(fields) = schema.as_object() {
        check_shape(fields, path, &mut out);
    }
    out
}

fn check_shape(fields: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    if is_set(fields, "nullable") {
        out.push(Violation::forbidden(&format!("{path}.nullable"), "nullable cannot be true at the root"));
    }
    keywords::check(fields, path, out);
    if keywords::is_convertible(fields) {
        structure::check(fields, structure::Level::Root, path, out);
    }
}

fn is_set(fields: &Map<String, Value>, key: &str) -> bool {
    fields.get(key) == Some(&Value::Bool(true))
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str) -> &'a str {
    fields.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the schemas below a node, in the order of their names, each with its path.
fn children<'a>(
    fields: &'a Map<String, Value>,
    path: &str,
    keys: &[&str],
) -> Vec<(String, &'a Map<String, Value>)> {
    let mut found = Vec::new();
    for key in keys {
        match (*key, fields.get(*key)) {
            ("properties" | "definitions" | "patternProperties", Some(Value::Object(schemas))) => {
                let mut schemas: Vec<_> = schemas.iter().collect();
                schemas.sort_unstable_by_key(|(name, _)| *name);
                let schemas =
                    schemas.into_iter().filter_map(|(name, schema)| Some((name, schema.as_object()?)));
                found.extend(schemas.map(|(name, schema)| (format!("{path}.{key}[{name}]"), schema)));
            }
            (_, Some(Value::Array(schemas))) => {
                let schemas = schemas
                    .iter()
                    .enumerate()
                    .filter_map(|(index, schema)| Some((index, schema.as_object()?)));
                found.extend(schemas.map(|(index, schema)| (format!("{path}.{key}[{index}]"), schema)));
            }
            (_, Some(Value::Object(schema))) => found.push((format!("{path}.{key}"), schema)),
            _ => {}
        }
    }
    found
}
