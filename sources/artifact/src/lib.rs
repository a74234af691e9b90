// SPDX-License-Identifier: Apache-2.0

//! Packs trees of files into reproducible archives, keeps and serves them, and fetches them again, checked.
//!
//! ```
//! use gitops_artifact::{pack, unpack, IgnoreRules, MemoryTree, PackOptions, UnpackLimits};
//!
//! let tree = MemoryTree::from([
//!     (".sourceignore", "docs/\n"),
//!     ("app/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"),
//!     ("docs/readme.md", "not part of the artifact\n"),
//! ]);
//! let mut archive = Vec::new();
//! let packed = pack(&tree, &IgnoreRules::default(), &mut archive, &PackOptions::default())?;
//! assert_eq!(packed.files, 2);
//!
//! let dir = tempfile::tempdir()?;
//! unpack(&archive[..], dir.path(), &UnpackLimits::default())?;
//! assert!(dir.path().join("app/cm.yaml").is_file());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to start
//! [`pack`] for the making, [`store::Local`] with [`serve::router`] for the giving out, [`Cache`] for the taking.
//!
//! # Compatibility
//! Archives, paths, digests, revisions and ignore rules are those of source-controller 1.9. What differs:
//! - compressed bytes are not those of Go's gzip, so digests differ for the same tree; they are the same on every run
//!   (test `the_same_tree_gives_the_same_bytes`);
//! - a store has no listings and hides names that start with a dot (`hidden_names_and_listings_are_not_served`);
//! - the `latest` link names its neighbor instead of an absolute path (`a_link_survives_the_move_of_a_store`);
//! - unpacking has limits by default, where upstream's consumers have none (`archives_over_a_limit_are_refused`).
//!
//! # Not supported
//! Windows. Archives that hold links: they are skipped or refused, never extracted.
//!
//! # Untrusted input
//! Archives, addresses and rule files may be hostile. [`UnpackLimits`] and [`fetch::ClientOptions`] bound bytes, entries, path
//! lengths and time; no entry is written outside the target. The caller bounds the size of trees that are packed
//! ([`PackOptions::max_bytes`]).
//!
//! # Features
//! None.

mod archive;
mod cache;
mod digest;
mod error;
pub mod fetch;
mod ignore;
mod pack;
mod redact;
mod revision;
pub mod serve;
pub mod store;
mod tree;
mod unpack;

pub use archive::Archive;
pub use cache::{Cache, Unpacked as UnpackedTree};
pub use digest::{Algorithm, Digest, Hasher, ParseDigestError};
pub use error::{Error, ErrorKind};
pub use ignore::{IGNORE_FILE, IgnoreRules, Matcher};
pub use pack::{PackOptions, Packed, pack};
pub use redact::RedactedUrl;
pub use revision::{ParseRevisionError, Revision};
pub use tree::{Directory as DirectoryTree, Entry, EntryKind, Memory as MemoryTree, ReadContent, Tree};
pub use unpack::{UnpackLimits, Unpacked, unpack};
