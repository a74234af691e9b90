// SPDX-License-Identifier: Apache-2.0

use std::fmt;

/// What went wrong while reading a manifest or an id.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<gitops_yaml::Error>,
}

/// The case of an [`Error`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not YAML, or is more than the limits allow; the source tells.
    Yaml,
    /// A document is not a mapping.
    NotAnObject,
    /// `apiVersion`, `kind` or `metadata.name` is missing or not a string.
    MissingField,
    /// A set holds an object with the same id already.
    Duplicate,
    /// A text is not an object id.
    InvalidId,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    /// Returns the case, for `match`.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl From<gitops_yaml::Error> for Error {
    fn from(source: gitops_yaml::Error) -> Self {
        let message = source.to_string();
        Self(Box::new(Inner { kind: ErrorKind::Yaml, message, source: Some(source) }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message is that of the YAML error, so the chain goes on behind it.
        self.0.source.as_ref().and_then(std::error::Error::source)
    }
}
