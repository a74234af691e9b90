// SPDX-License-Identifier: Apache-2.0

//! Into the tree: from parsed YAML and from JSON values.

use std::sync::Arc;

use gitops_yaml::{Limits, ScalarStyle};
use serde_json::Value;

use super::{Entry, Node, Scalar, Style, Tag, go_float};
use crate::error::{Error, ErrorKind};

/// Reads the documents of a file, with aliases expanded and merge keys resolved.
pub(crate) fn read_documents(bytes: &[u8], limits: &Limits) -> Result<Vec<Node>, Error> {
    let documents = gitops_yaml::read_documents(bytes, limits).map_err(|error| {
        let malformed = error.kind() != gitops_yaml::ErrorKind::Separator
            && error.kind() != gitops_yaml::ErrorKind::Limit;
        let error = Error::from(error);
        if malformed { error.within("MalformedYAMLError") } else { error }
    })?;
    Ok(documents.iter().map(|document| Node::from(&document.root)).collect())
}

impl From<&gitops_yaml::Node> for Node {
    fn from(node: &gitops_yaml::Node) -> Self {
        match node.kind() {
            gitops_yaml::Kind::Scalar(_) => Self::Scalar(scalar(node)),
            gitops_yaml::Kind::Mapping(mapping) => Self::Map(Arc::new(
                mapping
                    .entries
                    .iter()
                    .map(|(key, value)| Entry { key: scalar(key), value: Self::from(value) })
                    .collect(),
            )),
            gitops_yaml::Kind::Sequence(sequence) => {
                Self::Seq(Arc::new(sequence.items.iter().map(Self::from).collect()))
            }
            _ => Self::untyped(""),
        }
    }
}

pub(crate) fn scalar(node: &gitops_yaml::Node) -> Scalar {
    let Some(scalar) = node.as_scalar() else {
        // A mapping as a key: nothing can be printed of it.
        return Scalar::typed("", Tag::Other);
    };
    let style = match scalar.style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
        ScalarStyle::SingleQuoted => Style::Single,
        _ => Style::Double,
    };
    let (tag, tagged) = match node.tag() {
        Some(tag) => (Tag::parse(tag), true),
        None if style == Style::Plain => (Tag::of(&scalar.value), false),
        None => (Tag::Str, false),
    };
    Scalar { text: scalar.value.as_str().into(), tag, style, tagged, group: 0 }
}

/// Replaces `<<` entries by what they name, in the whole tree.
pub(crate) fn resolve_merges(node: &mut Node) -> Result<(), Error> {
    if !has_merges(node) {
        return Ok(());
    }
    match node {
        Node::Scalar(_) => Ok(()),
        Node::Seq(items) => Arc::make_mut(items).iter_mut().try_for_each(resolve_merges),
        Node::Map(entries) => {
            let entries = Arc::make_mut(entries);
            merge_entries(entries)?;
            entries.iter_mut().try_for_each(|entry| resolve_merges(&mut entry.value))
        }
    }
}

fn has_merges(node: &Node) -> bool {
    match node {
        Node::Scalar(_) => false,
        Node::Seq(items) => items.iter().any(has_merges),
        Node::Map(entries) => {
            entries.iter().any(|entry| &*entry.key.text == "<<" || has_merges(&entry.value))
        }
    }
}

fn merge_entries(entries: &mut Vec<Entry>) -> Result<(), Error> {
    let mut merged = None;
    for entry in entries.iter().filter(|entry| entry.key.tag == Tag::Merge) {
        if merged.replace(entry.value.clone()).is_some() {
            return Err(Error::new(ErrorKind::Yaml, "duplicate merge key"));
        }
    }
    // The entry goes by its text, whatever its style: a quoted "<<" is lost as well.
    if let Some(at) = entries.iter().position(|entry| &*entry.key.text == "<<") {
        entries.remove(at);
    }
    let mut sources = Vec::new();
    if let Some(merged) = merged {
        merge_sources(&merged, &mut sources)?;
    }
    if sources.is_empty() {
        return Ok(());
    }
    // The mapping keeps its place in the order; the later source wins, the mapping itself last.
    let own = std::mem::take(entries);
    let mut out = own.clone();
    for source in sources.iter().map(|source| source.entries()).chain([own.as_slice()]) {
        for entry in source {
            match out.iter_mut().find(|old| old.key.text == entry.key.text) {
                Some(old) => *old = entry.clone(),
                None => out.push(entry.clone()),
            }
        }
    }
    *entries = out;
    Ok(())
}

fn merge_sources(value: &Node, sources: &mut Vec<Node>) -> Result<(), Error> {
    match value {
        Node::Map(entries) => {
            // Merge keys in a merged mapping count too.
            let mut entries = entries.as_ref().clone();
            merge_entries(&mut entries)?;
            sources.push(Node::Map(Arc::new(entries)));
            Ok(())
        }
        Node::Seq(items) => {
            for item in items.iter().rev() {
                if matches!(item, Node::Seq(_)) {
                    return Err(Error::new(ErrorKind::Yaml, "invalid map merge: received a nested sequence"));
                }
                merge_sources(item, sources)?;
            }
            Ok(())
        }
        Node::Scalar(_) => {
            Err(Error::new(ErrorKind::Yaml, "map merge requires map or sequence of maps as the value"))
        }
    }
}

impl From<&Value> for Node {
    /// Makes the nodes that reading the printed value would give.
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Scalar(Scalar::typed("null", Tag::Null)),
            Value::Bool(bool) => Self::Scalar(Scalar::typed(&bool.to_string(), Tag::Bool)),
            Value::Number(number) => match (number.is_f64(), number.as_f64()) {
                (true, Some(float)) => {
                    let text = go_float(float, 'g');
                    let tag = Tag::of(&text);
                    Self::Scalar(Scalar::typed(&text, tag))
                }
                _ => Self::Scalar(Scalar::typed(&number.to_string(), Tag::Int)),
            },
            Value::String(text) => Self::Scalar(reread(text)),
            Value::Array(items) => Self::Seq(Arc::new(items.iter().map(Self::from).collect())),
            Value::Object(map) => {
                let mut entries: Vec<Entry> = map
                    .iter()
                    .map(|(key, value)| Entry { key: reread(key), value: Self::from(value) })
                    .collect();
                entries.sort_by(|a, b| gitops_yaml::emit::compare_keys(&a.key.text, &b.key.text));
                Self::Map(Arc::new(entries))
            }
        }
    }
}

fn reread(text: &str) -> Scalar {
    let mut scalar = Scalar::string(text);
    if scalar.style == Style::Plain && Tag::of(text) != Tag::Str {
        scalar.style = Style::Double;
    }
    scalar
}
