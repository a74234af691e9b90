// SPDX-License-Identifier: Apache-2.0

//! Typed custom resources of the GitOps Toolkit, equal on the wire to Flux 2.9.
#![allow(
    clippy::exhaustive_structs,
    reason = "specs and statuses are written as literals, with `..Default::default()`"
)]

#[cfg(feature = "crds")]
mod crd;
pub mod event;
pub mod helm;
pub mod image;
pub mod kustomize;
pub mod meta;
pub mod notification;
mod resource;
#[cfg(feature = "validate")]
pub mod schema;
pub mod source;
pub mod source_extensions;
mod wire_enum;

#[cfg(feature = "crds")]
pub use crd::{crd_file_name, crds};
