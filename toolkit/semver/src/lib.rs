// SPDX-License-Identifier: Apache-2.0

//! Versions and ranges in the Masterminds dialect.
//!
//! ```
//! use gitops_semver::{Constraint, Version};
//!
//! let range: Constraint = "~1.2 || 2.x".parse()?;
//! let tags = ["v1.2.9", "v1.3.0", "v2.4.0", "v2.5.0-rc.1", "latest"];
//! let versions: Vec<Version> = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
//! assert_eq!(range.highest(&versions).map(Version::original), Some("v2.4.0"));
//! # Ok::<(), gitops_semver::Error>(())
//! ```
//!
//! # Where to start
//!
//! - [`Version`]: a version, read leniently or strictly, ordered;
//! - [`Constraint`]: a range, and the highest version in it.
//!
//! # Compatibility
//!
//! Grammar, meaning and errors are those of `github.com/Masterminds/semver/v3` 3.5.0, recorded under `tests/oracle`
//! (tests `versions_read_as_in_go`, `versions_order_as_in_go`, `ranges_match_as_in_go`). The empty range is an error
//! there and here; `*` matches every release.
//!
//! # Not supported
//!
//! The reasons why a version is out of a range.
//!
//! # Untrusted input
//!
//! Texts longer than [`MAX_VERSION_LEN`] or [`MAX_CONSTRAINT_LEN`], and ranges of more than
//! [`MAX_CONSTRAINT_GROUPS`] alternatives, are errors. Matching is linear in the length of the range.

mod constraint;
mod error;
mod grammar;
mod quote;
mod version;

pub use constraint::{Constraint, MAX_CONSTRAINT_GROUPS, MAX_CONSTRAINT_LEN};
pub use error::{Error, ErrorKind};
pub use version::{MAX_VERSION_LEN, Version};
