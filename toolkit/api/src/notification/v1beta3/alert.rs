// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    meta::{LocalObjectReference, ObjectMeta, is_false},
    notification::v1::CrossNamespaceObjectReference,
    resource::resource,
    wire_enum::wire_enum,
};

/// A choice of events and where they are sent.
///
/// ```
/// use gitops_api::notification::{
///     v1::{CrossNamespaceObjectReference, EventSourceKind},
///     v1beta3::{Alert, AlertSeverity, AlertSpec},
/// };
///
/// let alert = Alert::new("on-call", AlertSpec {
///     provider_ref: "chat".into(),
///     event_severity: Some(AlertSeverity::Error),
///     event_sources: vec![CrossNamespaceObjectReference {
///         kind: EventSourceKind::Kustomization,
///         name: "*".into(),
///         ..Default::default()
///     }],
///     ..Default::default()
/// });
/// assert_eq!(serde_json::to_value(&alert)?["spec"]["eventSeverity"], "error");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alert {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// Which events to send, and where.
    pub spec: AlertSpec,
}

resource!(
    Alert, "notification.toolkit.fluxcd.io", "v1beta3", "alerts", AlertSpec,
    about: "A choice of events and where they are sent.",
    short: [],
    categories: ["all", "fluxcd", "fluxcd-notifications"],
    columns: &[crate::crd::AGE],
);

impl Alert {
    /// Returns the least severity of the events: `spec.eventSeverity`, or else `info`, which is all of them.
    pub fn severity(&self) -> AlertSeverity {
        self.spec.event_severity.clone().unwrap_or(AlertSeverity::Info)
    }
}

/// Which events to send, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AlertSpec {
    /// Provider to send them to, in the same namespace.
    pub provider_ref: LocalObjectReference,
    /// Least severity of the events; `info`, all of them, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "info")))]
    pub event_severity: Option<AlertSeverity>,
    /// Objects that the events are about; one of the entries must fit.
    pub event_sources: Vec<CrossNamespaceObjectReference>,
    /// Regular expressions for the message, one of which must be found; all messages when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inclusion_list: Vec<String>,
    /// Metadata that every event gets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub event_metadata: BTreeMap<String, String>,
    /// Regular expressions for the message, none of which may be found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusion_list: Vec<String>,
    /// Text about the alert, at most 255 characters; to be put into `eventMetadata` now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 255)))]
    pub summary: Option<String>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
}

/// Least severity of events.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AlertSeverity {
    /// All events.
    Info,
    /// Errors.
    Error,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(AlertSeverity { Info = "info", Error = "error" });
