// SPDX-License-Identifier: Apache-2.0

use std::{any::Any, fmt, path::Path, sync::Arc};

use gitops_artifact::{Entry, EntryKind};
use gix::{ObjectId, objs::Find as _};
use tempfile::TempDir;

use crate::{
    error::{Error, ErrorKind},
    mirror::Mirror,
};

/// Decoded delta bases that one thread keeps at hand.
const PACK_CACHE_BYTES: usize = 16 << 20;

pub(crate) mod flat;
mod names;

/// The files of a commit, read from the object database as they are asked for.
///
/// Symbolic links are part of the tree; submodules are empty directories, unless they were asked for.
pub struct Tree {
    commit: ObjectId,
    stores: Vec<Store>,
    entries: Vec<FlatEntry>,
}

/// One entry of a tree that was read in full, in the order of a walk.
#[derive(Clone, Debug)]
pub(crate) struct FlatEntry {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
    /// Which store has its content.
    pub(crate) store: usize,
    /// The commit of a submodule stands here.
    pub(crate) submodule: bool,
}

/// The objects of one repository, in a directory that goes with it.
pub(crate) struct Store {
    objects: Arc<gix::odb::Store>,
    /// What keeps the directory in place.
    _dir: Box<dyn Any + Send + Sync>,
}

type Handle = gix::odb::HandleArc;

impl Store {
    pub(crate) fn open(dir: TempDir, objects: &Path, object_bytes: usize) -> Result<Self, Error> {
        Self::over(Box::new(dir), objects, object_bytes)
    }

    pub(crate) fn of_mirror(mirror: Arc<Mirror>, objects: &Path, object_bytes: usize) -> Result<Self, Error> {
        Self::over(Box::new(mirror), objects, object_bytes)
    }

    fn over(dir: Box<dyn Any + Send + Sync>, objects: &Path, object_bytes: usize) -> Result<Self, Error> {
        let options =
            gix::odb::store::init::Options { alloc_limit_bytes: Some(object_bytes), ..Default::default() };
        let opened = gix::odb::Store::at_opts(
            objects.to_path_buf(),
            gix::hash::Kind::Sha1,
            &mut std::iter::empty(),
            options,
        )
        .map_err(|e| Error::new(ErrorKind::Io, "cannot open the object database").caused_by(e))?;
        Ok(Self { objects: Arc::new(opened), _dir: dir })
    }

    /// A handle for one thread. It keeps bases of deltas at hand: files of one directory tend to hang on each other.
    pub(crate) fn handle(&self) -> Handle {
        let mut handle = gix::odb::Cache::from(self.objects.to_handle_arc());
        handle.set_pack_cache(|| {
            Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(PACK_CACHE_BYTES))
        });
        handle
    }
}

impl Tree {
    pub(crate) fn new(commit: ObjectId, stores: Vec<Store>, entries: Vec<FlatEntry>) -> Self {
        Self { commit, stores, entries }
    }

    /// Returns the id of the commit, 40 hexadecimal digits.
    pub fn commit(&self) -> String {
        self.commit.to_string()
    }

    /// Returns the first line of the commit's message; empty if the commit cannot be read.
    pub fn subject(&self) -> String {
        let Some(store) = self.stores.first() else { return String::new() };
        let mut buffer = Vec::new();
        let Ok(Some(object)) = store.handle().try_find(&self.commit, &mut buffer) else {
            return String::new();
        };
        // Headers end at the first empty line; the message follows.
        let text = String::from_utf8_lossy(object.data);
        let message = text.split_once("\n\n").map_or("", |(_, message)| message);
        message.trim_start().lines().next().unwrap_or_default().trim_end().to_owned()
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("commit", &self.commit).field("entries", &self.entries.len()).finish()
    }
}

impl gitops_artifact::Tree for Tree {
    fn walk(
        &self,
        visit: &mut dyn FnMut(Entry<'_>) -> Result<(), gitops_artifact::Error>,
    ) -> Result<(), gitops_artifact::Error> {
        let handles: Vec<Handle> = self.stores.iter().map(Store::handle).collect();
        for entry in &self.entries {
            if entry.kind == EntryKind::Directory {
                visit(Entry::directory(&entry.path))?;
                continue;
            }
            let mut read = |buffer: &mut Vec<u8>| read_blob(&handles[entry.store], entry, buffer);
            visit(Entry::lazy(&entry.path, entry.kind, &mut read))?;
        }
        Ok(())
    }
}

fn read_blob(handle: &Handle, entry: &FlatEntry, buffer: &mut Vec<u8>) -> Result<(), gitops_artifact::Error> {
    let failed = |what: &str| {
        let text = format!("cannot read '{}': {what}", String::from_utf8_lossy(&entry.path));
        gitops_artifact::Error::new(gitops_artifact::ErrorKind::Tree, text)
    };
    // gix clears the buffer that it is given; an empty one can be handed over as it is.
    let found = match buffer.is_empty() {
        true => handle.try_find(&entry.id, buffer).map(|o| o.map(|o| o.kind)),
        false => {
            let mut own = Vec::new();
            let kind = handle.try_find(&entry.id, &mut own).map(|o| o.map(|o| o.kind));
            buffer.append(&mut own);
            kind
        }
    };
    match found {
        Ok(Some(gix::objs::Kind::Blob)) => Ok(()),
        Ok(Some(_)) => Err(failed("not a blob")),
        Ok(None) => Err(failed("object not found")),
        Err(e) => Err(failed("broken object").caused_by(e.to_string())),
    }
}
