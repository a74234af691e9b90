// SPDX-License-Identifier: Apache-2.0

use std::collections::HashMap;

use gitops_yaml::{Dialect, Limits};

use crate::error::{Error, ErrorKind};
use crate::id::ObjectId;
use crate::manifest::Manifest;

/// Manifests in a fixed order, found by id without searching.
///
/// ```
/// use gitops_manifest::{ManifestSet, ObjectId};
///
/// let set = ManifestSet::from_yaml(b"
/// apiVersion: v1
/// kind: List
/// items:
/// - {apiVersion: v1, kind: Namespace, metadata: {name: apps}}
/// - {apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: apps}, data: {on: '1'}}
/// ")?;
/// assert_eq!(set.len(), 2);
/// assert!(set.get(&ObjectId::new("apps", "web", "", "ConfigMap")).is_some());
/// assert!(set.to_yaml().starts_with("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n---\n"));
/// # Ok::<(), gitops_manifest::Error>(())
/// ```
#[doc(alias = "ResMap")]
#[derive(Clone, Debug, Default)]
pub struct ManifestSet {
    manifests: Vec<Manifest>,
    index: HashMap<ObjectId, usize>,
}

impl ManifestSet {
    /// Makes an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a stream of YAML or JSON documents: lists are expanded, empty documents dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Yaml`]; [`ErrorKind::NotAnObject`] and [`ErrorKind::MissingField`] for documents that are not
    /// named objects; [`ErrorKind::Duplicate`].
    pub fn from_yaml(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_yaml_with(bytes, &Limits::default())
    }

    /// Reads as [`from_yaml`](Self::from_yaml), within limits of the caller's choice.
    ///
    /// # Errors
    ///
    /// As [`from_yaml`](Self::from_yaml).
    pub fn from_yaml_with(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let mut manifests = Vec::new();
        for value in gitops_yaml::read_values(bytes, Dialect::V3, limits)? {
            Manifest::from_value(value)?.expand(&mut manifests)?;
        }
        let mut set = Self::new();
        for manifest in manifests {
            manifest.require_name()?;
            set.push(manifest)?;
        }
        Ok(set)
    }

    /// Adds a manifest at the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Duplicate`] if the set holds the id already.
    pub fn push(&mut self, manifest: Manifest) -> Result<(), Error> {
        let id = manifest.id();
        if self.index.contains_key(&id) {
            return Err(Error::new(
                ErrorKind::Duplicate,
                format!("may not add resource with an already registered id: {}", id.subject()),
            ));
        }
        self.index.insert(id, self.manifests.len());
        self.manifests.push(manifest);
        Ok(())
    }

    /// Adds a manifest at the end even if the set holds its id already, as for two versions of one kind; the id goes on
    /// finding the first.
    pub fn append(&mut self, manifest: Manifest) {
        self.index.entry(manifest.id()).or_insert(self.manifests.len());
        self.manifests.push(manifest);
    }

    /// Adds a manifest at the end, or puts it in the place of the one with its id, which is returned.
    pub fn insert(&mut self, manifest: Manifest) -> Option<Manifest> {
        let id = manifest.id();
        if let Some(&at) = self.index.get(&id) {
            return Some(std::mem::replace(&mut self.manifests[at], manifest));
        }
        self.index.insert(id, self.manifests.len());
        self.manifests.push(manifest);
        None
    }

    /// Returns the manifest with an id.
    #[must_use]
    pub fn get(&self, id: &ObjectId) -> Option<&Manifest> {
        self.index.get(id).and_then(|at| self.manifests.get(*at))
    }

    /// Returns whether the set holds an id.
    #[must_use]
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.index.contains_key(id)
    }

    /// Changes the manifest with an id, and returns whether there is one. The id may change, but not to one the set
    /// holds already: then the change is taken back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Duplicate`].
    pub fn update(&mut self, id: &ObjectId, change: impl FnOnce(&mut Manifest)) -> Result<bool, Error> {
        let Some(&at) = self.index.get(id) else { return Ok(false) };
        let before = self.manifests[at].clone();
        change(&mut self.manifests[at]);
        let now = self.manifests[at].id();
        if now == *id {
            return Ok(true);
        }
        if self.index.contains_key(&now) {
            self.manifests[at] = before;
            return Err(Error::new(
                ErrorKind::Duplicate,
                format!("may not add resource with an already registered id: {}", now.subject()),
            ));
        }
        self.index.remove(id);
        self.index.insert(now, at);
        Ok(true)
    }

    /// Takes the manifest with an id out; the order of the others stays. Linear in the size of the set.
    pub fn remove(&mut self, id: &ObjectId) -> Option<Manifest> {
        let at = self.index.remove(id)?;
        let removed = self.manifests.remove(at);
        for place in self.index.values_mut().filter(|place| **place > at) {
            *place -= 1;
        }
        Some(removed)
    }

    /// Puts the manifests into another order, stably.
    pub fn sort_by(&mut self, compare: impl FnMut(&Manifest, &Manifest) -> std::cmp::Ordering) {
        self.manifests.sort_by(compare);
        self.index = self.manifests.iter().enumerate().map(|(at, manifest)| (manifest.id(), at)).collect();
    }

    /// Returns the manifests in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Manifest> {
        self.manifests.iter()
    }

    /// Returns the manifests as a slice.
    #[must_use]
    pub fn as_slice(&self) -> &[Manifest] {
        &self.manifests
    }

    /// Returns how many manifests there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.manifests.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.manifests.is_empty()
    }

    /// Returns all documents, `---` between them, byte for byte as kustomize prints them.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut out = String::new();
        for manifest in self {
            if !out.is_empty() {
                out.push_str("---\n");
            }
            out.push_str(&manifest.to_yaml());
        }
        out
    }

    /// Returns whether both sets hold equal objects, in any order.
    #[must_use]
    pub fn same_objects(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|manifest| other.get(&manifest.id()) == Some(manifest))
    }

    /// Compares with an older set by id.
    #[must_use]
    pub fn diff<'a>(&'a self, older: &'a Self) -> Vec<Difference<'a>> {
        let mut differences = Vec::new();
        for manifest in self {
            match older.get(&manifest.id()) {
                None => differences.push(Difference::Added(manifest)),
                Some(before) if before != manifest => {
                    differences.push(Difference::Changed { before, after: manifest })
                }
                Some(_) => {}
            }
        }
        differences
            .extend(older.iter().filter(|manifest| !self.contains(&manifest.id())).map(Difference::Removed));
        differences
    }
}

/// How one object differs between two sets.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Difference<'a> {
    /// Only the newer set has it.
    Added(&'a Manifest),
    /// Both have it, with other content.
    #[non_exhaustive]
    Changed {
        /// In the older set.
        before: &'a Manifest,
        /// In the newer set.
        after: &'a Manifest,
    },
    /// Only the older set has it.
    Removed(&'a Manifest),
}

/// Equal order and equal objects.
impl PartialEq for ManifestSet {
    fn eq(&self, other: &Self) -> bool {
        self.manifests == other.manifests
    }
}

impl IntoIterator for ManifestSet {
    type Item = Manifest;
    type IntoIter = std::vec::IntoIter<Manifest>;

    fn into_iter(self) -> Self::IntoIter {
        self.manifests.into_iter()
    }
}

impl<'a> IntoIterator for &'a ManifestSet {
    type Item = &'a Manifest;
    type IntoIter = std::slice::Iter<'a, Manifest>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Of several manifests with one id the last stays, at the place of the first.
impl FromIterator<Manifest> for ManifestSet {
    fn from_iter<I: IntoIterator<Item = Manifest>>(manifests: I) -> Self {
        let mut set = Self::new();
        set.extend(manifests);
        set
    }
}

/// As collecting.
impl Extend<Manifest> for ManifestSet {
    fn extend<I: IntoIterator<Item = Manifest>>(&mut self, manifests: I) {
        for manifest in manifests {
            self.insert(manifest);
        }
    }
}
