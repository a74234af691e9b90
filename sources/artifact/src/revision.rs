// SPDX-License-Identifier: Apache-2.0

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The state of a source, in the text form that statuses, events and commit statuses carry.
///
/// A revision has a pointer, a hash, or both: `main@sha1:<hex>`, `sha1:<hex>`, `latest@sha256:<hex>`, or a chart version alone.
/// The last `@` splits the pointer from the hash. The older forms `main/<hex>`, `HEAD/<hex>` and `<hex>` are read as
/// what they would be today, so that a status written long ago compares equal.
///
/// ```
/// use gitops_artifact::Revision;
///
/// let revision: Revision = "main/5394cb7f48332b2de7c17dd8b8384bbc84b7e738".parse()?;
/// assert_eq!(revision.to_string(), "main@sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738");
/// assert_eq!(revision.pointer(), Some("main"));
/// # Ok::<(), gitops_artifact::ParseRevisionError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Revision(String);

/// No revision that is written today comes near this length; it bounds what a foreign status can make us keep.
const MAX_LEN: usize = 4096;

impl Revision {
    /// Makes the revision of a commit: `pointer@sha1:<hex>`, or `sha1:<hex>` without a pointer.
    ///
    /// # Errors
    /// The commit is not hexadecimal of 40 places, or the pointer is not a printable text.
    pub fn of_commit(pointer: Option<&str>, commit: &str) -> Result<Self, ParseRevisionError> {
        if !is_commit(commit) {
            return Err(ParseRevisionError(format!("'{commit}' is not a commit id")));
        }
        Self::check(match pointer {
            Some(pointer) => format!("{pointer}@sha1:{commit}"),
            None => format!("sha1:{commit}"),
        })
    }

    /// Makes the revision of content: `pointer@<digest>`, or the digest alone.
    ///
    /// # Errors
    /// The pointer is not a printable text.
    pub fn of_digest(pointer: Option<&str>, digest: &Digest) -> Result<Self, ParseRevisionError> {
        Self::check(match pointer {
            Some(pointer) => format!("{pointer}@{digest}"),
            None => digest.to_string(),
        })
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what stands before the hash: a branch, a tag, a reference, or a version.
    #[doc(alias = "ExtractNamedPointerFromRevision")]
    pub fn pointer(&self) -> Option<&str> {
        self.split().0
    }

    /// Returns the hash with its algorithm, such as `sha1:<hex>`.
    #[doc(alias = "ExtractHashFromRevision")]
    pub fn hash(&self) -> Option<&str> {
        self.split().1
    }

    /// Returns the hexadecimal digits of the hash.
    pub fn hex(&self) -> Option<&str> {
        self.hash().and_then(|h| h.rsplit_once(':')).map(|(_, hex)| hex)
    }

    fn split(&self) -> (Option<&str>, Option<&str>) {
        match self.0.rsplit_once('@') {
            Some((pointer, hash)) => (Some(pointer), Some(hash)),
            None if self.0.contains(':') => (None, Some(&self.0)),
            None => (Some(&self.0), None),
        }
    }

    fn check(text: String) -> Result<Self, ParseRevisionError> {
        if text.is_empty() || text.len() > MAX_LEN || text.chars().any(char::is_control) {
            return Err(ParseRevisionError("a revision is a printable text of 1 to 4096 bytes".into()));
        }
        Ok(Self(text))
    }

    /// Rewrites the forms of old, which have no `:`.
    fn modern(text: &str) -> String {
        if text.contains(':') {
            return text.into();
        }
        match text.rsplit_once('/') {
            None if is_commit(text) => format!("sha1:{text}"),
            Some(("HEAD", commit)) if is_commit(commit) => format!("sha1:{commit}"),
            Some((pointer, commit)) if is_commit(commit) => format!("{pointer}@sha1:{commit}"),
            _ => text.into(),
        }
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Revision {
    type Err = ParseRevisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::check(Self::modern(text))
    }
}

impl From<Revision> for String {
    fn from(revision: Revision) -> Self {
        revision.0
    }
}

impl TryFrom<String> for Revision {
    type Error = ParseRevisionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A text that is not a revision.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("invalid revision: {0}")]
pub struct ParseRevisionError(String);
