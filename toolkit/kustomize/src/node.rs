// SPDX-License-Identifier: Apache-2.0

//! The tree a build works on: text, tag and style of scalars, order of entries, no comments.
//!
//! Upstream edits YAML nodes and prints them through JSON, so a scalar's tag and style decide what it becomes, while
//! comments and key order are lost. Containers are shared and copied on write.

use std::fmt;
use std::sync::Arc;

use gitops_yaml::{Dialect, plain_tag};

mod convert;
mod output;
mod path;

pub(crate) use convert::{read_documents, resolve_merges, scalar as read_scalar};
pub(crate) use output::{go_float, to_inner_value, to_value};
pub(crate) use path::{PathError, lookup, matching, smart_split, split_path};

/// A node: scalar, mapping or sequence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Scalar(Scalar),
    Map(Arc<Vec<Entry>>),
    Seq(Arc<Vec<Node>>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Scalar,
    pub(crate) value: Node,
}

/// Text with what was said or found out about its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scalar {
    pub(crate) text: Arc<str>,
    pub(crate) tag: Tag,
    pub(crate) style: Style,
    /// Whether the tag was written out.
    pub(crate) tagged: bool,
    /// Scalars of a resource with the same number, other than zero, are one: a change of one changes all.
    pub(crate) group: u32,
}

/// The type of a scalar; `None` leaves it to the text when the scalar is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tag {
    None,
    Str,
    Int,
    Float,
    Bool,
    Null,
    Time,
    Merge,
    Binary,
    Other,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// The three kinds of nodes, for messages and for what to create.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Scalar,
    Map,
    Seq,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "ScalarNode",
            Self::Map => "MappingNode",
            Self::Seq => "SequenceNode",
        })
    }
}

impl Tag {
    /// The tag a plain scalar has by its text.
    pub(crate) fn of(text: &str) -> Self {
        if text == "<<" { Self::Merge } else { Self::parse(plain_tag(text, Dialect::V3)) }
    }

    pub(crate) fn parse(tag: &str) -> Self {
        match tag {
            "!!str" => Self::Str,
            "!!int" => Self::Int,
            "!!float" => Self::Float,
            "!!bool" => Self::Bool,
            "!!null" => Self::Null,
            "!!timestamp" => Self::Time,
            "!!merge" => Self::Merge,
            "!!binary" => Self::Binary,
            _ => Self::Other,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Str | Self::Other => "!!str",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Bool => "!!bool",
            Self::Null => "!!null",
            Self::Time => "!!timestamp",
            Self::Merge => "!!merge",
            Self::Binary => "!!binary",
        }
    }
}

impl Scalar {
    /// Text whose type is left to the text.
    pub(crate) fn untyped(text: &str) -> Self {
        Self { text: text.into(), tag: Tag::None, style: Style::Plain, tagged: false, group: 0 }
    }

    /// A string, whatever its text looks like.
    pub(crate) fn string(text: &str) -> Self {
        let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
        Self { text: text.into(), tag: Tag::Str, style, tagged: false, group: 0 }
    }

    pub(crate) fn typed(text: &str, tag: Tag) -> Self {
        Self { text: text.into(), tag, style: Style::Plain, tagged: false, group: 0 }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.tag == Tag::Null
    }

    /// Whether it counts as a string before it is printed.
    pub(crate) fn is_string(&self) -> bool {
        matches!(self.tag, Tag::Str | Tag::None)
    }

    /// Quotes a string that would read as something else, as every setter does first.
    fn protected(mut self) -> Self {
        let plain = self.is_string() && self.style == Style::Plain;
        if plain && !self.text.is_empty() && !self.text.contains('\n') && Tag::of(&self.text) != Tag::Str {
            self.style = Style::Double;
        }
        self
    }
}

impl Node {
    pub(crate) fn string(text: &str) -> Self {
        Self::Scalar(Scalar::string(text))
    }

    pub(crate) fn untyped(text: &str) -> Self {
        Self::Scalar(Scalar::untyped(text))
    }

    pub(crate) fn map() -> Self {
        Self::Map(Arc::default())
    }

    pub(crate) fn seq() -> Self {
        Self::Seq(Arc::default())
    }

    /// An empty node of a kind, as it comes into being on the way to a field.
    pub(crate) fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Scalar => Self::untyped(""),
            Kind::Map => Self::map(),
            Kind::Seq => Self::seq(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Scalar(_) => Kind::Scalar,
            Self::Map(_) => Kind::Map,
            Self::Seq(_) => Kind::Seq,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(scalar) if scalar.is_null())
    }

    /// Whether it is null or an empty container.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.is_null(),
            Self::Map(entries) => entries.is_empty(),
            Self::Seq(items) => items.is_empty(),
        }
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match self {
            Self::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar; empty for containers.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Scalar(scalar) => &scalar.text,
            _ => "",
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match self {
            Self::Seq(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn entries_mut(&mut self) -> Option<&mut Vec<Entry>> {
        match self {
            Self::Map(entries) => Some(Arc::make_mut(entries)),
            _ => None,
        }
    }

    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<Node>> {
        match self {
            Self::Seq(items) => Some(Arc::make_mut(items)),
            _ => None,
        }
    }

    /// The first field of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| &*entry.key.text == name).map(|entry| &entry.value)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        let at = self.position(name)?;
        Some(&mut self.entries_mut()?[at].value)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.entries().iter().position(|entry| &*entry.key.text == name)
    }

    /// Removes the first field of that name.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Node> {
        let at = self.position(name)?;
        Some(self.entries_mut()?.remove(at).value)
    }

    /// The field, made if it is missing. Nothing else than a mapping has fields.
    pub(crate) fn get_or_create(&mut self, name: &str, kind: Kind) -> Option<&mut Node> {
        let at = match self.position(name) {
            Some(at) => at,
            None => {
                let entries = self.entries_mut()?;
                entries.push(Entry { key: Scalar::untyped(name), value: Self::empty(kind) });
                entries.len() - 1
            }
        };
        Some(&mut self.entries_mut()?[at].value)
    }

    /// Sets a field as upstream does: null removes it, a replaced field hands its style to the new value.
    pub(crate) fn set(&mut self, name: &str, value: Node) {
        self.set_keyed(name, Style::Plain, value);
    }

    /// Sets a field, with the style of the key where the field is new.
    pub(crate) fn set_keyed(&mut self, name: &str, key_style: Style, value: Node) {
        if value.is_null() {
            self.remove(name);
            return;
        }
        self.set_even_null(name, key_style, value);
    }

    pub(crate) fn set_even_null(&mut self, name: &str, key_style: Style, value: Node) {
        let value = match value {
            Node::Scalar(scalar) => Node::Scalar(scalar.protected()),
            other => other,
        };
        let at = self.position(name);
        let Some(entries) = self.entries_mut() else { return };
        match at {
            Some(at) => entries[at].value.replace(value),
            None => {
                let key = Scalar { style: key_style, ..Scalar::untyped(name) };
                entries.push(Entry { key, value });
            }
        }
    }

    /// Replaces a node, keeping the style it had.
    pub(crate) fn replace(&mut self, value: Node) {
        let (style, group) = match self {
            Node::Scalar(old) => (old.style, old.group),
            _ => (Style::Plain, 0),
        };
        *self = match value {
            Node::Scalar(scalar) => Node::Scalar(Scalar { style, group, ..scalar }),
            other => other,
        };
    }

    /// Sets the value of a scalar node; a null stands for any kind.
    pub(crate) fn set_scalar(&mut self, value: Scalar) -> Result<(), WrongKind> {
        if self.kind() != Kind::Scalar {
            return Err(WrongKind { expected: Kind::Scalar, found: self.kind() });
        }
        if !value.is_null() {
            self.replace(Node::Scalar(value));
        }
        Ok(())
    }

    /// Visits all scalars that belong to a group.
    pub(crate) fn visit_groups(&mut self, visit: &mut dyn FnMut(&mut Scalar)) {
        if !self.has_groups() {
            return;
        }
        match self {
            Self::Scalar(scalar) => visit(scalar),
            Self::Map(entries) => {
                Arc::make_mut(entries).iter_mut().for_each(|entry| entry.value.visit_groups(visit));
            }
            Self::Seq(items) => Arc::make_mut(items).iter_mut().for_each(|item| item.visit_groups(visit)),
        }
    }

    fn has_groups(&self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.group != 0,
            Self::Map(entries) => entries.iter().any(|entry| entry.value.has_groups()),
            Self::Seq(items) => items.iter().any(Self::has_groups),
        }
    }

    /// Number of nodes, shared ones counted where they occur; stops counting above `limit`.
    pub(crate) fn count(&self, limit: usize) -> usize {
        let mut total = 1;
        match self {
            Self::Scalar(_) => {}
            Self::Map(entries) => {
                for entry in entries.iter() {
                    if total > limit {
                        return total;
                    }
                    total += entry.value.count(limit - total.min(limit));
                }
            }
            Self::Seq(items) => {
                for item in items.iter() {
                    if total > limit {
                        return total;
                    }
                    total += item.count(limit - total.min(limit));
                }
            }
        }
        total
    }
}

/// A node is not of the kind that an operation needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct WrongKind {
    pub(crate) expected: Kind,
    pub(crate) found: Kind,
}

impl fmt::Display for WrongKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wrong node kind: expected {} but got {}", self.expected, self.found)
    }
}
