// SPDX-License-Identifier: Apache-2.0

//! Vocabulary that every kind shares: conditions, durations, artifacts, references, well-known names.

mod artifact;
pub mod condition;
mod duration;
mod inventory;
mod names;
mod patch;
mod reference;

use serde::{Deserialize, Serialize};

pub use self::{
    artifact::Artifact,
    condition::{Condition, ConditionStatus},
    duration::{Duration, ParseDurationError},
    inventory::{AccessFrom, CommonMetadata, Inventory, NamespaceSelector, ResourceRef},
    names::{annotation, field_manager, finalizer, label, reason},
    patch::{CustomHealthCheck, IgnoreRule, Image, Patch, Selector},
    reference::{
        DependencyReference, KubeConfigReference, LocalObjectReference, NamespacedObjectKindReference,
        NamespacedObjectReference, SecretKeyReference,
    },
};
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, Time};

/// Which request for a reconciliation was handled last; part of most statuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReconcileRequestStatus {
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last, so that a new value can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

/// An object whose status holds conditions.
pub trait Conditions {
    /// Returns the conditions; an object without a status has none.
    fn conditions(&self) -> &[Condition];
    /// Returns the conditions for change, with a status if there was none.
    fn conditions_mut(&mut self) -> &mut Vec<Condition>;
}

pub(crate) fn is_zero(number: &i64) -> bool {
    *number == 0
}

pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Tells by the rules of kstatus whether a status says that the current spec is fully in effect.
///
/// `observed` is `status.observedGeneration` of kinds that have it.
pub fn is_current(generation: Option<i64>, observed: Option<i64>, conditions: &[Condition]) -> bool {
    let seen = |observed: i64| generation.is_none_or(|generation| observed >= generation);
    let ready = condition::get(conditions, condition::READY);
    observed.is_none_or(seen)
        && ready.is_some_and(|c| c.observed_generation == 0 || seen(c.observed_generation))
        && condition::is_ready(conditions)
}
