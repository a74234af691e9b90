// SPDX-License-Identifier: Apache-2.0

//! Documents inside of scalars: read, changed, and written in the format they had.

use std::sync::Arc;

use serde_json::Value;

use crate::hash::go_json;
use crate::node::{Entry, Node, PathError, Scalar, Style, Tag, read_scalar, to_value};

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
    let mut comments = Notes::default();
    let mut node =
        documents.first().map_or_else(|| Node::untyped(""), |document| comments.read(&document.root));
    change(&mut node)?;
    if text.trim_start().starts_with(['{', '[']) {
        let value = to_value(&node).map_err(|error| other(error.to_string()))?;
        let indented = text.contains('\n') && text.contains("  ");
        return Ok(if indented { go_json_indented(&value) } else { go_json(&value) });
    }
    let mut writer = Writer { notes: comments.0, out: String::new() };
    writer.node(&node, 0);
    for comment in documents.first().map_or(&[][..], |document| &document.trailing_comments) {
        writer.out.push('#');
        writer.out.push_str(comment);
        writer.out.push('\n');
    }
    Ok(writer.out.trim().to_owned())
}

/// The comments of a document by the group number of the scalar they stand at.
#[derive(Default)]
struct Notes(Vec<gitops_yaml::Comments>);

impl Notes {
    fn read(&mut self, node: &gitops_yaml::Node) -> Node {
        match node.kind() {
            gitops_yaml::Kind::Mapping(mapping) => Node::Map(Arc::new(
                mapping
                    .entries
                    .iter()
                    .map(|(key, value)| Entry { key: self.scalar(key), value: self.read(value) })
                    .collect(),
            )),
            gitops_yaml::Kind::Sequence(sequence) => {
                Node::Seq(Arc::new(sequence.items.iter().map(|item| self.read(item)).collect()))
            }
            _ => Node::Scalar(self.scalar(node)),
        }
    }

    fn scalar(&mut self, node: &gitops_yaml::Node) -> Scalar {
        let scalar = read_scalar(node);
        let comments = node.comments();
        if comments.head.is_empty() && comments.line.is_none() {
            return scalar;
        }
        self.0.push(comments.clone());
        Scalar { group: u32::try_from(self.0.len()).unwrap_or(0), ..scalar }
    }
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
struct Writer {
    notes: Vec<gitops_yaml::Comments>,
    out: String,
}

impl Writer {
    fn head(&mut self, scalar: &Scalar, depth: usize) {
        let Some(at) = (scalar.group as usize).checked_sub(1) else { return };
        let head = self.notes.get(at).map(|comments| comments.head.clone()).unwrap_or_default();
        for line in head {
            self.out.push('#');
            self.out.push_str(&line);
            self.out.push('\n');
            self.indent(depth);
        }
    }

    fn line(&mut self, scalar: &Scalar) {
        let Some(at) = (scalar.group as usize).checked_sub(1) else { return };
        if let Some(line) = self.notes.get(at).and_then(|comments| comments.line.clone()) {
            self.out.push_str(" #");
            self.out.push_str(&line);
        }
    }

    fn node(&mut self, node: &Node, depth: usize) {
        match node {
            Node::Scalar(scalar) => {
                write_scalar(scalar, depth, &mut self.out);
                self.line(scalar);
                self.out.push('\n');
            }
            Node::Map(entries) if entries.is_empty() => self.out.push_str("{}\n"),
            Node::Seq(items) if items.is_empty() => self.out.push_str("[]\n"),
            Node::Map(entries) => {
                for (at, entry) in entries.iter().enumerate() {
                    if at > 0 {
                        self.indent(depth);
                    }
                    self.head(&entry.key, depth);
                    write_scalar(&entry.key, depth, &mut self.out);
                    self.out.push(':');
                    self.value(entry, depth);
                }
            }
            Node::Seq(items) => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.indent(depth);
                    }
                    if let Node::Scalar(scalar) = item {
                        self.head(scalar, depth);
                    }
                    self.out.push_str("- ");
                    self.node(item, depth + 1);
                }
            }
        }
    }

    fn value(&mut self, entry: &Entry, depth: usize) {
        match &entry.value {
            value @ Node::Map(entries) if !entries.is_empty() => {
                self.line(&entry.key);
                self.out.push('\n');
                self.indent(depth + 1);
                self.node(value, depth + 1);
            }
            value @ Node::Seq(items) if !items.is_empty() => {
                self.line(&entry.key);
                self.out.push('\n');
                self.indent(depth);
                self.node(value, depth);
            }
            Node::Scalar(scalar)
                if scalar.text.is_empty() && scalar.style == Style::Plain && scalar.tag != Tag::Str =>
            {
                self.line(scalar);
                self.out.push('\n');
            }
            other => {
                self.out.push(' ');
                self.node(other, depth);
            }
        }
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
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
