// SPDX-License-Identifier: Apache-2.0

use std::{error::Error as StdError, fmt, io};

/// What went wrong while packing, storing, fetching, verifying or unpacking an artifact.
///
/// `Display` prints this level only; walk [`source`](StdError::source) for causes.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The case of an [`Error`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not those that the digest promises.
    DigestMismatch,
    /// There is no such artifact, here or on the server.
    NotFound,
    /// The server asks for a login or refuses the one given.
    Unauthorized,
    /// The server cannot be reached, or answers with an error that may pass.
    Unavailable,
    /// The work did not end before its deadline.
    Timeout,
    /// A limit was passed; the message names it.
    TooLarge,
    /// A path leaves its root, or cannot be written safely.
    UnsafePath,
    /// A text (digest, revision, path, URL) does not have its form.
    Invalid,
    /// An archive is not a readable gzip-compressed tar archive.
    Corrupt,
    /// An archive holds an entry that is never extracted: a link or a device.
    UnsupportedEntry,
    /// The tree that is walked reported an error of its own.
    Tree,
    /// The local file system reported an error.
    Io,
}

impl Error {
    /// Makes an error of a kind; for implementers of [`Tree`](crate::Tree) and [`Store`](crate::store::Store).
    ///
    /// The message must not hold secrets: redact URLs first.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    /// Attaches the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the case, for `match`.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether trying again, with nothing changed, may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::NotFound)
    }

    pub(crate) fn io(what: impl fmt::Display, error: io::Error) -> Self {
        // An error of ours that travelled through a `Read` or `Write` comes out as it went in.
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(error) => Self::new(ErrorKind::Io, what.to_string()).caused_by(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::other(error)
    }
}
