// SPDX-License-Identifier: Apache-2.0

//! Where artifacts are kept: the contract, and a directory on disk.

use std::{
    fmt,
    ops::Range,
    path::Path,
    str::FromStr,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures::stream::BoxStream;

use crate::{
    archive::Archive,
    digest::Digest,
    error::{Error, ErrorKind},
};

mod local;

pub use local::Local;

/// A place that keeps artifacts and gives them out again.
///
/// Implementers publish atomically: a reader sees the old bytes or the new ones, never a part, and a crash leaves nothing behind
/// that is served. Paths are safe by construction ([`ArtifactPath`]). All methods can be called from many tasks at once.
/// [`Local`] is the implementation for one process with a volume.
#[async_trait::async_trait]
pub trait Store: Send + Sync {
    /// Returns a directory for temporary files from which publishing is cheapest.
    fn staging(&self) -> &Path;

    /// Puts an archive at a path, replacing what is there.
    async fn publish(&self, path: &ArtifactPath, archive: Archive) -> Result<(), Error>;

    /// Lets a second name in the same directory, such as `latest.tar.gz`, stand for an artifact.
    async fn link(&self, path: &ArtifactPath, name: &str) -> Result<(), Error>;

    /// Reads an artifact in full and compares it with its digest. One that differs is removed.
    async fn verify(&self, path: &ArtifactPath, digest: &Digest) -> Result<Presence, Error>;

    /// Describes an artifact, or returns an error of kind [`NotFound`](ErrorKind::NotFound).
    async fn stat(&self, path: &ArtifactPath) -> Result<Stat, Error>;

    /// Reads bytes of an artifact.
    async fn read(&self, path: &ArtifactPath, range: Range<u64>) -> Result<Content, Error>;

    /// Removes what retention no longer keeps beside the current artifact, and returns what was removed.
    async fn prune(&self, current: &ArtifactPath, retention: &Retention) -> Result<Vec<String>, Error>;

    /// Removes everything of an object. Removing what is not there succeeds.
    async fn remove_all(&self, owner: &Owner) -> Result<(), Error>;
}

/// The bytes of an artifact as a stream.
pub type Content = BoxStream<'static, Result<Bytes, Error>>;

/// Whether a store has an artifact.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Presence {
    /// It is there, byte for byte.
    Intact,
    /// It is not there.
    Missing,
    /// It was there with other bytes, and was removed.
    Corrupt,
}

/// What a store knows of an artifact without reading it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stat {
    /// The number of bytes.
    pub size: u64,
    /// When it was published.
    pub modified: SystemTime,
    /// A strong validator of the bytes, without quotes.
    pub etag: String,
}

impl Stat {
    /// Describes an artifact; for implementers of [`Store`].
    pub fn new(size: u64, modified: SystemTime, etag: impl Into<String>) -> Self {
        Self { size, modified, etag: etag.into() }
    }
}

/// How long artifacts that are no longer current stay.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Retention {
    /// Older ones go. One minute by default.
    pub ttl: Duration,
    /// Of the younger ones only so many stay, the current one included. Two by default.
    pub records: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { ttl: Duration::from_secs(60), records: 2 }
    }
}

impl Retention {
    /// Sets the age after which artifacts go.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Sets how many artifacts stay.
    #[must_use]
    pub fn records(mut self, records: usize) -> Self {
        self.records = records;
        self
    }
}

/// The object that artifacts belong to: the directory `<kind>/<namespace>/<name>`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Owner {
    kind: String,
    namespace: String,
    name: String,
}

impl Owner {
    /// Names an object. The kind is written in lower case.
    ///
    /// # Errors
    /// A part is empty, starts with a dot, or holds a slash or a control character.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Result<Self, Error> {
        let kind = kind.to_ascii_lowercase();
        for part in [&kind, namespace, name] {
            check(part)?;
        }
        Ok(Self { kind, namespace: namespace.into(), name: name.into() })
    }

    /// Returns the path of one of its artifacts.
    ///
    /// # Errors
    /// The file name is empty, starts with a dot, or holds a slash or a control character.
    pub fn file(&self, file: &str) -> Result<ArtifactPath, Error> {
        check(file)?;
        Ok(ArtifactPath { owner: self.clone(), file: file.into() })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// Where an artifact is, below the root of a store and below the address of its server: `<kind>/<namespace>/<name>/<file>`.
///
/// ```
/// use gitops_artifact::store::{ArtifactPath, Owner};
///
/// let path = Owner::new("GitRepository", "apps", "web")?.file("5394cb7f.tar.gz")?;
/// assert_eq!(path.to_string(), "gitrepository/apps/web/5394cb7f.tar.gz");
/// assert_eq!(path.url("store.example:9090"), "http://store.example:9090/gitrepository/apps/web/5394cb7f.tar.gz");
/// assert!("gitrepository/apps/../etc".parse::<ArtifactPath>().is_err());
/// # Ok::<(), gitops_artifact::Error>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ArtifactPath {
    owner: Owner,
    file: String,
}

impl ArtifactPath {
    /// Returns the object that it belongs to.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Returns the name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the address to fetch it from. The advertised address of the store may carry a scheme.
    pub fn url(&self, advertised: &str) -> String {
        let advertised = advertised.trim_end_matches('/');
        match advertised.starts_with("http://") || advertised.starts_with("https://") {
            true => format!("{advertised}/{self}"),
            false => format!("http://{advertised}/{self}"),
        }
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.file)
    }
}

impl FromStr for ArtifactPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split('/').collect::<Vec<_>>().as_slice() {
            [kind, namespace, name, file] => Owner::new(kind, namespace, name)?.file(file),
            _ => Err(unsafe_path(text)),
        }
    }
}

/// A leading dot would name a parent, the directory itself, or a file that is only on its way.
fn check(part: &str) -> Result<(), Error> {
    let fine = !part.is_empty()
        && part.len() <= 255
        && !part.starts_with('.')
        && !part.contains(['/', '\\'])
        && !part.chars().any(char::is_control);
    match fine {
        true => Ok(()),
        false => Err(unsafe_path(part)),
    }
}

fn unsafe_path(text: &str) -> Error {
    Error::new(ErrorKind::UnsafePath, format!("{text:?} is not the path of an artifact"))
}
