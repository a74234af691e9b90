// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

use super::OCIRepositoryVerification;
#[cfg(feature = "crds")]
use super::{INTERVAL, TIMEOUT};
use crate::{
    meta::{Artifact, Condition, Duration, LocalObjectReference, ObjectMeta, is_false, is_zero},
    resource::resource,
    wire_enum::wire_enum,
};

/// An artifact in an OCI registry that is published for others to fetch.
///
/// ```
/// use gitops_api::{meta::Duration, source::v1::{OCIReference, OCIRepository, OCIRepositorySpec}};
///
/// let repo = OCIRepository::new("podinfo", OCIRepositorySpec {
///     url: "oci://registry.example/manifests/podinfo".into(),
///     interval: Duration::from_mins(10),
///     reference: Some(OCIReference { semver: Some(">=6.0.0".into()), ..Default::default() }),
///     ..Default::default()
/// });
/// assert_eq!(serde_json::to_value(&repo)?["spec"]["ref"]["semver"], ">=6.0.0");
/// assert_eq!(repo.timeout(), Duration::from_secs(60));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OCIRepository {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// What to pull, and how often.
    pub spec: OCIRepositorySpec,
    /// What the controller saw and did last.
    pub status: Option<OCIRepositoryStatus>,
}

resource!(
    OCIRepository, "source.toolkit.fluxcd.io", "v1", "ocirepositories", OCIRepositorySpec, OCIRepositoryStatus,
    about: "An artifact in an OCI registry that is published for others to fetch.",
    short: ["ocirepo"],
    categories: ["all", "fluxcd", "fluxcd-sources"],
    columns: &[crate::crd::column("URL", ".spec.url"), crate::crd::READY, crate::crd::STATUS, crate::crd::AGE],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl OCIRepository {
    /// Returns the limit of one operation: `spec.timeout`, or else a minute.
    #[doc(alias = "GetTimeout")]
    pub fn timeout(&self) -> Duration {
        self.spec.timeout.clone().unwrap_or(Duration::from_secs(60))
    }

    /// Returns the artifact of the last success.
    pub fn artifact(&self) -> Option<&Artifact> {
        self.status.as_ref()?.artifact.as_ref()
    }

    /// Returns the media type of the layer to take; `None` takes the first layer.
    #[doc(alias = "GetLayerMediaType")]
    pub fn layer_media_type(&self) -> Option<&str> {
        self.spec.layer_selector.as_ref()?.media_type.as_deref().filter(|text| !text.is_empty())
    }

    /// Returns what to do with the layer, by default to unpack it.
    #[doc(alias = "GetLayerOperation")]
    pub fn layer_operation(&self) -> OCILayerOperation {
        let selector = self.spec.layer_selector.as_ref();
        selector.and_then(|s| s.operation.clone()).unwrap_or(OCILayerOperation::Extract)
    }
}

/// What to pull from an OCI registry, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OCIRepositorySpec {
    /// Address of the repository, `oci://host/path`, without a tag or digest.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = "^oci://.*$")))]
    pub url: String,
    /// Which artifact to pull; the tag `latest` when absent.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<OCIReference>,
    /// Which layer to take, and how; the first layer, unpacked, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer_selector: Option<OCILayerSelector>,
    /// Whose login to use; `generic` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "generic")))]
    pub provider: Option<OCIProvider>,
    /// Secret of the type `kubernetes.io/dockerconfigjson` with the credentials of the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// How to check the signature; no check when absent.
    #[serde(rename = "verify", default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<OCIRepositoryVerification>,
    /// Service account whose image pull secrets, or whose cloud identity, to log in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Secret with `ca.crt`, and `tls.crt` with `tls.key`, for TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Secret with the `address`, and optionally `username` and `password`, of the proxy to go through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalObjectReference>,
    /// Time between two looks at the registry, a little more or less.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Duration,
    /// Limit of one operation, such as a pull; `60s` when absent. Hours are not allowed as a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = TIMEOUT, "default" = "60s")))]
    pub timeout: Option<Duration>,
    /// Patterns in the form of `.gitignore` that take the place of the default ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Allows a registry without TLS.
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure: bool,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
}

/// Which artifact to pull.
///
/// Of several fields that are set one counts: `digest`, then `semver`, then `tag`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "OCIRepositoryRef")]
pub struct OCIReference {
    /// Digest of the artifact as `sha256:<hex>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Range of versions; the highest tag in it is taken.
    #[serde(rename = "semver", default, skip_serializing_if = "Option::is_none")]
    pub semver: Option<String>,
    /// Regular expression for the tags that `semver` looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semver_filter: Option<String>,
    /// Tag; `latest` when no field is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// Which layer of an OCI artifact to take, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OCILayerSelector {
    /// Media type of the layer; the first that has it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What to do with the layer; `extract` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OCILayerOperation>,
}

/// What to do with a layer of an OCI artifact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OCILayerOperation {
    /// Unpack it, and pack its files as the artifact.
    Extract,
    /// Take it as it is for the artifact.
    Copy,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(OCILayerOperation { Extract = "extract", Copy = "copy" });

/// Whose login to use for a registry or repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OCIProvider {
    /// User and password or a token.
    Generic,
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(OCIProvider { Generic = "generic", Aws = "aws", Azure = "azure", Gcp = "gcp" });

/// What the controller saw in an OCI registry and did last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OCIRepositoryStatus {
    /// Generation of the spec that this status is about; `-1` before the first look.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Address at which the latest artifact can always be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Archive of the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// `spec.ignore` of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// `spec.layerSelector` of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_layer_selector: Option<OCILayerSelector>,
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}
