// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use super::node::{ListType, Node};

/// A value, the stored value at the same place, and the schema of the place.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) node: &'a Node,
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
}

impl<'a> Pair<'a> {
    /// Returns the pair at a field or map entry, if the schema declares it and both sides have it.
    pub(super) fn key(&self, key: &str) -> Option<Self> {
        let (old, new) = (self.old.as_object()?.get(key)?, self.new.as_object()?.get(key)?);
        Some(Self { node: self.node.child(key)?, old, new })
    }

    /// Returns the pair at a list item: only items of keyed lists have a partner.
    pub(super) fn index(&self, index: usize) -> Option<Self> {
        let ListType::Map(keys) = &self.node.list_type else { return None };
        let node = self.node.items.as_deref()?;
        let new = self.new.as_array()?.get(index)?;
        let old = self.old.as_array()?.iter().find(|old| same_keys(old, new, keys))?;
        Some(Self { node, old, new })
    }

    /// Returns whether nothing changed here. Entries that the schema does not declare have no partner, so that an
    /// object with some counts as changed.
    pub(super) fn is_unchanged(&self) -> bool {
        match (self.old, self.new) {
            (Value::Array(old), Value::Array(new)) => {
                old.len() == new.len()
                    && match &self.node.list_type {
                        ListType::Map(_) => (0..new.len())
                            .all(|index| self.index(index).is_some_and(|pair| pair.is_unchanged())),
                        _ => old == new,
                    }
            }
            (Value::Object(old), Value::Object(new)) => {
                old.len() == new.len()
                    && new.keys().all(|key| self.key(key).is_some_and(|pair| pair.is_unchanged()))
            }
            (old, new) => old == new,
        }
    }
}

/// Returns whether two list items are the same item, which takes all keys, with scalar values.
pub(super) fn same_keys(a: &Value, b: &Value, keys: &[String]) -> bool {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return false };
    let scalar = |value: &&Value| !matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
    keys.iter().all(|key| a.get(key).filter(scalar).is_some_and(|value| b.get(key) == Some(value)))
}
