// SPDX-License-Identifier: Apache-2.0

use std::fmt;

/// Why a build, an edit or a substitution failed.
///
/// `Display` is one message in the wording of kustomize, outermost step first, because it ends up in the status of
/// Kubernetes objects and in command output.
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
    /// A file or directory is missing, or is the other of the two.
    NotFound,
    /// A path leads out of what may be read.
    UnsafePath,
    /// A base contains itself.
    Cycle,
    /// A file is not YAML, or not YAML of the expected shape.
    Yaml,
    /// A kustomization file, a transformer configuration or an option in one is not valid.
    Kustomization,
    /// A resource lacks what every object must have, or cannot be printed.
    Resource,
    /// Two resources have the same id, or an id selects none or several where one is needed.
    Id,
    /// A patch cannot be read, or does not apply.
    Patch,
    /// A transformer or generator does not fit the resources it meets.
    Transform,
    /// Something that would need the network or a program: remote bases, charts, external plugins.
    Unsupported,
    /// A text to substitute in is malformed, or names a variable that is not set.
    Substitute,
    /// The build needed more than the [`Options`](crate::Options) allow; the message names the limit.
    Limit,
    /// The caller cancelled the build.
    Cancelled,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into() }))
    }

    /// Puts what was being done before the message.
    pub(crate) fn within(mut self, step: impl fmt::Display) -> Self {
        self.0.message = format!("{step}: {}", self.0.message);
        self
    }

    /// Puts text around the message.
    pub(crate) fn rephrase(mut self, phrase: impl FnOnce(&str) -> String) -> Self {
        self.0.message = phrase(&self.0.message);
        self
    }

    /// Returns the case, for `match`.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether nothing about the input is wrong: the caller cancelled or gave too small a budget.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Limit | ErrorKind::Cancelled)
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether a file held text that is no YAML at all, in which case no other reading of it is tried.
    pub(crate) fn is_malformed(&self) -> bool {
        self.0.message.contains("MalformedYAMLError")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

impl From<gitops_yaml::Error> for Error {
    fn from(error: gitops_yaml::Error) -> Self {
        let kind = match error.kind() {
            gitops_yaml::ErrorKind::Limit => ErrorKind::Limit,
            _ => ErrorKind::Yaml,
        };
        Self::new(kind, error.to_string())
    }
}
