// SPDX-License-Identifier: Apache-2.0

//! Ownership across the `scale` subresource.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Error;
use crate::managed::{ManagedFields, Ownership};
use crate::path::Path;

const SCALE: &str = "autoscaling/v1";

/// Carries ownership of the replica count between an object and its Scale.
///
/// A write to `/scale` works on a Scale object; who owns `.spec.replicas` there is who owns the count in the object.
#[derive(Clone, Debug)]
#[doc(alias = "ScaleHandler")]
pub struct ScaleFields {
    paths: BTreeMap<String, Path>,
    api_version: String,
}

impl ScaleFields {
    /// Returns the mapping of a kind served at `api_version`: where the count stands, by the apiVersion that an entry names.
    pub fn new(api_version: &str, paths: impl IntoIterator<Item = (String, Path)>) -> Self {
        Self { paths: paths.into_iter().collect(), api_version: api_version.to_owned() }
    }

    fn in_scale() -> Path {
        Path::fields(["spec", "replicas"])
    }

    /// Returns the entries of the Scale, given those of the object.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn to_scale(&self, parent: &[Value]) -> Result<Vec<Value>, Error> {
        let parent = ManagedFields::from_entries(parent)?;
        let mut out = ManagedFields::default();
        for (id, ownership) in &parent.managers {
            let Some(path) = self.paths.get(&ownership.api_version) else { continue };
            if ownership.set.contains(path) {
                let set = [Self::in_scale()].into_iter().collect();
                let applied = ownership.applied;
                out.managers.insert(id.clone(), Ownership { set, api_version: SCALE.to_owned(), applied });
                if let Some(time) = parent.times.get(id) {
                    out.times.insert(id.clone(), time.clone());
                }
            }
        }
        Ok(out.to_entries())
    }

    /// Returns the entries of the object, given those it had and those of the Scale after the write.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn to_parent(&self, parent: &[Value], scale: &[Value]) -> Result<Vec<Value>, Error> {
        let parent = ManagedFields::from_entries(parent)?;
        let mut scale = ManagedFields::from_entries(scale)?;
        let mut out = ManagedFields::default();
        for (id, ownership) in &parent.managers {
            let Some(path) = self.paths.get(&ownership.api_version) else { continue };
            let mut kept = ownership.clone();
            if ownership.set.contains(path) && scale.managers.remove(id).is_none() {
                kept.set = kept.set.difference(&[path.clone()].into_iter().collect());
            }
            if !kept.set.is_empty() {
                out.managers.insert(id.clone(), kept);
                if let Some(time) = parent.times.get(id) {
                    out.times.insert(id.clone(), time.clone());
                }
            }
        }
        let Some(path) = self.paths.get(&self.api_version) else { return Ok(out.to_entries()) };
        for (id, ownership) in scale.managers {
            if ownership.set.contains(&Self::in_scale()) {
                let set = [path.clone()].into_iter().collect();
                let api_version = self.api_version.clone();
                // A manager that is new to the object has no time here, as upstream.
                if let Some(time) = parent.times.get(&id) {
                    out.times.insert(id.clone(), time.clone());
                }
                out.managers.insert(id, Ownership { set, api_version, applied: ownership.applied });
            }
        }
        Ok(out.to_entries())
    }
}
