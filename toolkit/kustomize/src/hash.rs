// SPDX-License-Identifier: Apache-2.0

//! The suffix that tells the content of a generated object.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::node::{Node, to_value};

/// Returns the ten characters for an object.
pub(crate) fn suffix(node: &Node) -> Result<String, Error> {
    let fields: &[&str] = match node.get("kind").map_or("", Node::text) {
        "ConfigMap" => &["data", "binaryData"],
        "Secret" => &["type", "data", "stringData"],
        _ => &[],
    };
    let value = if fields.is_empty() { to_value(node)? } else { content(node, fields)? };
    let digest = Sha256::digest(go_json(&value).as_bytes());
    let hex = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect::<String>();
    Ok(hex
        .chars()
        .map(|c| match c {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect())
}

/// What counts of a ConfigMap or Secret. The name is meant to, but upstream looks for it in the wrong place.
fn content(node: &Node, fields: &[&str]) -> Result<Value, Error> {
    let mut out = Map::new();
    out.insert("kind".to_owned(), Value::from(node.get("kind").map_or("", Node::text)));
    out.insert("name".to_owned(), Value::from(""));
    for &field in fields {
        let optional = matches!(field, "binaryData" | "stringData");
        let value = match node.get(field) {
            None => Value::from(""),
            Some(Node::Scalar(scalar)) => Value::from(&*scalar.text),
            Some(other) => to_value(other)?,
        };
        if !optional || value.is_object() {
            out.insert(field.to_owned(), value);
        }
    }
    Ok(Value::Object(out))
}

/// JSON text as Go's encoder writes it: keys sorted, characters that mean something in HTML escaped.
pub(crate) fn go_json(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => write_text(text, out),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&crate::node::go_float(float, 'j')),
            _ => out.push_str(&number.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
