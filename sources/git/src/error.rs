// SPDX-License-Identifier: Apache-2.0

use std::{error::Error as StdError, fmt};

/// What went wrong while talking to a Git server or reading what it sent.
///
/// `Display` is the text that a status shows, with the address of the repository and without credentials. Walk
/// [`source`](StdError::source) for technical causes.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    /// The text says already what was being done.
    whole: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The case of an [`Error`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The address, the reference or the login is not usable as given.
    Invalid,
    /// The server asks for a login, or refuses the one given.
    Unauthorized,
    /// There is no such repository, or it is empty where something was there before or was named.
    NotFound,
    /// The repository waits for its first commit.
    EmptyRepository,
    /// The repository has no such branch, tag, reference or commit, or no tag in the range.
    ReferenceNotFound,
    /// A path that was asked for is not in the tree.
    PathNotFound,
    /// The server cannot be reached, or answers with an error that may pass.
    Unreachable,
    /// The server's certificate is not trusted, or no secure connection came about.
    Tls,
    /// The work did not end before its deadline.
    Timeout,
    /// The caller went away before the end.
    Cancelled,
    /// A limit was passed; the message names it.
    TooLarge,
    /// The repository holds a name or a tree that is not safe to write out.
    UnsafeTree,
    /// The server does not speak the protocol, or sent broken data.
    Protocol,
    /// The local file system reported an error.
    Io,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), whole: false, source: None }))
    }

    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Keeps the text as it is from here on.
    pub(crate) fn whole(mut self) -> Self {
        self.0.whole = true;
        self
    }

    /// Puts what was being done in front, once.
    pub(crate) fn during(mut self, what: impl fmt::Display) -> Self {
        if !self.0.whole {
            self.0.message = format!("{what}: {}", self.0.message);
            self.0.whole = true;
        }
        self
    }

    /// Returns the case, for `match`.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether trying again, with nothing changed here, may succeed.
    ///
    /// Nearly everything about a remote repository can change there, so only what is wrong on this side is final.
    pub fn is_transient(&self) -> bool {
        !matches!(self.0.kind, ErrorKind::Invalid)
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
