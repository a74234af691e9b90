// SPDX-License-Identifier: Apache-2.0

//! Which objects refer to which: the way from a changed object to those that depend on it.

use std::collections::{HashMap, HashSet};

use crate::Reference;

#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Object to the objects it refers to.
    forward: HashMap<Reference, Vec<Reference>>,
    /// Object to the objects that refer to it.
    backward: HashMap<Reference, HashSet<Reference>>,
}

impl Index {
    pub(crate) fn set(&mut self, key: &Reference, references: Vec<Reference>) {
        self.remove(key);
        for reference in &references {
            self.backward.entry(reference.clone()).or_default().insert(key.clone());
        }
        if !references.is_empty() {
            self.forward.insert(key.clone(), references);
        }
    }

    pub(crate) fn remove(&mut self, key: &Reference) {
        for reference in self.forward.remove(key).unwrap_or_default() {
            if let Some(set) = self.backward.get_mut(&reference) {
                set.remove(key);
                if set.is_empty() {
                    self.backward.remove(&reference);
                }
            }
        }
    }

    /// The objects that refer to `reference`, in order of their names.
    pub(crate) fn dependents(&self, reference: &Reference) -> Vec<Reference> {
        let mut keys: Vec<_> = self.backward.get(reference).into_iter().flatten().cloned().collect();
        keys.sort();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependents_follow_the_latest_references() {
        let mut index = Index::default();
        let r = |name: &str| Reference::new("g", "K", "ns", name);
        index.set(&r("a"), vec![r("s"), r("t")]);
        index.set(&r("b"), vec![r("s")]);
        assert_eq!(index.dependents(&r("s")), [r("a"), r("b")]);
        index.set(&r("a"), vec![r("t")]);
        assert_eq!(index.dependents(&r("s")), [r("b")]);
        index.remove(&r("b"));
        assert!(index.dependents(&r("s")).is_empty());
    }
}
