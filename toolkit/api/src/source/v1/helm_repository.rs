// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

use super::OCIProvider;
#[cfg(feature = "crds")]
use super::{INTERVAL, TIMEOUT};
use crate::{
    meta::{AccessFrom, Artifact, Condition, Duration, LocalObjectReference, ObjectMeta, is_false, is_zero},
    resource::resource,
    wire_enum::wire_enum,
};

/// A repository of Helm charts, with an index over HTTP or in an OCI registry.
///
/// ```
/// use gitops_api::{meta::Duration, source::v1::{HelmRepository, HelmRepositorySpec}};
///
/// let repo = HelmRepository::new("podinfo", HelmRepositorySpec {
///     url: "https://charts.example/podinfo".into(),
///     interval: Some(Duration::from_mins(5)),
///     ..Default::default()
/// });
/// assert!(!repo.is_oci());
/// assert_eq!(repo.timeout(), Duration::from_mins(1));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelmRepository {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// What to fetch, and how often.
    pub spec: HelmRepositorySpec,
    /// What the controller saw and did last.
    pub status: Option<HelmRepositoryStatus>,
}

resource!(
    HelmRepository, "source.toolkit.fluxcd.io", "v1", "helmrepositories", HelmRepositorySpec, HelmRepositoryStatus,
    about: "A repository of Helm charts, with an index over HTTP or in an OCI registry.",
    short: ["helmrepo"],
    categories: ["all", "fluxcd", "fluxcd-sources"],
    columns: &[crate::crd::column("URL", ".spec.url"), crate::crd::AGE, crate::crd::READY, crate::crd::STATUS],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl HelmRepository {
    /// Returns whether the charts are in an OCI registry.
    ///
    /// No controller looks at such an object: it has no status, never becomes ready, and can be used at once.
    pub fn is_oci(&self) -> bool {
        self.spec.type_ == Some(HelmRepositoryType::Oci)
    }

    /// Returns the time between two looks: `spec.interval`, or else a minute.
    pub fn interval(&self) -> Duration {
        self.spec.interval.clone().unwrap_or(Duration::from_mins(1))
    }

    /// Returns the limit of one operation: `spec.timeout`, or else a minute.
    #[doc(alias = "GetTimeout")]
    pub fn timeout(&self) -> Duration {
        self.spec.timeout.clone().unwrap_or(Duration::from_mins(1))
    }

    /// Returns the artifact of the last success.
    pub fn artifact(&self) -> Option<&Artifact> {
        self.status.as_ref()?.artifact.as_ref()
    }
}

/// What to fetch from a Helm repository, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HelmRepositorySpec {
    /// Address of the repository: `https://`, `http://` or `oci://`.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = "^(http|https|oci)://.*$")))]
    pub url: String,
    /// Secret with `username` and `password`, or of the type `kubernetes.io/dockerconfigjson` for a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Secret with `ca.crt`, and `tls.crt` with `tls.key`, for TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Sends the credentials to other hosts too, if the index points to them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pass_credentials: bool,
    /// Time between two looks at the index, a little more or less; a minute when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Option<Duration>,
    /// Allows a registry without TLS; only for the type `oci`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure: bool,
    /// Limit of one operation, such as a download; a minute when absent. Hours are not allowed as a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = TIMEOUT)))]
    pub timeout: Option<Duration>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
    /// Namespaces that may refer to this object. Nothing looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// Whether the charts are behind an index or in a registry; `default`, an index, when absent.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub type_: Option<HelmRepositoryType>,
    /// Whose login to use; `generic` when absent. Only for the type `oci`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "generic")))]
    pub provider: Option<OCIProvider>,
}

/// Where a Helm repository keeps its charts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HelmRepositoryType {
    /// Behind an index over HTTP.
    Default,
    /// In an OCI registry.
    Oci,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(HelmRepositoryType { Default = "default", Oci = "oci" });

/// What the controller saw in a Helm repository and did last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HelmRepositoryStatus {
    /// Generation of the spec that this status is about; `-1` before the first look.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Address at which the latest index can always be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Archive of the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}
