// SPDX-License-Identifier: Apache-2.0

//! Kinds of `kustomize.toolkit.fluxcd.io/v1`.

mod kustomization;
mod patch;
mod post_build;
mod status;

pub use self::{
    kustomization::{
        BuildMetadata, CommonMetadata, CrossNamespaceSourceReference, Decryption, DecryptionProvider,
        DeletionPolicy, Kustomization, KustomizationSpec, SourceKind,
    },
    patch::{CustomHealthCheck, IgnoreRule, Image, Patch, Selector},
    post_build::{PostBuild, SubstituteKind, SubstituteReference, SubstituteStrategy},
    status::{Inventory, KustomizationStatus, ResourceRef, Snapshot},
};

/// Reasons of conditions and events, besides those of [`meta::reason`](crate::meta::reason).
pub mod reason {
    /// A directory could not be made.
    pub const DIRECTORY_CREATION_FAILED: &str = "DirectoryCreationFailed";
}
