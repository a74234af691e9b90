// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use crate::schema::violation::{Reason, Violation};

const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const FORMATS: [&str; 9] =
    ["byte", "date", "date-time", "double", "float", "int32", "int64", "number", "password"];
const SELECTABLE_LIMIT: usize = 8;

/// Checks the columns of a table.
pub(super) fn check(columns: &Value, path: &str, out: &mut Vec<Violation>) {
    for (index, column) in columns.as_array().into_iter().flatten().enumerate() {
        let field = |key: &str| format!("{path}[{index}].{key}");
        let text = |key: &str| column[key].as_str().unwrap_or_default();
        if text("name").is_empty() {
            out.push(Violation::required(&field("name"), ""));
        }
        if text("type").is_empty() {
            let detail = format!("must be one of {}", TYPES.join(","));
            out.push(Violation::required(&field("type"), &detail));
        } else if !TYPES.contains(&text("type")) {
            let detail = format!("must be one of {}", TYPES.join(","));
            out.push(Violation::invalid(&field("type"), &column["type"], &detail));
        }
        if !text("format").is_empty() && !FORMATS.contains(&text("format")) {
            let detail = format!("must be one of {}", FORMATS.join(","));
            out.push(Violation::invalid(&field("format"), &column["format"], &detail));
        }
        if text("jsonPath").is_empty() {
            out.push(Violation::required(&field("JSONPath"), ""));
        }
    }
}

/// Checks the fields that selectors may name: scalars of the schema, each once.
pub(super) fn check_selectable(fields: &Value, schema: &Value, path: &str, out: &mut Vec<Violation>) {
    let Some(fields) = fields.as_array() else { return };
    if fields.len() > SELECTABLE_LIMIT {
        let message = format!("Too many: {}: must have at most {SELECTABLE_LIMIT} items", fields.len());
        out.push(Violation::new(Reason::TooMany, path, message));
    }
    for (index, selectable) in fields.iter().enumerate() {
        let field = format!("{path}[{index}].jsonPath");
        let json_path = &selectable["jsonPath"];
        let text = json_path.as_str().unwrap_or_default();
        if text.is_empty() {
            out.push(Violation::required(&field, ""));
            continue;
        }
        let kind = resolve(schema, text).map(|node| node["type"].as_str().unwrap_or_default().to_owned());
        match kind.as_deref() {
            None => {
                let detail = "is an invalid path: does not refer to a valid field";
                out.push(Violation::invalid(&field, json_path, detail));
            }
            Some("string" | "boolean" | "integer") => {}
            Some(_) => {
                let detail = "must point to a field of type string, boolean or integer. Enum string fields and strings \
                              with formats are allowed.";
                out.push(Violation::invalid(&field, json_path, detail));
            }
        }
        if fields[..index].iter().any(|earlier| earlier["jsonPath"] == *json_path) {
            out.push(Violation::duplicate(&field, json_path));
        }
    }
}

fn resolve<'a>(schema: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.strip_prefix('.').filter(|path| !path.starts_with("metadata"))?;
    path.split('.').try_fold(schema, |node, step| node["properties"].get(step))
}
