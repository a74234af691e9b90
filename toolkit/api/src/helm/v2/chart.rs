// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

#[cfg(feature = "crds")]
use crate::source::v1::INTERVAL;
use crate::{
    meta::{CommonMetadata, Duration, LocalObjectReference, is_false},
    source::v1::{HelmChartSourceKind, ReconcileStrategy, VerificationProvider},
    wire_enum::wire_enum,
};

/// A HelmChart to make for a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "HelmChartTemplate")]
pub struct ChartTemplate {
    /// Labels and annotations of the HelmChart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<CommonMetadata>,
    /// Which chart to fetch.
    pub spec: ChartTemplateSpec,
}

/// Which chart to fetch for a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "HelmChartTemplateSpec")]
pub struct ChartTemplateSpec {
    /// Name of the chart in a Helm repository, or its path in another source, 1 to 2048 characters.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 2048)))]
    pub chart: String,
    /// Version or range of versions; `*`, the newest, when absent. Only for Helm repositories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "*")))]
    pub version: Option<String>,
    /// Source of the chart.
    pub source_ref: ChartSourceReference,
    /// Time between two looks at the source; the interval of the release when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Option<Duration>,
    /// What makes a new artifact; `ChartVersion` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "ChartVersion")))]
    pub reconcile_strategy: Option<ReconcileStrategy>,
    /// Files that are merged, later over earlier, into the values of the chart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// Leaves values files out that do not exist.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_missing_values_files: bool,
    /// How to check the signature; only for Helm repositories of the type `oci`.
    #[serde(rename = "verify", default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<ChartVerification>,
}

/// Source of a chart, in another namespace if one is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "CrossNamespaceObjectReference")]
pub struct ChartSourceReference {
    /// Group and version of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: HelmChartSourceKind,
    /// Name of the source, 1 to 253 characters.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Namespace of the source, 1 to 63 characters; that of the release when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub namespace: Option<String>,
}

/// How to check the signature of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "HelmChartTemplateVerification")]
pub struct ChartVerification {
    /// Engine that checks.
    #[cfg_attr(feature = "crds", schemars(extend("default" = "cosign")))]
    pub provider: VerificationProvider,
    /// Secret with the public keys of those who are trusted; a keyless check when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
}

/// Source that holds a chart, in another namespace if one is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "CrossNamespaceSourceReference")]
pub struct ChartReference {
    /// Group and version of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: ChartReferenceKind,
    /// Name of the source, 1 to 253 characters.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Namespace of the source, 1 to 63 characters; that of the release when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub namespace: Option<String>,
}

/// Kind of a source that holds a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChartReferenceKind {
    /// An artifact in an OCI registry.
    #[default]
    OCIRepository,
    /// A Helm chart.
    HelmChart,
    /// An artifact made by somebody else.
    ExternalArtifact,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(ChartReferenceKind { OCIRepository = "OCIRepository", HelmChart = "HelmChart", ExternalArtifact = "ExternalArtifact" });
