// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ImageRef;
#[cfg(feature = "crds")]
use crate::source::v1::INTERVAL;
use crate::{
    meta::{Condition, Duration, LabelSelector, LocalObjectReference, ObjectMeta, Time, is_false, is_zero},
    resource::resource,
    source::v1::GitReference,
    wire_enum::wire_enum,
};

/// Commits to Git that put chosen tags of images into manifests.
///
/// ```
/// use gitops_api::{
///     image::v1::{
///         AutomationSourceReference, CommitSpec, CommitUser, GitSpec, ImageUpdateAutomation, ImageUpdateAutomationSpec,
///     },
///     meta::Duration,
/// };
///
/// let automation = ImageUpdateAutomation::new("fleet", ImageUpdateAutomationSpec {
///     source_ref: AutomationSourceReference { name: "fleet".into(), ..Default::default() },
///     interval: Duration::from_mins(30),
///     git: Some(GitSpec {
///         commit: CommitSpec {
///             author: CommitUser { email: "bot@team.example".into(), ..Default::default() },
///             ..Default::default()
///         },
///         ..Default::default()
///     }),
///     ..Default::default()
/// });
/// assert_eq!(serde_json::to_value(&automation)?["spec"]["sourceRef"]["kind"], "GitRepository");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageUpdateAutomation {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// What to change, and where.
    pub spec: ImageUpdateAutomationSpec,
    /// What the controller saw and did last.
    pub status: Option<ImageUpdateAutomationStatus>,
}

resource!(
    ImageUpdateAutomation, "image.toolkit.fluxcd.io", "v1", "imageupdateautomations", ImageUpdateAutomationSpec, ImageUpdateAutomationStatus,
    about: "Commits to Git that put chosen tags of images into manifests.",
    short: ["iua", "imgupd", "imgauto"],
    categories: ["all", "fluxcd", "fluxcd-images"],
    columns: &[crate::crd::READY, crate::crd::STATUS, crate::crd::wide("Last run", ".status.lastAutomationRunTime"), crate::crd::AGE],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl ImageUpdateAutomation {
    /// Returns the namespace of the source: that of the reference, or else of the automation.
    pub fn source_namespace(&self) -> Option<&str> {
        let named = self.spec.source_ref.namespace.as_deref().filter(|namespace| !namespace.is_empty());
        named.or(self.metadata.namespace.as_deref())
    }
}

/// What to change in Git, and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageUpdateAutomationSpec {
    /// Source to change.
    pub source_ref: AutomationSourceReference,
    /// How to check out, commit and push; without it nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSpec>,
    /// Least time between two runs.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Duration,
    /// Image policies that count, in the same namespace; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(schema_with = "crate::crd::label_selector"))]
    pub policy_selector: Option<LabelSelector>,
    /// How to change files; by setters, everywhere, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = { "strategy": "Setters" })))]
    pub update: Option<UpdateStrategy>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
}

/// Source to change, in another namespace if one is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "CrossNamespaceSourceReference")]
pub struct AutomationSourceReference {
    /// Group and version of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    #[cfg_attr(feature = "crds", schemars(extend("default" = "GitRepository")))]
    pub kind: AutomationSourceKind,
    /// Name of the source.
    pub name: String,
    /// Namespace of the source; that of the automation when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// Kind of a source to change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AutomationSourceKind {
    /// A Git repository.
    #[default]
    GitRepository,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(AutomationSourceKind { GitRepository = "GitRepository" });

/// How to check out, commit and push.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GitSpec {
    /// What to check out; as the source says when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<GitCheckout>,
    /// How to commit.
    pub commit: CommitSpec,
    /// Where to push; to what was checked out when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushSpec>,
}

/// What to check out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "GitCheckoutSpec")]
pub struct GitCheckout {
    /// Reference to check out.
    #[serde(rename = "ref")]
    pub reference: GitReference,
}

/// How to commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommitSpec {
    /// Author of the commits.
    pub author: CommitUser,
    /// Key to sign with; no signature when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<SigningKey>,
    /// Go template of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_template: Option<String>,
    /// Values for the template, as `.Values`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub message_template_values: BTreeMap<String, String>,
}

/// Author of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommitUser {
    /// Name of the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Mail address of the author.
    pub email: String,
}

/// Key to sign commits with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// Secret with the private key, as `git.asc` or `identity`, and its `passphrase`.
    pub secret_ref: LocalObjectReference,
    /// Kind of the key; `gpg` when absent.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub type_: Option<SigningKeyType>,
}

/// Kind of a key to sign commits with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningKeyType {
    /// OpenPGP.
    Gpg,
    /// SSH.
    Ssh,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(SigningKeyType { Gpg = "gpg", Ssh = "ssh" });

/// Where to push.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PushSpec {
    /// Branch to push to; it is made when it does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Reference specification to push with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refspec: Option<String>,
    /// Push options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// How to change files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UpdateStrategy {
    /// Name of the way; `Setters` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "Setters")))]
    pub strategy: Option<UpdateStrategyName>,
    /// Directory of the files; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// A way to change files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateStrategyName {
    /// By the markers in comments.
    Setters,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(UpdateStrategyName { Setters = "Setters" });

/// What was changed last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageUpdateAutomationStatus {
    /// Time of the last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_automation_run_time: Option<Time>,
    /// Commit that was pushed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_push_commit: Option<String>,
    /// Time of the last push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_push_time: Option<Time>,
    /// Generation of the spec that this status is about; `-1` before the first look.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Choices of the policies that were put in last, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub observed_policies: BTreeMap<String, ImageRef>,
    /// Revision of the source that was looked at last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_source_revision: Option<String>,
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}
