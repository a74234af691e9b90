// SPDX-License-Identifier: Apache-2.0

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use gitops_artifact::{Algorithm, Digest, Revision};
use gix::ObjectId;
use tempfile::TempDir;
use tokio::sync::Mutex as AsyncMutex;

use crate::{
    error::{Error, ErrorKind},
    fetch::{bare_repository, download, finish},
    request::{Address, Request},
    resolve::{commit_id, context},
    session::{History, Session},
    tree::{Store, Tree},
    worker::{self, Stop},
};

/// After so many downloads a mirror starts anew, so that what nobody needs any more goes away.
const MAX_PACKS: usize = 24;

/// Repositories that stay on disk between fetches, shared by everybody who asks for the same address with the same login.
///
/// A commit is downloaded once, however many ask for it at the same time, and a newer one costs only what changed. Nothing is shared
/// between logins, so that nobody sees what the server would not show. A clone is the same set of mirrors.
///
/// ```no_run
/// use gitops_git::{resolve, Mirrors, Reference, Request};
///
/// # async fn run() -> Result<(), gitops_git::Error> {
/// let mirrors = Mirrors::new("/data/mirrors", 100)?;
/// let request = Request::new("https://git.example/fleet").reference(Reference::branch("main"));
/// let tree = mirrors.fetch(&request, &resolve(&request).await?).await?;
/// # let _ = tree;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Mirrors(Arc<Inner>);

struct Inner {
    root: PathBuf,
    keep: usize,
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    clock: u64,
    by_key: HashMap<Digest, Slot>,
}

struct Slot {
    used: u64,
    mirror: Arc<AsyncMutex<Option<Arc<Mirror>>>>,
}

/// One bare repository. It is removed when it was replaced and its last tree is gone.
pub(crate) struct Mirror {
    dir: TempDir,
    objects: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The commits whose files are all here, oldest first.
    commits: Vec<ObjectId>,
}

impl Mirrors {
    /// Keeps at most so many repositories below a directory, which is made if it is missing.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn new(root: impl Into<PathBuf>, keep: usize) -> Result<Self, Error> {
        let root = root.into();
        std::fs::create_dir_all(&root)
            .map_err(|e| Error::new(ErrorKind::Io, format!("cannot make {}", root.display())).caused_by(e))?;
        Ok(Self(Arc::new(Inner { root, keep, slots: Mutex::default() })))
    }

    /// Returns the files of a revision, as [`fetch`](crate::fetch()) does, downloading only what is not here.
    ///
    /// # Errors
    /// Those of [`fetch`](crate::fetch()).
    pub async fn fetch(&self, request: &Request, revision: &Revision) -> Result<Tree, Error> {
        self.fetch_shared(request, revision).await.map_err(|e| context(request, e))
    }

    async fn fetch_shared(&self, request: &Request, revision: &Revision) -> Result<Tree, Error> {
        let slot = self.slot(&key(request)?);
        let waiting = tokio::time::timeout(request.timeout, slot.lock());
        let mut current =
            waiting.await.map_err(|_| Error::new(ErrorKind::Timeout, "context deadline exceeded"))?;
        let (work, wanted, root, mirror) =
            (request.clone(), revision.clone(), self.0.root.clone(), current.clone());
        let (mirror, tree) = worker::run(request.timeout, move |stop| {
            let commit = commit_id(wanted.hex().unwrap_or_default())?;
            let (mirror, store) = filled(mirror, &work, commit, &root, stop)?;
            let tree = finish(&work, commit, store, &root, stop)?;
            Ok((mirror, tree))
        })
        .await?;
        *current = mirror;
        drop(current);
        self.evict();
        Ok(tree)
    }

    fn slot(&self, key: &Digest) -> Arc<AsyncMutex<Option<Arc<Mirror>>>> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.clock += 1;
        let used = slots.clock;
        let slot = slots.by_key.entry(key.clone()).or_insert_with(|| Slot { used, mirror: Arc::default() });
        slot.used = used;
        slot.mirror.clone()
    }

    /// Lets the mirrors go that were not used for longest; those in use stay.
    fn evict(&self) {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        while slots.by_key.len() > self.0.keep {
            let idle = slots.by_key.iter().filter(|(_, slot)| Arc::strong_count(&slot.mirror) == 1);
            let Some(oldest) = idle.min_by_key(|(_, slot)| slot.used).map(|(key, _)| key.clone()) else {
                return;
            };
            slots.by_key.remove(&oldest);
        }
    }
}

impl fmt::Debug for Mirrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirrors")
            .field("root", &self.0.root)
            .field("keep", &self.0.keep)
            .finish_non_exhaustive()
    }
}

/// What has to be equal for two requests to share a mirror: address and login, hashed so that no secret is kept.
fn key(request: &Request) -> Result<Digest, Error> {
    let address = Address::of(request)?;
    let mut hasher = Algorithm::Sha256.hasher();
    hasher.update(address.url.as_str().as_bytes());
    hasher.update(b"\0");
    hasher.update(address.auth.header().unwrap_or_default().as_bytes());
    if let Some((chain, key)) = &request.tls.identity {
        for part in [chain, key] {
            hasher.update(b"\0");
            hasher.update(part);
        }
    }
    Ok(hasher.finish())
}

/// A mirror that has the commit, and a view of it.
fn filled(
    mirror: Option<Arc<Mirror>>,
    request: &Request,
    commit: ObjectId,
    root: &Path,
    stop: &Stop,
) -> Result<(Option<Arc<Mirror>>, Store), Error> {
    let fresh = || Mirror::create(root);
    let kept = match mirror {
        Some(mirror) if mirror.commits().contains(&commit) || mirror.commits().len() < MAX_PACKS => mirror,
        _ => fresh()?,
    };
    match kept.add(request, commit, stop) {
        Ok(()) => {}
        // Only its history has it: that is taken apart, and thrown away afterwards.
        Err(e) if e.kind() == ErrorKind::ReferenceNotFound => {
            return Ok((Some(kept), download(request, commit, root, stop)?));
        }
        // What is here may not fit what the server has any more.
        Err(e) if e.kind() == ErrorKind::Protocol && !kept.commits().is_empty() => {
            tracing::debug!(error = %e, "mirror starts anew");
            let kept = fresh()?;
            kept.add(request, commit, stop)?;
            let store = kept.store(request)?;
            return Ok((Some(kept), store));
        }
        Err(e) => return Err(e),
    }
    let store = kept.store(request)?;
    Ok((Some(kept), store))
}

impl Mirror {
    fn create(root: &Path) -> Result<Arc<Self>, Error> {
        let (dir, objects) = bare_repository(root)?;
        Ok(Arc::new(Self { dir, objects, state: Mutex::default() }))
    }

    fn store(self: &Arc<Self>, request: &Request) -> Result<Store, Error> {
        Store::of_mirror(self.clone(), &self.objects, request.limits.object_bytes)
    }

    /// Downloads a commit unless it is here.
    fn add(self: &Arc<Self>, request: &Request, commit: ObjectId, stop: &Stop) -> Result<(), Error> {
        let have = self.commits();
        if have.contains(&commit) {
            return Ok(());
        }
        let base = if have.is_empty() { None } else { Some(self.store(request)?) };
        let base = base.as_ref().map(|store| (store, have.as_slice()));
        Session::open(request, stop)?.download(&[commit], History::None, &self.objects, base)?;
        self.state.lock().unwrap_or_else(PoisonError::into_inner).commits.push(commit);
        Ok(())
    }

    fn commits(&self) -> Vec<ObjectId> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).commits.clone()
    }
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("dir", &self.dir.path()).finish_non_exhaustive()
    }
}
