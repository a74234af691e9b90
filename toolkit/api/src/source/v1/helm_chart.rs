// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

use super::HelmChartVerification;
#[cfg(feature = "crds")]
use super::INTERVAL;
use crate::{
    meta::{Artifact, Condition, Duration, ObjectMeta, is_false, is_zero},
    resource::resource,
    wire_enum::wire_enum,
};

/// A Helm chart from a repository, Git or a bucket that is published as an artifact.
///
/// ```
/// use gitops_api::{meta::Duration, source::v1::{HelmChart, HelmChartSourceKind, HelmChartSourceReference, HelmChartSpec}};
///
/// let chart = HelmChart::new("apps-podinfo", HelmChartSpec {
///     chart: "podinfo".into(),
///     version: Some("6.x".into()),
///     source_ref: HelmChartSourceReference {
///         kind: HelmChartSourceKind::HelmRepository,
///         name: "podinfo".into(),
///         ..Default::default()
///     },
///     interval: Duration::from_mins(5),
///     ..Default::default()
/// });
/// assert_eq!(chart.version(), "6.x");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelmChart {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// Which chart to fetch, and how often.
    pub spec: HelmChartSpec,
    /// What the controller saw and did last.
    pub status: Option<HelmChartStatus>,
}

resource!(
    HelmChart, "source.toolkit.fluxcd.io", "v1", "helmcharts", HelmChartSpec, HelmChartStatus,
    about: "A Helm chart from a repository, Git or a bucket that is published as an artifact.",
    short: ["hc"],
    categories: ["all", "fluxcd", "fluxcd-sources"],
    columns: &[crate::crd::column("Chart", ".spec.chart"), crate::crd::column("Version", ".spec.version"), crate::crd::column("Source Kind", ".spec.sourceRef.kind"), crate::crd::column("Source Name", ".spec.sourceRef.name"), crate::crd::AGE, crate::crd::READY, crate::crd::STATUS],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl HelmChart {
    /// Returns the version or range of versions: `spec.version`, or else `*`.
    pub fn version(&self) -> &str {
        self.spec.version.as_deref().filter(|version| !version.is_empty()).unwrap_or("*")
    }

    /// Returns the artifact of the last success.
    pub fn artifact(&self) -> Option<&Artifact> {
        self.status.as_ref()?.artifact.as_ref()
    }
}

/// Which chart to fetch, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [{
    "rule": "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
    "message": "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'"
}])))]
#[serde(rename_all = "camelCase")]
pub struct HelmChartSpec {
    /// Name of the chart in a Helm repository, or its path in another source.
    pub chart: String,
    /// Version or range of versions; `*`, the newest, when absent. Only for Helm repositories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "*")))]
    pub version: Option<String>,
    /// Source of the chart, in the same namespace.
    pub source_ref: HelmChartSourceReference,
    /// Time between two looks at the source, a little more or less.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Duration,
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
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
    /// How to check the signature; only for Helm repositories of the type `oci`.
    #[serde(rename = "verify", default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<HelmChartVerification>,
}

/// Source of a chart, in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "LocalHelmChartSourceReference")]
pub struct HelmChartSourceReference {
    /// Group and version of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: HelmChartSourceKind,
    /// Name of the source.
    pub name: String,
}

/// Kind of a source of charts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HelmChartSourceKind {
    /// A Helm repository.
    #[default]
    HelmRepository,
    /// A Git repository.
    GitRepository,
    /// A bucket of an object store.
    Bucket,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(HelmChartSourceKind { HelmRepository = "HelmRepository", GitRepository = "GitRepository", Bucket = "Bucket" });

/// What makes a new artifact of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReconcileStrategy {
    /// Another version of the chart.
    ChartVersion,
    /// Another revision of the source.
    Revision,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(ReconcileStrategy { ChartVersion = "ChartVersion", Revision = "Revision" });

/// What the controller saw of a chart and did last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HelmChartStatus {
    /// Generation of the spec that this status is about; `-1` before the first look.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// Revision of the source that the chart was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_source_artifact_revision: Option<String>,
    /// Name of the chart that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_chart_name: Option<String>,
    /// Values files that went into the chart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_values_files: Vec<String>,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Address at which the latest artifact can always be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Archive of the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}
