// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wire_enum::wire_enum;

/// Objects, by kind and name or labels, in another namespace if one is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CrossNamespaceObjectReference {
    /// Group and version of the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the objects.
    pub kind: EventSourceKind,
    /// Name of the object, 1 to 253 characters; `*` for all, or for those with the labels.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Namespace of the objects, 1 to 253 characters; that of the object that refers to them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub namespace: Option<String>,
    /// Labels that the objects must have; only with the name `*`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
}

/// Kind of an object that events are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventSourceKind {
    /// A bucket of an object store.
    Bucket,
    /// A Git repository.
    #[default]
    GitRepository,
    /// A Kustomization.
    Kustomization,
    /// A Helm release.
    HelmRelease,
    /// A Helm chart.
    HelmChart,
    /// A Helm repository.
    HelmRepository,
    /// An image repository.
    ImageRepository,
    /// An image policy.
    ImagePolicy,
    /// An image update automation.
    ImageUpdateAutomation,
    /// An artifact in an OCI registry.
    OCIRepository,
    /// An artifact generator.
    ArtifactGenerator,
    /// An artifact made by somebody else.
    ExternalArtifact,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(EventSourceKind { Bucket = "Bucket", GitRepository = "GitRepository", Kustomization = "Kustomization", HelmRelease = "HelmRelease", HelmChart = "HelmChart", HelmRepository = "HelmRepository", ImageRepository = "ImageRepository", ImagePolicy = "ImagePolicy", ImageUpdateAutomation = "ImageUpdateAutomation", OCIRepository = "OCIRepository", ArtifactGenerator = "ArtifactGenerator", ExternalArtifact = "ExternalArtifact" });
