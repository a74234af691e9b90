// SPDX-License-Identifier: Apache-2.0

//! One object laid over another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::item::element_of;
use super::validate::scalar;
use super::{Problems, no_type};
use crate::path::Element;
use crate::schema::{At, Choice, List, Map, ObjectType, Resolved, Schema, TypeRef};

pub(super) fn merge(live: &Value, config: &Value, of: &ObjectType) -> Result<Option<Value>, Problems> {
    Merger { schema: &of.schema }.walk(Some(live), Some(config), &of.root)
}

struct Merger<'a> {
    schema: &'a Schema,
}

type Side<'a> = Option<&'a Value>;

/// The value of a leaf: what the config says, else what is there.
fn leaf(live: Side<'_>, config: Side<'_>) -> Option<Value> {
    config.or(live).cloned()
}

impl Merger<'_> {
    fn walk(&self, live: Side<'_>, config: Side<'_>, of: &TypeRef) -> Result<Option<Value>, Problems> {
        let atom = self.schema.resolve(of).ok_or_else(|| no_type(of.name()))?;
        let (of_live, of_config) = (atom.deduce(live), atom.deduce(config));
        if config.is_none() {
            self.act(of_live, live, config, of)
        } else if live.is_none() || of_live.same_alternatives(&of_config) {
            self.act(of_config, live, config, of)
        } else {
            // The other alternative is visited for its errors only.
            let mut problems = Problems::default();
            problems.take(self.act(of_live, live, config, of).map(|_| ()));
            match self.act(of_config, live, config, of) {
                Ok(out) => problems.or(out),
                Err(more) => {
                    problems.add(more);
                    Err(problems)
                }
            }
        }
    }

    fn act(
        &self,
        atom: Resolved<'_>,
        live: Side<'_>,
        config: Side<'_>,
        of: &TypeRef,
    ) -> Result<Option<Value>, Problems> {
        match atom.choice().ok_or_else(|| no_type(of.name()))? {
            Choice::Scalar(kind) => match (scalar(kind, live, "lhs: "), scalar(kind, config, "rhs: ")) {
                (Err(mut left), Err(right)) => {
                    left.add(right);
                    Err(left)
                }
                _ => Ok(leaf(live, config)),
            },
            Choice::List(list) => {
                let left = live.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let right = config.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                if list.atomic || left.is_empty() && right.is_empty() {
                    return Ok(leaf(live, config));
                }
                self.list(left, right, list)
            }
            Choice::Map(map) => {
                let (left, right) = (live.and_then(Value::as_object), config.and_then(Value::as_object));
                let both_empty =
                    left.is_none_or(serde_json::Map::is_empty) && right.is_none_or(serde_json::Map::is_empty);
                if map.atomic || both_empty {
                    return Ok(leaf(live, config));
                }
                self.map(left, right, map)
            }
        }
    }

    fn map(
        &self,
        live: Option<&serde_json::Map<String, Value>>,
        config: Option<&serde_json::Map<String, Value>>,
        map: At<'_, Map>,
    ) -> Result<Option<Value>, Problems> {
        let mut problems = Problems::default();
        let mut out = serde_json::Map::new();
        let mut visit = |name: &String, left: Side<'_>, right: Side<'_>| match self.walk(
            left,
            right,
            map.type_of(name),
        ) {
            Ok(Some(merged)) => {
                out.insert(name.clone(), merged);
            }
            Ok(None) => {}
            Err(inner) => problems.add(inner.at(&format_args!(".{name}"))),
        };
        for (name, left) in live.into_iter().flatten() {
            visit(name, Some(left), config.and_then(|config| config.get(name)));
        }
        for (name, right) in config.into_iter().flatten() {
            if live.is_none_or(|live| !live.contains_key(name)) {
                visit(name, None, Some(right));
            }
        }
        problems.or((!out.is_empty()).then_some(Value::Object(out)))
    }

    fn list(&self, live: &[Value], config: &[Value], list: At<'_, List>) -> Result<Option<Value>, Problems> {
        let mut problems = Problems::default();
        let (right, right_items) = self.index(config, &list, false, &mut problems);
        let (left, left_items) = self.index(live, &list, true, &mut problems);
        problems.or(())?;

        let mut out = Vec::with_capacity(live.len().max(config.len()));
        let mut emit = |left: Side<'_>, right: Side<'_>| {
            // An error below a list item does not fail the merge: the typed check of the result names it.
            if let Ok(Some(merged)) = self.walk(left, right, &list.element) {
                out.push(merged);
            }
        };
        let mut shared = right.iter().filter(|element| left_items.contains_key(*element));
        let mut next_shared = shared.next();
        let mut merged = BTreeSet::new();
        let (mut l, mut r) = (0, 0);
        while l < left.len() || r < right.len() {
            if let (Some(here), Some(there)) = (left.get(l), right.get(r)) {
                if here == there {
                    emit(left_items.get(here).copied(), right_items.get(here).copied());
                    merged.insert(here);
                    (l, r) = (l + 1, r + 1);
                    next_shared = shared.next();
                    continue;
                }
                // The config mentions it, but later: it will be emitted in the config's order.
                if right_items.contains_key(here) && next_shared.is_some_and(|next| next != here) {
                    l += 1;
                    continue;
                }
            }
            if let Some(here) = left.get(l) {
                if !right_items.contains_key(here) {
                    emit(live.get(l), None);
                    l += 1;
                    continue;
                }
                if merged.contains(here) {
                    l += 1;
                }
            }
            if let Some(there) = right.get(r) {
                emit(left_items.get(there).copied(), right_items.get(there).copied());
                merged.insert(there);
                r += 1;
                if next_shared == Some(there) {
                    next_shared = shared.next();
                }
            }
        }
        Ok((!out.is_empty()).then_some(Value::Array(out)))
    }

    /// Names the items of a list. One that is there twice is allowed in live objects only, and counts as null.
    fn index<'v>(
        &self,
        items: &'v [Value],
        list: &List,
        duplicates: bool,
        problems: &mut Problems,
    ) -> (Vec<Element>, BTreeMap<Element, &'v Value>) {
        static NULL: Value = Value::Null;
        let mut order = Vec::with_capacity(items.len());
        let mut by_element = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            match element_of(self.schema, list, item) {
                Err(cause) => problems.add(Problems::one(format!("element {index}: {cause}"))),
                Ok(element) if !by_element.contains_key(&element) => {
                    by_element.insert(element.clone(), item);
                    order.push(element);
                }
                Ok(element) if duplicates => {
                    by_element.insert(element.clone(), &NULL);
                    order.push(element);
                }
                Ok(element) => problems.add(Problems::one(format!("duplicate entries for key {element}"))),
            }
        }
        (order, by_element)
    }
}
