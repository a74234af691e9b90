// SPDX-License-Identifier: Apache-2.0

//! Texts as Go's `strconv`, `fmt` and `encoding/json` print them.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// Quotes a text as Go's `%q` does.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            ' '..='~' => out.push(c),
            c if is_printable(c) => out.push(c),
            c => push_escape(&mut out, c),
        }
    }
    out.push('"');
    out
}

fn push_escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let written = match code {
        0..=0x1f | 0x7f => write!(out, "\\x{code:02x}"),
        0..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}

/// Letters, marks, numbers, punctuation and symbols. `str::escape_debug` escapes everything else, and combining marks
/// only at the start of a text.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    let mut text = [0; 8];
    text[0] = b'a';
    let end = 1 + c.encode_utf8(&mut text[1..]).len();
    std::str::from_utf8(&text[..end]).is_ok_and(|text| text.escape_debug().nth(1) == Some(c))
}

/// Prints a number as `fmt`'s `%v` does.
pub(super) fn number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() => float_v(float),
        _ => number.to_string(),
    }
}

/// Prints a float as `%v` does: the shortest digits, an exponent below 1e-4 and from 1e6 on.
pub(super) fn float_v(value: f64) -> String {
    let exponent = exponent_of(value);
    if value != 0.0 && !(-4..6).contains(&exponent) { scientific(value) } else { format!("{value}") }
}

fn exponent_of(value: f64) -> i32 {
    let text = format!("{value:e}");
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

/// Exponents have a sign and at least two digits in Go.
fn scientific(value: f64) -> String {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// Prints a value as a field error shows it: simple types plainly, texts quoted, everything else as JSON.
pub(super) fn display_value(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Number(value) => number(value),
        Value::Bool(value) => value.to_string(),
        other => display_json(other),
    }
}

/// Prints a value as JSON in which no character means anything to HTML.
pub(super) fn display_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(&mut out, value, true);
    out
}

/// Prints a value as the API server writes it: keys sorted, whole floats without a fraction.
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(&mut out, value, false);
    out
}

fn write_json(out: &mut String, value: &Value, escape_html: bool) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => out.push_str(&json_number(value)),
        Value::String(text) => write_json_string(out, text, escape_html),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(out, item, escape_html);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json_string(out, key, escape_html);
                out.push(':');
                write_json(out, &fields[key], escape_html);
            }
            out.push('}');
        }
    }
}

fn json_number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() => {
            let small = float != 0.0 && float.abs() < 1e-6;
            if small || float.abs() >= 1e21 {
                let text = scientific(float);
                match text.split_once("e-0") {
                    Some((digits, exponent)) => format!("{digits}e-{exponent}"),
                    None => text,
                }
            } else {
                format!("{float}")
            }
        }
        _ => number.to_string(),
    }
}

fn write_json_string(out: &mut String, text: &str, escape_html: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' if escape_html => push_u(out, c),
            '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => push_u(out, c),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn push_u(out: &mut String, c: char) {
    let written = write!(out, "\\u{:04x}", u32::from(c));
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        let cases = [
            ("a\"b\\", r#""a\"b\\""#),
            ("\u{0}\u{7f}\n\t\u{7}", r#""\x00\x7f\n\t\a""#),
            ("é😀\u{301}", "\"é😀\u{301}\""),
            ("\u{200b}\u{a0}\u{10ffff}\u{85}", r#""\u200b\u00a0\U0010ffff\u0085""#),
        ];
        for (text, expected) in cases {
            assert_eq!(quote(text), expected);
        }
    }

    #[test]
    fn floats_are_printed_as_go_prints_them() {
        let cases =
            [(1.5, "1.5"), (2.0, "2"), (1e21, "1e+21"), (1e-7, "1e-07"), (123_456_789.0, "1.23456789e+08")];
        for (value, expected) in cases {
            assert_eq!(float_v(value), expected);
        }
        assert_eq!(
            to_json(&json!({"b": 1.0, "a": [1e21, 1e-7, 1e20]})),
            r#"{"a":[1e+21,1e-7,100000000000000000000],"b":1}"#
        );
    }
}
