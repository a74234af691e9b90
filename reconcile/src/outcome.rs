// SPDX-License-Identifier: Apache-2.0

use std::time::Duration;

use crate::event::Event;

/// The reason of a Ready condition that says nothing more special.
pub(crate) const SUCCEEDED: &str = "Succeeded";

/// What a successful run of a [`Reconciler`](crate::Reconciler) says about its object.
///
/// [`Outcome::ready`] makes the object Ready, records the generation as observed and drops Reconciling and Stalled.
/// [`Outcome::done`] leaves the conditions as the run set them.
#[derive(Debug)]
#[must_use]
pub struct Outcome {
    pub(crate) ready: Option<(String, String)>,
    pub(crate) again: Option<Duration>,
    pub(crate) events: Vec<Event>,
    pub(crate) now: bool,
}

impl Outcome {
    /// The object is as its spec asks; `message` goes into the Ready condition.
    pub fn ready(message: impl Into<String>) -> Self {
        Self {
            ready: Some((SUCCEEDED.to_owned(), message.into())),
            again: None,
            events: Vec::new(),
            now: false,
        }
    }

    /// There is nothing to say and nothing to do until the object changes.
    pub fn done() -> Self {
        Self { ready: None, again: None, events: Vec::new(), now: false }
    }

    /// Replaces the reason `Succeeded` of the Ready condition.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        if let Some((slot, _)) = &mut self.ready {
            *slot = reason.into();
        }
        self
    }

    /// Runs again after `interval`, moved a little by the manager's jitter so that objects do not move in step.
    pub fn again(mut self, interval: impl Into<Duration>) -> Self {
        self.again = Some(interval.into());
        self
    }

    /// Runs again at once, behind the other objects that are due.
    pub fn now(mut self) -> Self {
        self.now = true;
        self
    }

    /// Announces `event` once the status has been written.
    pub fn announce(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }
}
