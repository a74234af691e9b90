// SPDX-License-Identifier: Apache-2.0

use std::fmt;

/// Why an object's settings or Secrets cannot be turned into a request.
///
/// `Display` is the text that a status shows. It names keys, and never shows their values.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
}

/// The case of an [`Error`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The address is none: wrong until the spec changes.
    InvalidUrl,
    /// The provider and the rest of the spec do not go together: wrong until the spec changes.
    InvalidProvider,
    /// The Secret has data for another provider than the spec names.
    ProviderMismatch,
    /// The Secret lacks a key, or has keys that do not go together.
    Authentication,
    /// The Secret of the proxy lacks a key, or names a proxy that cannot be used.
    Proxy,
    /// This release cannot do what the spec asks for.
    Unsupported,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into() }))
    }

    /// Returns the case, for `match`.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether trying again, with the spec unchanged, may succeed: a Secret can change at any time.
    pub fn is_transient(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Authentication | ErrorKind::Proxy | ErrorKind::ProviderMismatch)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}
