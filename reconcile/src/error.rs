// SPDX-License-Identifier: Apache-2.0

use std::error::Error as StdError;
use std::fmt;

/// What stopped a manager, or kept it from starting.
///
/// Errors of single objects never end up here: they become conditions, events and retries of that object.
/// `Display` prints this level only; walk [`source`](StdError::source) for causes.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    subject: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The cases of [`Error`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An address for probes or metrics could not be bound.
    Bind,
    /// The lease was lost to another replica or could not be renewed in time.
    LeaseLost,
    /// An option has a value that cannot be used.
    InvalidOption,
    /// A request to the API server failed.
    Api,
    /// A task of the framework ended that must not end.
    Internal,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, subject: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, subject: subject.into(), source: None }))
    }

    pub(crate) fn with(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the case, for `match`.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.0.kind {
            ErrorKind::Bind => "cannot listen on",
            ErrorKind::LeaseLost => "lost the lease",
            ErrorKind::InvalidOption => "invalid option",
            ErrorKind::Api => "request failed:",
            ErrorKind::Internal => "task ended:",
        };
        write!(f, "{what} {}", self.0.subject)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
