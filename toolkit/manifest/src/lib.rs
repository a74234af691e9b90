// SPDX-License-Identifier: Apache-2.0

//! Kubernetes objects as data: manifests, sets, ids and apply order.
//!
//! ```
//! use gitops_manifest::{ManifestSet, order};
//!
//! let set = ManifestSet::from_yaml(b"{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---
//! {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n")?;
//! let sorted = order::apply_order(&set, &[]);
//! assert_eq!(sorted[0].id().to_string(), "_b__Namespace");
//! # Ok::<(), gitops_manifest::Error>(())
//! ```
//!
//! # Where to start
//!
//! - [`ManifestSet`]: objects of a file or a build, in order, found by id;
//! - [`Manifest`]: one object;
//! - [`ObjectId`]: what names an object, with the text form of inventories.
//!
//! # Compatibility
//!
//! Texts of ids and the apply order are those of Flux 2.9 (`ids` and `order` in `tests/manifest`); YAML is written as kustomize 5.8.1 does.
//!
//! # Not supported
//!
//! Typed objects: use `serde_json::from_value` on [`Manifest::into_value`].
//!
//! # Untrusted input
//!
//! Reading is bounded by [`gitops_yaml::Limits`]. Errors name kind and name of an object, never its content.

mod error;
mod id;
mod manifest;
pub mod order;
mod set;

pub use error::{Error, ErrorKind};
pub use id::ObjectId;
pub use manifest::Manifest;
pub use set::{Difference, ManifestSet};
