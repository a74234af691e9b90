// SPDX-License-Identifier: Apache-2.0

//! Sources of the GitOps Toolkit behind one front door: where files come from, and how they become artifacts.
//!
//! ```no_run
//! use gitops_api::source::v1::GitRepository;
//! use gitops_sources::{archive, artifact::{store::{Local, Owner, Store}, PackOptions}, bridge, git};
//!
//! # async fn run(repository: GitRepository) -> Result<(), Box<dyn std::error::Error>> {
//! let store = Local::open("/data")?;
//! let request = bridge::git_request(&repository, None, None)?;
//! let revision = git::resolve(&request).await?;
//! let tree = git::fetch(&request, &revision, store.staging()).await?;
//! let rules = bridge::ignore_rules(&repository.spec);
//! let archive = archive(tree, rules, PackOptions::default(), store.staging()).await?;
//! let path = Owner::new("GitRepository", "apps", "fleet")?.file("fleet.tar.gz")?;
//! store.publish(&path, archive).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to start
//! [`bridge::git_request`] for what an object asks for, [`git`] for getting it, [`artifact`] for keeping and serving it.
//!
//! # Compatibility
//! Keys of Secrets and texts are those of source-controller 1.9. What differs: a Secret with `bearerToken` beside an address
//! with user info is used, where upstream refuses (`a_token_wins_over_user_info`).
//!
//! # Not supported
//! SSH, GitHub Apps, and the logins of cloud providers.
//!
//! # Untrusted input
//! Secrets and specs are data: no value of a Secret is ever part of an error.
//!
//! # Features
//! None.

use std::path::Path;

pub mod bridge;
pub mod credentials;
mod error;

pub use error::{Error, ErrorKind};
pub use gitops_artifact as artifact;
pub use gitops_git as git;

/// Packs a tree on a thread where blocking is allowed.
///
/// # Errors
/// Those of [`artifact::Archive::create`].
pub async fn archive(
    tree: impl artifact::Tree + 'static,
    rules: artifact::IgnoreRules,
    options: artifact::PackOptions,
    staging: &Path,
) -> Result<artifact::Archive, artifact::Error> {
    let staging = staging.to_path_buf();
    let work = move || artifact::Archive::create(&tree, &rules, &options, &staging);
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| artifact::Error::new(artifact::ErrorKind::Io, "packing ended early").caused_by(e))?
}
