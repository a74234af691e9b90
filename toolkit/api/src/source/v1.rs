// SPDX-License-Identifier: Apache-2.0

//! Kinds of `source.toolkit.fluxcd.io/v1`.

mod git_repository;
pub mod reason;

pub use git_repository::{
    GitProvider, GitReference, GitRepository, GitRepositoryInclude, GitRepositorySpec, GitRepositoryStatus,
    GitRepositoryVerification, GitVerificationMode,
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

/// Label and field conventions of the group.
pub(crate) const INTERVAL: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";
/// Timeouts do without hours.
pub(crate) const TIMEOUT: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$";
