// SPDX-License-Identifier: Apache-2.0

//! Order, equality and text forms of JSON values as field paths see them.

use std::cmp::Ordering;
use std::fmt::{self, Write};

use serde_json::{Number, Value};

enum Amount {
    Int(i64),
    Float(f64),
}

fn amount(number: &Number) -> Amount {
    match number.as_i64() {
        Some(int) => Amount::Int(int),
        None => Amount::Float(number.as_f64().unwrap_or(f64::NAN)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    match (amount(left), amount(right)) {
        (Amount::Int(l), Amount::Int(r)) => l.cmp(&r),
        (Amount::Int(l), Amount::Float(r)) => (l as f64).total_cmp(&r),
        (Amount::Float(l), Amount::Int(r)) => l.total_cmp(&(r as f64)),
        (Amount::Float(l), Amount::Float(r)) => l.total_cmp(&r),
    }
}

fn sorted(map: &serde_json::Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

/// Total order: numbers by amount, strings, booleans, lists, maps, null.
pub(crate) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(l), Value::Number(r)) => compare_numbers(l, r),
        (Value::String(l), Value::String(r)) => l.cmp(r),
        (Value::Bool(l), Value::Bool(r)) => l.cmp(r),
        (Value::Array(l), Value::Array(r)) => l
            .iter()
            .zip(r)
            .map(|(l, r)| compare(l, r))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| l.len().cmp(&r.len())),
        (Value::Object(l), Value::Object(r)) => sorted(l)
            .into_iter()
            .zip(sorted(r))
            .map(|((lk, lv), (rk, rv))| lk.cmp(rk).then_with(|| compare(lv, rv)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| l.len().cmp(&r.len())),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// Equality in which `1` and `1.0` are the same.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(l), Value::Number(r)) => compare_numbers(l, r).is_eq(),
        (Value::Array(l), Value::Array(r)) => l.len() == r.len() && l.iter().zip(r).all(|(l, r)| equal(l, r)),
        (Value::Object(l), Value::Object(r)) => {
            l.len() == r.len() && l.iter().all(|(key, l)| r.get(key).is_some_and(|r| equal(l, r)))
        }
        _ => left == right,
    }
}

/// Writes the text of a number: integers without a point, floats in their shortest form.
fn write_number(out: &mut impl Write, number: &Number, tiny: f64) -> fmt::Result {
    match amount(number) {
        Amount::Int(int) => write!(out, "{int}"),
        Amount::Float(float) if float != 0.0 && (float.abs() < tiny || float.abs() >= 1e21) => {
            let text = format!("{float:e}");
            match text.split_once('e') {
                Some((digits, exponent)) if !exponent.starts_with('-') => {
                    write!(out, "{digits}e+{exponent:0>2}")
                }
                Some((digits, exponent)) => write!(out, "{digits}e-{:0>2}", &exponent[1..]),
                None => out.write_str(&text),
            }
        }
        Amount::Float(float) => write!(out, "{float}"),
    }
}

fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => push_escape(out, c),
            c if c < ' ' => push_escape(out, c),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn push_escape(out: &mut String, c: char) {
    out.push_str(&format!("\\u{:04x}", u32::from(c)));
}

/// Appends compact JSON with sorted keys, escaped as Go escapes it for HTML.
pub(crate) fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            // Writing to a string cannot fail.
            let _ = write_number(out, number, 1e-6);
        }
        Value::String(text) => write_json_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (key, item)) in sorted(map).into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json_string(out, key);
                out.push(':');
                write_json(out, item);
            }
            out.push('}');
        }
    }
}

/// Writes a scalar as it stands in the text form of a path: strings quoted as Go quotes them.
pub(crate) fn write_text(out: &mut impl Write, value: &Value) -> fmt::Result {
    match value {
        Value::Number(number) => write_number(out, number, 1e-4),
        Value::String(text) => write_quoted(out, text),
        Value::Null | Value::Bool(_) => write!(out, "{value}"),
        Value::Array(items) => {
            out.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_char(',')?;
                }
                write_text(out, item)?;
            }
            out.write_char(']')
        }
        Value::Object(map) => {
            out.write_char('{')?;
            for (index, (key, item)) in sorted(map).into_iter().enumerate() {
                if index > 0 {
                    out.write_char(';')?;
                }
                write!(out, "{key}=")?;
                write_text(out, item)?;
            }
            out.write_char('}')
        }
    }
}

/// Writes a double-quoted Go string literal.
pub(crate) fn write_quoted(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{7}' => out.write_str("\\a")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{b}' => out.write_str("\\v")?,
            '\u{c}' => out.write_str("\\f")?,
            c if c < ' ' || c == '\u{7f}' => write!(out, "\\x{:02x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(value: &Value) -> String {
        let mut out = String::new();
        write_json(&mut out, value);
        out
    }

    #[test]
    fn an_integer_equals_the_same_float() {
        assert!(equal(&json!(1), &json!(1.0)));
        assert_eq!(compare(&json!(2), &json!(1.5)), Ordering::Greater);
    }

    #[test]
    fn classes_of_values_are_ordered_numbers_strings_booleans_lists_maps_null() {
        let ordered = [json!(9), json!("a"), json!(false), json!([]), json!({}), json!(null)];
        assert!(ordered.windows(2).all(|pair| compare(&pair[0], &pair[1]).is_lt()));
    }

    #[test]
    fn json_is_compact_sorted_and_escaped_for_html() {
        assert_eq!(text(&json!({"b": "<&>", "a": 1.0})), r#"{"a":1,"b":"\u003c\u0026\u003e"}"#);
    }
}
