// SPDX-License-Identifier: Apache-2.0

//! An object to wait for.

use std::fmt;

use gitops_manifest::ObjectId;

/// An object to wait for, and from which of its states on.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Target {
    /// The object.
    pub id: ObjectId,
    /// Its `apiVersion`.
    pub api_version: String,
    /// What was known last: an older state seen by a watch does not count.
    pub resource_version: Option<String>,
}

impl Target {
    /// Returns a target that may be in any state.
    pub fn new(id: ObjectId, api_version: impl Into<String>) -> Self {
        Self { id, api_version: api_version.into(), resource_version: None }
    }

    pub(crate) fn at(mut self, resource_version: Option<String>) -> Self {
        self.resource_version = resource_version;
        self
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id.subject())
    }
}

/// Returns whether `seen` is at least as new as `wanted`; versions that are no numbers must be equal.
pub(crate) fn at_least(seen: &str, wanted: &str) -> bool {
    match (seen.parse::<u64>(), wanted.parse::<u64>()) {
        (Ok(seen), Ok(wanted)) => seen >= wanted,
        _ => seen == wanted,
    }
}
