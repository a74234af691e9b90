// SPDX-License-Identifier: Apache-2.0

//! The difference of two objects.

use std::collections::BTreeMap;

use serde_json::Value;

use super::item::element_of;
use super::validate::scalar;
use super::{Comparison, Problems, no_type};
use crate::path::Element;
use crate::schema::{At, Choice, List, Map, ObjectType, Resolved, Schema, TypeRef};
use crate::set::Node;
use crate::value::equal;

pub(super) fn compare(old: &Value, new: &Value, of: &ObjectType) -> Result<Comparison, Problems> {
    let nodes = Walker { schema: &of.schema }.walk(Some(old), Some(new), &of.root)?;
    Ok(Comparison { removed: nodes.removed.below, modified: nodes.modified.below, added: nodes.added.below })
}

#[derive(Default)]
struct Nodes {
    removed: Node,
    modified: Node,
    added: Node,
}

impl Nodes {
    fn put(&mut self, element: &Element, inner: Self) {
        for (set, node) in [
            (&mut self.removed, inner.removed),
            (&mut self.modified, inner.modified),
            (&mut self.added, inner.added),
        ] {
            if !node.is_empty() {
                set.below.put(element.clone(), node);
            }
        }
    }

    fn extend(&mut self, other: Self) {
        for (node, more) in [
            (&mut self.removed, other.removed),
            (&mut self.modified, other.modified),
            (&mut self.added, other.added),
        ] {
            node.member |= more.member;
            node.below.extend(more.below);
        }
    }

    fn leaf(old: Option<&Value>, new: Option<&Value>) -> Self {
        let mut nodes = Self::default();
        match (old, new) {
            (None, _) => nodes.added.member = true,
            (_, None) => nodes.removed.member = true,
            (Some(old), Some(new)) => nodes.modified.member = !equal(old, new),
        }
        nodes
    }
}

struct Walker<'a> {
    schema: &'a Schema,
}

type Side<'a> = Option<&'a Value>;

impl Walker<'_> {
    fn walk(&self, old: Side<'_>, new: Side<'_>, of: &TypeRef) -> Result<Nodes, Problems> {
        let atom = self.schema.resolve(of).ok_or_else(|| no_type(of.name()))?;
        let (of_old, of_new) = (atom.deduce(old), atom.deduce(new));
        let (mut nodes, leaf) = if new.is_none() {
            self.act(of_old, old, new, of)?
        } else if old.is_none() || of_old.same_alternatives(&of_new) {
            self.act(of_new, old, new, of)?
        } else {
            let (mut nodes, _) = self.act(of_old, old, new, of)?;
            let (more, leaf) = self.act(of_new, old, new, of)?;
            nodes.extend(more);
            (nodes, leaf)
        };
        if !leaf {
            nodes.added.member |= old.is_none();
            nodes.removed.member |= old.is_some() && new.is_none();
        }
        Ok(nodes)
    }

    /// Compares under one alternative; the flag says whether the values were compared as a whole.
    fn act(
        &self,
        atom: Resolved<'_>,
        old: Side<'_>,
        new: Side<'_>,
        of: &TypeRef,
    ) -> Result<(Nodes, bool), Problems> {
        match atom.choice().ok_or_else(|| no_type(of.name()))? {
            Choice::Scalar(kind) => match (scalar(kind, old, "lhs: "), scalar(kind, new, "rhs: ")) {
                (Err(mut left), Err(right)) => {
                    left.add(right);
                    Err(left)
                }
                _ => Ok((Nodes::leaf(old, new), true)),
            },
            Choice::List(list) => {
                let (before, after) = (old.and_then(Value::as_array), new.and_then(Value::as_array));
                if list.atomic || before.is_none_or(Vec::is_empty) && after.is_none_or(Vec::is_empty) {
                    return Ok((Nodes::leaf(old, new), true));
                }
                Ok((self.list(before, after, list)?, false))
            }
            Choice::Map(map) => {
                let (before, after) = (old.and_then(Value::as_object), new.and_then(Value::as_object));
                let both_empty = before.is_none_or(serde_json::Map::is_empty)
                    && after.is_none_or(serde_json::Map::is_empty);
                if map.atomic || both_empty {
                    return Ok((Nodes::leaf(old, new), true));
                }
                Ok((self.map(before, after, map)?, false))
            }
        }
    }

    fn map(
        &self,
        old: Option<&serde_json::Map<String, Value>>,
        new: Option<&serde_json::Map<String, Value>>,
        map: At<'_, Map>,
    ) -> Result<Nodes, Problems> {
        let mut nodes = Nodes::default();
        let mut problems = Problems::default();
        let mut visit = |name: &String, before: Side<'_>, after: Side<'_>| {
            // Equal subtrees differ in nothing, whatever their type; most of an object is equal.
            if before.is_some() && before == after {
                return;
            }
            let element = Element::field(name);
            match self.walk(before, after, map.type_of(name)) {
                Ok(inner) => nodes.put(&element, inner),
                Err(inner) => problems.add(inner.at(&element)),
            }
        };
        for (name, before) in old.into_iter().flatten() {
            visit(name, Some(before), new.and_then(|new| new.get(name)));
        }
        for (name, after) in new.into_iter().flatten() {
            if old.is_none_or(|old| !old.contains_key(name)) {
                visit(name, None, Some(after));
            }
        }
        problems.or(nodes)
    }

    fn list(
        &self,
        old: Option<&Vec<Value>>,
        new: Option<&Vec<Value>>,
        list: At<'_, List>,
    ) -> Result<Nodes, Problems> {
        let mut problems = Problems::default();
        let mut items: BTreeMap<Element, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for (index, item) in old.into_iter().flatten().enumerate() {
            match element_of(self.schema, &list, item) {
                Ok(element) => items.entry(element).or_default().0.push(item),
                Err(cause) => problems.add(Problems::one(format!("element {index}: {cause}"))),
            }
        }
        for (index, item) in new.into_iter().flatten().enumerate() {
            match element_of(self.schema, &list, item) {
                Ok(element) => items.entry(element).or_default().1.push(item),
                Err(cause) => problems.add(Problems::one(format!("element {index}: {cause}"))),
            }
        }
        let mut nodes = Nodes::default();
        for (element, (before, after)) in &items {
            match self.item(before, after, &list.element) {
                Ok(inner) => nodes.put(element, inner),
                Err(inner) => problems.add(inner.at(element)),
            }
        }
        problems.or(nodes)
    }

    /// Compares what carries one key on both sides; an item that is there twice has no content of its own.
    fn item(&self, old: &[&Value], new: &[&Value], of: &TypeRef) -> Result<Nodes, Problems> {
        match (old, new) {
            ([_, _, ..], [_, _, ..]) => {
                let same = old.len() == new.len() && old.iter().zip(new).all(|(old, new)| equal(old, new));
                Ok(Nodes { modified: Node { member: !same, ..Node::default() }, ..Nodes::default() })
            }
            ([_, _, ..], _) => {
                let mut nodes = match new.first() {
                    Some(new) => self.walk(None, Some(new), of)?,
                    None => Nodes::default(),
                };
                nodes.removed.member = true;
                Ok(nodes)
            }
            (_, [_, _, ..]) => {
                let mut nodes = match old.first() {
                    Some(old) => self.walk(Some(old), None, of)?,
                    None => Nodes::default(),
                };
                nodes.added.member = true;
                Ok(nodes)
            }
            _ => self.walk(old.first().copied(), new.first().copied(), of),
        }
    }
}
