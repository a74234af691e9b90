// SPDX-License-Identifier: Apache-2.0

//! Who owns what after a write.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::conflict::Conflicts;
use crate::error::{Error, ErrorKind};
use crate::managed::{ManagerId, Managers, Ownership};
use crate::schema::ObjectType;
use crate::set::FieldSet;
use crate::typed::{Comparison, Typed};
use crate::value::equal;

/// The versions of one kind: their types, and how an object gets from one to another.
///
/// Implementers answer for every version that a stored object may name in its `managedFields`.
pub trait Versions {
    /// Returns the type of objects at `api_version` (`apps/v1`).
    ///
    /// # Errors
    /// [`Error::unknown_version`] makes the owner of fields at that version be forgotten; any other error fails the write.
    fn object_type(&self, api_version: &str) -> Result<ObjectType, Error>;

    /// Returns the object as it reads at `api_version`; called only when it is at another one.
    ///
    /// # Errors
    /// As for [`object_type`](Self::object_type).
    fn convert(&self, object: &Value, api_version: &str) -> Result<Value, Error>;

    /// Fills in defaults after an apply changed something; the default does nothing.
    fn complete(&self, _object: &mut Value) {}

    /// Returns an object of the kind with nothing in it, from which a creation is compared; `None` stands for one with
    /// `apiVersion` and `kind` only.
    fn empty(&self) -> Option<Value> {
        None
    }
}

/// A kind whose versions all have the same shape: conversion rewrites `apiVersion` only.
#[derive(Clone, Debug, Default)]
pub struct SameShape {
    types: BTreeMap<String, ObjectType>,
}

impl SameShape {
    /// Returns a kind with a single version.
    pub fn one(api_version: &str, of: ObjectType) -> Self {
        Self { types: BTreeMap::from([(api_version.to_owned(), of)]) }
    }

    /// Adds a version.
    #[must_use]
    pub fn with(mut self, api_version: &str, of: ObjectType) -> Self {
        self.types.insert(api_version.to_owned(), of);
        self
    }
}

impl Versions for SameShape {
    fn object_type(&self, api_version: &str) -> Result<ObjectType, Error> {
        self.types.get(api_version).cloned().ok_or_else(|| Error::unknown_version(api_version))
    }

    fn convert(&self, object: &Value, api_version: &str) -> Result<Value, Error> {
        let mut object = object.clone();
        if let Some(map) = object.as_object_mut() {
            map.insert("apiVersion".to_owned(), Value::String(api_version.to_owned()));
        }
        Ok(object)
    }
}

/// Which fields of an object a writer can own at one version: what an endpoint ignores is not owned through it.
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "reset fields")]
#[non_exhaustive]
pub enum Filter {
    /// All fields but those at or below the members of the set.
    Except(FieldSet),
    /// Only the fields at or below the members of the set.
    Only(FieldSet),
}

impl Filter {
    pub(crate) fn apply(&self, set: &FieldSet) -> FieldSet {
        match self {
            Self::Except(excluded) => set.recursive_difference(excluded),
            Self::Only(included) => set.within(included),
        }
    }
}

/// Moves ownership as objects change; the layer below [`FieldManager`](crate::FieldManager).
pub(crate) struct Updater<'a> {
    pub(crate) versions: &'a dyn Versions,
    pub(crate) filters: &'a BTreeMap<String, Filter>,
}

fn missing(error: &Error) -> bool {
    error.kind() == ErrorKind::UnknownVersion
}

impl Updater<'_> {
    /// Records a plain write by `manager`; nothing stands in its way.
    pub(crate) fn update(
        &self,
        live: &Typed<'_>,
        new: &Typed<'_>,
        version: &str,
        managers: Managers,
        manager: &ManagerId,
    ) -> Result<Managers, Error> {
        let managers = self.reconciled(live, managers)?;
        let (mut managers, comparison) = self.changes(live, new, version, managers, manager, true)?;
        let own = managers.remove(manager).map(|ownership| ownership.set).unwrap_or_default();
        let mut set = own.difference(&comparison.removed);
        set.extend(comparison.modified);
        set.extend(comparison.added);
        let set = self.filtered(version, set);
        if !set.is_empty() {
            managers
                .insert(manager.clone(), Ownership { set, api_version: version.to_owned(), applied: false });
        }
        Ok(managers)
    }

    /// Applies `config`; `None` instead of the new object says that nothing changed.
    pub(crate) fn apply(
        &self,
        live: &Typed<'_>,
        config: &Typed<'_>,
        version: &str,
        managers: Managers,
        manager: &ManagerId,
        force: bool,
    ) -> Result<(Option<Value>, Managers), Error> {
        let mut managers = self.reconciled(live, managers)?;
        let merged = live.merge(config).map_err(|error| error.context("failed to merge config"))?;
        let set = config.field_set().map_err(|error| error.context("failed to get field set"))?;
        let own =
            Ownership { set: self.filtered(version, set), api_version: version.to_owned(), applied: true };
        let last = managers.insert(manager.clone(), own);
        let new = self
            .prune(merged, &managers, version, last.as_ref())
            .map_err(|error| error.context("failed to prune fields"))?;
        let (managers, _) = self.changes(live, &new, version, managers, manager, force)?;
        let new = (!equal(live.value(), new.value())).then(|| new.into_value());
        Ok((new, managers))
    }

    fn filtered(&self, version: &str, set: FieldSet) -> FieldSet {
        match self.filters.get(version) {
            Some(filter) => filter.apply(&set),
            None => set,
        }
    }

    fn comparison(&self, old: &Typed<'_>, new: &Typed<'_>, version: &str) -> Result<Comparison, Error> {
        let comparison = old.compare(new).map_err(|error| error.context("failed to compare objects"))?;
        Ok(match self.filters.get(version) {
            Some(filter) => comparison.map(|set| filter.apply(set)),
            None => comparison,
        })
    }

    /// Takes what changed away from everybody but `own`, or fails with what is in the way.
    fn changes(
        &self,
        old: &Typed<'_>,
        new: &Typed<'_>,
        version: &str,
        mut managers: Managers,
        own: &ManagerId,
        force: bool,
    ) -> Result<(Managers, Comparison), Error> {
        let first = self.comparison(old, new, version)?;
        let mut by_version: BTreeMap<String, Comparison> =
            BTreeMap::from([(version.to_owned(), first.clone())]);
        let mut conflicts = Conflicts::default();
        let mut forgotten = Vec::new();
        for (id, ownership) in managers.iter_mut().filter(|(id, _)| *id != own) {
            if !by_version.contains_key(&ownership.api_version) {
                match self.comparison_at(old, new, &ownership.api_version) {
                    Ok(comparison) => {
                        by_version.insert(ownership.api_version.clone(), comparison);
                    }
                    Err(error) if missing(&error) => {
                        forgotten.push(id.clone());
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            let Some(comparison) = by_version.get(&ownership.api_version) else { continue };
            let taken = ownership.set.intersection(&comparison.modified.union(&comparison.added));
            if !taken.is_empty() {
                conflicts.add(id, &taken);
                ownership.set = ownership.set.difference(&taken);
            }
            ownership.set = ownership.set.difference(&comparison.removed);
        }
        if !force && !conflicts.is_empty() {
            return Err(Error::conflict(conflicts));
        }
        managers.retain(|id, ownership| !ownership.set.is_empty() && !forgotten.contains(id));
        Ok((managers, first))
    }

    fn comparison_at(&self, old: &Typed<'_>, new: &Typed<'_>, version: &str) -> Result<Comparison, Error> {
        let old = self
            .convert(old, version)
            .map_err(|error| error.context_unless_missing("failed to convert old object"))?;
        let new = self
            .convert(new, version)
            .map_err(|error| error.context_unless_missing("failed to convert new object"))?;
        self.comparison(&old, &new, version)
    }

    fn convert<'v>(&self, object: &'v Typed<'_>, version: &str) -> Result<Typed<'v>, Error> {
        if object.api_version() == version {
            return Ok(Typed { value: Cow::Borrowed(object.value()), of: object.of.clone() });
        }
        let of = self.versions.object_type(version)?;
        let converted = self.versions.convert(object.value(), version)?;
        // Strict, as upstream: an object with duplicates cannot be compared at another version.
        Typed::checked(&converted, &of)?;
        Ok(Typed::owned(converted, &of))
    }

    fn reconciled(&self, live: &Typed<'_>, managers: Managers) -> Result<Managers, Error> {
        let mut out = Managers::new();
        let mut by_version: BTreeMap<String, Option<Typed<'_>>> = BTreeMap::new();
        for (id, mut ownership) in managers {
            if !by_version.contains_key(&ownership.api_version) {
                let converted = match self.convert(live, &ownership.api_version) {
                    Ok(converted) => Some(converted),
                    Err(error) if missing(&error) => None,
                    Err(error) => return Err(error),
                };
                by_version.insert(ownership.api_version.clone(), converted);
            }
            // Whoever wrote at a version that is gone is forgotten.
            let Some(Some(live)) = by_version.get(&ownership.api_version) else { continue };
            if let Some(set) = live.reconciled(&ownership.set) {
                ownership.set = set;
            }
            out.insert(id, ownership);
        }
        Ok(out)
    }

    /// Removes what the manager applied last time, does not apply now, and nobody else owns.
    fn prune(
        &self,
        merged: Typed<'static>,
        managers: &Managers,
        version: &str,
        last: Option<&Ownership>,
    ) -> Result<Typed<'static>, Error> {
        let Some(last) = last.filter(|last| !last.set.is_empty()) else { return Ok(merged) };
        let at_last = match self.convert(&merged, &last.api_version) {
            Ok(converted) => converted,
            Err(error) if missing(&error) => return Ok(merged),
            Err(error) => {
                return Err(error.context("failed to convert merged object to last applied version"));
            }
        };
        let last_named = at_last.with_named_fields(&last.set);
        let pruned = at_last.without(&last_named);
        let pruned = self
            .add_back_owned(&at_last, pruned, &last.api_version, managers)
            .map_err(|error| error.context("failed add back owned items"))?;
        let pruned = self
            .add_back_dangling(&at_last, &pruned, &last.api_version, &last_named)
            .map_err(|error| error.context("failed add back dangling items"))?;
        let pruned = self.convert(&pruned, version)?;
        let of = pruned.of.clone();
        Ok(Typed::owned(pruned.into_value(), &of))
    }

    /// Puts back what anybody owns, version by version.
    fn add_back_owned(
        &self,
        merged: &Typed<'_>,
        pruned: Typed<'static>,
        first: &str,
        managers: &Managers,
    ) -> Result<Typed<'static>, Error> {
        let mut owned: BTreeMap<&str, FieldSet> = BTreeMap::new();
        for ownership in managers.values() {
            owned.entry(&ownership.api_version).or_default().extend(ownership.set.clone());
        }
        let mut pruned = pruned;
        let own = owned.remove(first).map(|set| (first, set));
        for (version, set) in own.into_iter().chain(owned) {
            let (merged_at, pruned_at) =
                match (self.convert(merged, version), self.convert(&pruned, version)) {
                    (Ok(merged), Ok(pruned)) => (merged, pruned),
                    (Err(error), _) | (_, Err(error)) if missing(&error) => continue,
                    (Err(error), _) => {
                        return Err(error
                            .context(format_args!("failed to convert merged object at version {version}")));
                    }
                    (_, Err(error)) => {
                        return Err(error
                            .context(format_args!("failed to convert pruned object at version {version}")));
                    }
                };
            let all = merged_at.with_named_fields(&merged_at.field_set()?);
            let mut keep = merged_at.with_named_fields(&pruned_at.field_set()?);
            keep.extend(merged_at.with_named_fields(&set));
            pruned = merged_at.without(&all.difference(&keep));
        }
        Ok(pruned)
    }

    /// Puts back what vanished although it was not part of the last applied set.
    fn add_back_dangling(
        &self,
        merged: &Typed<'_>,
        pruned: &Typed<'_>,
        version: &str,
        last_named: &FieldSet,
    ) -> Result<Typed<'static>, Error> {
        let pruned = match self.convert(pruned, version) {
            Ok(converted) => converted,
            Err(error) if missing(&error) => return Ok(Typed::owned(merged.value().clone(), &merged.of)),
            Err(error) => {
                return Err(error.context("failed to convert pruned object to last applied version"));
            }
        };
        let kept = merged.with_named_fields(&pruned.field_set()?);
        let all = merged.with_named_fields(&merged.field_set()?);
        Ok(merged.without(&all.difference(&kept).intersection(last_named)))
    }
}

impl Error {
    fn context_unless_missing(self, what: &str) -> Self {
        if missing(&self) { self } else { self.context(what) }
    }
}
