// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

#[cfg(feature = "crds")]
use crate::source::v1::INTERVAL;
use crate::{
    meta::{Duration, is_false, is_zero},
    wire_enum::wire_enum,
};

/// How to install a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Install {
    /// Limit of the action; `spec.timeout` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub timeout: Option<Duration>,
    /// What to do about failures; `RemediateOnFailure` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<InstallStrategy>,
    /// How often to try again, by uninstall, after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<InstallRemediation>,
    /// Refuses objects that belong to something else.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_take_ownership: bool,
    /// Does not wait until objects are ready.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_wait: bool,
    /// Does not wait until jobs are done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_wait_for_jobs: bool,
    /// Leaves hooks out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_hooks: bool,
    /// Does not check the objects against the schemas of the cluster.
    #[serde(rename = "disableOpenAPIValidation", default, skip_serializing_if = "is_false")]
    pub disable_openapi_validation: bool,
    /// Does not check the values against the schema of the chart.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_schema_validation: bool,
    /// Takes the name of a deleted release again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub replace: bool,
    /// Has no effect any more; see `crds`.
    #[serde(rename = "skipCRDs", default, skip_serializing_if = "is_false")]
    pub skip_crds: bool,
    /// What to do with the definitions in the `crds` directory; `Create` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crds: Option<CrdsPolicy>,
    /// Creates the target namespace.
    #[serde(default, skip_serializing_if = "is_false")]
    pub create_namespace: bool,
    /// Uses server-side apply; true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<bool>,
}

/// How often to try an install again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InstallRemediation {
    /// Number of further tries after a failure; none when absent, no limit when negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "crds", schemars(extend("format" = null)))]
    pub retries: i64,
    /// Takes failed tests for a success; as `spec.test.ignoreFailures` says when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Answers the last failure too, when no further try is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
}

/// What to do about failures of an install.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [{
    "rule": "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
    "message": ".retryInterval cannot be set when .name is 'RemediateOnFailure'"
}])))]
#[serde(rename_all = "camelCase")]
pub struct InstallStrategy {
    /// Name of the answer.
    pub name: StrategyName,
    /// Time to wait before the next try; five minutes when absent. Only for `RetryOnFailure`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub retry_interval: Option<Duration>,
}

/// An answer to failures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StrategyName {
    /// Uninstall or roll back, then try again as often as allowed.
    #[default]
    RemediateOnFailure,
    /// Upgrade again, without limit.
    RetryOnFailure,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(StrategyName { RemediateOnFailure = "RemediateOnFailure", RetryOnFailure = "RetryOnFailure" });

/// What to do with definitions in the `crds` directory of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CrdsPolicy {
    /// Leave them out.
    Skip,
    /// Create those that are not there.
    Create,
    /// Create those that are not there and replace the others.
    CreateReplace,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(CrdsPolicy { Skip = "Skip", Create = "Create", CreateReplace = "CreateReplace" });

/// How to upgrade a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Upgrade {
    /// Limit of the action; `spec.timeout` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub timeout: Option<Duration>,
    /// What to do about failures; `RemediateOnFailure` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<UpgradeStrategy>,
    /// How often to try again, and how to answer a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<UpgradeRemediation>,
    /// Refuses objects that belong to something else.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_take_ownership: bool,
    /// Does not wait until objects are ready.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_wait: bool,
    /// Does not wait until jobs are done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_wait_for_jobs: bool,
    /// Leaves hooks out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_hooks: bool,
    /// Does not check the objects against the schemas of the cluster.
    #[serde(rename = "disableOpenAPIValidation", default, skip_serializing_if = "is_false")]
    pub disable_openapi_validation: bool,
    /// Does not check the values against the schema of the chart.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_schema_validation: bool,
    /// Replaces objects in place of patching them; not with server-side apply.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force: bool,
    /// Starts from the values of the last release.
    #[serde(default, skip_serializing_if = "is_false")]
    pub preserve_values: bool,
    /// Deletes the new objects of a failed upgrade.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cleanup_on_fail: bool,
    /// What to do with the definitions in the `crds` directory; `Create` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crds: Option<CrdsPolicy>,
    /// Uses server-side apply; `auto`, as the last release did, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<ServerSideApplyMode>,
    /// What to do when the chart has another name; `Reinstall` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_name_change_strategy: Option<ChartNameChangeStrategy>,
}

/// How often to try an upgrade again, and how to answer a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UpgradeRemediation {
    /// Number of further tries after a failure; none when absent, no limit when negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "crds", schemars(extend("format" = null)))]
    pub retries: i64,
    /// Takes failed tests for a success; as `spec.test.ignoreFailures` says when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Answers the last failure too, when no further try is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
    /// How to answer a failure; `rollback` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<RemediationStrategy>,
}

/// What to do about failures of an upgrade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [{
    "rule": "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
    "message": ".retryInterval can only be set when .name is 'RetryOnFailure'"
}])))]
#[serde(rename_all = "camelCase")]
pub struct UpgradeStrategy {
    /// Name of the answer.
    pub name: StrategyName,
    /// Time to wait before the next try; five minutes when absent. Only for `RetryOnFailure`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub retry_interval: Option<Duration>,
}

/// How to answer a failed upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemediationStrategy {
    /// Roll back.
    Rollback,
    /// Uninstall.
    Uninstall,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(RemediationStrategy { Rollback = "rollback", Uninstall = "uninstall" });

/// Whether to use server-side apply.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerSideApplyMode {
    /// Yes.
    Enabled,
    /// No.
    Disabled,
    /// As the last release did.
    Auto,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(ServerSideApplyMode { Enabled = "enabled", Disabled = "disabled", Auto = "auto" });

/// What to do when the chart of a release has another name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChartNameChangeStrategy {
    /// Upgrade.
    InPlaceUpdate,
    /// Uninstall and install.
    Reinstall,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(ChartNameChangeStrategy { InPlaceUpdate = "InPlaceUpdate", Reinstall = "Reinstall" });

/// How to test a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Test {
    /// Runs the tests after install and upgrade.
    #[serde(default, skip_serializing_if = "is_false")]
    pub enable: bool,
    /// Limit of the action; `spec.timeout` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub timeout: Option<Duration>,
    /// Takes failed tests for a success.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_failures: bool,
    /// Tests to run, or not; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<TestFilter>,
}

/// A test to run, or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "Filter")]
pub struct TestFilter {
    /// Name of the test, 1 to 253 characters.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Leaves the test out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exclude: bool,
}

/// How to roll back a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// Limit of the action; `spec.timeout` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub timeout: Option<Duration>,
    /// Does not wait until objects are ready.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_wait: bool,
    /// Does not wait until jobs are done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_wait_for_jobs: bool,
    /// Leaves hooks out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_hooks: bool,
    /// Has no effect any more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recreate: bool,
    /// Replaces objects in place of patching them; not with server-side apply.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force: bool,
    /// Deletes the new objects of a failed rollback.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cleanup_on_fail: bool,
    /// Uses server-side apply; `auto`, as the release did, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<ServerSideApplyMode>,
}

/// How to uninstall a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Uninstall {
    /// Limit of the action; `spec.timeout` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub timeout: Option<Duration>,
    /// Leaves hooks out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_hooks: bool,
    /// Keeps the record of the release.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keep_history: bool,
    /// Does not wait until objects are gone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_wait: bool,
    /// How to delete what belongs to the objects; `background` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "background")))]
    pub deletion_propagation: Option<DeletionPropagation>,
}

/// How to delete what belongs to an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeletionPropagation {
    /// After it.
    Background,
    /// Before it.
    Foreground,
    /// Not at all.
    Orphan,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(DeletionPropagation { Background = "background", Foreground = "foreground", Orphan = "orphan" });
