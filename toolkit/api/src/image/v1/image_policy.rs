// SPDX-License-Identifier: Apache-2.0

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(feature = "crds")]
use crate::source::v1::INTERVAL;
use crate::{
    meta::{Condition, Duration, NamespacedObjectReference, ObjectMeta, is_false, is_zero},
    resource::resource,
    wire_enum::wire_enum,
};

/// A rule that chooses one tag of an image.
///
/// ```
/// use gitops_api::{
///     image::v1::{DigestReflectionPolicy, ImagePolicy, ImagePolicyChoice, ImagePolicySpec, SemVerPolicy},
///     meta::NamespacedObjectReference,
/// };
///
/// let policy = ImagePolicy::new("podinfo", ImagePolicySpec {
///     image_repository_ref: NamespacedObjectReference { name: "podinfo".into(), ..Default::default() },
///     policy: ImagePolicyChoice { semver: Some(SemVerPolicy { range: "6.x".into() }), ..Default::default() },
///     ..Default::default()
/// });
/// assert_eq!(policy.digest_reflection_policy(), DigestReflectionPolicy::Never);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImagePolicy {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// Which tag of which image to choose.
    pub spec: ImagePolicySpec,
    /// What the controller saw and did last.
    pub status: Option<ImagePolicyStatus>,
}

resource!(
    ImagePolicy, "image.toolkit.fluxcd.io", "v1", "imagepolicies", ImagePolicySpec, ImagePolicyStatus,
    about: "A rule that chooses one tag of an image.",
    short: ["imgpol", "imagepol"],
    categories: ["all", "fluxcd", "fluxcd-images"],
    columns: &[crate::crd::column("Image", ".status.latestRef.name"), crate::crd::column("Tag", ".status.latestRef.tag"), crate::crd::READY, crate::crd::STATUS, crate::crd::AGE],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true, substitutable: true,
);

impl ImagePolicy {
    /// Returns when the digest of the tag is looked up: `spec.digestReflectionPolicy`, or else never.
    pub fn digest_reflection_policy(&self) -> DigestReflectionPolicy {
        self.spec.digest_reflection_policy.clone().unwrap_or(DigestReflectionPolicy::Never)
    }

    /// Returns the namespace of the image repository: that of the reference, or else of the policy.
    pub fn repository_namespace(&self) -> Option<&str> {
        let named =
            self.spec.image_repository_ref.namespace.as_deref().filter(|namespace| !namespace.is_empty());
        named.or(self.metadata.namespace.as_deref())
    }
}

/// Which tag of which image to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
        "message": "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'"
    },
    {
        "rule": "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
        "message": "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'"
    },
])))]
#[serde(rename_all = "camelCase")]
pub struct ImagePolicySpec {
    /// Image repository whose tags to choose from.
    pub image_repository_ref: NamespacedObjectReference,
    /// Rule that chooses.
    pub policy: ImagePolicyChoice,
    /// Tags to choose from; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_tags: Option<TagFilter>,
    /// When to look up the digest of the tag; `Never` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "Never")))]
    pub digest_reflection_policy: Option<DigestReflectionPolicy>,
    /// Time between two looks at the digest; needed with, and only allowed with, the policy `Always`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Option<Duration>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
}

/// A rule that chooses a tag.
///
/// Of several that are set one counts: `semver`, then `alphabetical`, then `numerical`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImagePolicyChoice {
    /// The highest version in a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semver: Option<SemVerPolicy>,
    /// The last, or first, tag in the order of bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alphabetical: Option<AlphabeticalPolicy>,
    /// The highest, or lowest, number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerical: Option<NumericalPolicy>,
}

/// The highest version in a range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SemVerPolicy {
    /// Range of versions.
    pub range: String,
}

/// The last, or first, tag in the order of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AlphabeticalPolicy {
    /// Order, of which the last is taken; `asc` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "asc")))]
    pub order: Option<Order>,
}

/// The highest, or lowest, number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NumericalPolicy {
    /// Order, of which the last is taken; `asc` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = "asc")))]
    pub order: Option<Order>,
}

/// An order, of which the last is taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// Upwards, so that the greatest is taken.
    Ascending,
    /// Downwards, so that the least is taken.
    Descending,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(Order { Ascending = "asc", Descending = "desc" });

/// When to look up the digest of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "ReflectionPolicy")]
pub enum DigestReflectionPolicy {
    /// At every interval.
    Always,
    /// When the tag has changed.
    IfNotPresent,
    /// Never.
    Never,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(DigestReflectionPolicy { Always = "Always", IfNotPresent = "IfNotPresent", Never = "Never" });

/// Tags to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TagFilter {
    /// Regular expression that must be found in a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Text, with `$name` or `$1` for what groups found, that is compared in place of the tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extract: Option<String>,
}

/// An image with a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageRef {
    /// Name of the image.
    pub name: String,
    /// Tag.
    pub tag: String,
    /// Digest of what the tag stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.tag)?;
        match self.digest.as_deref() {
            None | Some("") => Ok(()),
            Some(digest) => write!(f, "@{digest}"),
        }
    }
}

/// Which tag was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImagePolicyStatus {
    /// The choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_ref: Option<ImageRef>,
    /// The choice before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_previous_ref: Option<ImageRef>,
    /// Generation of the spec that this status is about; `-1` before the first look.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}
