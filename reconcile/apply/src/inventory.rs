// SPDX-License-Identifier: Apache-2.0

//! The list of objects that are ours.

use std::collections::HashSet;

use gitops_manifest::ObjectId;
use serde::{Deserialize, Serialize};

/// One object of an [`Inventory`]: its id in text form, and the version of its API.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// `namespace_name_group_kind`; what cannot be read is kept as it is.
    pub id: String,
    /// The version (`v1`), without the group.
    pub v: String,
}

impl Entry {
    /// Returns the entry of an object.
    pub fn new(id: &ObjectId, version: impl Into<String>) -> Self {
        Self { id: id.to_string(), v: version.into() }
    }

    /// Returns the object's id, or `None` for text that is none.
    pub fn object(&self) -> Option<ObjectId> {
        self.id.parse().ok()
    }

    /// Returns the object's `apiVersion`.
    pub fn api_version(&self) -> Option<String> {
        let id = self.object()?;
        Some(if id.group.is_empty() { self.v.clone() } else { format!("{}/{}", id.group, self.v) })
    }
}

/// The objects that an owner has applied, as its status lists them: `{"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}]}`.
///
/// Ids decide; a changed version is the same object.
///
/// ```
/// use gitops_apply::Inventory;
///
/// let old: Inventory = serde_json::from_str(r#"{"entries":[{"id":"a_x__ConfigMap","v":"v1"},{"id":"a_y__ConfigMap","v":"v1"}]}"#)?;
/// let new: Inventory = serde_json::from_str(r#"{"entries":[{"id":"a_x__ConfigMap","v":"v1"}]}"#)?;
/// assert_eq!(old.minus(&new).iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["a_y__ConfigMap"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    #[serde(default)]
    entries: Vec<Entry>,
}

impl Inventory {
    /// Returns the entries.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// Returns the number of objects.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns whether an object is listed, in any version.
    pub fn contains(&self, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.id == id)
    }

    /// Adds entries that are not there yet.
    pub fn merge(&mut self, entries: impl IntoIterator<Item = Entry>) {
        let mut known: HashSet<String> = self.entries.iter().map(|entry| entry.id.clone()).collect();
        self.entries.extend(entries.into_iter().filter(|entry| known.insert(entry.id.clone())));
    }

    /// Returns the entries that `other` does not list.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let known: HashSet<&str> = other.entries.iter().map(|entry| entry.id.as_str()).collect();
        self.entries.iter().filter(|entry| !known.contains(entry.id.as_str())).cloned().collect()
    }
}

impl FromIterator<Entry> for Inventory {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut inventory = Self::default();
        inventory.merge(entries);
        inventory
    }
}
