// SPDX-License-Identifier: Apache-2.0

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The verbs that a fault plan names.
pub mod verb {
    /// Reads of one object.
    pub const GET: &str = "get";
    /// Reads of collections.
    pub const LIST: &str = "list";
    /// Watches.
    pub const WATCH: &str = "watch";
    /// Creations by POST.
    pub const CREATE: &str = "create";
    /// Replacements by PUT.
    pub const UPDATE: &str = "update";
    /// Patches of every kind, server-side apply included.
    pub const PATCH: &str = "patch";
    /// Server-side applies only.
    pub const APPLY: &str = "apply";
    /// Deletions of one object.
    pub const DELETE: &str = "delete";
    /// Every verb.
    pub const ANY: &str = "*";
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is refused with 409 Conflict; nothing is written.
    Conflict,
    /// The write happens, and is answered with 409 Conflict all the same.
    ConflictAfterWrite,
    /// The connection fails before the request is read.
    Refused,
    /// The request is carried out, and the connection fails before the answer.
    LostResponse,
    /// The request is refused with 500 Internal Server Error.
    Unavailable,
    /// A list or watch is answered with 410, reason Expired; a running history is forgotten.
    Gone,
    /// A watch first replays an older state of the objects that have one.
    WatchReplaysOlderState,
    /// The request waits before it is carried out.
    Latency(Duration),
}

#[derive(Clone, Debug)]
struct Rule {
    fault: Fault,
    verb: String,
    resource: String,
    /// How many matching requests pass before the fault strikes.
    skip: usize,
    /// How often it strikes.
    times: usize,
}

/// The plan of what goes wrong; empty at first.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

/// A fault that waits to be told where it strikes.
#[derive(Debug)]
#[must_use = "a fault strikes nowhere until `on` says where"]
pub struct Planned<'a> {
    faults: &'a Faults,
    fault: Fault,
    skip: usize,
    times: usize,
}

impl Faults {
    /// Plans a fault for the next matching request.
    pub fn once(&self, fault: Fault) -> Planned<'_> {
        self.nth(1, fault)
    }

    /// Plans a fault for the nth matching request from now, counted from 1.
    pub fn nth(&self, n: usize, fault: Fault) -> Planned<'_> {
        Planned { faults: self, fault, skip: n.saturating_sub(1), times: 1 }
    }

    /// Plans a fault for every matching request.
    pub fn always(&self, fault: Fault) -> Planned<'_> {
        Planned { faults: self, fault, skip: 0, times: usize::MAX }
    }

    /// Drops all plans.
    pub fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Returns how many planned faults have not struck yet.
    pub fn pending(&self) -> usize {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn take(&self, verb: &str, resource: &str) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = None;
        rules.retain_mut(|rule| {
            let verb_fits =
                rule.verb == verb::ANY || rule.verb == verb || (rule.verb == "patch" && verb == "apply");
            let resource_fits = rule.resource == "*" || rule.resource == resource;
            if struck.is_some() || !verb_fits || !resource_fits {
                return true;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                return true;
            }
            struck = Some(rule.fault);
            rule.times = rule.times.saturating_sub(1);
            rule.times > 0
        });
        struck
    }
}

impl Planned<'_> {
    /// Says where the fault strikes: a verb, and a resource as `plural`, `plural/subresource` or `*`.
    pub fn on(self, verb: &str, resource: &str) {
        let rule = Rule {
            fault: self.fault,
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            skip: self.skip,
            times: self.times,
        };
        self.faults.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }
}
