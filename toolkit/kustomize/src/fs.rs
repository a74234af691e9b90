// SPDX-License-Identifier: Apache-2.0

//! Where a build reads from: memory, or a directory it cannot leave.
//!
//! Paths are separated by `/`. A path that begins with `/` counts from the root of the file system, not of the machine;
//! any other path counts from that root as well. Canonical paths begin with `/` and hold no `.`, `..` or links.

use std::fmt;

mod directory;
mod memory;

pub use directory::Directory;
pub use memory::Memory;

/// A tree of files that can be read, and no more.
///
/// Implementations resolve symbolic links and must not follow one out of the tree.
pub trait FileSystem: Send + Sync {
    /// Resolves `.`, `..` and links, and returns the path of an existing file or directory.
    ///
    /// # Errors
    ///
    /// [`Failure::NotFound`] with the first component that does not exist, [`Failure::Outside`] for a link that leaves
    /// the tree.
    fn canonical(&self, path: &str) -> Result<String, Failure>;

    /// Returns whether a canonical path is a directory.
    fn is_dir(&self, path: &str) -> bool;

    /// Returns the bytes of a file, given its canonical path.
    ///
    /// # Errors
    ///
    /// [`Failure::NotFound`], or [`Failure::Io`].
    fn read(&self, path: &str) -> Result<Vec<u8>, Failure>;

    /// Returns the names in a directory, sorted.
    ///
    /// # Errors
    ///
    /// [`Failure::NotFound`], or [`Failure::Io`].
    fn list(&self, path: &str) -> Result<Vec<String>, Failure>;
}

/// Why a [`FileSystem`] could not answer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// Nothing is there; holds the path of the first component that is missing.
    NotFound(String),
    /// A link leads out of the tree; holds the path that was asked for.
    Outside(String),
    /// Anything else, as the operating system says it.
    Io(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(path) => write!(f, "lstat {path}: no such file or directory"),
            Self::Outside(path) => {
                write!(f, "fs-security-constraint read {path}: path '{path}' is not in or below '/'")
            }
            Self::Io(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

/// Joins and cleans without asking the file system: `..` above the root stays at the root.
pub(crate) fn join(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let relative = if path.starts_with('/') { "" } else { base };
    for part in relative.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return "/".to_owned();
    }
    let mut out = String::with_capacity(relative.len() + path.len() + 2);
    for part in parts {
        out.push('/');
        out.push_str(part);
    }
    out
}

/// Splits a canonical path into directory and name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((dir, name)) => (dir, name),
        None => ("/", path),
    }
}

/// Whether `path` is `root` or below it.
pub(crate) fn is_within(path: &str, root: &str) -> bool {
    root == "/" || path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}
