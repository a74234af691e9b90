// SPDX-License-Identifier: Apache-2.0

//! Reasons of conditions and events, besides those of [`meta::reason`](crate::meta::reason).

/// The chart was installed.
pub const INSTALL_SUCCEEDED: &str = "InstallSucceeded";
/// The chart could not be installed.
pub const INSTALL_FAILED: &str = "InstallFailed";
/// The release was upgraded.
pub const UPGRADE_SUCCEEDED: &str = "UpgradeSucceeded";
/// The release could not be upgraded.
pub const UPGRADE_FAILED: &str = "UpgradeFailed";
/// The tests were a success.
pub const TEST_SUCCEEDED: &str = "TestSucceeded";
/// The tests were no success.
pub const TEST_FAILED: &str = "TestFailed";
/// The tests have not run yet.
pub const AWAITING_TESTS: &str = "AwaitingTests";
/// The release was rolled back.
pub const ROLLBACK_SUCCEEDED: &str = "RollbackSucceeded";
/// The release could not be rolled back.
pub const ROLLBACK_FAILED: &str = "RollbackFailed";
/// The release was uninstalled.
pub const UNINSTALL_SUCCEEDED: &str = "UninstallSucceeded";
/// The release could not be uninstalled.
pub const UNINSTALL_FAILED: &str = "UninstallFailed";
/// Something else is at work on the release.
pub const PENDING_RELEASE: &str = "PendingRelease";
/// The chart is not ready.
pub const SOURCE_NOT_READY: &str = "SourceNotReady";
/// The values could not be put together.
pub const VALUES_ERROR: &str = "ValuesError";
/// The chart could not be changed.
pub const CHART_MUTATE_ERROR: &str = "ChartMutateError";
/// There is no connection to the cluster.
pub const REST_CLIENT_ERROR: &str = "RESTClientError";
/// Objects could not be applied.
pub const RESOURCE_MANAGER_ERROR: &str = "ResourceManagerError";
/// The engine could not be set up.
pub const FACTORY_ERROR: &str = "FactoryError";
/// The settings of the engine could not be made.
pub const CONFIG_FACTORY_ERROR: &str = "ConfigFactoryErr";
/// The state of the release could not be told.
pub const STATE_ERROR: &str = "StateError";
/// The reconciliation failed.
pub const RECONCILE_ERROR: &str = "ReconcileError";
/// There were more failures than are allowed.
pub const RETRIES_EXCEEDED: &str = "RetriesExceeded";
/// There is no release to roll back to.
pub const MISSING_ROLLBACK_TARGET: &str = "MissingRollbackTarget";
/// The objects are not those of the release.
pub const DRIFT_DETECTED: &str = "DriftDetected";
/// The objects are those of the release.
pub const NO_DRIFT_DETECTED: &str = "NoDriftDetected";
/// The objects were made those of the release again.
pub const DRIFT_CORRECTED: &str = "DriftCorrected";
/// The objects could not be made those of the release again.
pub const DRIFT_CORRECTION_FAILED: &str = "DriftCorrectionFailed";
/// The list of objects could not be made.
pub const INVENTORY_BUILD_FAILED: &str = "InventoryBuildFailed";
/// The namespace could not be looked up.
pub const NAMESPACE_CHECK_SKIPPED: &str = "NamespaceCheckSkipped";
/// The HelmChart was created.
pub const HELM_CHART_CREATED: &str = "HelmChartCreated";
/// The HelmChart was changed.
pub const HELM_CHART_CONFIGURED: &str = "HelmChartConfigured";
/// The HelmChart was deleted.
pub const HELM_CHART_DELETED: &str = "HelmChartDeleted";
/// The HelmChart could not be changed.
pub const HELM_CHART_SYNC_ERROR: &str = "HelmChartSyncErr";
