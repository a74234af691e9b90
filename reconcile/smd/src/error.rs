// SPDX-License-Identifier: Apache-2.0

//! The error of the crate.

use std::fmt;

use crate::conflict::{Conflict, Conflicts};

/// What went wrong while reading ownership, typing an object, or applying one.
///
/// `Display` prints the text that kube-apiserver puts into the `message` of its answer.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    conflicts: Conflicts,
}

/// The case of an [`Error`]; with it the status code that an API server answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Others own fields that the applied object changes: 409, reason `Conflict`.
    Conflict,
    /// The request itself is wrong (group, version or kind, `managedFields` in an applied object): 400.
    BadRequest,
    /// An object does not fit its schema: 500 with no reason.
    Schema,
    /// An object could not be converted to another version: 500 with no reason.
    Conversion,
    /// Ownership data that cannot be read.
    Malformed,
    /// The version is not known; whoever owns fields at it is forgotten.
    UnknownVersion,
}

impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), conflicts: Conflicts::default() }))
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, message)
    }

    pub(crate) fn schema(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Schema, message)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }

    pub(crate) fn conflict(conflicts: Conflicts) -> Self {
        Self(Box::new(Inner { kind: ErrorKind::Conflict, message: conflicts.to_string(), conflicts }))
    }

    /// Says that an object could not be converted; for implementers of [`Versions`](crate::Versions).
    pub fn conversion(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conversion, message)
    }

    /// Says that a version no longer exists; for implementers of [`Versions`](crate::Versions).
    pub fn unknown_version(version: &str) -> Self {
        Self::new(ErrorKind::UnknownVersion, format!("no such version: {version}"))
    }

    pub(crate) fn context(mut self, what: impl fmt::Display) -> Self {
        if self.0.kind != ErrorKind::Conflict {
            self.0.message = format!("{what}: {}", self.0.message);
        }
        self
    }

    /// Returns the case, for `match`.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns what is in the way when the kind is [`ErrorKind::Conflict`]; empty otherwise.
    pub fn conflicts(&self) -> &[Conflict] {
        self.0.conflicts.as_slice()
    }

    pub(crate) fn into_conflicts(self) -> Result<Conflicts, Self> {
        if self.0.kind == ErrorKind::Conflict { Ok(self.0.conflicts) } else { Err(self) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}
