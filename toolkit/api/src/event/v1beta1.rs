// SPDX-License-Identifier: Apache-2.0

//! The event of `event.toolkit.fluxcd.io/v1beta1`, which is no object in the cluster but the body of a request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{meta::Time, wire_enum::wire_enum};

pub use k8s_openapi::api::core::v1::ObjectReference;

/// Group of the event, and the prefix of metadata that annotations of an object bring in.
pub const GROUP: &str = "event.toolkit.fluxcd.io";

/// Names of metadata, after the group of the object they are about and a slash.
pub mod metadata {
    /// Revision that the event is about.
    pub const REVISION: &str = "revision";
    /// Revision at the origin of the artifact.
    pub const ORIGIN_REVISION: &str = "originRevision";
    /// Old name of `digest`.
    pub const CHECKSUM: &str = "checksum";
    /// Digest of the artifact.
    pub const DIGEST: &str = "digest";
    /// Text that tells events of the same revision apart.
    pub const TOKEN: &str = "token";
    /// Set to `update`, asks for a commit status even when nothing was sent otherwise.
    pub const COMMIT_STATUS: &str = "commit_status";
    /// Commit of the artifact.
    pub const COMMIT: &str = "commit";
    /// Number of the pull or merge request.
    pub const CHANGE_REQUEST: &str = "change_request";
    /// Text about the event.
    pub const SUMMARY: &str = "summary";

    /// Value of [`COMMIT_STATUS`] that asks for an update.
    pub const COMMIT_STATUS_UPDATE: &str = "update";
}

/// Something that a controller did, or could not do, with an object.
///
/// ```
/// use gitops_api::event::v1beta1::{Event, Severity};
///
/// let event: Event = serde_json::from_str(r#"{
///     "involvedObject": { "kind": "GitRepository", "namespace": "apps", "name": "podinfo" },
///     "severity": "info",
///     "timestamp": "2026-01-02T03:04:05Z",
///     "message": "stored artifact",
///     "reason": "NewArtifact",
///     "reportingController": "source-controller"
/// }"#)?;
/// assert_eq!(event.severity, Severity::Info);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Object that the event is about.
    pub involved_object: ObjectReference,
    /// How grave it is.
    pub severity: Severity,
    /// When it happened.
    pub timestamp: Time,
    /// What happened, for a person; at most 39000 characters.
    pub message: String,
    /// What happened, as one CamelCase word.
    pub reason: String,
    /// More facts, such as the revision.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Name of the controller.
    pub reporting_controller: String,
    /// Name of the process, usually the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporting_instance: Option<String>,
}

/// How grave an event is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Of interest to one who watches closely; not sent on.
    Trace,
    /// Something changed.
    Info,
    /// A person should look.
    Error,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(Severity { Trace = "trace", Info = "info", Error = "error" });
