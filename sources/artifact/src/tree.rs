// SPDX-License-Identifier: Apache-2.0

use std::{borrow::Cow, collections::BTreeMap, fmt};

use crate::error::Error;

mod directory;

pub use directory::Directory;

/// Files that can be packed: a Git tree, a directory, an image layer, or a map in memory.
///
/// Implementers visit every entry below the root, but not the root itself, in pre-order, the entries of each directory by
/// the byte order of their names. A directory is visited before what it holds. An error of the visitor ends the walk and
/// is returned as it is. A walk can be repeated and gives the same entries again.
///
/// [`Memory`] is an implementation for tests and small trees; [`Directory`] reads a directory on disk.
pub trait Tree: Send + Sync {
    /// Visits every entry.
    ///
    /// # Errors
    /// What the visitor returns, or an error of kind [`Tree`](crate::ErrorKind::Tree) when the tree cannot be read.
    fn walk(&self, visit: &mut dyn FnMut(Entry<'_>) -> Result<(), Error>) -> Result<(), Error>;
}

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A regular file with an execute bit.
    Executable,
    /// A symbolic link; its content is the target. Never archived.
    Symlink,
}

/// A function that appends the content of an entry to a buffer.
pub type ReadContent<'a> = dyn FnMut(&mut Vec<u8>) -> Result<(), Error> + 'a;

/// One entry of a [`Tree`] during a walk. Its content is read only when it is asked for.
pub struct Entry<'a> {
    path: &'a [u8],
    kind: EntryKind,
    content: Content<'a>,
}

enum Content<'a> {
    Bytes(&'a [u8]),
    Lazy(&'a mut ReadContent<'a>),
}

impl<'a> Entry<'a> {
    /// Makes a directory entry.
    pub fn directory(path: &'a [u8]) -> Self {
        Self { path, kind: EntryKind::Directory, content: Content::Bytes(b"") }
    }

    /// Makes an entry whose content is in memory.
    pub fn bytes(path: &'a [u8], kind: EntryKind, content: &'a [u8]) -> Self {
        Self { path, kind, content: Content::Bytes(content) }
    }

    /// Makes an entry whose content is read on demand: the function appends it to the buffer that it is given.
    pub fn lazy(path: &'a [u8], kind: EntryKind, read: &'a mut ReadContent<'a>) -> Self {
        Self { path, kind, content: Content::Lazy(read) }
    }

    /// Returns the path below the root: elements joined by `/`, neither leading nor trailing slash. Not always UTF-8.
    pub fn path(&self) -> &'a [u8] {
        self.path
    }

    /// Returns the path for messages, with odd bytes replaced.
    pub fn display_path(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.path)
    }

    /// Returns what the entry is.
    pub fn kind(&self) -> EntryKind {
        self.kind
    }

    /// Appends the content to a buffer.
    ///
    /// # Errors
    /// The content cannot be read.
    pub fn read(&mut self, buffer: &mut Vec<u8>) -> Result<(), Error> {
        match &mut self.content {
            Content::Bytes(bytes) => {
                buffer.extend_from_slice(bytes);
                Ok(())
            }
            Content::Lazy(read) => read(buffer),
        }
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("path", &self.display_path()).field("kind", &self.kind).finish()
    }
}

/// A tree in memory.
///
/// ```
/// use gitops_artifact::{MemoryTree, Tree};
///
/// let tree = MemoryTree::from([("app/cm.yaml", "kind: ConfigMap\n"), ("README.md", "# hello\n")]);
/// let mut paths = Vec::new();
/// tree.walk(&mut |entry| {
///     paths.push(entry.display_path().into_owned());
///     Ok(())
/// })?;
/// assert_eq!(paths, ["README.md", "app", "app/cm.yaml"]);
/// # Ok::<(), gitops_artifact::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Keyed by path elements, so that the order is that of a walk and not that of the joined text.
    entries: BTreeMap<Vec<Vec<u8>>, (EntryKind, Vec<u8>)>,
}

impl Memory {
    /// Adds an entry, and the directories above it where they are missing.
    pub fn insert(
        &mut self,
        path: impl AsRef<[u8]>,
        kind: EntryKind,
        content: impl Into<Vec<u8>>,
    ) -> &mut Self {
        let elements: Vec<Vec<u8>> = path.as_ref().split(|b| *b == b'/').map(<[u8]>::to_vec).collect();
        for n in 1..elements.len() {
            self.entries.entry(elements[..n].to_vec()).or_insert((EntryKind::Directory, Vec::new()));
        }
        self.entries.insert(elements, (kind, content.into()));
        self
    }
}

impl<P: AsRef<[u8]>, C: Into<Vec<u8>>, const N: usize> From<[(P, C); N]> for Memory {
    fn from(files: [(P, C); N]) -> Self {
        let mut tree = Self::default();
        for (path, content) in files {
            tree.insert(path, EntryKind::File, content);
        }
        tree
    }
}

impl Tree for Memory {
    fn walk(&self, visit: &mut dyn FnMut(Entry<'_>) -> Result<(), Error>) -> Result<(), Error> {
        for (elements, (kind, content)) in &self.entries {
            visit(Entry::bytes(&elements.join(&b'/'), *kind, content))?;
        }
        Ok(())
    }
}
