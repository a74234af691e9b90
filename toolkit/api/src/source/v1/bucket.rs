// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

#[cfg(feature = "crds")]
use super::{INTERVAL, TIMEOUT};
use crate::{
    meta::{Artifact, Condition, Duration, LocalObjectReference, ObjectMeta, is_false, is_zero},
    resource::resource,
    wire_enum::wire_enum,
};

/// A bucket of an object store whose content is published as an artifact.
///
/// ```
/// use gitops_api::{meta::Duration, source::v1::{Bucket, BucketProvider, BucketSpec}};
///
/// let bucket = Bucket::new("manifests", BucketSpec {
///     bucket_name: "manifests".into(),
///     endpoint: "minio.storage.svc:9000".into(),
///     interval: Duration::from_mins(5),
///     ..Default::default()
/// });
/// assert_eq!(bucket.provider(), BucketProvider::Generic);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// What to fetch, and how often.
    pub spec: BucketSpec,
    /// What the controller saw and did last.
    pub status: Option<BucketStatus>,
}

resource!(
    Bucket, "source.toolkit.fluxcd.io", "v1", "buckets", BucketSpec, BucketStatus,
    about: "A bucket of an object store whose content is published as an artifact.",
    short: [],
    categories: ["all", "fluxcd", "fluxcd-sources"],
    columns: &[crate::crd::column("Endpoint", ".spec.endpoint"), crate::crd::AGE, crate::crd::READY, crate::crd::STATUS],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl Bucket {
    /// Returns the limit of one operation: `spec.timeout`, or else a minute.
    #[doc(alias = "GetTimeout")]
    pub fn timeout(&self) -> Duration {
        self.spec.timeout.clone().unwrap_or(Duration::from_secs(60))
    }

    /// Returns the artifact of the last success.
    pub fn artifact(&self) -> Option<&Artifact> {
        self.status.as_ref()?.artifact.as_ref()
    }

    /// Returns the kind of object store: `spec.provider`, or else `generic`.
    pub fn provider(&self) -> BucketProvider {
        self.spec.provider.clone().unwrap_or(BucketProvider::Generic)
    }
}

/// What to fetch from a bucket, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
        "message": "STS configuration is only supported for the 'aws' and 'generic' Bucket providers"
    },
    {
        "rule": "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
        "message": "'aws' is the only supported STS provider for the 'aws' Bucket provider"
    },
    {
        "rule": "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
        "message": "'ldap' is the only supported STS provider for the 'generic' Bucket provider"
    },
    {
        "rule": "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
        "message": "spec.sts.secretRef is not required for the 'aws' STS provider"
    },
    {
        "rule": "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
        "message": "spec.sts.certSecretRef is not required for the 'aws' STS provider"
    },
    {
        "rule": "self.provider != 'generic' || !has(self.serviceAccountName)",
        "message": "ServiceAccountName is not supported for the 'generic' Bucket provider"
    },
    {
        "rule": "!has(self.secretRef) || !has(self.serviceAccountName)",
        "message": "cannot set both .spec.secretRef and .spec.serviceAccountName"
    },
])))]
#[serde(rename_all = "camelCase")]
pub struct BucketSpec {
    /// Kind of object store; `generic`, anything that speaks S3, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "generic")))]
    pub provider: Option<BucketProvider>,
    /// Name of the bucket, or of the container.
    pub bucket_name: String,
    /// `host:port` of the store; the whole address for Azure.
    pub endpoint: String,
    /// Service to get short-lived credentials from; only for the providers `aws` and `generic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sts: Option<BucketSTS>,
    /// Allows a store without TLS.
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure: bool,
    /// Region of the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Start of the keys to fetch; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Secret with the credentials of the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Service account to log in with; not for the provider `generic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Secret with `ca.crt`, and `tls.crt` with `tls.key`, for TLS; only for the providers `generic` and `aws`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Secret with the `address`, and optionally `username` and `password`, of the proxy to go through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalObjectReference>,
    /// Time between two looks at the bucket, a little more or less.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Duration,
    /// Limit of one operation; `60s` when absent. Hours are not allowed as a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = TIMEOUT, "default" = "60s")))]
    pub timeout: Option<Duration>,
    /// Patterns in the form of `.gitignore` that take the place of the default ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
}

/// Kind of object store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BucketProvider {
    /// Anything that speaks S3.
    Generic,
    /// Amazon S3.
    Aws,
    /// Google Cloud Storage.
    Gcp,
    /// Azure Blob Storage.
    Azure,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(BucketProvider { Generic = "generic", Aws = "aws", Gcp = "gcp", Azure = "azure" });

/// Service to get short-lived credentials from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "BucketSTSSpec")]
pub struct BucketSTS {
    /// Kind of service.
    pub provider: STSProvider,
    /// Address of the service, `https://` or `http://`.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = "^(http|https)://.*$")))]
    pub endpoint: String,
    /// Secret with `username` and `password`; only for the provider `ldap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Secret with `ca.crt`, and `tls.crt` with `tls.key`, for TLS; only for the provider `ldap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
}

/// Kind of service for short-lived credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum STSProvider {
    /// That of Amazon Web Services.
    #[default]
    Aws,
    /// MinIO with LDAP.
    Ldap,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(STSProvider { Aws = "aws", Ldap = "ldap" });

/// What the controller saw in a bucket and did last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BucketStatus {
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
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}
