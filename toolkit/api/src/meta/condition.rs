// SPDX-License-Identifier: Apache-2.0

//! Condition types, and reading and writing lists of conditions.
//!
//! ```
//! use gitops_api::meta::{condition, reason, Condition, ConditionStatus, Time};
//!
//! let now: Time = serde_json::from_str("\"2026-01-02T03:04:05Z\"")?;
//! let mut list = Vec::new();
//! condition::set(
//!     &mut list,
//!     Condition::new(condition::READY, ConditionStatus::True, reason::SUCCEEDED, "stored artifact", now),
//! );
//! assert!(condition::is_ready(&list));
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use super::Time;
use crate::wire_enum::wire_enum;

/// The object did what its spec asks for.
pub const READY: &str = "Ready";
/// The controller is at work on the object; absent when it is not.
pub const RECONCILING: &str = "Reconciling";
/// The controller gave up until the spec changes; absent when it did not.
pub const STALLED: &str = "Stalled";
/// What was applied to the cluster is healthy.
pub const HEALTHY: &str = "Healthy";

/// The longest message, in bytes, that a condition may hold.
pub const MAX_MESSAGE_BYTES: usize = 32_768;

/// One observed aspect of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "metav1.Condition")]
pub struct Condition {
    /// Name of the aspect, such as `Ready`, in CamelCase and optionally with a domain prefix.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "crds",
        schemars(extend(
            "maxLength" = 316,
            "pattern" = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
        ))
    )]
    pub type_: String,
    /// Whether the aspect holds: `True`, `False` or `Unknown`.
    pub status: ConditionStatus,
    /// Generation of the object that the observation is about.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    #[cfg_attr(feature = "crds", schemars(extend("minimum" = 0)))]
    pub observed_generation: i64,
    /// Time at which the condition last changed.
    pub last_transition_time: Time,
    /// Cause of the last change as one CamelCase word.
    #[cfg_attr(
        feature = "crds",
        schemars(extend(
            "minLength" = 1,
            "maxLength" = 1024,
            "pattern" = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
        ))
    )]
    pub reason: String,
    /// Explanation for a person; at most 32768 characters.
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 32768)))]
    pub message: String,
}

impl Condition {
    /// Returns a condition that changed at the given time, about no generation in particular.
    pub fn new(
        type_: impl Into<String>,
        status: ConditionStatus,
        reason: impl Into<String>,
        message: impl Into<String>,
        now: Time,
    ) -> Self {
        Self {
            type_: type_.into(),
            status,
            observed_generation: 0,
            last_transition_time: now,
            reason: reason.into(),
            message: message.into(),
        }
    }

    /// Says which generation of the object was observed.
    #[must_use]
    pub fn observed(mut self, generation: i64) -> Self {
        self.observed_generation = generation;
        self
    }

    /// Returns whether the status is `True`.
    pub fn is_true(&self) -> bool {
        self.status == ConditionStatus::True
    }
}

/// Whether a condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be told.
    Unknown,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(ConditionStatus { True = "True", False = "False", Unknown = "Unknown" });

impl From<bool> for ConditionStatus {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// Returns the condition of a type.
pub fn get<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == type_)
}

/// Returns whether the condition of a type is there and `True`.
pub fn is_true(conditions: &[Condition], type_: &str) -> bool {
    get(conditions, type_).is_some_and(Condition::is_true)
}

/// Returns whether the condition of a type is there and `False`.
pub fn is_false(conditions: &[Condition], type_: &str) -> bool {
    get(conditions, type_).is_some_and(|c| c.status == ConditionStatus::False)
}

/// Returns whether the object is ready: `Ready` is true, and neither `Stalled` nor `Reconciling` is.
pub fn is_ready(conditions: &[Condition]) -> bool {
    is_true(conditions, READY) && !is_true(conditions, STALLED) && !is_true(conditions, RECONCILING)
}

/// Returns whether the controller gave up: `Stalled` is true and `Reconciling` is not.
pub fn is_stalled(conditions: &[Condition]) -> bool {
    is_true(conditions, STALLED) && !is_true(conditions, RECONCILING)
}

/// Returns whether the controller is at work: `Reconciling` is true and `Stalled` is not.
pub fn is_reconciling(conditions: &[Condition]) -> bool {
    is_true(conditions, RECONCILING) && !is_true(conditions, STALLED)
}

/// Returns the message of the `Ready` condition.
pub fn ready_message(conditions: &[Condition]) -> Option<&str> {
    get(conditions, READY).map(|c| c.message.as_str())
}

/// Writes a condition in place of the one of the same type and returns whether anything changed.
///
/// The time of the last transition is kept when status, reason and message stay what they were. A message that is too
/// long is cut and ends in `...`. The list is kept in order: `Stalled`, `Reconciling`, `Ready`, then by observed
/// generation, newest first, then by type.
#[doc(alias = "conditions.Set")]
pub fn set(conditions: &mut Vec<Condition>, mut new: Condition) -> bool {
    trim(&mut new.message);
    let changed = match conditions.iter_mut().find(|c| c.type_ == new.type_) {
        None => {
            conditions.push(new);
            true
        }
        Some(old) => {
            if (&old.status, &old.reason, &old.message) == (&new.status, &new.reason, &new.message) {
                new.last_transition_time = old.last_transition_time.clone();
            }
            let changed = *old != new;
            *old = new;
            changed
        }
    };
    conditions.sort_by(|a, b| {
        rank(&a.type_)
            .cmp(&rank(&b.type_))
            .then_with(|| b.observed_generation.cmp(&a.observed_generation))
            .then_with(|| a.type_.cmp(&b.type_))
    });
    changed
}

/// Removes the condition of a type and returns it.
pub fn remove(conditions: &mut Vec<Condition>, type_: &str) -> Option<Condition> {
    let at = conditions.iter().position(|c| c.type_ == type_)?;
    Some(conditions.remove(at))
}

fn rank(type_: &str) -> u8 {
    match type_ {
        STALLED => 0,
        RECONCILING => 1,
        READY => 2,
        _ => 3,
    }
}

fn trim(message: &mut String) {
    if message.len() > MAX_MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES - 3));
        message.push_str("...");
    }
}
