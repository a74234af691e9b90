// SPDX-License-Identifier: Apache-2.0

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Failure, FileSystem, join};
use crate::error::{Error, ErrorKind};

/// A directory of the machine that a build cannot leave: links are followed only where they end inside.
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// Opens a directory; links in `root` itself are resolved once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if it is no directory.
    pub fn open(root: impl AsRef<Path>) -> Result<Self, Error> {
        let root = root.as_ref();
        let canonical = fs::canonicalize(root).map_err(|error| {
            Error::new(ErrorKind::NotFound, format!("cannot open '{}': {error}", root.display()))
        })?;
        if !canonical.is_dir() {
            return Err(Error::new(ErrorKind::NotFound, format!("'{}' is not a directory", root.display())));
        }
        Ok(Self { root: canonical })
    }

    /// Returns the path of this file system that stands for a path of the machine, if it lies inside.
    #[must_use]
    pub fn path_of(&self, path: impl AsRef<Path>) -> Option<String> {
        let canonical = fs::canonicalize(path).ok()?;
        self.inside(&canonical)
    }

    fn inside(&self, canonical: &Path) -> Option<String> {
        let rest = canonical.strip_prefix(&self.root).ok()?;
        Some(join("/", rest.to_str()?))
    }

    fn real(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn first_missing(&self, path: &str) -> String {
        path.match_indices('/')
            .skip(1)
            .map(|(end, _)| &path[..end])
            .find(|parent| fs::symlink_metadata(self.real(parent)).is_err())
            .unwrap_or(path)
            .to_owned()
    }
}

impl FileSystem for Directory {
    fn canonical(&self, path: &str) -> Result<String, Failure> {
        let path = join("/", path);
        match fs::canonicalize(self.real(&path)) {
            Ok(canonical) => self.inside(&canonical).ok_or(Failure::Outside(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Failure::NotFound(self.first_missing(&path)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Err(Failure::Io(format!("lstat {path}: not a directory")))
            }
            Err(error) => Err(Failure::Io(format!("lstat {path}: {error}"))),
        }
    }

    fn is_dir(&self, path: &str) -> bool {
        self.real(path).is_dir()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        fs::read(self.real(path)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::NotFound(path.to_owned()),
            _ => Failure::Io(format!("read {path}: {error}")),
        })
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Failure> {
        let entries = fs::read_dir(self.real(path)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::NotFound(path.to_owned()),
            _ => Failure::Io(format!("open {path}: {error}")),
        })?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| Failure::Io(format!("open {path}: {error}")))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}
