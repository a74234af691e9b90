// SPDX-License-Identifier: Apache-2.0

//! Kinds of `kustomize.toolkit.fluxcd.io/v1`.

mod kustomization;
mod post_build;
mod status;

pub use self::{
    kustomization::{
        BuildMetadata, CrossNamespaceSourceReference, Decryption, DecryptionProvider, DeletionPolicy,
        Kustomization, KustomizationSpec, SourceKind,
    },
    post_build::{PostBuild, SubstituteKind, SubstituteReference, SubstituteStrategy},
    status::{KustomizationStatus, Snapshot},
};
pub use crate::meta::{
    CommonMetadata, CustomHealthCheck, IgnoreRule, Image, Inventory, Patch, ResourceRef, Selector,
};

/// Reasons of conditions and events, besides those of [`meta::reason`](crate::meta::reason).
pub mod reason {
    /// A directory could not be made.
    pub const DIRECTORY_CREATION_FAILED: &str = "DirectoryCreationFailed";
}
