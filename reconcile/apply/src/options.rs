// SPDX-License-Identifier: Apache-2.0

//! How to apply.

use std::time::Duration;

use gitops_manifest::Manifest;
use serde_json::Value;

use crate::drift::IgnoreRule;

/// Picks objects by what their metadata says: any one of the pairs, as label or annotation, whatever the case of the value.
///
/// An empty selector picks nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[doc(alias = "AnyInMetadata")]
pub struct Selector(Vec<(String, String)>);

impl Selector {
    /// Returns the selector of one pair.
    pub fn one(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self(vec![(key.into(), value.into())])
    }

    /// Adds a pair.
    #[must_use]
    pub fn or(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((key.into(), value.into()));
        self
    }

    /// Returns whether the object is picked.
    pub fn matches(&self, object: &Value) -> bool {
        let find = |field: &str, key: &str| {
            object.get("metadata")?.get(field)?.get(key)?.as_str().map(str::to_lowercase)
        };
        self.0.iter().any(|(key, value)| {
            let value = value.to_lowercase();
            ["labels", "annotations"]
                .into_iter()
                .any(|field| find(field, key).is_some_and(|found| found == value))
        })
    }
}

/// Whose objects they are: written as the labels `<group>/name` and `<group>/namespace` on each.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Owner {
    /// The prefix of the labels, `kustomize.toolkit.fluxcd.io`.
    pub group: String,
    /// The name of the owner.
    pub name: String,
    /// The namespace of the owner.
    pub namespace: String,
}

impl Owner {
    /// Returns an owner.
    pub fn new(group: impl Into<String>, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { group: group.into(), name: name.into(), namespace: namespace.into() }
    }

    /// Returns the labels.
    pub fn labels(&self) -> [(String, String); 2] {
        [
            (format!("{}/name", self.group), self.name.clone()),
            (format!("{}/namespace", self.group), self.namespace.clone()),
        ]
    }

    pub(crate) fn label(&self, manifest: &mut Manifest) {
        for (key, value) in self.labels() {
            manifest.set_label(key, value);
        }
    }

    pub(crate) fn owns(&self, object: &Value) -> bool {
        let labels = object.get("metadata").and_then(|metadata| metadata.get("labels"));
        self.labels().iter().all(|(key, value)| {
            labels.and_then(|labels| labels.get(key)) == Some(&Value::from(value.as_str()))
        })
    }
}

/// A field manager whose fields are taken over.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OtherManager {
    /// Its name, or how it begins.
    pub name: String,
    /// `Apply` or `Update`.
    pub operation: &'static str,
    /// Whether the name must be equal rather than begin so.
    pub exact: bool,
}

impl OtherManager {
    /// Returns managers whose names begin with `name` and that applied.
    pub fn applying(name: impl Into<String>) -> Self {
        Self { name: name.into(), operation: "Apply", exact: false }
    }

    /// Returns managers whose names begin with `name` and that updated.
    pub fn updating(name: impl Into<String>) -> Self {
        Self { name: name.into(), operation: "Update", exact: false }
    }
}

/// What is removed from a live object before it is applied, so that what other tools left behind does not stay for ever.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Cleanup {
    /// Annotations to remove.
    pub annotations: Vec<String>,
    /// Labels to remove.
    pub labels: Vec<String>,
    /// Managers whose fields become ours, and so go away where they are not desired.
    pub managers: Vec<OtherManager>,
}

/// How a set of objects is applied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The field manager that owns what is applied.
    pub field_manager: String,
    /// Whose objects they are. Without an owner nothing is labeled, and pruning deletes whatever the inventory lists.
    pub owner: Option<Owner>,
    /// Whether an object whose immutable fields differ is deleted and created again.
    pub force: bool,
    /// Objects that are deleted and created again in that case, whatever `force` says.
    pub forced: Selector,
    /// Objects that are left alone, desired or live.
    pub excluded: Selector,
    /// Objects that are created when missing and otherwise left alone.
    pub if_not_present: Selector,
    /// Objects that are shared with others: nothing is cleaned up on them.
    pub merged: Selector,
    /// Live objects that are never pruned.
    pub kept: Selector,
    /// What to clean up on live objects.
    pub cleanup: Cleanup,
    /// `(group, kind)` pairs that come before all other plain objects.
    pub first: Vec<(String, String)>,
    /// Whether objects that are no longer desired are deleted.
    pub prune: bool,
    /// Fields in which a difference is no drift.
    pub ignore: Vec<IgnoreRule>,
    /// Whether fields that a built-in kind does not have are dropped, as typed clients do, rather than refused by the server.
    pub drop_unknown: bool,
    /// How many objects are tried at the same time.
    pub concurrency: usize,
    /// How long definitions and namespaces may take to be there.
    pub stage_timeout: Duration,
}

impl Options {
    /// Returns the defaults under a field manager's name: no owner, no force, nothing excluded, nothing pruned.
    pub fn new(field_manager: impl Into<String>) -> Self {
        Self {
            field_manager: field_manager.into(),
            owner: None,
            force: false,
            forced: Selector::default(),
            excluded: Selector::default(),
            if_not_present: Selector::default(),
            merged: Selector::default(),
            kept: Selector::default(),
            cleanup: Cleanup::default(),
            first: Vec::new(),
            prune: false,
            ignore: Vec::new(),
            drop_unknown: true,
            concurrency: 4,
            stage_timeout: Duration::from_secs(60),
        }
    }

    /// Sets the owner, and lets objects choose for themselves with labels or annotations under its group:
    /// `reconcile: disabled`, `ssa: Ignore|IfNotPresent|Merge`, `force: enabled`, `prune: disabled`.
    #[must_use]
    pub fn owner(mut self, owner: Owner) -> Self {
        let key = |name: &str| format!("{}/{name}", owner.group);
        self.forced = Selector::one(key("force"), "enabled");
        self.excluded = Selector::one(key("reconcile"), "disabled").or(key("ssa"), "Ignore");
        self.if_not_present = Selector::one(key("ssa"), "IfNotPresent");
        self.merged = Selector::one(key("ssa"), "Merge");
        self.kept =
            Selector::one(key("prune"), "disabled").or(key("reconcile"), "disabled").or(key("ssa"), "Ignore");
        self.owner = Some(owner);
        self
    }

    /// Takes over what kubectl, and this field manager before it applied, left on objects.
    #[must_use]
    pub fn take_over_from_kubectl(mut self) -> Self {
        self.cleanup.annotations.push("kubectl.kubernetes.io/last-applied-configuration".to_owned());
        self.cleanup.managers.extend([
            OtherManager::applying("kubectl"),
            OtherManager::updating("kubectl"),
            OtherManager::updating("before-first-apply"),
            OtherManager::updating(self.field_manager.clone()),
        ]);
        self
    }

    /// Sets whether objects that are no longer desired are deleted.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Sets whether objects whose immutable fields differ are deleted and created again.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    pub(crate) fn forces(&self, desired: &Value, live: &Value) -> bool {
        self.force || self.forced.matches(desired) || self.forced.matches(live)
    }
}
