// SPDX-License-Identifier: Apache-2.0

//! What kinds the server serves: the built-in ones and those of the installed CustomResourceDefinitions.

pub(crate) mod builtin;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use gitops_api::schema::Schema;
use serde_json::Value;

use crate::refusal::About;
use crate::registry::builtin::Names;

/// One resource in one version of its group.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) namespaced: bool,
    pub(crate) status: bool,
    pub(crate) scale: Option<Scale>,
    /// The name of the table that holds the objects.
    pub(crate) table: String,
    /// The paths that field selectors may name, beyond name and namespace.
    pub(crate) fields: Vec<String>,
    pub(crate) names: Names,
    pub(crate) flags: Flags,
    pub(crate) custom: Option<Arc<Custom>>,
}

/// Where the scale subresource finds its numbers, as JSON paths with dots.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    pub(crate) spec: String,
    pub(crate) status: String,
    pub(crate) selector: Option<String>,
}

/// What differs between the strategies of built-in kinds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) generation: bool,
    pub(crate) create_on_update: bool,
    pub(crate) needs_version: bool,
    pub(crate) returns_deleted: bool,
    pub(crate) no_collection_delete: bool,
    pub(crate) create_only: bool,
    /// Selectors on other fields are answered in the words of kinds with a conversion of their own.
    pub(crate) own_field_labels: bool,
}

/// What only custom resources have.
#[derive(Debug)]
pub(crate) struct Custom {
    pub(crate) crd: String,
    pub(crate) version: Value,
    pub(crate) schema: Option<Arc<Schema>>,
    /// The schema of the version in which objects are stored.
    pub(crate) storage_schema: Option<Arc<Schema>>,
    /// The type as merging sees it.
    pub(crate) merge: gitops_smd::ObjectType,
    /// Changes whenever the definition does.
    pub(crate) schema_id: u64,
    pub(crate) columns: Vec<Value>,
    pub(crate) deprecation: Option<String>,
    pub(crate) storage: bool,
    pub(crate) served: bool,
    pub(crate) terminating: bool,
}

impl Resource {
    pub(crate) fn api_version(&self) -> String {
        group_version(&self.group, &self.version)
    }

    pub(crate) fn about(&self) -> About<'_> {
        About { group: &self.group, resource: &self.plural }
    }

    pub(crate) fn is_custom(&self) -> bool {
        self.custom.is_some()
    }

    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }

    /// Returns the beginning of a serialized object: an open brace, kind and version.
    pub(crate) fn prefix(&self) -> String {
        format!("{{\"kind\":\"{}\",\"apiVersion\":\"{}\",", self.kind, self.api_version())
    }

    pub(crate) fn schema_id(&self) -> u64 {
        self.custom.as_ref().map_or(0, |custom| custom.schema_id)
    }

    /// Returns the verbs in the order of discovery.
    pub(crate) fn verbs(&self) -> Vec<&'static str> {
        if self.flags.create_only {
            return vec!["create"];
        }
        if self.is_custom() {
            return vec!["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
        }
        let all = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
        all.into_iter()
            .filter(|verb| *verb != "deletecollection" || !self.flags.no_collection_delete)
            .collect()
    }
}

/// Returns `v1` for the core group and `group/version` for others.
pub(crate) fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// Splits `group/version`.
pub(crate) fn split_group_version(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or(("", text))
}

/// The resources of one moment, keyed by group, version and plural.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    resources: BTreeMap<(String, String, String), Arc<Resource>>,
}

impl Catalog {
    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.resources.get(&(group.to_owned(), version.to_owned(), plural.to_owned()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// Returns one resource per table, the one in the storage version for custom ones.
    pub(crate) fn tables(&self) -> Vec<&Arc<Resource>> {
        let mut tables: BTreeMap<&str, &Arc<Resource>> = BTreeMap::new();
        for resource in self.resources.values().filter(|resource| !resource.flags.create_only) {
            let storage = resource.custom.as_ref().is_none_or(|custom| custom.storage);
            let known = tables.contains_key(resource.table.as_str());
            if !known || (storage && resource.is_custom()) {
                tables.insert(&resource.table, resource);
            }
        }
        tables.into_values().collect()
    }
}

/// The current catalog, replaced as a whole when a definition comes, changes or goes.
pub(crate) struct Registry {
    catalog: RwLock<Arc<Catalog>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let mut catalog = Catalog::default();
        for resource in builtin::resources() {
            catalog.resources.insert(identity(&resource), Arc::new(resource));
        }
        Self { catalog: RwLock::new(Arc::new(catalog)) }
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces all resources of a definition.
    pub(crate) fn replace(&self, crd: &str, resources: Vec<Resource>) {
        let mut guard = self.catalog.write().unwrap_or_else(PoisonError::into_inner);
        let kept = guard
            .resources
            .iter()
            .filter(|(_, resource)| resource.custom.as_ref().is_none_or(|custom| custom.crd != crd))
            .map(|(key, resource)| (key.clone(), Arc::clone(resource)));
        let mut catalog = Catalog { resources: kept.collect() };
        for resource in resources {
            catalog.resources.insert(identity(&resource), Arc::new(resource));
        }
        *guard = Arc::new(catalog);
    }
}

fn identity(resource: &Resource) -> (String, String, String) {
    (resource.group.clone(), resource.version.clone(), resource.plural.clone())
}

/// Orders versions as Kubernetes prefers them: v2, v1, v1beta2, v1beta1, v1alpha1, then others by name.
pub(crate) fn compare_versions(left: &str, right: &str) -> std::cmp::Ordering {
    match (rank(left), rank(right)) {
        (Some(left), Some(right)) => right.cmp(&left),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

/// Returns stability, major and minor number of a version name.
fn rank(version: &str) -> Option<(u8, u32, u32)> {
    let rest = version.strip_prefix('v')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let major = rest[..end].parse().ok()?;
    let (stability, minor) = match &rest[end..] {
        "" => (2, "0"),
        tail => match (tail.strip_prefix("beta"), tail.strip_prefix("alpha")) {
            (Some(minor), _) => (1, minor),
            (_, Some(minor)) => (0, minor),
            _ => return None,
        },
    };
    Some((stability, major, minor.parse().ok()?))
}
