// SPDX-License-Identifier: Apache-2.0

//! Writes JSON values as YAML, byte for byte as `sigs.k8s.io/yaml` does, which is what kustomize prints.
//!
//! Keys are sorted (runs of digits as numbers, upper case before lower case), sequences are not indented under
//! their key, strings are quoted only where a YAML 1.1 reader would take them for something else, long plain
//! strings are folded at 80 columns, strings with line breaks become literal blocks.

use serde_json::Value;

use crate::number;
use crate::scalar::{Dialect, Resolved, is_base60, resolve_plain};

mod analysis;
mod order;
mod writer;

use analysis::Analysis;
use writer::Writer;

/// Returns the value as a YAML document without separators.
///
/// ```
/// let value = serde_json::json!({"b": ["x", {"y": "on"}], "a": "1", "c": {}});
/// assert_eq!(gitops_yaml::emit::to_yaml(&value), "a: \"1\"\nb:\n- x\n- \"y\": \"on\"\nc: {}\n");
/// ```
#[doc(alias = "JSONToYAML")]
#[doc(alias = "Marshal")]
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut writer = Writer::default();
    node(&mut writer, value, Context::Root);
    writer.indent();
    writer.finish()
}

/// Orders mapping keys as they are printed.
#[must_use]
pub fn compare_keys(a: &str, b: &str) -> std::cmp::Ordering {
    order::compare(a, b)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Root,
    Sequence,
    Mapping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

fn node(writer: &mut Writer, value: &Value, context: Context) {
    match value {
        Value::Null => writer.plain("null", true),
        Value::Bool(true) => writer.plain("true", true),
        Value::Bool(false) => writer.plain("false", true),
        Value::Number(number) => writer.plain(&number_text(number), true),
        Value::String(text) => {
            let analysis = Analysis::of(text);
            scalar(writer, text, select(text, &analysis, false), true);
        }
        Value::Array(items) if items.is_empty() => empty(writer, "[", "]"),
        Value::Object(map) if map.is_empty() => empty(writer, "{", "}"),
        Value::Array(items) => {
            let indentless = context == Context::Mapping && !writer.indention();
            writer.push_indent(indentless);
            for item in items {
                writer.indent();
                writer.indicator("-", true, false, true);
                node(writer, item, Context::Sequence);
            }
            writer.pop_indent();
        }
        Value::Object(map) => {
            writer.push_indent(false);
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| order::compare(a, b));
            for (key, value) in entries {
                entry(writer, key, value);
            }
            writer.pop_indent();
        }
    }
}

fn entry(writer: &mut Writer, key: &str, value: &Value) {
    writer.indent();
    let analysis = Analysis::of(key);
    if !analysis.multiline && key.len() <= 128 {
        scalar(writer, key, select(key, &analysis, true), false);
        writer.indicator(":", false, false, false);
    } else {
        writer.indicator("?", true, false, true);
        scalar(writer, key, select(key, &analysis, false), true);
        writer.indent();
        writer.indicator(":", true, false, true);
    }
    node(writer, value, Context::Mapping);
}

fn empty(writer: &mut Writer, open: &str, close: &str) {
    writer.indicator(open, true, true, false);
    writer.indicator(close, false, false, false);
}

fn scalar(writer: &mut Writer, text: &str, style: Style, breaks: bool) {
    writer.push_scalar_indent();
    match style {
        Style::Plain => writer.plain(text, breaks),
        Style::SingleQuoted => writer.single_quoted(text, breaks),
        Style::DoubleQuoted => writer.double_quoted(text, breaks),
        Style::Literal => writer.literal(text),
    }
    writer.pop_indent();
}

/// Chooses the style: first what the encoder asks for, then what the emitter allows.
fn select(text: &str, analysis: &Analysis, simple_key: bool) -> Style {
    let mut style = if text.contains('\n') {
        Style::Literal
    } else if resolve_plain(text, Dialect::V2) == Resolved::Text && !is_base60(text) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    };
    if simple_key && analysis.multiline {
        style = Style::DoubleQuoted;
    }
    if style == Style::Plain && (!analysis.block_plain || text.is_empty() && simple_key) {
        style = Style::SingleQuoted;
    }
    if style == Style::SingleQuoted && !analysis.single_quoted {
        style = Style::DoubleQuoted;
    }
    if style == Style::Literal && (!analysis.block || simple_key) {
        style = Style::DoubleQuoted;
    }
    style
}

fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => match number::float_value(float) {
            Value::Number(whole) if !whole.is_f64() => whole.to_string(),
            _ => number::format_float(float),
        },
        _ => number.to_string(),
    }
}
