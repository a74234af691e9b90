// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

use crate::{meta::LocalObjectReference, wire_enum::wire_enum};

/// How to check the signature of an OCI artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OCIRepositoryVerification {
    /// Engine that checks.
    #[cfg_attr(feature = "crds", schemars(extend("default" = "cosign")))]
    pub provider: VerificationProvider,
    /// Secret with the public keys of those who are trusted; a keyless check when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Identities that are trusted in a keyless check; one of them must fit.
    #[serde(rename = "matchOIDCIdentity", default, skip_serializing_if = "Vec::is_empty")]
    pub match_oidc_identity: Vec<OIDCIdentityMatch>,
    /// Secret with the roots of trust of a Sigstore of your own, under the key `trusted_root.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_root_secret_ref: Option<LocalObjectReference>,
}

/// How to check the signature of a chart in an OCI registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HelmChartVerification {
    /// Engine that checks.
    #[cfg_attr(feature = "crds", schemars(extend("default" = "cosign")))]
    pub provider: VerificationProvider,
    /// Secret with the public keys of those who are trusted; a keyless check when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Identities that are trusted in a keyless check; one of them must fit.
    #[serde(rename = "matchOIDCIdentity", default, skip_serializing_if = "Vec::is_empty")]
    pub match_oidc_identity: Vec<OIDCIdentityMatch>,
}

/// Engine that checks signatures of OCI artifacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerificationProvider {
    /// Cosign.
    #[default]
    Cosign,
    /// Notation.
    Notation,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(VerificationProvider { Cosign = "cosign", Notation = "notation" });

/// An identity that is trusted in a keyless check; both regular expressions must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OIDCIdentityMatch {
    /// Regular expression for the issuer of the certificate.
    pub issuer: String,
    /// Regular expression for the subject of the certificate.
    pub subject: String,
}
