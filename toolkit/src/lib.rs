// SPDX-License-Identifier: Apache-2.0

//! Types and engines of the GitOps Toolkit behind one front door.
//!
//! ```
//! use gitops_toolkit::kustomize::{build, fs::Memory, Options};
//!
//! let fs = Memory::from([
//!     ("app/kustomization.yaml", "namePrefix: dev-\nresources: [cm.yaml]\n"),
//!     ("app/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"),
//! ]);
//! let set = build(&fs, "app", &Options::default())?;
//! assert_eq!(set.iter().next().map(|object| object.name()), Some("dev-web"));
//! # Ok::<(), gitops_toolkit::kustomize::Error>(())
//! ```
//!
//! # Where to start
//! [`api`] holds the custom resource types, [`kustomize`] builds manifests, [`bridge`] maps a kind's spec to an engine's options.
//!
//! # Compatibility
//! Each engine's crate names the upstream version it follows and the tests that show it.
//!
//! # Untrusted input
//! Each engine bounds its work; the limits are in its options.

pub use gitops_api as api;
pub use gitops_kustomize as kustomize;
pub use gitops_manifest as manifest;
pub use gitops_semver as semver;
pub use gitops_yaml as yaml;

pub mod bridge;
