// SPDX-License-Identifier: Apache-2.0

//! Reasons of conditions and events of the sources, besides those of [`meta::reason`](crate::meta::reason).

/// The address cannot be parsed or is not allowed.
pub const URL_INVALID: &str = "URLInvalid";
/// The credentials cannot be had or were refused.
pub const AUTHENTICATION_FAILED: &str = "AuthenticationFailed";
/// The signature does not verify.
pub const VERIFICATION_ERROR: &str = "VerificationError";
/// A directory could not be made.
pub const DIRECTORY_CREATION_FAILED: &str = "DirectoryCreationFailed";
/// A file could not be looked up.
pub const STAT_OPERATION_FAILED: &str = "StatOperationFailed";
/// A file could not be read.
pub const READ_OPERATION_FAILED: &str = "ReadOperationFailed";
/// Another process holds the lock of the artifact.
pub const ACQUIRE_LOCK_FAILED: &str = "AcquireLockFailed";
/// The archive could not be written.
pub const ARCHIVE_OPERATION_FAILED: &str = "ArchiveOperationFailed";
/// The link to the latest artifact could not be changed.
pub const SYMLINK_UPDATE_FAILED: &str = "SymlinkUpdateFailed";
/// The cache failed.
pub const CACHE_OPERATION_FAILED: &str = "CacheOperationFailed";
/// The status could not be written.
pub const PATCH_OPERATION_FAILED: &str = "PatchOperationFailed";
/// The settings of the security token service do not fit the provider.
pub const INVALID_STS_CONFIGURATION: &str = "InvalidSTSConfiguration";
/// The settings of the cloud provider are wrong.
pub const INVALID_PROVIDER_CONFIGURATION: &str = "InvalidProviderConfiguration";
/// Artifacts of a deleted object could not be removed.
pub const GARBAGE_COLLECTION_FAILED: &str = "GarbageCollectionFailed";
/// Artifacts that are not needed any more were removed.
pub const GARBAGE_COLLECTION_SUCCEEDED: &str = "GarbageCollectionSucceeded";
/// The stored artifact is that of the current revision.
pub const ARTIFACT_UP_TO_DATE: &str = "ArtifactUpToDate";
/// A new artifact was stored.
pub const NEW_ARTIFACT: &str = "NewArtifact";
/// There is a newer revision than the stored one.
pub const NEW_REVISION: &str = "NewRevision";
/// There is no artifact in the store.
pub const NO_ARTIFACT: &str = "NoArtifact";
/// The source referred to has no artifact.
pub const NO_SOURCE_ARTIFACT: &str = "NoSourceArtifact";
/// Git could not do what was asked for.
pub const GIT_OPERATION_FAILED: &str = "GitOperationFailed";
/// Git did what was asked for.
pub const GIT_OPERATION_SUCCEEDED: &str = "GitOperationSucceeded";
/// The Git repository has no commit.
pub const EMPTY_GIT_REPOSITORY: &str = "EmptyGitRepository";
/// An included artifact could not be copied.
pub const COPY_FAILURE: &str = "CopyFailure";
/// Something referred to does not exist.
pub const NOT_FOUND: &str = "NotFound";
/// The OCI artifact could not be pulled.
pub const OCI_PULL_FAILED: &str = "OCIArtifactPullFailed";
/// The layer of the OCI artifact could not be read.
pub const OCI_LAYER_OPERATION_FAILED: &str = "OCIArtifactLayerOperationFailed";
/// The bucket could not be listed or read.
pub const BUCKET_OPERATION_FAILED: &str = "BucketOperationFailed";
/// The bucket was read.
pub const BUCKET_OPERATION_SUCCEEDED: &str = "BucketOperationSucceeded";
/// The index of the Helm repository is wrong.
pub const INDEXATION_FAILED: &str = "IndexationFailed";
/// The index of the Helm repository was read.
pub const INDEXATION_SUCCEEDED: &str = "IndexationSucceeded";
/// The chart was pulled.
pub const CHART_PULL_SUCCEEDED: &str = "ChartPullSucceeded";
/// The chart could not be pulled.
pub const CHART_PULL_ERROR: &str = "ChartPullError";
/// The chart was packaged.
pub const CHART_PACKAGE_SUCCEEDED: &str = "ChartPackageSucceeded";
/// The chart could not be packaged.
pub const CHART_PACKAGE_ERROR: &str = "ChartPackageError";
/// The reference to the chart is wrong.
pub const INVALID_CHART_REFERENCE: &str = "InvalidChartReference";
/// A values file of the chart could not be read.
pub const VALUES_FILES_ERROR: &str = "ValuesFilesError";
/// A dependency of the chart could not be had.
pub const DEPENDENCY_BUILD_ERROR: &str = "DependencyBuildError";
/// The signature of the chart does not verify.
pub const CHART_VERIFICATION_ERROR: &str = "ChartVerificationError";
/// The dependencies of the chart were found.
pub const RESOLVED_DEPENDENCIES: &str = "ResolvedDependencies";
