// SPDX-License-Identifier: Apache-2.0

use std::fmt;

/// Why a text is no version or no range; `Display` has the words of the Go library.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Inner {
    kind: ErrorKind,
    message: String,
}

/// The case of an [`Error`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not a version.
    Version,
    /// The text is not a range.
    Constraint,
    /// The text is longer than [`MAX_VERSION_LEN`](crate::MAX_VERSION_LEN) or
    /// [`MAX_CONSTRAINT_LEN`](crate::MAX_CONSTRAINT_LEN), or has more alternatives than
    /// [`MAX_CONSTRAINT_GROUPS`](crate::MAX_CONSTRAINT_GROUPS).
    TooLong,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into() }))
    }

    pub(crate) fn version(message: &str) -> Self {
        Self::new(ErrorKind::Version, message)
    }

    /// Returns the case, for `match`.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}
