// SPDX-License-Identifier: Apache-2.0

//! What happened, or will happen, to objects.

use std::fmt;

use gitops_manifest::ObjectId;

/// What is done to an object.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Action {
    /// It was not there.
    Created,
    /// It differed.
    Configured,
    /// It is as desired.
    Unchanged,
    /// It is no longer desired.
    Deleted,
    /// It is left alone, by its own wish or because somebody else owns it.
    Skipped,
    /// Nothing is known: its dry run failed.
    Unknown,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        })
    }
}

/// One object and what is done to it; prints as `Deployment/apps/web configured`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The object.
    pub id: ObjectId,
    /// The version of its API (`v1`), without the group.
    pub version: String,
    /// What is done to it.
    pub action: Action,
}

impl Change {
    pub(crate) fn new(id: ObjectId, version: impl Into<String>, action: Action) -> Self {
        Self { id, version: version.into(), action }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id.subject(), self.action)
    }
}

/// Changes in the order in which they were made; prints one per line.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ChangeSet(Vec<Change>);

impl ChangeSet {
    pub(crate) fn push(&mut self, change: Change) {
        self.0.push(change);
    }

    /// Appends the changes of another set.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns the changes.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.0.iter()
    }

    /// Returns the number of changes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how many objects an action was done to.
    pub fn count(&self, action: Action) -> usize {
        self.0.iter().filter(|change| change.action == action).count()
    }

    /// Returns only the changes with one of the actions.
    #[must_use]
    pub fn only(&self, actions: &[Action]) -> Self {
        Self(self.0.iter().filter(|change| actions.contains(&change.action)).cloned().collect())
    }

    /// Returns whether anything was written.
    pub fn has_writes(&self) -> bool {
        self.0
            .iter()
            .any(|change| matches!(change.action, Action::Created | Action::Configured | Action::Deleted))
    }
}

impl fmt::Display for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, change) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            change.fmt(f)?;
        }
        Ok(())
    }
}

impl<'a> IntoIterator for &'a ChangeSet {
    type Item = &'a Change;
    type IntoIter = std::slice::Iter<'a, Change>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Change> for ChangeSet {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}
