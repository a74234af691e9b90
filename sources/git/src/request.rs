// SPDX-License-Identifier: Apache-2.0

use std::{fmt, time::Duration};

use gitops_artifact::Revision;

use crate::error::Error;

mod address;
mod auth;

pub(crate) use address::Address;
pub use auth::{Auth, Proxy, Tls};

/// What to take from a repository.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reference {
    /// The head of a branch.
    Branch(String),
    /// What a tag names.
    Tag(String),
    /// What the highest version tag in a range names.
    SemVer(String),
    /// What a reference with a full name, such as `refs/pull/7/head`, names.
    Name(String),
    /// One commit.
    Commit {
        /// The commit id, 40 hexadecimal digits.
        id: String,
        /// The branch that the commit is said to be on, or the full name of a reference: shown in the revision.
        on: Option<String>,
    },
}

impl Default for Reference {
    /// The branch `master`.
    fn default() -> Self {
        Self::branch("master")
    }
}

impl Reference {
    /// The head of a branch.
    pub fn branch(name: impl Into<String>) -> Self {
        Self::Branch(name.into())
    }

    /// What a tag names.
    pub fn tag(name: impl Into<String>) -> Self {
        Self::Tag(name.into())
    }

    /// What the highest version tag in a range names.
    pub fn semver(range: impl Into<String>) -> Self {
        Self::SemVer(range.into())
    }

    /// What a reference with a full name names.
    pub fn name(name: impl Into<String>) -> Self {
        Self::Name(name.into())
    }

    /// One commit.
    pub fn commit(id: impl Into<String>) -> Self {
        Self::Commit { id: id.into(), on: None }
    }

    /// Chooses among fields that may all be set: commit before name before tag before range before branch. An empty text is
    /// as good as none, and without any field the branch `master` is meant.
    ///
    /// ```
    /// use gitops_git::{Reference, ReferenceFields};
    ///
    /// let fields = ReferenceFields { branch: Some("main"), tag: Some("v1"), semver: Some("1.x"), ..Default::default() };
    /// assert_eq!(Reference::choose(&fields), Reference::tag("v1"));
    /// ```
    #[doc(alias = "CheckoutStrategy")]
    pub fn choose(fields: &ReferenceFields<'_>) -> Self {
        let set = |field: Option<&str>| field.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        if let Some(id) = set(fields.commit) {
            return Self::Commit { id, on: set(fields.name).or_else(|| set(fields.branch)) };
        }
        set(fields.name)
            .map(Self::Name)
            .or_else(|| set(fields.tag).map(Self::Tag))
            .or_else(|| set(fields.semver).map(Self::SemVer))
            .or_else(|| set(fields.branch).map(Self::Branch))
            .unwrap_or_default()
    }
}

/// The fields of a reference as an object's spec has them.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the fields are those of the wire type, and are written as a literal"
)]
pub struct ReferenceFields<'a> {
    /// The branch.
    pub branch: Option<&'a str>,
    /// The tag.
    pub tag: Option<&'a str>,
    /// The version range.
    pub semver: Option<&'a str>,
    /// The full name of a reference.
    pub name: Option<&'a str>,
    /// The commit id.
    pub commit: Option<&'a str>,
}

/// How much a server may make us take in.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of one answer, packs included; 2 GiB by default.
    pub response_bytes: u64,
    /// The largest object in bytes; 512 MiB by default.
    pub object_bytes: usize,
    /// The most entries of a tree, directories included; 1,000,000 by default.
    pub entries: usize,
    /// The longest path in bytes; 4096 by default.
    pub path_bytes: usize,
    /// The most references that a server may list; 1,000,000 by default.
    pub references: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            response_bytes: 2 << 30,
            object_bytes: 512 << 20,
            entries: 1_000_000,
            path_bytes: 4096,
            references: 1_000_000,
        }
    }
}

impl Limits {
    /// Sets the most bytes of one answer.
    #[must_use]
    pub fn response_bytes(mut self, bytes: u64) -> Self {
        self.response_bytes = bytes;
        self
    }

    /// Sets the largest object.
    #[must_use]
    pub fn object_bytes(mut self, bytes: usize) -> Self {
        self.object_bytes = bytes;
        self
    }

    /// Sets the longest path.
    #[must_use]
    pub fn path_bytes(mut self, bytes: usize) -> Self {
        self.path_bytes = bytes;
        self
    }

    /// Sets the most entries of a tree.
    #[must_use]
    pub fn entries(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }
}

/// Which repository, what of it, and how to get there.
///
/// ```
/// use gitops_git::{Auth, Reference, Request};
///
/// let request = Request::new("https://git.example/fleet")
///     .reference(Reference::branch("main"))
///     .auth(Auth::basic("robot", "s3cret"));
/// assert!(!format!("{request:?}").contains("s3cret"));
/// ```
#[derive(Clone)]
pub struct Request {
    pub(crate) url: String,
    pub(crate) reference: Reference,
    pub(crate) auth: Auth,
    pub(crate) tls: Tls,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) timeout: Duration,
    pub(crate) limits: Limits,
    pub(crate) observed: Option<Revision>,
    pub(crate) sparse: Vec<String>,
    pub(crate) submodules: bool,
}

impl Request {
    /// Asks for the branch `master` of the repository at an `http` or `https` address, within 60 seconds.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            reference: Reference::default(),
            auth: Auth::none(),
            tls: Tls::default(),
            proxy: None,
            timeout: Duration::from_secs(60),
            limits: Limits::default(),
            observed: None,
            sparse: Vec::new(),
            submodules: false,
        }
    }

    /// Sets what to take.
    #[must_use]
    pub fn reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// Sets the login.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// Sets whom to trust, and our own certificate.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Sets the proxy to go through. Nothing is read from the environment.
    #[must_use]
    pub fn proxy(mut self, proxy: Option<Proxy>) -> Self {
        self.proxy = proxy;
        self
    }

    /// Sets the time that each of resolving and fetching may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how much a server may make us take in.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Says which revision was stored last. It decides only whether a failure reads as one of looking or of cloning.
    #[must_use]
    pub fn observed(mut self, revision: Option<Revision>) -> Self {
        self.observed = revision;
        self
    }

    /// Takes only these directories or files. With none, everything is taken.
    #[must_use]
    pub fn sparse(mut self, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.sparse = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Takes the files of submodules too.
    #[must_use]
    pub fn submodules(mut self, recurse: bool) -> Self {
        self.submodules = recurse;
        self
    }

    /// Checks the address without using it.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid), which no further try will mend.
    pub fn check(&self) -> Result<(), Error> {
        match Address::of(self) {
            Err(error) if !error.is_transient() => Err(error),
            _ => Ok(()),
        }
    }

    /// The address as it may be shown.
    pub(crate) fn shown(&self) -> String {
        address::redact(&self.url)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("url", &self.shown())
            .field("reference", &self.reference)
            .field("auth", &self.auth)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
