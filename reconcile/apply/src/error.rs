// SPDX-License-Identifier: Apache-2.0

//! The error of the crate.

use std::fmt;

use crate::change::ChangeSet;
use crate::health::Status;
use crate::inventory::Entry;
use crate::target::Target;

/// What went wrong while planning, applying, deleting or waiting.
///
/// `Display` prints the text that ends up in a condition: the object, what was tried, the server's reason and message.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    reason: String,
    transient: bool,
    changes: ChangeSet,
    statuses: Vec<(Target, Status)>,
    survivors: Vec<Entry>,
    source: Option<kube::Error>,
}

/// The case of an [`Error`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server refuses an object, or does not know its kind.
    DryRun,
    /// A write failed after its dry run had passed.
    Apply,
    /// Objects could not be deleted; [`Error::survivors`] lists them.
    Delete,
    /// Objects were not ready in time; [`Error::statuses`] lists them.
    Timeout,
    /// Objects failed, so waiting longer makes no sense; [`Error::statuses`] lists them.
    Stalled,
    /// A health expression or an ignore rule is malformed.
    Configuration,
    /// A read failed.
    Read,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            reason: String::new(),
            transient: false,
            changes: ChangeSet::default(),
            statuses: Vec::new(),
            survivors: Vec::new(),
            source: None,
        }))
    }

    /// Says that the server refused an object, in the words that tell the cases apart.
    pub(crate) fn dry_run(subject: &str, namespace_missing: bool, source: kube::Error) -> Self {
        let text = message_of(&source);
        let reason = reason_of(&source);
        let message = if reason == "NotFound" && namespace_missing {
            format!("{subject} namespace not specified: {text}")
        } else if reason == "NotFound" {
            format!("{subject} not found: {text}")
        } else if reason.is_empty() {
            format!("{subject} dry-run failed: {text}")
        } else {
            format!("{subject} dry-run failed ({reason}): {text}")
        };
        Self::new(ErrorKind::DryRun, message).caused(source)
    }

    pub(crate) fn failed(kind: ErrorKind, subject: &str, what: &str, source: kube::Error) -> Self {
        Self::new(kind, format!("{subject} {what} failed: {}", message_of(&source))).caused(source)
    }

    fn caused(mut self, source: kube::Error) -> Self {
        self.0.reason = reason_of(&source);
        self.0.transient = is_transient(&source);
        self.0.source = Some(source);
        self
    }

    pub(crate) fn with_changes(mut self, changes: ChangeSet) -> Self {
        self.0.changes = changes;
        self
    }

    pub(crate) fn with_statuses(mut self, statuses: Vec<(Target, Status)>) -> Self {
        self.0.statuses = statuses;
        self
    }

    pub(crate) fn with_survivors(mut self, survivors: Vec<Entry>) -> Self {
        self.0.survivors = survivors;
        self
    }

    pub(crate) fn transient(mut self) -> Self {
        self.0.transient = true;
        self
    }

    /// Returns the case, for `match`.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether trying again, with nothing changed, may succeed soon.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// Returns the server's reason (`Invalid`, `Forbidden`, `FieldManagerConflict`); empty when there is none.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Returns what had been done before the failure.
    pub fn changes(&self) -> &ChangeSet {
        &self.0.changes
    }

    /// Returns the objects that were waited for, with what was last known of them.
    pub fn statuses(&self) -> &[(Target, Status)] {
        &self.0.statuses
    }

    /// Returns the objects that could not be deleted and belong back into the inventory.
    pub fn survivors(&self) -> &[Entry] {
        &self.0.survivors
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

/// The server's words, without the client's wrapping.
pub(crate) fn message_of(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => {
            let mut text = other.to_string();
            let mut source = std::error::Error::source(other);
            while let Some(inner) = source {
                let more = inner.to_string();
                if !text.contains(&more) {
                    text = format!("{text}: {more}");
                }
                source = inner.source();
            }
            text
        }
    }
}

/// The server's reason; that of the cause where fields are in conflict.
pub(crate) fn reason_of(error: &kube::Error) -> String {
    let kube::Error::Api(status) = error else { return String::new() };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    if causes.into_iter().any(|cause| cause.reason == "FieldManagerConflict") {
        return "FieldManagerConflict".to_owned();
    }
    status.reason.clone()
}

pub(crate) fn code_of(error: &kube::Error) -> u16 {
    match error {
        kube::Error::Api(status) => status.code,
        _ => 0,
    }
}

pub(crate) fn is_not_found(error: &kube::Error) -> bool {
    code_of(error) == 404
}

fn is_transient(error: &kube::Error) -> bool {
    match error {
        kube::Error::Api(status) => matches!(status.code, 408 | 409 | 410 | 429) || status.code > 500,
        _ => true,
    }
}

/// Returns whether the server says that a field cannot change in place.
///
/// Only what says so counts: any other invalid object would be invalid after a deletion too.
pub(crate) fn is_immutable(error: &kube::Error) -> bool {
    let kube::Error::Api(status) = error else { return false };
    if !matches!(status.reason.as_str(), "Invalid" | "Conflict" | "Forbidden" | "BadRequest" | "") {
        return false;
    }
    let says_so = |text: &str| {
        let text = text.to_lowercase();
        [
            "is immutable",
            "immutable field",
            "may not change",
            "may not be changed",
            "cannot be changed",
            "can not be changed",
        ]
        .iter()
        .any(|phrase| text.contains(phrase))
            || text.contains("forbidden: updates to") && text.contains("spec")
            || text.contains("cannot change ")
    };
    says_so(&status.message)
        || status.details.iter().flat_map(|d| &d.causes).any(|cause| says_so(&cause.message))
}
