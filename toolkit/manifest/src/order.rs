// SPDX-License-Identifier: Apache-2.0

//! The order in which objects are applied and deleted.

use std::cmp::Ordering;

use crate::manifest::Manifest;

/// Kinds that others need, in the order they are needed.
const FIRST: [&str; 23] = [
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that can get in the way of all others.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// A group of objects that is applied together before the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Definitions, namespaces and cluster roles; the next stage waits until they are there.
    Definitions,
    /// Kinds whose name ends in `Class`; the next stage waits until they are there.
    Classes,
    /// Kinds the caller wants before the rest; nothing waits for them.
    Custom,
    /// Everything else.
    Resources,
}

impl Stage {
    /// Returns whether the objects of this stage must be ready before the next stage.
    #[must_use]
    pub fn waits(self) -> bool {
        matches!(self, Self::Definitions | Self::Classes)
    }
}

/// The stage of an object; `custom` lists `(group, kind)` pairs of the custom stage.
#[must_use]
pub fn stage(manifest: &Manifest, custom: &[(&str, &str)]) -> Stage {
    match manifest.kind() {
        "CustomResourceDefinition" | "Namespace" | "ClusterRole" => Stage::Definitions,
        kind if kind.ends_with("Class") => Stage::Classes,
        kind if custom.contains(&(manifest.group(), kind)) => Stage::Custom,
        _ => Stage::Resources,
    }
}

/// Compares two objects in the order they are applied inside a stage: rank of the kind, group, kind, namespace, name.
///
/// The rank looks at the kind only, whatever the group.
#[doc(alias = "SortableUnstructureds")]
#[must_use]
pub fn compare(a: &Manifest, b: &Manifest) -> Ordering {
    let key = |manifest: &Manifest| rank(manifest.kind());
    key(a)
        .cmp(&key(b))
        .then_with(|| a.group().cmp(b.group()))
        .then_with(|| a.kind().cmp(b.kind()))
        .then_with(|| a.namespace().cmp(b.namespace()))
        .then_with(|| a.name().cmp(b.name()))
}

fn rank(kind: &str) -> usize {
    let place = |list: &[&str]| list.iter().position(|listed| *listed == kind);
    match (place(&FIRST), place(&LAST)) {
        (Some(at), _) => at,
        (None, Some(at)) => FIRST.len() + 1 + at,
        (None, None) => FIRST.len(),
    }
}

/// Returns the objects by stage, each stage in its order; empty stages are left out.
///
/// ```
/// use gitops_manifest::{Manifest, order};
///
/// let object = |kind: &str| {
///     Manifest::from_value(serde_json::json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}}))
/// };
/// let objects = [object("Pod")?, object("ConfigMap")?, object("Namespace")?];
/// let stages = order::stages(&objects, &[]);
/// assert_eq!(stages.len(), 2);
/// assert_eq!(stages[1].1.iter().map(|m| m.kind()).collect::<Vec<_>>(), ["ConfigMap", "Pod"]);
/// # Ok::<(), gitops_manifest::Error>(())
/// ```
#[must_use]
pub fn stages<'a>(
    manifests: impl IntoIterator<Item = &'a Manifest>,
    custom: &[(&str, &str)],
) -> Vec<(Stage, Vec<&'a Manifest>)> {
    let mut staged: Vec<_> =
        manifests.into_iter().map(|manifest| (stage(manifest, custom), manifest)).collect();
    staged.sort_by(|(a_stage, a), (b_stage, b)| a_stage.cmp(b_stage).then_with(|| compare(a, b)));
    let mut stages: Vec<(Stage, Vec<&Manifest>)> = Vec::new();
    for (stage, manifest) in staged {
        match stages.last_mut() {
            Some((last, members)) if *last == stage => members.push(manifest),
            _ => stages.push((stage, vec![manifest])),
        }
    }
    stages
}

/// Returns the objects in the order they are applied: stage after stage.
#[must_use]
pub fn apply_order<'a>(
    manifests: impl IntoIterator<Item = &'a Manifest>,
    custom: &[(&str, &str)],
) -> Vec<&'a Manifest> {
    stages(manifests, custom).into_iter().flat_map(|(_, members)| members).collect()
}

/// Returns the objects in the order they are deleted: the reverse of [`compare`], without stages.
#[must_use]
pub fn delete_order<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> Vec<&'a Manifest> {
    let mut sorted: Vec<_> = manifests.into_iter().collect();
    sorted.sort_by(|a, b| compare(b, a));
    sorted
}
