// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

#[cfg(feature = "crds")]
use super::{INTERVAL, TIMEOUT};
use crate::{
    meta::{Artifact, Condition, Duration, LocalObjectReference, ObjectMeta, is_false, is_zero},
    resource::resource,
    wire_enum::wire_enum,
};

/// A Git repository whose content at a chosen reference is published as an artifact.
///
/// ```
/// use gitops_api::{meta::Duration, source::v1::{GitReference, GitRepository, GitRepositorySpec}};
///
/// let repo = GitRepository::new("podinfo", GitRepositorySpec {
///     url: "https://git.example/podinfo".into(),
///     interval: Duration::from_mins(5),
///     reference: Some(GitReference { branch: Some("main".into()), ..Default::default() }),
///     ..Default::default()
/// }).within("apps");
/// let json = serde_json::to_value(&repo)?;
/// assert_eq!(json["spec"]["ref"]["branch"], "main");
/// assert_eq!(json["spec"]["interval"], "5m0s");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GitRepository {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// What to fetch, and how often.
    pub spec: GitRepositorySpec,
    /// What the controller saw and did last.
    pub status: Option<GitRepositoryStatus>,
}

resource!(
    GitRepository, "source.toolkit.fluxcd.io", "v1", "gitrepositories", GitRepositorySpec, GitRepositoryStatus,
    about: "A Git repository whose content at a chosen reference is published as an artifact.",
    short: ["gitrepo"],
    categories: ["all", "fluxcd", "fluxcd-sources"],
    columns: &[crate::crd::column("URL", ".spec.url"), crate::crd::AGE, crate::crd::READY, crate::crd::STATUS],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl GitRepository {
    /// Returns the limit of one Git operation: `spec.timeout`, or else a minute.
    #[doc(alias = "GetTimeout")]
    pub fn timeout(&self) -> Duration {
        self.spec.timeout.clone().unwrap_or(Duration::from_secs(60))
    }

    /// Returns the artifact of the last success.
    pub fn artifact(&self) -> Option<&Artifact> {
        self.status.as_ref()?.artifact.as_ref()
    }

    /// Returns the provider of the login: `spec.provider`, or else `generic`.
    pub fn provider(&self) -> GitProvider {
        self.spec.provider.clone().unwrap_or(GitProvider::Generic)
    }
}

/// What to fetch from a Git repository, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [{
    "rule": "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
    "message": "serviceAccountName can only be set when provider is 'azure' or 'aws'"
}])))]
#[serde(rename_all = "camelCase")]
pub struct GitRepositorySpec {
    /// Address of the repository: `https://`, `http://` or `ssh://`. The form `user@host:path` is not allowed.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = "^(http|https|ssh)://.*$")))]
    pub url: String,
    /// Secret with the credentials: `username` and `password` or `bearerToken` over HTTPS, `identity` and `known_hosts`
    /// over SSH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Whose login to use; `generic` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<GitProvider>,
    /// Service account to log in with; only for the providers `azure` and `aws`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Time between two looks at the repository, a little more or less.
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Duration,
    /// Limit of one Git operation, such as a clone; `60s` when absent. Hours are not allowed as a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = TIMEOUT, "default" = "60s")))]
    pub timeout: Option<Duration>,
    /// Which commit to fetch; the branch `master` when absent.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<GitReference>,
    /// How to check the signatures of commit and tag; no check when absent.
    #[serde(rename = "verify", default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<GitRepositoryVerification>,
    /// Secret with the `address`, and optionally `username` and `password`, of the proxy to go through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalObjectReference>,
    /// Patterns in the form of `.gitignore` that take the place of the default ones; an empty text excludes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Stops the controller from looking at the repository.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
    /// Fetches the submodules too, with the credentials of the repository.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recurse_submodules: bool,
    /// Other Git repositories whose artifacts go into this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<GitRepositoryInclude>,
    /// Directories to fetch; everything when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sparse_checkout: Vec<String>,
}

/// Whose login to use for a Git repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GitProvider {
    /// User and password, token or key.
    Generic,
    /// AWS CodeCommit.
    Aws,
    /// Azure DevOps.
    Azure,
    /// A GitHub App.
    GitHub,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(GitProvider { Generic = "generic", Aws = "aws", Azure = "azure", GitHub = "github" });

/// Which commit to fetch.
///
/// Of several fields that are set one counts: `commit`, then `name`, then `semver`, then `tag`, then `branch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "GitRepositoryRef")]
pub struct GitReference {
    /// Branch; `master` when no field is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Range of versions; the highest tag in it is taken.
    #[serde(rename = "semver", default, skip_serializing_if = "Option::is_none")]
    pub semver: Option<String>,
    /// Full name of a reference, such as `refs/pull/420/head`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Commit; with a branch beside it only that branch is fetched, and must hold the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// How to check the signatures of a Git repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GitRepositoryVerification {
    /// What has to be signed; `HEAD` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "HEAD")))]
    pub mode: Option<GitVerificationMode>,
    /// Secret with the public keys of those who are trusted: OpenPGP under keys that end in `.asc`, SSH in `.sshpub`.
    pub secret_ref: LocalObjectReference,
}

impl GitRepositoryVerification {
    /// Returns what has to be signed, with the old spelling `head` and an absent mode read as `HEAD`.
    #[doc(alias = "GetMode")]
    pub fn mode(&self) -> GitVerificationMode {
        match &self.mode {
            None | Some(GitVerificationMode::LowercaseHead) => GitVerificationMode::Head,
            Some(mode) => mode.clone(),
        }
    }
}

/// What has to be signed in a Git repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GitVerificationMode {
    /// The commit, in an old spelling.
    LowercaseHead,
    /// The commit.
    Head,
    /// The tag.
    Tag,
    /// The tag and the commit.
    TagAndHead,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(GitVerificationMode { LowercaseHead = "head", Head = "HEAD", Tag = "Tag", TagAndHead = "TagAndHEAD" });

/// Another Git repository whose artifact goes into this one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GitRepositoryInclude {
    /// The repository, in the same namespace.
    #[serde(rename = "repository")]
    #[doc(alias = "GitRepositoryRef")]
    pub repository: LocalObjectReference,
    /// Path to copy from; everything when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_path: Option<String>,
    /// Path to copy to; the name of the repository when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_path: Option<String>,
}

impl GitRepositoryInclude {
    /// Returns the path to copy from, `""` for everything.
    #[doc(alias = "GetFromPath")]
    pub fn from_path(&self) -> &str {
        self.from_path.as_deref().unwrap_or_default()
    }

    /// Returns the path to copy to, by default the name of the repository.
    #[doc(alias = "GetToPath")]
    pub fn to_path(&self) -> &str {
        self.to_path.as_deref().filter(|path| !path.is_empty()).unwrap_or(&self.repository.name)
    }
}

/// What the controller saw in a Git repository and did last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GitRepositoryStatus {
    /// Generation of the spec that this status is about; `-1` before the first look.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Archive of the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Archives that went into this one, in the order of `spec.include`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included_artifacts: Vec<Artifact>,
    /// `spec.ignore` of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// `spec.recurseSubmodules` of the archive.
    #[serde(default, skip_serializing_if = "is_false")]
    pub observed_recurse_submodules: bool,
    /// `spec.include` of the archive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_include: Vec<GitRepositoryInclude>,
    /// `spec.sparseCheckout` of the archive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed_sparse_checkout: Vec<String>,
    /// What was found to be signed last; absent when nothing is to be checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_verification_mode: Option<String>,
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}
