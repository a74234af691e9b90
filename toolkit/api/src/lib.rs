// SPDX-License-Identifier: Apache-2.0

//! Typed custom resources of the GitOps Toolkit, equal on the wire to Flux 2.9.

#[cfg(feature = "validate")]
pub mod schema;
