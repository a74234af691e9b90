// SPDX-License-Identifier: Apache-2.0

//! What stands in the way of an apply.

use std::collections::BTreeMap;
use std::fmt;

use crate::managed::ManagerId;
use crate::path::Path;
use crate::set::FieldSet;

/// One field that another manager owns and the applied object would change.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Conflict {
    /// Who owns the field.
    pub manager: ManagerId,
    /// The field; its text form is the `field` of the cause in the answer.
    pub path: Path,
}

impl Conflict {
    /// Returns the `message` of the cause in the answer: `conflict with "m" using v1`.
    pub fn message(&self) -> String {
        format!("conflict with {}", self.manager)
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Conflicts(Vec<Conflict>);

impl Conflicts {
    pub(crate) fn add(&mut self, manager: &ManagerId, set: &FieldSet) {
        let paths = set.paths().into_iter();
        self.0.extend(paths.map(|path| Conflict { manager: manager.clone(), path }));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_slice(&self) -> &[Conflict] {
        &self.0
    }

    pub(crate) fn to_set(&self) -> FieldSet {
        self.0.iter().map(|conflict| conflict.path.clone()).collect()
    }

    pub(crate) fn without(self, allowed: &FieldSet) -> Self {
        Self(self.0.into_iter().filter(|conflict| !allowed.contains(&conflict.path)).collect())
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return write!(f, "Apply failed with 1 conflict: {}: {}", only.message(), only.path);
        }
        write!(f, "Apply failed with {} conflicts: ", self.0.len())?;
        // Grouped by the identifier, whose text order is that of its JSON form.
        let mut groups: BTreeMap<String, Vec<&Conflict>> = BTreeMap::new();
        for conflict in &self.0 {
            groups.entry(conflict.manager.identifier()).or_default().push(conflict);
        }
        let mut first = true;
        for group in groups.values() {
            if let Some(conflict) = group.first() {
                let separator = if first { "" } else { "\n" };
                write!(f, "{separator}conflicts with {}:", conflict.manager)?;
            }
            first = false;
            for conflict in group {
                write!(f, "\n- {}", conflict.path)?;
            }
        }
        Ok(())
    }
}
