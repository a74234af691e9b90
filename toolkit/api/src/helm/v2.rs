// SPDX-License-Identifier: Apache-2.0

//! Kinds of `helm.toolkit.fluxcd.io/v2`.

mod action;
mod chart;
mod helm_release;
pub mod reason;
mod status;

pub use self::{
    action::{
        ChartNameChangeStrategy, CrdsPolicy, DeletionPropagation, Install, InstallRemediation,
        InstallStrategy, RemediationStrategy, Rollback, ServerSideApplyMode, StrategyName, Test, TestFilter,
        Uninstall, Upgrade, UpgradeRemediation, UpgradeStrategy,
    },
    chart::{
        ChartReference, ChartReferenceKind, ChartSourceReference, ChartTemplate, ChartTemplateSpec,
        ChartVerification,
    },
    helm_release::{
        DriftDetection, DriftDetectionMode, HelmRelease, HelmReleaseSpec, KustomizePostRenderer,
        PostRenderStrategy, PostRenderer, ValuesKind, ValuesReference, WaitStrategy, WaitStrategyName,
    },
    status::{HelmReleaseStatus, ReleaseAction, Snapshot, TestHookStatus},
};

/// Condition types, besides those of [`meta::condition`](crate::meta::condition).
pub mod condition {
    /// The last install, upgrade or test was a success.
    pub const RELEASED: &str = "Released";
    /// A failure was answered by a rollback or uninstall.
    pub const REMEDIATED: &str = "Remediated";
    /// The tests of the release were a success.
    pub const TEST_SUCCESS: &str = "TestSuccess";
    /// The objects in the cluster are not those of the release.
    pub const DRIFTED: &str = "Drifted";
}
