// SPDX-License-Identifier: Apache-2.0

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{Entry, EntryKind, Tree};
use crate::error::Error;

/// A directory on disk as a tree. Links are visited, never followed; sockets, pipes and devices are left out.
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// Takes the directory at a path. It is read by each walk.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl Tree for Directory {
    fn walk(&self, visit: &mut dyn FnMut(Entry<'_>) -> Result<(), Error>) -> Result<(), Error> {
        walk(&self.root, &mut Vec::new(), visit)
    }
}

type Visit<'a> = dyn FnMut(Entry<'_>) -> Result<(), Error> + 'a;

fn walk(dir: &Path, path: &mut Vec<u8>, visit: &mut Visit<'_>) -> Result<(), Error> {
    let what = || format!("cannot read directory {}", dir.display());
    let mut names = fs::read_dir(dir)
        .and_then(|entries| entries.map(|e| e.map(|e| e.file_name())).collect::<Result<Vec<_>, _>>())
        .map_err(|e| Error::io(what(), e))?;
    names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    let above = path.len();
    for name in names {
        let file = dir.join(&name);
        let meta = fs::symlink_metadata(&file).map_err(|e| Error::io(what(), e))?;
        if above > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_bytes());
        if meta.is_dir() {
            visit(Entry::directory(path))?;
            walk(&file, path, visit)?;
        } else if meta.is_symlink() {
            let target = fs::read_link(&file).map_err(|e| Error::io(what(), e))?;
            visit(Entry::bytes(path, EntryKind::Symlink, target.as_os_str().as_bytes()))?;
        } else if meta.is_file() {
            let kind =
                if meta.permissions().mode() & 0o111 == 0 { EntryKind::File } else { EntryKind::Executable };
            let mut read = |buffer: &mut Vec<u8>| {
                let content =
                    fs::read(&file).map_err(|e| Error::io(format!("cannot read {}", file.display()), e))?;
                buffer.extend_from_slice(&content);
                Ok(())
            };
            visit(Entry::lazy(path, kind, &mut read))?;
        }
        path.truncate(above);
    }
    Ok(())
}
