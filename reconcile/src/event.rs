// SPDX-License-Identifier: Apache-2.0

//! Announcements: what a run tells people and other controllers.

pub(crate) mod cluster;
pub(crate) mod sink;

use std::collections::BTreeMap;

use kube::api::DynamicObject;
use serde::Serialize;

/// The prefix of the annotations of an object that are copied into the metadata of its events.
const METADATA_PREFIX: &str = "event.toolkit.fluxcd.io/";

/// The longest message of a posted event.
const MESSAGE_LIMIT: usize = 39_000;

/// How much an [`Event`] matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Severity {
    /// Only in the cluster, never posted.
    Trace,
    /// Something changed, or a run is over.
    Info,
    /// Something failed.
    Error,
}

/// Something that happened to an object, told as a Kubernetes Event and posted to the manager's event address.
///
/// ```
/// use gitops_reconcile::Event;
///
/// let event = Event::info("NewArtifact", "stored artifact for commit 'initial'").with("example.org/revision", "main@sha1:1");
/// assert_eq!(event.reason(), "NewArtifact");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Event {
    pub(crate) severity: Severity,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl Event {
    fn new(severity: Severity, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity, reason: reason.into(), message: message.into(), metadata: BTreeMap::new() }
    }

    /// An event that is kept in the cluster only.
    pub fn trace(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Trace, reason, message)
    }

    /// An event about a change or a success.
    pub fn info(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, reason, message)
    }

    /// An event about a failure.
    pub fn error(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, reason, message)
    }

    /// Adds a metadata entry, such as the revision that the event is about.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// The severity.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The reason, in camel case.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The object that an event is about.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Involved {
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) namespace: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) uid: String,
    pub(crate) api_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) resource_version: String,
}

/// An event on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    pub(crate) involved: Involved,
    pub(crate) event: Event,
}

impl Announcement {
    pub(crate) fn new(object: &DynamicObject, api_version: &str, kind: &str, mut event: Event) -> Self {
        let meta = &object.metadata;
        for (key, value) in meta.annotations.iter().flatten() {
            if key.starts_with(METADATA_PREFIX) {
                event.metadata.insert(key.clone(), value.clone());
            }
        }
        if event.message.len() > MESSAGE_LIMIT {
            let mut end = MESSAGE_LIMIT - 3;
            while !event.message.is_char_boundary(end) {
                end -= 1;
            }
            event.message.truncate(end);
            event.message.push_str("...");
        }
        Self {
            involved: Involved {
                kind: kind.to_owned(),
                namespace: meta.namespace.clone().unwrap_or_default(),
                name: meta.name.clone().unwrap_or_default(),
                uid: meta.uid.clone().unwrap_or_default(),
                api_version: api_version.to_owned(),
                resource_version: meta.resource_version.clone().unwrap_or_default(),
            },
            event,
        }
    }
}

/// Hands announcements to the tasks that send them; never waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Announcer {
    outlets: Vec<tokio::sync::mpsc::Sender<Announcement>>,
}

impl Announcer {
    pub(crate) fn new(outlets: Vec<tokio::sync::mpsc::Sender<Announcement>>) -> Self {
        Self { outlets }
    }

    pub(crate) fn announce(&self, announcement: &Announcement) {
        for outlet in &self.outlets {
            if outlet.try_send(announcement.clone()).is_err() {
                tracing::warn!(
                    reason = announcement.event.reason,
                    name = announcement.involved.name,
                    "event dropped: its receiver is too slow or gone"
                );
            }
        }
    }
}
