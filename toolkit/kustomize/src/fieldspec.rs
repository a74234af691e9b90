// SPDX-License-Identifier: Apache-2.0

//! Fields of kinds of objects, and the walk to them.

use crate::error::{Error, ErrorKind};
use crate::id::{Gvk, Id};
use crate::node::{Kind, Node, Scalar, Tag, WrongKind, split_path};

/// A field, of the objects that a group, version and kind select.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: Gvk,
    pub(crate) path: String,
    pub(crate) create: bool,
}

/// What to make of a field that is missing and may be created.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Create {
    pub(crate) kind: Kind,
    pub(crate) tag: Tag,
}

impl Create {
    pub(crate) const MAP: Self = Self { kind: Kind::Map, tag: Tag::None };
    pub(crate) const STRING: Self = Self { kind: Kind::Scalar, tag: Tag::Str };
    pub(crate) const INT: Self = Self { kind: Kind::Scalar, tag: Tag::Int };
}

/// Why a field could not be changed.
#[derive(Debug)]
pub(crate) enum Problem {
    Kind(WrongKind),
    Other(String),
}

impl From<WrongKind> for Problem {
    fn from(wrong: WrongKind) -> Self {
        Self::Kind(wrong)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kind(wrong) => wrong.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Other(error.message().to_owned())
    }
}

pub(crate) type Setter<'s> = &'s mut dyn FnMut(&mut Node) -> Result<(), Problem>;

/// A path taken apart once for many objects.
#[derive(Clone, Debug)]
pub(crate) struct FieldPath {
    text: String,
    parts: Vec<Part>,
    create: bool,
}

#[derive(Clone, Debug)]
struct Part {
    name: String,
    is_list: bool,
}

impl Part {
    /// A number names an element of a list, which a mapping is not.
    fn is_index(&self) -> bool {
        self.name.parse::<i64>().is_ok()
    }
}

impl FieldSpec {
    pub(crate) fn path(&self) -> FieldPath {
        let parts = split_path(&self.path, '/')
            .into_iter()
            .map(|part| match part.strip_suffix("[]") {
                Some(name) => Part { name: name.to_owned(), is_list: true },
                None => Part { name: part, is_list: false },
            })
            .collect();
        FieldPath { text: self.path.clone(), parts, create: self.create }
    }

    /// Whether an object is of the selected kind, by its fields.
    pub(crate) fn selects(&self, id: &Id) -> bool {
        id.gvk.is_selected(&self.gvk)
    }
}

impl FieldPath {
    /// Calls the setter with every node at the path.
    pub(crate) fn visit(
        &self,
        node: &mut Node,
        id: &Id,
        create: Option<Create>,
        set: Setter<'_>,
    ) -> Result<(), Problem> {
        let create = create.filter(|_| self.create);
        if create.is_none() && !exists(node, &self.parts) {
            return Ok(());
        }
        walk(node, &self.parts, create, set).map_err(|problem| match problem {
            Problem::Kind(wrong) => Problem::Kind(wrong),
            Problem::Other(text) => {
                Problem::Other(format!("considering field '{}' of object {id}: {text}", self.text))
            }
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// Whether a walk would come to a node or to a mistake, found without copying shared nodes.
fn exists(node: &Node, parts: &[Part]) -> bool {
    let Some((part, rest)) = parts.split_first() else { return true };
    match node {
        Node::Map(_) => {
            part.is_index()
                || part.name.is_empty()
                || node.get(&part.name).is_some_and(|field| exists(field, rest))
        }
        Node::Seq(items) => items.iter().any(|item| exists(item, parts)),
        Node::Scalar(scalar) => !scalar.is_null(),
    }
}

fn walk(node: &mut Node, parts: &[Part], create: Option<Create>, set: Setter<'_>) -> Result<(), Problem> {
    let Some((part, rest)) = parts.split_first() else { return set(node) };
    if node.is_null() {
        return Ok(());
    }
    match node {
        Node::Scalar(_) => Err(Problem::Other("expected sequence or mapping node".to_owned())),
        Node::Seq(_) => {
            for item in node.items_mut().into_iter().flatten() {
                walk(item, parts, create, set).map_err(|problem| match problem {
                    Problem::Other(text) => Problem::Other(format!(
                        "visit traversal on path: [{}]: {text}",
                        parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join(" ")
                    )),
                    other => other,
                })?;
            }
            Ok(())
        }
        Node::Map(_) => {
            if part.is_index() {
                return Err(Problem::Kind(WrongKind { expected: Kind::Seq, found: Kind::Map }));
            }
            if part.name.is_empty() {
                return Err(Problem::Other("cannot set or create an empty field name".to_owned()));
            }
            let wanted = match create {
                None => None,
                Some(_) if part.is_list => Some(Kind::Seq),
                Some(create) if rest.is_empty() => Some(create.kind),
                Some(_) => Some(Kind::Map),
            };
            let field = match wanted {
                Some(kind) if !part.is_list => node.get_or_create(&part.name, kind),
                _ => node.get_mut(&part.name),
            };
            let Some(field) = field else { return Ok(()) };
            let wanted = if part.is_list { Some(Kind::Seq) } else { wanted };
            if let (Some(kind), true) = (wanted, field.is_null()) {
                *field = match (kind, create) {
                    (Kind::Scalar, Some(create)) => {
                        Node::Scalar(Scalar { tag: create.tag, ..Scalar::untyped(field.text()) })
                    }
                    _ => Node::empty(kind),
                };
            }
            walk(field, rest, create, set)
        }
    }
}

/// A list of specs in which no two say the same.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FieldSpecs(pub(crate) Vec<FieldSpec>);

impl FieldSpecs {
    /// Adds a spec unless one covers it already.
    pub(crate) fn add(&mut self, spec: FieldSpec) -> Result<(), Error> {
        let covered = self.0.iter().find(|old| old.path == spec.path && old.gvk.is_selected(&spec.gvk));
        match covered {
            Some(old) if old.create != spec.create => {
                Err(Error::new(ErrorKind::Kustomization, "conflicting fieldspecs"))
            }
            Some(_) => Ok(()),
            None => {
                self.0.push(spec);
                Ok(())
            }
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) -> Result<(), Error> {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return Ok(());
        }
        if self.0 == other.0 {
            return Ok(());
        }
        other.0.iter().try_for_each(|spec| self.add(spec.clone()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &FieldSpec> {
        self.0.iter()
    }

    /// The specs with their paths taken apart.
    pub(crate) fn compiled(&self) -> Vec<(FieldSpec, FieldPath)> {
        self.0.iter().map(|spec| (spec.clone(), spec.path())).collect()
    }
}
