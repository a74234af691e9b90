// SPDX-License-Identifier: Apache-2.0

//! Kinds of `source.extensions.fluxcd.io/v1beta1`.

mod artifact_generator;

pub use artifact_generator::{
    ArtifactGenerator, ArtifactGeneratorSpec, ArtifactGeneratorStatus, CopyOperation, CopyStrategy,
    ExternalArtifactReference, GeneratorSourceKind, OutputArtifact, SourceReference,
};

/// Reasons of conditions and events, besides those of [`meta::reason`](crate::meta::reason).
pub mod reason {
    /// A source could not be fetched.
    pub const SOURCE_FETCH_FAILED: &str = "SourceFetchFailed";
    /// The spec breaks a rule that the definition cannot state.
    pub const VALIDATION_FAILED: &str = "ValidationFailed";
}
