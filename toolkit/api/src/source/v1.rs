// SPDX-License-Identifier: Apache-2.0

//! Kinds of `source.toolkit.fluxcd.io/v1`.

mod bucket;
mod external_artifact;
mod git_repository;
mod helm_chart;
mod helm_repository;
mod oci_repository;
pub mod reason;
mod verification;

pub use self::{
    bucket::{Bucket, BucketProvider, BucketSTS, BucketSpec, BucketStatus, STSProvider},
    external_artifact::{ExternalArtifact, ExternalArtifactSpec, ExternalArtifactStatus},
    git_repository::{
        GitProvider, GitReference, GitRepository, GitRepositoryInclude, GitRepositorySpec,
        GitRepositoryStatus, GitRepositoryVerification, GitVerificationMode,
    },
    helm_chart::{
        HelmChart, HelmChartSourceKind, HelmChartSourceReference, HelmChartSpec, HelmChartStatus,
        ReconcileStrategy,
    },
    helm_repository::{HelmRepository, HelmRepositorySpec, HelmRepositoryStatus, HelmRepositoryType},
    oci_repository::{
        OCILayerOperation, OCILayerSelector, OCIProvider, OCIReference, OCIRepository, OCIRepositorySpec,
        OCIRepositoryStatus,
    },
    verification::{
        HelmChartVerification, OCIRepositoryVerification, OIDCIdentityMatch, VerificationProvider,
    },
};

/// Condition types of the sources, besides those of [`meta::condition`](crate::meta::condition).
pub mod condition {
    /// The artifact of the current revision is in the store.
    pub const ARTIFACT_IN_STORAGE: &str = "ArtifactInStorage";
    /// The artifact is older than what the source has; absent when it is not.
    pub const ARTIFACT_OUTDATED: &str = "ArtifactOutdated";
    /// The signature of the source was checked.
    pub const SOURCE_VERIFIED: &str = "SourceVerified";
    /// Fetching failed; absent when it did not.
    pub const FETCH_FAILED: &str = "FetchFailed";
    /// Building the artifact failed; absent when it did not.
    pub const BUILD_FAILED: &str = "BuildFailed";
    /// The store failed; absent when it did not.
    pub const STORAGE_OPERATION_FAILED: &str = "StorageOperationFailed";
    /// An included artifact could not be had; absent when it could.
    pub const INCLUDE_UNAVAILABLE: &str = "IncludeUnavailable";
}

/// Form of an interval.
#[cfg(feature = "crds")]
pub(crate) const INTERVAL: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";
/// Form of a timeout, which does without hours.
#[cfg(feature = "crds")]
pub(crate) const TIMEOUT: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$";
