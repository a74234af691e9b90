// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{meta::is_false, wire_enum::wire_enum};

/// Variables to put into the built manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PostBuild {
    /// When to substitute; `WithVariables` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitute_strategy: Option<SubstituteStrategy>,
    /// Variables and their values; they count more than those of `substituteFrom`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub substitute: BTreeMap<String, String>,
    /// ConfigMaps and Secrets with more variables; a later one counts more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitute_from: Vec<SubstituteReference>,
}

impl PostBuild {
    /// Returns when to substitute, by default `WithVariables`.
    pub fn strategy(&self) -> SubstituteStrategy {
        self.substitute_strategy.clone().unwrap_or(SubstituteStrategy::WithVariables)
    }
}

/// When to substitute variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubstituteStrategy {
    /// If there is at least one variable.
    WithVariables,
    /// Always, so that the defaults in the manifests take effect.
    Always,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(SubstituteStrategy { WithVariables = "WithVariables", Always = "Always" });

/// A ConfigMap or Secret with variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SubstituteReference {
    /// Whether it is a ConfigMap or a Secret.
    pub kind: SubstituteKind,
    /// Name of the object, in the same namespace.
    #[cfg_attr(feature = "crds", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Goes on without it when it does not exist.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "crds", schemars(extend("default" = false)))]
    pub optional: bool,
}

/// Kind of an object with variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubstituteKind {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    #[default]
    ConfigMap,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(SubstituteKind { Secret = "Secret", ConfigMap = "ConfigMap" });
