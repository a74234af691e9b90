// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChartReference, ChartTemplate, HelmReleaseStatus, Install, Rollback, Test, Uninstall, Upgrade};
#[cfg(feature = "crds")]
use crate::source::v1::INTERVAL;
use crate::{
    meta::{
        CommonMetadata, CustomHealthCheck, DependencyReference, Duration, IgnoreRule, Image,
        KubeConfigReference, ObjectMeta, Patch, is_false,
    },
    resource::resource,
    wire_enum::wire_enum,
};

/// A Helm chart that is installed in a cluster and kept up to date.
///
/// ```
/// use gitops_api::{
///     helm::v2::{ChartReference, ChartReferenceKind, HelmRelease, HelmReleaseSpec},
///     meta::Duration,
/// };
///
/// let release = HelmRelease::new("podinfo", HelmReleaseSpec {
///     interval: Duration::from_mins(10),
///     chart_ref: Some(ChartReference {
///         kind: ChartReferenceKind::OCIRepository,
///         name: "podinfo".into(),
///         ..Default::default()
///     }),
///     target_namespace: Some("web".into()),
///     values: Some(serde_json::json!({ "replicaCount": 2 })),
///     ..Default::default()
/// }).within("apps");
/// assert_eq!(release.release_namespace(), Some("web"));
/// assert_eq!(release.long_release_name(), "web-podinfo");
/// assert_eq!(release.timeout(), Duration::from_mins(5));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelmRelease {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// Which chart to install, and how.
    pub spec: HelmReleaseSpec,
    /// What the controller saw and did last.
    pub status: Option<HelmReleaseStatus>,
}

resource!(
    HelmRelease, "helm.toolkit.fluxcd.io", "v2", "helmreleases", HelmReleaseSpec, HelmReleaseStatus,
    about: "A Helm chart that is installed in a cluster and kept up to date.",
    short: ["hr"],
    categories: ["all", "fluxcd", "fluxcd-appliers"],
    columns: &[crate::crd::AGE, crate::crd::READY, crate::crd::STATUS],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl HelmRelease {
    /// Returns the limit of an action that has none of its own: `spec.timeout`, or else five minutes.
    #[doc(alias = "GetTimeout")]
    pub fn timeout(&self) -> Duration {
        self.spec.timeout.clone().unwrap_or(Duration::from_mins(5))
    }

    /// Returns the number of releases to keep: `spec.maxHistory`, or else five; zero keeps all.
    #[doc(alias = "GetMaxHistory")]
    pub fn max_history(&self) -> i64 {
        self.spec.max_history.unwrap_or(5)
    }

    /// Returns the namespace of the release: `spec.targetNamespace`, or else that of the object.
    #[doc(alias = "GetReleaseNamespace")]
    pub fn release_namespace(&self) -> Option<&str> {
        given(&self.spec.target_namespace).or(self.metadata.namespace.as_deref())
    }

    /// Returns the namespace in which Helm keeps its state: `spec.storageNamespace`, or else that of the object.
    #[doc(alias = "GetStorageNamespace")]
    pub fn storage_namespace(&self) -> Option<&str> {
        given(&self.spec.storage_namespace).or(self.metadata.namespace.as_deref())
    }

    /// Returns the name of the release before it is shortened to 53 bytes: `spec.releaseName`, or else the name of the
    /// object after that of the target namespace.
    #[doc(alias = "GetReleaseName")]
    pub fn long_release_name(&self) -> String {
        let name = self.metadata.name.as_deref().unwrap_or_default();
        match (given(&self.spec.release_name), given(&self.spec.target_namespace)) {
            (Some(name), _) => name.to_owned(),
            (None, Some(namespace)) => format!("{namespace}-{name}"),
            (None, None) => name.to_owned(),
        }
    }

    /// Returns the name of the HelmChart that is made from `spec.chart`, `<namespace>-<name>`.
    #[doc(alias = "GetHelmChartName")]
    pub fn helm_chart_name(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}-{}", part(&self.metadata.namespace), part(&self.metadata.name))
    }

    /// Returns whether connections are kept between the steps of an action, which is so by default.
    pub fn persistent_client(&self) -> bool {
        self.spec.persistent_client.unwrap_or(true)
    }

    /// Returns what is done about changes by others: `spec.driftDetection.mode`, or else nothing.
    pub fn drift_detection_mode(&self) -> DriftDetectionMode {
        let detection = self.spec.drift_detection.as_ref();
        detection.and_then(|d| d.mode.clone()).unwrap_or(DriftDetectionMode::Disabled)
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Which chart to install, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [{
    "rule": "(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))",
    "message": "either chart or chartRef must be set"
}])))]
#[serde(rename_all = "camelCase")]
pub struct HelmReleaseSpec {
    /// Chart to fetch; either this or `chartRef` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartTemplate>,
    /// Source that holds the chart; either this or `chart` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_ref: Option<ChartReference>,
    /// Time between two runs, a little more or less.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Duration,
    /// Another cluster to install into; this one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfigReference>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
    /// Name of the release, 1 to 53 characters; made from namespace and name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 53)))]
    pub release_name: Option<String>,
    /// Namespace of the release, 1 to 63 characters; that of this object when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub target_namespace: Option<String>,
    /// Namespace in which Helm keeps its state, 1 to 63 characters; that of this object when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub storage_namespace: Option<String>,
    /// HelmReleases that must be ready first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// Limit of an action, such as an install or a hook; five minutes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub timeout: Option<Duration>,
    /// Number of releases that Helm keeps; five when absent, all when zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("format" = null)))]
    pub max_history: Option<i64>,
    /// Service account to install as, 1 to 253 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub service_account_name: Option<String>,
    /// Keeps connections between the steps of an action; true when absent. To be set to false where a chart
    /// installs definitions and objects of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistent_client: Option<bool>,
    /// What to do about changes of the objects by others; nothing when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift_detection: Option<DriftDetection>,
    /// How to install.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<Install>,
    /// How to upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// How to test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// How to roll back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// How to uninstall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uninstall: Option<Uninstall>,
    /// ConfigMaps and Secrets with values; a later one counts more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values_from: Vec<ValuesReference>,
    /// Values of the chart; they count more than those of `valuesFrom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-preserve-unknown-fields" = true)))]
    pub values: Option<Value>,
    /// Labels and annotations that every object gets, over those of the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Changes to the rendered manifests, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_renderers: Vec<PostRenderer>,
    /// Which manifests the changes are for; `combined` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_render_strategy: Option<PostRenderStrategy>,
    /// How to wait for objects; `poller` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_strategy: Option<WaitStrategy>,
    /// CEL expressions that tell when objects of a custom kind are healthy; only with the `poller`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<CustomHealthCheck>,
}

/// What to do about changes of the objects by others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DriftDetection {
    /// Whether to look, and to act; `disabled` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<DriftDetectionMode>,
    /// Fields whose changes are left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoreRule>,
}

/// What is done about changes of the objects by others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DriftDetectionMode {
    /// They are undone.
    Enabled,
    /// They are told.
    Warn,
    /// Nothing.
    Disabled,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(DriftDetectionMode { Enabled = "enabled", Warn = "warn", Disabled = "disabled" });

/// A ConfigMap or Secret with values, in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ValuesReference {
    /// Whether it is a ConfigMap or a Secret.
    pub kind: ValuesKind,
    /// Name of the object, 1 to 253 characters.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Key in the object; `values.yaml` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 253, "pattern" = r"^[\-._a-zA-Z0-9]+$")))]
    pub values_key: Option<String>,
    /// Path, such as `a.b[0]`, at which the text becomes a value; the text is a whole document when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 250, "pattern" = r"^([a-zA-Z0-9_\-.\\\/]|\[[0-9]{1,5}\])+$")))]
    pub target_path: Option<String>,
    /// Goes on without it when the object or the key does not exist.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// With `targetPath`, takes the text as it is, without the rules of `--set`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub literal: bool,
}

/// Kind of an object with values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValuesKind {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    #[default]
    ConfigMap,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(ValuesKind { Secret = "Secret", ConfigMap = "ConfigMap" });

impl ValuesReference {
    /// Returns the key in the object: `valuesKey`, or else `values.yaml`.
    #[doc(alias = "GetValuesKey")]
    pub fn values_key(&self) -> &str {
        given(&self.values_key).unwrap_or("values.yaml")
    }
}

/// A change to the rendered manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PostRenderer {
    /// Patches and images, as kustomize knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kustomize: Option<KustomizePostRenderer>,
}

/// Patches and images for the rendered manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "Kustomize")]
pub struct KustomizePostRenderer {
    /// Patches, strategic merge or JSON 6902.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// Image names, tags and digests to change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

/// Which manifests a change is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PostRenderStrategy {
    /// All but hooks.
    NoHooks,
    /// Hooks and others at once.
    Combined,
    /// Hooks and others, one after the other.
    Separate,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(PostRenderStrategy { NoHooks = "nohooks", Combined = "combined", Separate = "separate" });

/// How to wait for objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WaitStrategy {
    /// Name of the way.
    pub name: WaitStrategyName,
}

/// A way to wait for objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitStrategyName {
    /// By the rules of kstatus.
    #[default]
    Poller,
    /// As Helm 3 did.
    Legacy,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(WaitStrategyName { Poller = "poller", Legacy = "legacy" });
