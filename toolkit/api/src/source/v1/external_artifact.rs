// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

use crate::{
    meta::{Artifact, Condition, NamespacedObjectKindReference, ObjectMeta},
    resource::resource,
};

/// An artifact that somebody other than a source controller publishes.
///
/// ```
/// use gitops_api::{meta::NamespacedObjectKindReference, source::v1::{ExternalArtifact, ExternalArtifactSpec}};
///
/// let report = ExternalArtifact::new("monthly", ExternalArtifactSpec {
///     source_ref: Some(NamespacedObjectKindReference {
///         api_version: Some("reports.example/v1".into()),
///         kind: "Report".into(),
///         name: "monthly".into(),
///         ..Default::default()
///     }),
/// });
/// assert!(report.artifact().is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExternalArtifact {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// Where the artifact comes from.
    pub spec: ExternalArtifactSpec,
    /// What the publisher has published.
    pub status: Option<ExternalArtifactStatus>,
}

resource!(
    ExternalArtifact, "source.toolkit.fluxcd.io", "v1", "externalartifacts", ExternalArtifactSpec, ExternalArtifactStatus,
    about: "An artifact that somebody other than a source controller publishes.",
    short: ["ea"],
    categories: ["all", "fluxcd", "fluxcd-sources"],
    columns: &[crate::crd::AGE, crate::crd::READY, crate::crd::STATUS, crate::crd::column("Source", ".spec.sourceRef.name")],
    status_default: None,
    observed: false,
);

impl ExternalArtifact {
    /// Returns the artifact that is published.
    pub fn artifact(&self) -> Option<&Artifact> {
        self.status.as_ref()?.artifact.as_ref()
    }
}

/// Where an artifact comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExternalArtifactSpec {
    /// Object that the artifact is made from, for information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ref: Option<NamespacedObjectKindReference>,
}

/// What the publisher has published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExternalArtifactStatus {
    /// The artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}
