// SPDX-License-Identifier: Apache-2.0

//! Kinds of `image.toolkit.fluxcd.io/v1`.

mod image_policy;
mod image_repository;
mod image_update_automation;

pub use self::{
    image_policy::{
        AlphabeticalPolicy, DigestReflectionPolicy, ImagePolicy, ImagePolicyChoice, ImagePolicySpec,
        ImagePolicyStatus, ImageRef, NumericalPolicy, Order, SemVerPolicy, TagFilter,
    },
    image_repository::{ImageRepository, ImageRepositorySpec, ImageRepositoryStatus, ScanResult},
    image_update_automation::{
        AutomationSourceKind, AutomationSourceReference, CommitSpec, CommitUser, GitCheckout, GitSpec,
        ImageUpdateAutomation, ImageUpdateAutomationSpec, ImageUpdateAutomationStatus, PushSpec, SigningKey,
        SigningKeyType, UpdateStrategy, UpdateStrategyName,
    },
};

/// Reasons of conditions and events, besides those of [`meta::reason`](crate::meta::reason).
pub mod reason {
    /// The name of the image cannot be parsed.
    pub const IMAGE_URL_INVALID: &str = "ImageURLInvalid";
    /// The credentials cannot be had.
    pub const AUTHENTICATION_FAILED: &str = "AuthenticationFailed";
    /// The tags could not be read.
    pub const READ_OPERATION_FAILED: &str = "ReadOperationFailed";
    /// The work was not done.
    pub const FAILURE: &str = "Failure";
    /// The policy cannot be used.
    pub const INVALID_POLICY: &str = "InvalidPolicy";
    /// The policy always looks up digests and has no interval.
    pub const INTERVAL_NOT_CONFIGURED: &str = "IntervalNotConfigured";
    /// The way to update is not known.
    pub const INVALID_UPDATE_STRATEGY: &str = "InvalidUpdateStrategy";
    /// The source cannot be used.
    pub const INVALID_SOURCE_CONFIGURATION: &str = "InvalidSourceConfiguration";
    /// The choice of policies cannot be used.
    pub const INVALID_POLICY_SELECTOR: &str = "InvalidPolicySelector";
    /// The message template uses a field that is gone.
    pub const REMOVED_TEMPLATE_FIELD: &str = "RemovedTemplateField";
    /// The source could not be set up.
    pub const SOURCE_MANAGER_FAILED: &str = "SourceManagerFailed";
    /// Git could not do what was asked for.
    pub const GIT_OPERATION_FAILED: &str = "GitOperationFailed";
    /// The files could not be changed.
    pub const UPDATE_FAILED: &str = "UpdateFailed";
}
