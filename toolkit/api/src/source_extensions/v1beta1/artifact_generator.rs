// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

use crate::{
    meta::{CommonMetadata, Condition, ObjectMeta},
    resource::resource,
    wire_enum::wire_enum,
};

/// Artifacts that are put together from the artifacts of sources.
///
/// ```
/// use gitops_api::source_extensions::v1beta1::{
///     ArtifactGenerator, ArtifactGeneratorSpec, CopyOperation, GeneratorSourceKind, OutputArtifact, SourceReference,
/// };
///
/// let generator = ArtifactGenerator::new("apps", ArtifactGeneratorSpec {
///     sources: vec![SourceReference {
///         alias: "fleet".into(),
///         kind: GeneratorSourceKind::GitRepository,
///         name: "fleet".into(),
///         ..Default::default()
///     }],
///     artifacts: vec![OutputArtifact {
///         name: "web".into(),
///         copy: vec![CopyOperation { from: "@fleet/apps/web/**".into(), to: "@artifact/".into(), ..Default::default() }],
///         ..Default::default()
///     }],
///     ..Default::default()
/// });
/// assert!(!generator.is_suspended());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArtifactGenerator {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// What to put together.
    pub spec: ArtifactGeneratorSpec,
    /// What the controller saw and did last.
    pub status: Option<ArtifactGeneratorStatus>,
}

resource!(
    ArtifactGenerator, "source.extensions.fluxcd.io", "v1beta1", "artifactgenerators", ArtifactGeneratorSpec, ArtifactGeneratorStatus,
    about: "Artifacts that are put together from the artifacts of sources.",
    short: ["ag"],
    categories: ["all", "fluxcd", "fluxcd-sources"],
    columns: &[crate::crd::AGE, crate::crd::READY, crate::crd::STATUS],
    status_default: None,
    observed: false,
);

impl ArtifactGenerator {
    /// Returns whether the annotation `source.extensions.fluxcd.io/reconcile` is `disabled`, for want of a `spec.suspend`.
    #[doc(alias = "IsDisabled")]
    pub fn is_suspended(&self) -> bool {
        let annotations = self.metadata.annotations.as_ref();
        annotations
            .and_then(|all| all.get(crate::meta::annotation::RECONCILE))
            .is_some_and(|value| value.eq_ignore_ascii_case("disabled"))
    }
}

/// Which artifacts to put together, and from what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [{
    "rule": r"has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))",
    "message": "artifact names must be valid Kubernetes object names when pathPattern is not set"
}])))]
#[serde(rename_all = "camelCase")]
pub struct ArtifactGeneratorSpec {
    /// Labels and annotations of the ExternalArtifacts that are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Sources to copy from, 1 to 1000.
    #[cfg_attr(feature = "crds", schemars(extend("minItems" = 1, "maxItems" = 1000)))]
    pub sources: Vec<SourceReference>,
    /// Directories, as `@alias/path/{name}`, each of which makes artifacts; what a name in braces stands for
    /// can be used in the artifacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 1024, "pattern" = "^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$")))]
    pub path_pattern: Option<String>,
    /// Artifacts to make, 1 to 1000.
    #[cfg_attr(feature = "crds", schemars(extend("minItems" = 1, "maxItems" = 1000)))]
    pub artifacts: Vec<OutputArtifact>,
}

/// A source to copy from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SourceReference {
    /// Name for the source in `copy` and `revision`, at most 63 characters.
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 63, "pattern" = "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$")))]
    pub alias: String,
    /// Name of the source.
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 253, "pattern" = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")))]
    pub name: String,
    /// Namespace of the source; that of the generator when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")))]
    pub namespace: Option<String>,
    /// Kind of the source.
    pub kind: GeneratorSourceKind,
}

/// Kind of a source to copy from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GeneratorSourceKind {
    /// A bucket of an object store.
    Bucket,
    /// A Git repository.
    #[default]
    GitRepository,
    /// An artifact in an OCI registry.
    OCIRepository,
    /// A Helm chart.
    HelmChart,
    /// An artifact made by somebody else.
    ExternalArtifact,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(GeneratorSourceKind { Bucket = "Bucket", GitRepository = "GitRepository", OCIRepository = "OCIRepository", HelmChart = "HelmChart", ExternalArtifact = "ExternalArtifact" });

/// An artifact to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutputArtifact {
    /// Name of the ExternalArtifact, 1 to 253 characters.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// `@alias` of the source whose revision the artifact has; a digest of the content when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 64, "pattern" = "^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$")))]
    pub revision: Option<String>,
    /// `@alias` of the source whose revision at its origin the artifact has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 64, "pattern" = "^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$")))]
    pub origin_revision: Option<String>,
    /// What to copy, in order; at least one entry.
    #[cfg_attr(feature = "crds", schemars(extend("minItems" = 1)))]
    pub copy: Vec<CopyOperation>,
}

/// Files to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CopyOperation {
    /// Files to copy, as `@alias/pattern`.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 1024, "pattern" = "^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$")))]
    pub from: String,
    /// Place to copy to, as `@artifact/path`.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 1024, "pattern" = "^@(artifact)/(.*)$")))]
    pub to: String,
    /// Patterns of files to leave out, at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "crds", schemars(extend("maxItems" = 100)))]
    pub exclude: Vec<String>,
    /// What to do with a file that is there already; `Overwrite` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<CopyStrategy>,
}

/// What to do with a file that is there already.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CopyStrategy {
    /// Put the new one in its place.
    Overwrite,
    /// Merge the new one, as YAML, into it.
    Merge,
    /// Unpack archives over it.
    Extract,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(CopyStrategy { Overwrite = "Overwrite", Merge = "Merge", Extract = "Extract" });

/// What the controller put together last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ArtifactGeneratorStatus {
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Artifacts that were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<ExternalArtifactReference>,
    /// Digest over the revisions of the sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_sources_digest: Option<String>,
}

/// An artifact that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExternalArtifactReference {
    /// Name of the ExternalArtifact.
    pub name: String,
    /// Namespace of the ExternalArtifact.
    pub namespace: String,
    /// Digest of the archive.
    pub digest: String,
    /// Name of the file in the store.
    pub filename: String,
}
