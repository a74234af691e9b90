// SPDX-License-Identifier: Apache-2.0

use std::fmt;

/// What went wrong while reading YAML, converting it to a value, or editing it.
///
/// `Display` follows the wording of Go's YAML libraries (`yaml: line 3: …`), because that text ends up in the
/// status of Kubernetes objects and in command output.
#[derive(Debug, Clone, Eq, PartialEq)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, Eq, PartialEq)]
struct Inner {
    kind: ErrorKind,
    line: Option<u32>,
    message: String,
}

/// The case of an [`Error`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not YAML.
    Syntax,
    /// The bytes are not UTF-8, or hold a control character.
    Encoding,
    /// A line that begins with `---` carries something else than a comment.
    Separator,
    /// A mapping holds the same key twice.
    DuplicateKey,
    /// An alias names no anchor, or an anchor holds itself.
    Alias,
    /// A scalar, key or tag has no counterpart in JSON.
    Value,
    /// An input is larger than one of the [`Limits`](crate::Limits); the message names it.
    Limit,
    /// An edit does not fit the text it is applied to.
    Edit,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, line: impl Into<Option<u32>>, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, line: line.into(), message: message.into() }))
    }

    pub(crate) fn limit(line: impl Into<Option<u32>>, name: &str, value: usize) -> Self {
        Self::new(ErrorKind::Limit, line, format!("input exceeds the limit `{name}` of {value}"))
    }

    /// Problems found while converting, listed as Go does.
    pub(crate) fn unmarshal(kind: ErrorKind, line: Option<u32>, problems: &[String]) -> Self {
        Self::new(kind, line, format!("unmarshal errors:\n  {}", problems.join("\n  ")))
    }

    /// Returns the case, for `match`.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the line the error names, counted from one, where it names one.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.0.line
    }

    /// Returns the text without the leading `yaml:` and line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, line, message } = &*self.0;
        match (kind, line) {
            (ErrorKind::DuplicateKey, _) => write!(f, "yaml: {message}"),
            (ErrorKind::Separator, _) => f.write_str(message),
            (ErrorKind::Value, _)
                if message.starts_with("json: ") || message.starts_with("unsupported map key") =>
            {
                f.write_str(message)
            }
            (_, Some(line)) => write!(f, "yaml: line {line}: {message}"),
            (_, None) => write!(f, "yaml: {message}"),
        }
    }
}

impl std::error::Error for Error {}
