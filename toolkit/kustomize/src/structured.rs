// SPDX-License-Identifier: Apache-2.0

//! Documents inside of scalars: read, changed, and written in the format they had.

use serde_json::Value;

use crate::hash::go_json;
use crate::node::{Node, PathError, Scalar, Style, Tag, to_value};

/// Whether a text parses as YAML, which JSON is too.
pub(crate) fn is_document(text: &str) -> bool {
    gitops_yaml::parse(text, &gitops_yaml::Limits::default()).is_ok()
}

/// Changes the document in a text and returns the new text.
pub(crate) fn edit(
    text: &str,
    change: impl FnOnce(&mut Node) -> Result<(), PathError>,
) -> Result<String, PathError> {
    let other = |error: String| PathError::Other(error);
    let documents = gitops_yaml::parse(text, &gitops_yaml::Limits::default())
        .map_err(|error| other(error.to_string()))?;
    let mut node = documents.first().map_or_else(|| Node::untyped(""), |document| Node::from(&document.root));
    change(&mut node)?;
    if text.trim_start().starts_with(['{', '[']) {
        let value = to_value(&node).map_err(|error| other(error.to_string()))?;
        let indented = text.contains('\n') && text.contains("  ");
        return Ok(if indented { go_json_indented(&value) } else { go_json(&value) });
    }
    let mut out = String::new();
    write(&node, 0, &mut out);
    Ok(out.trim().to_owned())
}

fn go_json_indented(value: &Value) -> String {
    let mut out = String::new();
    indented(value, 0, &mut out);
    out
}

fn indented(value: &Value, depth: usize, out: &mut String) {
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(depth + 1, out);
                indented(item, depth + 1, out);
            }
            line(depth, out);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(depth + 1, out);
                out.push_str(&go_json(&Value::String(key.clone())));
                out.push_str(": ");
                indented(value, depth + 1, out);
            }
            line(depth, out);
            out.push('}');
        }
        other => out.push_str(&go_json(other)),
    }
}

/// Writes block YAML: two columns of indentation, lists not indented below their key.
fn write(node: &Node, depth: usize, out: &mut String) {
    match node {
        Node::Scalar(scalar) => {
            write_scalar(scalar, depth, out);
            out.push('\n');
        }
        Node::Map(entries) if entries.is_empty() => out.push_str("{}\n"),
        Node::Seq(items) if items.is_empty() => out.push_str("[]\n"),
        Node::Map(entries) => {
            for (at, entry) in entries.iter().enumerate() {
                if at > 0 {
                    indent(depth, out);
                }
                write_scalar(&entry.key, depth, out);
                out.push(':');
                write_value(&entry.value, depth, true, out);
            }
        }
        Node::Seq(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    indent(depth, out);
                }
                out.push_str("- ");
                write(item, depth + 1, out);
            }
        }
    }
}

fn write_value(value: &Node, depth: usize, in_map: bool, out: &mut String) {
    match value {
        Node::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            indent(depth + 1, out);
            write(value, depth + 1, out);
        }
        Node::Seq(items) if !items.is_empty() => {
            let depth = if in_map { depth } else { depth + 1 };
            out.push('\n');
            indent(depth, out);
            write(value, depth, out);
        }
        Node::Scalar(scalar) if scalar.text.is_empty() && scalar.style == Style::Plain && scalar.tag != Tag::Str => {
            out.push('\n');
        }
        other => {
            out.push(' ');
            write(other, depth, out);
        }
    }
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn write_scalar(scalar: &Scalar, depth: usize, out: &mut String) {
    let text = &*scalar.text;
    let literal = scalar.style == Style::Literal || (scalar.style == Style::Plain && text.contains('\n'));
    if literal {
        out.push('|');
        if text.starts_with([' ', '\n']) {
            out.push('2');
        }
        if !text.ends_with('\n') {
            out.push('-');
        } else if text.ends_with("\n\n") || text == "\n" {
            out.push('+');
        }
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            out.push('\n');
            if !line.is_empty() {
                indent(depth + 1, out);
                out.push_str(line);
            }
        }
        return;
    }
    let wants_quotes = scalar.style == Style::Plain && scalar.tag == Tag::Str && Tag::of(text) != Tag::Str;
    match scalar.style {
        Style::Double => out.push_str(&go_json(&Value::String(text.to_owned()))),
        Style::Single => {
            out.push('\'');
            out.push_str(&text.replace('\'', "''"));
            out.push('\'');
        }
        _ if wants_quotes => out.push_str(&go_json(&Value::String(text.to_owned()))),
        _ => {
            let plain = gitops_yaml::emit::to_yaml(&Value::String(text.to_owned()));
            let plain = plain.trim_end();
            // What reads as another type is meant to, here.
            out.push_str(if plain.starts_with('\'') { plain } else { text });
        }
    }
}
