// SPDX-License-Identifier: Apache-2.0

//! Sets of field paths.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use crate::path::{Element, Path};
use crate::schema::{Schema, TypeRef};

/// A set of [`Path`]s, kept as a trie.
///
/// Membership is per path: `.spec.replicas` in the set does not put `.spec` into it, nor the reverse. The root is never a member.
///
/// ```
/// use gitops_smd::{FieldSet, Path};
///
/// let mut set = FieldSet::default();
/// set.insert(&Path::fields(["spec", "replicas"]));
/// assert_eq!(set.to_json(), r#"{"f:spec":{"f:replicas":{}}}"#);
/// assert!(!set.contains(&Path::fields(["spec"])));
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
#[doc(alias = "fieldpath.Set")]
pub struct FieldSet {
    pub(crate) nodes: BTreeMap<Element, Node>,
}

/// What stands at one element: whether it is a member, and what lies below. Never without content inside a set.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Node {
    pub(crate) member: bool,
    pub(crate) below: FieldSet,
}

impl Node {
    pub(crate) fn leaf() -> Self {
        Self { member: true, below: FieldSet::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

impl FieldSet {
    /// Adds a path; the empty path is ignored.
    pub fn insert(&mut self, path: &Path) {
        let Some((last, parents)) = path.elements().split_last() else { return };
        let mut set = self;
        for element in parents {
            set = &mut set.nodes.entry(element.clone()).or_default().below;
        }
        set.nodes.entry(last.clone()).or_default().member = true;
    }

    /// Returns whether the path is a member.
    pub fn contains(&self, path: &Path) -> bool {
        let Some((last, parents)) = path.elements().split_last() else { return false };
        let mut set = self;
        for element in parents {
            let Some(node) = set.nodes.get(element) else { return false };
            set = &node.below;
        }
        set.nodes.get(last).is_some_and(|node| node.member)
    }

    /// Returns whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.nodes.values().map(|node| usize::from(node.member) + node.below.len()).sum()
    }

    /// Returns all members: those of a level first, then what lies below each, every level in order.
    pub fn paths(&self) -> Vec<Path> {
        let mut out = Vec::new();
        self.collect(&mut Vec::new(), &mut out);
        out
    }

    fn collect(&self, prefix: &mut Vec<Element>, out: &mut Vec<Path>) {
        for element in self.nodes.iter().filter(|(_, node)| node.member).map(|(element, _)| element) {
            out.push(prefix.iter().chain([element]).cloned().collect());
        }
        for (element, node) in &self.nodes {
            prefix.push(element.clone());
            node.below.collect(prefix, out);
            prefix.pop();
        }
    }

    pub(crate) fn put(&mut self, element: Element, node: Node) {
        if node.is_empty() {
            return;
        }
        match self.nodes.entry(element) {
            Entry::Vacant(entry) => {
                entry.insert(node);
            }
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.member |= node.member;
                known.below.extend(node.below);
            }
        }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        if self.nodes.is_empty() {
            *self = other;
            return;
        }
        for (element, node) in other.nodes {
            self.put(element, node);
        }
    }

    /// Returns the members of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.extend(other.clone());
        out
    }

    /// Returns the members of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |left, right| Node {
            member: left.member && right.is_some_and(|right| right.member),
            below: right.map(|right| left.below.intersection(&right.below)).unwrap_or_default(),
        })
    }

    /// Returns the members of this set that are not members of the other. A parent does not take its children along.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |left, right| match right {
            None => left.clone(),
            Some(right) => {
                Node { member: left.member && !right.member, below: left.below.difference(&right.below) }
            }
        })
    }

    /// Like [`difference`](Self::difference), but a member of the other set takes everything below it along.
    #[must_use]
    pub fn recursive_difference(&self, other: &Self) -> Self {
        self.combine(other, |left, right| match right {
            None => left.clone(),
            Some(right) if right.member => Node::default(),
            Some(right) => Node { member: left.member, below: left.below.recursive_difference(&right.below) },
        })
    }

    /// Returns what is at or below any of the prefixes.
    #[must_use]
    pub fn within(&self, prefixes: &Self) -> Self {
        self.combine(prefixes, |left, right| match right {
            None => Node::default(),
            Some(right) if right.member => left.clone(),
            Some(right) => Node { member: false, below: left.below.within(&right.below) },
        })
    }

    fn combine(&self, other: &Self, merge: impl Fn(&Node, Option<&Node>) -> Node) -> Self {
        let merged =
            self.nodes.iter().map(|(element, node)| (element, merge(node, other.nodes.get(element))));
        let nodes =
            merged.filter(|(_, node)| !node.is_empty()).map(|(element, node)| (element.clone(), node));
        Self { nodes: nodes.collect() }
    }

    /// Returns the elements at the top of the set, members or not, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.nodes.keys()
    }

    /// Returns the part of the set below one element, or `None` when there is nothing.
    pub fn below(&self, element: &Element) -> Option<&Self> {
        self.nodes.get(element).map(|node| &node.below).filter(|below| !below.is_empty())
    }

    /// Adds every declared field on the way to a member. Map keys and list items stay as they are.
    #[must_use]
    pub(crate) fn with_named_fields(&self, schema: &Schema, of: &TypeRef) -> Self {
        let atom = schema.resolve(of).unwrap_or_default();
        let mut out = Self::default();
        for (element, node) in &self.nodes {
            let mut member = node.member;
            let inner = match element {
                Element::Field(name) => match atom.map.map(|map| map.get()) {
                    Some(map) => {
                        member |= map.field(name).is_some() && !node.below.is_empty();
                        map.type_of(name)
                    }
                    None => &TypeRef::NONE,
                },
                Element::Key(_) => atom.list.map_or(&TypeRef::NONE, |list| &list.get().element),
                _ => &TypeRef::NONE,
            };
            let below = node.below.with_named_fields(schema, inner);
            out.nodes.insert(element.clone(), Node { member, below });
        }
        out
    }
}

impl FromIterator<Path> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Path>>(paths: I) -> Self {
        let mut set = Self::default();
        for path in paths {
            set.insert(&path);
        }
        set
    }
}

impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, path) in self.paths().iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            path.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.paths().iter().map(ToString::to_string)).finish()
    }
}
