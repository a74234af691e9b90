// SPDX-License-Identifier: Apache-2.0

//! Is an object ready?

mod expression;
mod rules;

use std::fmt;

use serde_json::Value;

pub use expression::{Checks, Expressions};

/// How far an object is on its way to what its spec asks for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[doc(alias = "kstatus")]
#[non_exhaustive]
pub enum Health {
    /// It is there.
    Current,
    /// It is on its way.
    InProgress,
    /// It will not get there by itself.
    Failed,
    /// It is being deleted.
    Terminating,
    /// It does not exist.
    NotFound,
    /// Nothing can be said.
    Unknown,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Current => "Current",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Terminating => "Terminating",
            Self::NotFound => "NotFound",
            Self::Unknown => "Unknown",
        })
    }
}

/// The health of one object and why.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// How far it is.
    pub health: Health,
    /// Why, in a sentence.
    pub message: String,
    /// Whether the message is an error met on the way to an answer.
    pub is_error: bool,
}

impl Status {
    pub(crate) fn new(health: Health, message: impl Into<String>) -> Self {
        Self { health, message: message.into(), is_error: false }
    }

    pub(crate) fn current(message: impl Into<String>) -> Self {
        Self::new(Health::Current, message)
    }

    pub(crate) fn in_progress(message: impl Into<String>) -> Self {
        Self::new(Health::InProgress, message)
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Health::Failed, message)
    }

    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self { health: Health::Unknown, message: message.into(), is_error: true }
    }
}

/// Tells the health of an object from the object alone.
///
/// Deletion comes first, then an outdated `status.observedGeneration`, then the conditions `Reconciling` and `Stalled`, then what the kind means,
/// then the condition `Ready`; an object that says nothing is current.
///
/// ```
/// use gitops_apply::health::{Health, status};
/// use serde_json::json;
///
/// let mut object = json!({"apiVersion": "example.test/v1", "kind": "Site", "metadata": {"name": "docs", "generation": 2}});
/// assert_eq!(status(&object).health, Health::Current);
/// object["status"] = json!({"observedGeneration": 1});
/// assert_eq!(status(&object).message, "Site generation is 2, but latest observed generation is 1");
/// ```
pub fn status(object: &Value) -> Status {
    if object.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null()) {
        return Status::new(Health::Terminating, "Resource scheduled for deletion");
    }
    if let Some(status) = generation(object).or_else(|| reconciling(object)) {
        return status;
    }
    rules::of_kind(object).unwrap_or_else(|| ready(object))
}

/// Returns whether the metadata alone says all about objects of a kind, so that their content need not be watched.
pub(crate) fn needs_metadata_only(api_version: &str, kind: &str) -> bool {
    matches!(
        (api_version, kind),
        ("v1", "ConfigMap" | "Secret" | "ServiceAccount" | "Namespace" | "LimitRange" | "Endpoints")
            | ("rbac.authorization.k8s.io/v1", _)
            | ("networking.k8s.io/v1", "NetworkPolicy" | "IngressClass")
            | ("storage.k8s.io/v1" | "scheduling.k8s.io/v1" | "node.k8s.io/v1", _)
    )
}

/// An outdated status says nothing about the present spec.
fn generation(object: &Value) -> Option<Status> {
    let observed = object.pointer("/status/observedGeneration")?.as_i64()?;
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default();
    (observed != generation).then(|| {
        let kind = object["kind"].as_str().unwrap_or_default();
        Status::in_progress(format!(
            "{kind} generation is {generation}, but latest observed generation is {observed}"
        ))
    })
}

pub(crate) struct Condition<'a> {
    pub(crate) kind: &'a str,
    pub(crate) status: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: &'a str,
    pub(crate) since: &'a str,
}

pub(crate) fn conditions(object: &Value) -> impl Iterator<Item = Condition<'_>> {
    let listed = object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    listed.map(|condition| {
        let text = |key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default();
        Condition {
            kind: text("type"),
            status: text("status"),
            reason: text("reason"),
            message: text("message"),
            since: text("lastTransitionTime"),
        }
    })
}

pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<Condition<'a>> {
    conditions(object).find(|condition| condition.kind == kind)
}

fn reconciling(object: &Value) -> Option<Status> {
    conditions(object).find_map(|condition| match (condition.kind, condition.status) {
        ("Reconciling", "True") => Some(Status::in_progress(condition.message)),
        ("Stalled", "True") => Some(Status::failed(condition.message)),
        _ => None,
    })
}

fn ready(object: &Value) -> Status {
    match condition(object, "Ready") {
        Some(ready) if ready.status == "True" => Status::current("Resource is Ready"),
        Some(ready) => Status::in_progress(ready.message),
        None => Status::current("Resource is current"),
    }
}
