// SPDX-License-Identifier: Apache-2.0

//! What a Kubernetes API server does with a custom object, offline: strict decoding, pruning, defaulting, schema
//! validation and CEL rules, for any CustomResourceDefinition.
//!
//! ```
//! use gitops_api::schema::{FieldValidation, Schema};
//! use serde_json::json;
//!
//! let crd = json!({
//!     "spec": {
//!         "group": "example.com",
//!         "scope": "Namespaced",
//!         "names": {"kind": "Widget", "plural": "widgets"},
//!         "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
//!             "type": "object",
//!             "properties": {"spec": {
//!                 "type": "object",
//!                 "required": ["size"],
//!                 "properties": {
//!                     "size": {"type": "integer", "minimum": 1},
//!                     "color": {"type": "string", "default": "blue"}
//!                 }
//!             }}
//!         }}}]
//!     }
//! });
//! let schema = Schema::for_crd(&crd, "v1").expect("the definition is structural");
//! let mut widget = json!({
//!     "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 0}
//! });
//! let admission = schema.admit_create(&mut widget, FieldValidation::Strict);
//! assert_eq!(
//!     admission.violations[0].to_string(),
//!     "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"
//! );
//! assert_eq!(widget["spec"]["color"], "blue");
//! ```
//!
//! # Where to start
//!
//! [`Schema::for_crd`] compiles one version of a definition; [`Schema::admit_create`], [`Schema::admit_update`] and
//! [`Schema::admit_status`] run everything a write runs; [`check_crd`] judges a definition before it is registered.
//!
//! # Compatibility
//!
//! Verdicts, causes and wording are those of kube-apiserver 1.37. Causes that the server gives in random order come in
//! the order of the field names here.
//!
//! # Not supported
//!
//! CEL expressions are parsed but not type-checked when a definition is compiled, and their cost is not estimated.
//!
//! # Untrusted input
//!
//! Work is linear in the object times the schema; nesting is bounded by what the JSON parser accepts.

mod admission;
mod check;
mod correlate;
mod default;
mod duplicates;
mod embedded;
mod expression;
mod format;
mod gotext;
mod lists;
mod metadata;
mod names;
mod node;
mod numbers;
mod path;
mod pattern;
mod prune;
mod rules;
mod structural;
mod value;
mod violation;

pub use self::admission::{Admission, FieldValidation};
pub use self::check::check_crd;
pub use self::duplicates::duplicate_fields;
pub use self::gotext::to_json;
pub use self::violation::{Reason, Violation};

use serde_json::Value;

use self::node::Node;

/// One version of a CustomResourceDefinition, compiled.
///
/// Patterns and rules are compiled once; the methods borrow, so that one schema serves any number of threads.
#[derive(Debug)]
pub struct Schema {
    group: String,
    version: String,
    kind: String,
    plural: String,
    namespaced: bool,
    status: bool,
    scale: Option<Scale>,
    has_rules: bool,
    root: Node,
}

/// Where the scale subresource finds its numbers.
#[derive(Debug)]
struct Scale {
    spec_replicas: String,
    status_replicas: String,
}

impl Schema {
    /// Compiles the given version of a CustomResourceDefinition (its JSON).
    ///
    /// # Errors
    ///
    /// The version is not declared, or its schema is not structural: every problem, with the paths and the wording
    /// that creating the definition gets.
    pub fn for_crd(crd: &Value, version: &str) -> Result<Self, Vec<Violation>> {
        let spec = &crd["spec"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let empty = Vec::new();
        let versions = spec["versions"].as_array().unwrap_or(&empty);
        let Some(declared) = versions.iter().find(|declared| declared["name"] == version) else {
            return Err(vec![Violation::invalid(
                "spec.versions",
                &Value::from(version),
                "is not a version of this definition",
            )]);
        };
        // Defaults are used as a stored definition holds them.
        let json = numbers::stored(declared["schema"]["openAPIV3Schema"].clone());
        let problems = structural::check_stored(&json, "spec.validation.openAPIV3Schema");
        if !problems.is_empty() {
            return Err(problems);
        }
        let root = Node::root(&json)?;
        let subresources = &declared["subresources"];
        let scale = subresources["scale"].as_object().map(|scale| Scale {
            spec_replicas: scale.get("specReplicasPath").map(text).unwrap_or_default(),
            status_replicas: scale.get("statusReplicasPath").map(text).unwrap_or_default(),
        });
        Ok(Self {
            group: text(&spec["group"]),
            version: version.to_owned(),
            kind: text(&spec["names"]["kind"]),
            plural: text(&spec["names"]["plural"]),
            namespaced: spec["scope"] != "Cluster",
            status: subresources["status"].is_object(),
            scale,
            has_rules: root.has_rules,
            root,
        })
    }

    /// Returns the API group, for example `source.toolkit.fluxcd.io`.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Returns the version, for example `v1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the kind, for example `GitRepository`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the resource name used in URLs, for example `gitrepositories`.
    pub fn plural(&self) -> &str {
        &self.plural
    }

    /// Returns the group and the version as an object states them.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Returns whether objects live in a namespace.
    pub fn is_namespaced(&self) -> bool {
        self.namespaced
    }

    /// Returns whether the version has a status subresource, which makes ordinary writes keep the stored status.
    pub fn has_status(&self) -> bool {
        self.status
    }
}
