// SPDX-License-Identifier: Apache-2.0

//! Typed custom resources of the GitOps Toolkit, equal on the wire to Flux 2.9.
#![allow(
    clippy::exhaustive_structs,
    reason = "specs and statuses are written as literals, with `..Default::default()`"
)]

#[cfg(feature = "crds")]
mod crd;
pub mod kustomize;
pub mod meta;
mod resource;
#[cfg(feature = "validate")]
pub mod schema;
pub mod source;
mod wire_enum;

#[cfg(feature = "crds")]
pub use crd::{crd_file_name, crds};
