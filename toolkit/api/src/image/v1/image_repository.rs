// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

#[cfg(feature = "crds")]
use crate::source::v1::{INTERVAL, TIMEOUT};
use crate::{
    meta::{AccessFrom, Condition, Duration, LocalObjectReference, ObjectMeta, Time, is_false, is_zero},
    resource::resource,
    source::v1::OCIProvider,
};

/// An image in a registry whose tags are scanned.
///
/// ```
/// use gitops_api::{image::v1::{ImageRepository, ImageRepositorySpec}, meta::Duration};
///
/// let image = ImageRepository::new("podinfo", ImageRepositorySpec {
///     image: "registry.example/podinfo".into(),
///     interval: Duration::from_mins(5),
///     ..Default::default()
/// });
/// assert_eq!(image.exclusion_list(), [r"^.*\.sig$"]);
/// assert_eq!(image.timeout(), Duration::from_mins(5));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageRepository {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// Which image to scan, and how often.
    pub spec: ImageRepositorySpec,
    /// What the controller saw and did last.
    pub status: Option<ImageRepositoryStatus>,
}

resource!(
    ImageRepository, "image.toolkit.fluxcd.io", "v1", "imagerepositories", ImageRepositorySpec, ImageRepositoryStatus,
    about: "An image in a registry whose tags are scanned.",
    short: ["imgrepo", "imagerepo"],
    categories: ["all", "fluxcd", "fluxcd-images"],
    columns: &[crate::crd::column("Image", ".spec.image"), crate::crd::column("Tags", ".status.lastScanResult.tagCount"), crate::crd::READY, crate::crd::STATUS, crate::crd::wide("Last scan", ".status.lastScanResult.scanTime"), crate::crd::AGE],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true, substitutable: true,
);

impl ImageRepository {
    /// Returns the limit of a scan: `spec.timeout`, or else the interval, and never less than a second.
    #[doc(alias = "GetTimeout")]
    pub fn timeout(&self) -> Duration {
        let chosen = self.spec.timeout.as_ref().unwrap_or(&self.spec.interval);
        chosen.clone().max(Duration::from_secs(1))
    }

    /// Returns the regular expressions of tags to leave out: `spec.exclusionList`, or else that of signatures.
    #[doc(alias = "GetExclusionList")]
    pub fn exclusion_list(&self) -> Vec<String> {
        self.spec.exclusion_list.clone().unwrap_or_else(|| vec![r"^.*\.sig$".to_owned()])
    }

    /// Returns the provider of the login: `spec.provider`, or else `generic`.
    pub fn provider(&self) -> OCIProvider {
        self.spec.provider.clone().unwrap_or(OCIProvider::Generic)
    }
}

/// Which image to scan, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageRepositorySpec {
    /// Name of the image, without scheme and tag.
    pub image: String,
    /// Time between two scans, a little more or less.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Duration,
    /// Limit of a scan; the interval when absent. Hours are not allowed as a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = TIMEOUT)))]
    pub timeout: Option<Duration>,
    /// Secret of the type `kubernetes.io/dockerconfigjson` with the credentials of the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Secret with the `address`, and optionally `username` and `password`, of the proxy to go through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalObjectReference>,
    /// Service account whose image pull secrets, or whose cloud identity, to log in with; at most 253
    /// characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 253)))]
    pub service_account_name: Option<String>,
    /// Secret with `ca.crt`, and `tls.crt` with `tls.key`, for TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
    /// Namespaces whose policies may refer to this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// Regular expressions of tags to leave out, at most 25; that of signatures when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxItems" = 25, "default" = [r"^.*\.sig$"])))]
    pub exclusion_list: Option<Vec<String>>,
    /// Whose login to use; `generic` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "generic")))]
    pub provider: Option<OCIProvider>,
    /// Allows a registry without TLS.
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure: bool,
}

/// What the last scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageRepositoryStatus {
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Generation of the spec that this status is about; `-1` before the first look.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// Full name of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_image_name: Option<String>,
    /// The last scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_scan_result: Option<ScanResult>,
    /// `spec.exclusionList` of the last scan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_exclusion_list: Vec<String>,
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScanResult {
    /// Checksum over the tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Number of tags.
    #[cfg_attr(feature = "crds", schemars(extend("format" = null)))]
    pub tag_count: i64,
    /// Time of the scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_time: Option<Time>,
    /// Up to ten tags, in descending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latest_tags: Vec<String>,
}
