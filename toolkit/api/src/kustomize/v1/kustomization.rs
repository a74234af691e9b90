// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

use super::{KustomizationStatus, PostBuild};
#[cfg(feature = "crds")]
use crate::source::v1::INTERVAL;
use crate::{
    meta::{
        CommonMetadata, CustomHealthCheck, DependencyReference, Duration, IgnoreRule, Image,
        KubeConfigReference, LocalObjectReference, NamespacedObjectKindReference, ObjectMeta, Patch,
        is_false,
    },
    resource::resource,
    wire_enum::wire_enum,
};

/// Manifests built from a source with kustomize and kept applied to a cluster.
///
/// ```
/// use gitops_api::{kustomize::v1::{CrossNamespaceSourceReference, Kustomization, KustomizationSpec, SourceKind}, meta::Duration};
///
/// let apps = Kustomization::new("apps", KustomizationSpec {
///     interval: Duration::from_mins(10),
///     path: Some("./apps".into()),
///     prune: true,
///     source_ref: CrossNamespaceSourceReference {
///         kind: SourceKind::GitRepository,
///         name: "fleet".into(),
///         ..Default::default()
///     },
///     ..Default::default()
/// });
/// assert_eq!(apps.timeout(), Duration::from_secs(570));
/// assert!(!apps.is_ready());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kustomization {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// What to build and apply, and how.
    pub spec: KustomizationSpec,
    /// What the controller saw and did last.
    pub status: Option<KustomizationStatus>,
}

resource!(
    Kustomization, "kustomize.toolkit.fluxcd.io", "v1", "kustomizations", KustomizationSpec, KustomizationStatus,
    about: "Manifests built from a source with kustomize and kept applied to a cluster.",
    short: ["ks"],
    categories: ["all", "fluxcd", "fluxcd-appliers"],
    columns: &[crate::crd::AGE, crate::crd::READY, crate::crd::STATUS],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl Kustomization {
    /// Returns the limit of apply and health checks: `spec.timeout`, or else half a minute less than the interval, and
    /// never less than half a minute.
    #[doc(alias = "GetTimeout")]
    pub fn timeout(&self) -> Duration {
        let least = Duration::from_secs(30);
        let chosen = match &self.spec.timeout {
            Some(timeout) => timeout.clone(),
            None => Duration::from_nanos(self.spec.interval.as_nanos().saturating_sub(least.as_nanos())),
        };
        chosen.max(least)
    }

    /// Returns the time to wait after a failure: `spec.retryInterval`, or else the interval.
    #[doc(alias = "GetRetryInterval")]
    pub fn retry_interval(&self) -> Duration {
        self.spec.retry_interval.clone().unwrap_or_else(|| self.spec.interval.clone())
    }

    /// Returns what becomes of the applied objects when the Kustomization is deleted: `spec.deletionPolicy`, or else as
    /// `spec.prune` says.
    #[doc(alias = "GetDeletionPolicy")]
    pub fn deletion_policy(&self) -> DeletionPolicy {
        self.spec.deletion_policy.clone().unwrap_or(DeletionPolicy::MirrorPrune)
    }

    /// Returns the namespace of the source: that of the reference, or else of the Kustomization.
    pub fn source_namespace(&self) -> Option<&str> {
        let named = self.spec.source_ref.namespace.as_deref().filter(|namespace| !namespace.is_empty());
        named.or(self.metadata.namespace.as_deref())
    }
}

/// What to build and apply, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSpec {
    /// Labels and annotations that every applied object gets, over those of the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Kustomizations that must be ready first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// How to decrypt Secrets and files; no decryption when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decryption: Option<Decryption>,
    /// Time between two runs, a little more or less.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Duration,
    /// Time to wait after a failure; the interval when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub retry_interval: Option<Duration>,
    /// Another cluster to apply to; this one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfigReference>,
    /// Directory in the artifact to build; its root when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Variables to put into the built manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_build: Option<PostBuild>,
    /// Deletes applied objects that left the source.
    pub prune: bool,
    /// What becomes of the applied objects when this object is deleted; `MirrorPrune` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Objects that must be healthy for this one to be ready; not looked at when `wait` is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_checks: Vec<NamespacedObjectKindReference>,
    /// Prefix for the names of all objects, 1 to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 200)))]
    pub name_prefix: Option<String>,
    /// Suffix for the names of all objects, 1 to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 200)))]
    pub name_suffix: Option<String>,
    /// Patches, strategic merge or JSON 6902, after those of the kustomization file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// Image names, tags and digests to change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Service account to apply as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Source of the manifests.
    pub source_ref: CrossNamespaceSourceReference,
    /// Stops the controller from working on this object; what runs is not interrupted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
    /// Namespace for all objects that are in one, 1 to 63 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub target_namespace: Option<String>,
    /// Limit of apply and health checks; half a minute less than the interval when absent, and at least half a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub timeout: Option<Duration>,
    /// Deletes and creates an object again when a field cannot be changed in place.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = false)))]
    pub force: bool,
    /// Waits until every applied object is healthy.
    #[serde(default, skip_serializing_if = "is_false")]
    pub wait: bool,
    /// Annotations about their origin for kustomize to put on objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_metadata: Vec<BuildMetadata>,
    /// Kustomize components to add, as local relative paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Leaves components out that do not exist.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_missing_components: bool,
    /// CEL expressions that tell when objects of a custom kind are healthy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<CustomHealthCheck>,
    /// Fields of applied objects whose changes by others are left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoreRule>,
}

/// How to decrypt Secrets and files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Decryption {
    /// Name of the engine.
    pub provider: DecryptionProvider,
    /// Service account for the login at a cloud key service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Secret with the private keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
}

/// Name of a decryption engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecryptionProvider {
    /// SOPS.
    #[default]
    Sops,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(DecryptionProvider { Sops = "sops" });

/// What becomes of applied objects when their Kustomization is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeletionPolicy {
    /// Delete if `spec.prune` is set, else leave.
    MirrorPrune,
    /// Delete.
    Delete,
    /// Delete, and wait until they are gone.
    WaitForTermination,
    /// Leave.
    Orphan,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(DeletionPolicy {
    MirrorPrune = "MirrorPrune",
    Delete = "Delete",
    WaitForTermination = "WaitForTermination",
    Orphan = "Orphan",
});

/// Source of manifests, in another namespace if one is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CrossNamespaceSourceReference {
    /// Group and version of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: SourceKind,
    /// Name of the source.
    pub name: String,
    /// Namespace of the source; that of the Kustomization when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// Kind of a source of manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// An artifact in an OCI registry.
    OciRepository,
    /// A Git repository.
    #[default]
    GitRepository,
    /// A bucket of an object store.
    Bucket,
    /// An artifact made by somebody else.
    ExternalArtifact,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(SourceKind {
    OciRepository = "OCIRepository",
    GitRepository = "GitRepository",
    Bucket = "Bucket",
    ExternalArtifact = "ExternalArtifact",
});

/// An annotation for kustomize to put on objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BuildMetadata {
    /// Which file an object comes from.
    OriginAnnotations,
    /// Which transformers changed an object.
    TransformerAnnotations,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(BuildMetadata {
    OriginAnnotations = "originAnnotations",
    TransformerAnnotations = "transformerAnnotations",
});
