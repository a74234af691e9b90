// SPDX-License-Identifier: Apache-2.0

//! Files and directories as a kustomization names them, with what it may not name.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind};
use crate::fs::{Failure, FileSystem, is_within, join, split};
use crate::options::Options;

/// What all loaders of a build share.
pub(crate) struct Source<'b> {
    fs: &'b dyn FileSystem,
    pub(crate) options: &'b Options,
    bytes_left: Cell<usize>,
    read: RefCell<BTreeSet<String>>,
}

impl<'b> Source<'b> {
    pub(crate) fn new(fs: &'b dyn FileSystem, options: &'b Options) -> Self {
        Self { fs, options, bytes_left: Cell::new(options.input_bytes), read: RefCell::default() }
    }

    pub(crate) fn into_read_set(self) -> Vec<String> {
        self.read.into_inner().into_iter().collect()
    }

    /// Resolves a path to a directory, or to a directory and a file in it.
    fn canonical(&self, path: &str) -> Result<(String, Option<String>), Error> {
        let canonical = self.fs.canonical(path).map_err(|failure| {
            let kind = match failure {
                Failure::Outside(_) => ErrorKind::UnsafePath,
                _ => ErrorKind::NotFound,
            };
            Error::new(kind, format!("evalsymlink failure on '{path}' : {failure}"))
        })?;
        if self.fs.is_dir(&canonical) {
            return Ok((canonical, None));
        }
        let (directory, name) = split(&canonical);
        Ok((directory.to_owned(), Some(name.to_owned())))
    }

    fn directory(&self, path: &str) -> Result<String, Error> {
        match self.canonical(path) {
            Ok((directory, None)) => Ok(directory),
            Ok((_, Some(_))) => {
                Err(Error::new(ErrorKind::NotFound, format!("'{path}': file is not directory")))
            }
            Err(error) => Err(error.within("not a valid directory")),
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.options.check()?;
        let bytes =
            self.fs.read(path).map_err(|failure| Error::new(ErrorKind::NotFound, failure.to_string()))?;
        match self.bytes_left.get().checked_sub(bytes.len()) {
            Some(left) => self.bytes_left.set(left),
            None => {
                return Err(Error::new(
                    ErrorKind::Limit,
                    format!("input exceeds the limit `input_bytes` of {}", self.options.input_bytes),
                ));
            }
        }
        self.read.borrow_mut().insert(path.to_owned());
        Ok(bytes)
    }
}

/// The view from one kustomization directory.
pub(crate) struct Loader<'b> {
    pub(crate) source: &'b Source<'b>,
    root: String,
    /// This directory and those of all kustomizations that lead to it.
    visited: Vec<String>,
}

impl<'b> Loader<'b> {
    pub(crate) fn open(source: &'b Source<'b>, path: &str) -> Result<Self, Error> {
        let root = source.directory(path).map_err(|error| {
            if error.message().starts_with('\'') {
                return error.within("must build at directory");
            }
            error.within("must build at directory")
        })?;
        Ok(Self { source, visited: vec![root.clone()], root })
    }

    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// Opens the directory of a base or component.
    pub(crate) fn enter(&self, path: &str) -> Result<Self, Error> {
        if path.is_empty() {
            return Err(Error::new(ErrorKind::Kustomization, "new root cannot be empty"));
        }
        if is_remote(path) {
            return Err(Error::new(ErrorKind::Unsupported, format!("remote base '{path}' is not allowed")));
        }
        if path.starts_with('/') {
            return Err(Error::new(ErrorKind::UnsafePath, format!("new root '{path}' cannot be absolute")));
        }
        let root = self
            .source
            .directory(&join(&self.root, path))
            .map_err(|error| error.within("must build at directory"))?;
        if let Some(visited) = self.visited.iter().rev().find(|visited| is_within(visited, &root)) {
            return Err(Error::new(
                ErrorKind::Cycle,
                format!("cycle detected: candidate root '{root}' contains visited root '{visited}'"),
            ));
        }
        if self.visited.len() >= self.source.options.depth {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("input exceeds the limit `depth` of {}", self.source.options.depth),
            ));
        }
        let mut visited = self.visited.clone();
        visited.push(root.clone());
        Ok(Self { source: self.source, root, visited })
    }

    /// Reads a file that the kustomization names.
    pub(crate) fn load(&self, path: &str) -> Result<Vec<u8>, Error> {
        if path.starts_with("http://") || path.starts_with("https://") {
            return Err(Error::new(ErrorKind::Unsupported, format!("remote file '{path}' is not allowed")));
        }
        let path = join(&self.root, path);
        let (directory, name) = self.source.canonical(&path)?;
        let Some(name) = name else {
            return Err(Error::new(ErrorKind::NotFound, format!("'{path}' must resolve to a file")));
        };
        if self.source.options.restrict_files && !is_within(&directory, &self.root) {
            return Err(Error::new(
                ErrorKind::UnsafePath,
                format!("security; file '{path}' is not in or below '{}'", self.root),
            ));
        }
        self.source.read(&join(&directory, &name))
    }
}

/// Whether a base would have to be fetched.
pub(crate) fn is_remote(path: &str) -> bool {
    const MARKS: [&str; 8] =
        ["git::", "gh:", "github.com/", "github.com:", "git@", "ssh:", "file://", "http"];
    let lower = path.to_ascii_lowercase();
    MARKS.iter().any(|mark| match *mark {
        "http" => lower.starts_with("http://") || lower.starts_with("https://"),
        mark => lower.starts_with(mark),
    })
}
