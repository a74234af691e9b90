// SPDX-License-Identifier: Apache-2.0

//! Reads Git repositories over HTTP without a worktree, without a process and without the configuration of the host.
//!
//! ```no_run
//! use gitops_artifact::{pack, IgnoreRules, PackOptions};
//! use gitops_git::{fetch, resolve, Auth, Reference, Request};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let request = Request::new("https://git.example/fleet")
//!     .reference(Reference::branch("main"))
//!     .auth(Auth::basic("robot", "s3cret"));
//! let revision = resolve(&request).await?; // main@sha1:…
//! let tree = fetch(&request, &revision, &std::env::temp_dir()).await?;
//! let packed = pack(&tree, &IgnoreRules::default(), std::io::sink(), &PackOptions::default())?;
//! println!("{revision} {}", packed.digest);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to start
//! [`Request`], [`resolve()`], [`fetch()`]; [`Mirrors`] where the same repositories are asked for again and again.
//!
//! # Compatibility
//! References, revisions, refused names and error texts are those of source-controller 1.9. What differs:
//! - any commit that the server gives out can be fetched, not only those on branches
//!   (test `a_commit_on_no_branch_is_fetched`); beside a branch it must be in its history
//!   (`a_commit_beside_a_branch_must_be_in_its_history`);
//! - a login goes to the host that it is meant for, also with submodules
//!   (`a_login_is_not_shown_to_the_host_of_a_submodule`);
//! - addresses in errors are without user info;
//! - names of Windows devices are taken (`windows_device_names_are_taken`).
//!
//! # Not supported
//! SSH, pushing, SHA-256 repositories, the dumb protocol.
//!
//! # Untrusted input
//! Servers and repositories may be hostile. [`Limits`] bounds answers, objects and trees; [`Request::timeout`] bounds time;
//! dropping a future stops its work. Names that could act on a disk are refused before anything is returned.
//!
//! # Features
//! None.

mod error;
mod fetch;
mod http;
mod mirror;
mod request;
mod resolve;
mod session;
mod submodule;
mod tree;
mod worker;

pub use error::{Error, ErrorKind};
pub use fetch::fetch;
pub use mirror::Mirrors;
pub use request::{Auth, Limits, Proxy, Reference, ReferenceFields, Request, Tls};
pub use resolve::resolve;
pub use tree::Tree;
