// SPDX-License-Identifier: Apache-2.0

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use crate::{
    digest::Digest,
    error::{Error, ErrorKind},
    fetch::{Client, fetch},
    unpack::UnpackLimits,
};

/// Unpacked artifacts, shared by everybody in a process that needs them.
///
/// Artifacts are known by digest: the first who asks downloads and unpacks, those who ask meanwhile wait for that, those who ask
/// later find it done. A failure is not kept. The trees used last stay, up to a number; one that is still held stays on
/// disk until the last holder drops it. Trees are shared: nobody may write into them.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    root: PathBuf,
    keep: usize,
    limits: UnpackLimits,
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    clock: u64,
    by_digest: HashMap<Digest, Slot>,
}

struct Slot {
    used: u64,
    cell: Arc<OnceCell<Arc<Unpacked>>>,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("root", &self.0.root)
            .field("keep", &self.0.keep)
            .finish_non_exhaustive()
    }
}

/// A directory with the files of an artifact. It is removed with the last holder.
#[derive(Debug)]
pub struct Unpacked {
    dir: tempfile::TempDir,
    digest: Digest,
}

impl Unpacked {
    /// Returns the directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Returns the digest of the archive that it came from.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl Cache {
    /// Makes a cache that works below a directory and keeps so many trees.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn new(root: impl Into<PathBuf>, keep: usize, limits: UnpackLimits) -> Result<Self, Error> {
        let root = root.into();
        std::fs::create_dir_all(&root)
            .map_err(|e| Error::io(format!("cannot make {}", root.display()), e))?;
        let limits = limits.skip_links(true);
        Ok(Self(Arc::new(Inner { root, keep, limits, slots: Mutex::default() })))
    }

    /// Returns the files of an artifact, downloading and unpacking them if nobody did so before.
    ///
    /// # Errors
    /// Those of [`fetch`] and of [`unpack`](crate::unpack).
    pub async fn get(&self, client: &Client, url: &str, digest: &Digest) -> Result<Arc<Unpacked>, Error> {
        let cell = self.slot(digest);
        let tree = cell.get_or_try_init(|| self.load(client, url, digest)).await?.clone();
        self.evict();
        Ok(tree)
    }

    async fn load(&self, client: &Client, url: &str, digest: &Digest) -> Result<Arc<Unpacked>, Error> {
        let archive = fetch(client, url, digest, &self.0.root).await?;
        let (inner, digest) = (self.0.clone(), digest.clone());
        let work = tokio::task::spawn_blocking(move || {
            let dir = tempfile::Builder::new()
                .prefix("tree-")
                .tempdir_in(&inner.root)
                .map_err(|e| Error::io("cannot make a directory to unpack to", e))?;
            archive.unpack(dir.path(), &inner.limits)?;
            Ok(Arc::new(Unpacked { dir, digest }))
        });
        work.await.map_err(|e| Error::new(ErrorKind::Io, "unpacking ended early").caused_by(e))?
    }

    fn slot(&self, digest: &Digest) -> Arc<OnceCell<Arc<Unpacked>>> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.clock += 1;
        let used = slots.clock;
        let slot = slots
            .by_digest
            .entry(digest.clone())
            .or_insert_with(|| Slot { used, cell: Arc::new(OnceCell::new()) });
        slot.used = used;
        slot.cell.clone()
    }

    /// Lets the trees go that were not used for longest. Slots that are still being filled stay.
    fn evict(&self) {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        while slots.by_digest.len() > self.0.keep {
            let filled = slots.by_digest.iter().filter(|(_, slot)| slot.cell.initialized());
            let Some(oldest) = filled.min_by_key(|(_, slot)| slot.used).map(|(digest, _)| digest.clone())
            else {
                return;
            };
            slots.by_digest.remove(&oldest);
        }
    }
}
