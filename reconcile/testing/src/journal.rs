// SPDX-License-Identifier: Apache-2.0

use std::sync::{Mutex, PoisonError};

/// One request that the server answered.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// What was asked for: `get`, `list`, `watch`, `create`, `update`, `patch`, `apply`, `delete` or `deletecollection`.
    pub verb: String,
    /// The plural name of the resource.
    pub resource: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The subresource, if one was named.
    pub subresource: Option<String>,
    /// The namespace; empty for cluster-scoped requests.
    pub namespace: String,
    /// The name of the object, where the path named one.
    pub name: Option<String>,
    /// The field manager of a write.
    pub manager: String,
    /// Whether a write was a dry run.
    pub dry_run: bool,
    /// The HTTP status of the answer.
    pub code: u16,
}

impl Entry {
    /// Returns whether the request could have changed something.
    pub fn is_write(&self) -> bool {
        !self.dry_run && !matches!(self.verb.as_str(), "get" | "list" | "watch")
    }

    fn path(&self) -> String {
        match &self.subresource {
            Some(subresource) => format!("{}/{subresource}", self.resource),
            None => self.resource.clone(),
        }
    }
}

/// A copy of the log of requests.
///
/// Resources are named as `plural` or `plural/subresource`.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    entries: Vec<Entry>,
}

impl Requests {
    /// Returns the requests, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Returns the number of requests.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there was no request.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Counts the writes to a resource that were no dry runs, whatever their answer.
    pub fn writes_to(&self, resource: &str) -> usize {
        self.entries.iter().filter(|entry| entry.is_write() && entry.path() == resource).count()
    }

    /// Counts the requests with a verb to a resource.
    pub fn count(&self, verb: &str, resource: &str) -> usize {
        self.entries.iter().filter(|entry| entry.verb == verb && entry.path() == resource).count()
    }

    /// Counts the requests of one field manager.
    pub fn by_manager(&self, manager: &str) -> usize {
        self.entries.iter().filter(|entry| entry.manager == manager).count()
    }
}

/// The log of requests.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Mutex<Vec<Entry>>,
}

impl Journal {
    pub(crate) fn push(&self, entry: Entry) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    pub(crate) fn copy(&self) -> Requests {
        Requests { entries: self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone() }
    }

    pub(crate) fn clear(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
