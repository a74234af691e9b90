// SPDX-License-Identifier: Apache-2.0

use std::{
    collections::HashMap,
    fs,
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures::StreamExt as _;

use super::{ArtifactPath, Content, Owner, Presence, Retention, Stat, Store};
use crate::{
    archive::Archive,
    digest::Digest,
    error::{Error, ErrorKind},
};

/// Directories of objects are read up to this many files at a time.
const MAX_FILES: usize = 1000;

/// A temporary file this old belongs to a process that is gone.
const STALE: Duration = Duration::from_secs(3600);

const CHUNK: usize = 64 * 1024;

/// Artifacts in a directory on disk.
///
/// Files are written below `.staging` and renamed into place, so that nothing needs a lock. Names that start with a dot are
/// never served. A clone is the same store.
#[derive(Clone, Debug)]
pub struct Local {
    root: Arc<PathBuf>,
    staging: Arc<PathBuf>,
    /// Digests of files whose bytes went through our hands, for as long as size and time stay the same.
    digests: Arc<Mutex<HashMap<PathBuf, Known>>>,
}

type Known = (u64, SystemTime, Digest);

impl Local {
    /// Opens a store, making its directory, and clears what crashed writers left.
    ///
    /// # Errors
    /// The directory cannot be made or read.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        let staging = root.join(".staging");
        make_dir(&staging)?;
        for entry in fs::read_dir(&staging).map_err(|e| failed("read", &staging, e))?.flatten() {
            let old = entry.metadata().and_then(|m| m.modified()).is_ok_and(|t| is_older(t, STALE));
            if old {
                fs::remove_file(entry.path()).ok();
            }
        }
        Ok(Self { root: Arc::new(root), staging: Arc::new(staging), digests: Arc::default() })
    }

    /// Returns the path of an artifact on disk.
    pub fn path(&self, path: &ArtifactPath) -> PathBuf {
        self.root.join(path.to_string())
    }

    fn remember(&self, file: PathBuf, digest: Digest) {
        if let Ok((size, modified)) = measure(&file) {
            self.digests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(file, (size, modified, digest));
        }
    }

    fn forget(&self, file: &Path) {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).remove(file);
    }

    fn known(&self, file: &Path, size: u64, modified: SystemTime) -> Option<Digest> {
        let digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        digests.get(file).filter(|(s, m, _)| (*s, *m) == (size, modified)).map(|(_, _, d)| d.clone())
    }

    fn publish_now(&self, path: &ArtifactPath, archive: Archive) -> Result<(), Error> {
        let file = self.path(path);
        make_dir(&self.root.join(path.owner().to_string()))?;
        let digest = archive.digest().clone();
        archive.persist(&file)?;
        self.remember(file, digest);
        Ok(())
    }

    fn link_now(&self, path: &ArtifactPath, link: &ArtifactPath) -> Result<(), Error> {
        // The target is the name alone, so that a store can be moved as a whole.
        let fresh = self.staging.join(format!(".link-{}-{}", std::process::id(), unique()));
        std::os::unix::fs::symlink(path.file(), &fresh).map_err(|e| failed("write", &fresh, e))?;
        let place = self.path(link);
        fs::rename(&fresh, &place).map_err(|e| {
            fs::remove_file(&fresh).ok();
            failed("write", &place, e)
        })
    }

    fn verify_now(&self, path: &ArtifactPath, digest: &Digest) -> Result<Presence, Error> {
        let file = self.path(path);
        match fs::symlink_metadata(&file) {
            Ok(meta) if meta.is_file() => {}
            Ok(_) => return Ok(Presence::Missing),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Presence::Missing),
            Err(e) => return Err(failed("read", &file, e)),
        }
        let mut hasher = digest.algorithm().hasher();
        fs::File::open(&file).and_then(|f| hasher.update_reader(f)).map_err(|e| failed("read", &file, e))?;
        if hasher.finish() == *digest {
            self.remember(file, digest.clone());
            return Ok(Presence::Intact);
        }
        self.forget(&file);
        fs::remove_file(&file).map_err(|e| failed("remove", &file, e))?;
        Ok(Presence::Corrupt)
    }

    fn stat_now(&self, path: &ArtifactPath) -> Result<(PathBuf, Stat), Error> {
        let file = self.path(path);
        let (size, modified) = measure(&file).map_err(|e| failed("read", &file, e))?;
        let target = fs::read_link(&file).map_or_else(|_| file.clone(), |name| file.with_file_name(name));
        let etag = match self.known(&target, size, modified) {
            Some(digest) => digest.to_string(),
            None => {
                let age = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                format!("{:x}-{size:x}", age.as_nanos())
            }
        };
        Ok((file, Stat::new(size, modified, etag)))
    }

    fn prune_now(&self, current: &ArtifactPath, retention: &Retention) -> Result<Vec<String>, Error> {
        let dir = self.root.join(current.owner().to_string());
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(failed("read", &dir, e)),
        };
        let mut others: Vec<(SystemTime, String)> = Vec::new();
        for entry in entries.flatten().take(MAX_FILES) {
            let Ok(meta) = entry.metadata() else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            if meta.is_file() && name != current.file() && !name.ends_with(".lock") {
                others.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), name));
            }
        }
        others.sort();
        let expired = others.iter().filter(|(t, _)| is_older(*t, retention.ttl)).count();
        // The current one counts as a record, and is never removed.
        let crowded = others.len().saturating_sub(retention.records.saturating_sub(1));
        let mut removed = Vec::new();
        for (_, name) in others.drain(..expired.max(crowded)) {
            let file = dir.join(&name);
            fs::remove_file(dir.join(format!("{name}.lock"))).ok();
            if fs::remove_file(&file).is_ok() {
                self.forget(&file);
                removed.push(name);
            }
        }
        Ok(removed)
    }

    fn remove_all_now(&self, owner: &Owner) -> Result<(), Error> {
        let dir = self.root.join(owner.to_string());
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).retain(|file, _| !file.starts_with(&dir));
        match fs::remove_dir_all(&dir) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("remove", &dir, e)),
            _ => Ok(()),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .map_err(|e| Error::new(ErrorKind::Io, "the store's worker ended early").caused_by(e))?
    }
}

#[async_trait::async_trait]
impl Store for Local {
    fn staging(&self) -> &Path {
        &self.staging
    }

    async fn publish(&self, path: &ArtifactPath, archive: Archive) -> Result<(), Error> {
        let path = path.clone();
        self.blocking(move |store| store.publish_now(&path, archive)).await
    }

    async fn link(&self, path: &ArtifactPath, name: &str) -> Result<(), Error> {
        let (path, link) = (path.clone(), path.owner().file(name)?);
        self.blocking(move |store| store.link_now(&path, &link)).await
    }

    async fn verify(&self, path: &ArtifactPath, digest: &Digest) -> Result<Presence, Error> {
        let (path, digest) = (path.clone(), digest.clone());
        self.blocking(move |store| store.verify_now(&path, &digest)).await
    }

    async fn stat(&self, path: &ArtifactPath) -> Result<Stat, Error> {
        let path = path.clone();
        self.blocking(move |store| store.stat_now(&path).map(|(_, stat)| stat)).await
    }

    async fn read(&self, path: &ArtifactPath, range: Range<u64>) -> Result<Content, Error> {
        let path = path.clone();
        let file = self
            .blocking(move |store| {
                let (file, _) = store.stat_now(&path)?;
                let mut opened = fs::File::open(&file).map_err(|e| failed("read", &file, e))?;
                opened.seek(SeekFrom::Start(range.start)).map_err(|e| failed("read", &file, e))?;
                Ok(opened.take(range.end.saturating_sub(range.start)))
            })
            .await?;
        let chunks = futures::stream::try_unfold(file, |mut file| async move {
            let read = tokio::task::spawn_blocking(move || {
                let mut chunk = vec![0; CHUNK];
                let n = file.read(&mut chunk).map_err(|e| Error::io("cannot read artifact", e))?;
                chunk.truncate(n);
                Ok::<_, Error>((chunk, file))
            });
            let (chunk, file) = read
                .await
                .map_err(|e| Error::new(ErrorKind::Io, "the store's worker ended early").caused_by(e))??;
            Ok((!chunk.is_empty()).then(|| (Bytes::from(chunk), file)))
        });
        Ok(chunks.boxed())
    }

    async fn prune(&self, current: &ArtifactPath, retention: &Retention) -> Result<Vec<String>, Error> {
        let (current, retention) = (current.clone(), retention.clone());
        self.blocking(move |store| store.prune_now(&current, &retention)).await
    }

    async fn remove_all(&self, owner: &Owner) -> Result<(), Error> {
        let owner = owner.clone();
        self.blocking(move |store| store.remove_all_now(&owner)).await
    }
}

/// Follows a link only to a plain file beside it: that is all that [`Local`] ever makes.
fn measure(file: &Path) -> io::Result<(u64, SystemTime)> {
    let mut meta = fs::symlink_metadata(file)?;
    if meta.is_symlink() {
        let target = fs::read_link(file)?;
        // A store that upstream wrote holds absolute links; the parent must be this directory even then.
        let beside = target.parent().is_some_and(|p| p.as_os_str().is_empty() || Some(p) == file.parent());
        match target.file_name() {
            Some(name) if beside => meta = fs::symlink_metadata(file.with_file_name(name))?,
            _ => return Err(io::ErrorKind::NotFound.into()),
        }
    }
    match meta.is_file() {
        true => Ok((meta.len(), meta.modified()?)),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

fn is_older(time: SystemTime, age: Duration) -> bool {
    SystemTime::now().duration_since(time).is_ok_and(|passed| passed > age)
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn make_dir(dir: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| failed("make", dir, e))
}

fn failed(verb: &str, path: &Path, error: io::Error) -> Error {
    let what = format!("cannot {verb} {}", path.display());
    match error.kind() {
        io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, what).caused_by(error),
        _ => Error::io(what, error),
    }
}
