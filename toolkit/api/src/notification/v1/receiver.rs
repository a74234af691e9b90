// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EventSourceKind;
#[cfg(feature = "crds")]
use crate::source::v1::INTERVAL;
use crate::{
    meta::{Condition, Duration, LocalObjectReference, ObjectMeta, is_false, is_zero},
    resource::resource,
    wire_enum::wire_enum,
};

/// A webhook that makes controllers look at their objects at once.
///
/// ```
/// use gitops_api::notification::v1::{EventSourceKind, Receiver, ReceiverResource, ReceiverSpec, ReceiverType};
///
/// let receiver = Receiver::new("github", ReceiverSpec {
///     type_: ReceiverType::GitHub,
///     events: vec!["push".into()],
///     resources: vec![ReceiverResource {
///         kind: EventSourceKind::GitRepository,
///         name: "fleet".into(),
///         ..Default::default()
///     }],
///     secret_ref: Some("webhook-token".into()),
///     ..Default::default()
/// });
/// assert_eq!(receiver.interval(), gitops_api::meta::Duration::from_mins(10));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receiver {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// Who calls, and which objects are meant.
    pub spec: ReceiverSpec,
    /// What the controller saw and did last.
    pub status: Option<ReceiverStatus>,
}

resource!(
    Receiver, "notification.toolkit.fluxcd.io", "v1", "receivers", ReceiverSpec, ReceiverStatus,
    about: "A webhook that makes controllers look at their objects at once.",
    short: [],
    categories: ["all", "fluxcd", "fluxcd-notifications"],
    columns: &[crate::crd::AGE, crate::crd::READY, crate::crd::STATUS],
    status_default: Some(serde_json::json!({ "observedGeneration": -1 })),
    observed: true,
);

impl Receiver {
    /// Returns the time between two looks at the Secret: `spec.interval`, or else ten minutes.
    #[doc(alias = "GetInterval")]
    pub fn interval(&self) -> Duration {
        self.spec.interval.clone().unwrap_or(Duration::from_mins(10))
    }
}

/// Who calls a webhook, and which objects are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
        "message": "generic-oidc receivers must define at least one oidcProvider"
    },
    {
        "rule": "self.type == 'generic-oidc' || !has(self.oidcProviders) || size(self.oidcProviders) == 0",
        "message": "oidcProviders can only be set when type is generic-oidc"
    },
    {
        "rule": "self.type != 'generic-oidc' || !has(self.secretRef)",
        "message": "secretRef cannot be set when type is generic-oidc"
    },
    {
        "rule": "self.type == 'generic-oidc' || has(self.secretRef)",
        "message": "secretRef is required when type is not generic-oidc"
    },
])))]
#[serde(rename_all = "camelCase")]
pub struct ReceiverSpec {
    /// Form of the calls.
    #[serde(rename = "type")]
    pub type_: ReceiverType,
    /// Time between two looks at the Secret; ten minutes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL, "default" = "10m")))]
    pub interval: Option<Duration>,
    /// Names of events to act on, for the types that have them; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Objects that are meant.
    pub resources: Vec<ReceiverResource>,
    /// CEL expression over `req`, the call, and `res`, an object, that tells whether the object is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_filter: Option<String>,
    /// Secret with the `token`; needed for all types but `generic-oidc`, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Issuers of tokens that are trusted; only for the type `generic-oidc`, which needs one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["issuerURL"])))]
    pub oidc_providers: Vec<OIDCProvider>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
}

/// Form of the calls of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReceiverType {
    /// Any call.
    #[default]
    Generic,
    /// Any call with a signature over its body.
    GenericHmac,
    /// Any call with an OpenID Connect token.
    GenericOidc,
    /// GitHub.
    GitHub,
    /// GitLab.
    GitLab,
    /// Bitbucket.
    Bitbucket,
    /// Harbor.
    Harbor,
    /// Docker Hub.
    DockerHub,
    /// Quay.
    Quay,
    /// Google Container Registry.
    Gcr,
    /// Nexus.
    Nexus,
    /// Azure Container Registry.
    Acr,
    /// CDEvents.
    CDEvents,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(ReceiverType { Generic = "generic", GenericHmac = "generic-hmac", GenericOidc = "generic-oidc", GitHub = "github", GitLab = "gitlab", Bitbucket = "bitbucket", Harbor = "harbor", DockerHub = "dockerhub", Quay = "quay", Gcr = "gcr", Nexus = "nexus", Acr = "acr", CDEvents = "cdevents" });

/// Objects that are meant, by kind and name or labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReceiverResource {
    /// Group and version of the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the objects.
    pub kind: EventSourceKind,
    /// Name of the object, 1 to 253 characters; `*` for all, or for those with the labels.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Namespace of the objects, 1 to 253 characters; that of the receiver when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub namespace: Option<String>,
    /// Labels that the objects must have; only with the name `*`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// CEL expression, like `resourceFilter`, for these objects alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// An issuer of tokens that is trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OIDCProvider {
    /// Address of the issuer.
    #[serde(rename = "issuerURL")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = "^https?://")))]
    pub issuer_url: String,
    /// Audience that the tokens must have; `notification-controller` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Names for CEL expressions over `claims`, for use in the checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<OIDCVariable>,
    /// Checks of a token, at least one; all must hold.
    #[cfg_attr(feature = "crds", schemars(extend("minItems" = 1)))]
    pub validations: Vec<OIDCValidation>,
}

/// A name for a CEL expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OIDCVariable {
    /// The name.
    pub name: String,
    /// The expression.
    pub expression: String,
}

/// A check of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OIDCValidation {
    /// CEL expression that must be true.
    pub expression: String,
    /// Text for when it is not.
    pub message: String,
}

/// How a webhook can be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReceiverStatus {
    /// Value of the annotation `reconcile.fluxcd.io/requestedAt` that was handled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// How things stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Path of the webhook, `/hook/<hex>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_path: Option<String>,
    /// Generation of the spec that this status is about; `-1` before the first look.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
}
