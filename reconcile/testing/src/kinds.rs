// SPDX-License-Identifier: Apache-2.0

//! What is particular to single kinds; everything else is data.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::refusal::Cause;
use crate::registry::Resource;
use crate::store::Record;

/// Tells whether a new object keeps the status that was sent with it.
pub(crate) fn keeps_status(_resource: &Resource) -> bool {
    false
}

/// Fills in defaults.
pub(crate) fn default(resource: &Resource, object: &mut Value) {
    if resource.is("", "namespaces") {
        let name = object["metadata"]["name"].clone();
        if name.is_string() {
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
    }
}

/// Prepares a new object after its metadata was filled in.
pub(crate) fn prepare_create(resource: &Resource, object: &mut Value) {
    if resource.is("", "namespaces") {
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
    }
}

/// Prepares a changed object.
pub(crate) fn prepare_update(resource: &Resource, live: &Value, object: &mut Value) {
    if resource.is("", "namespaces") {
        object["spec"]["finalizers"] = live["spec"]["finalizers"].clone();
    }
}

/// Checks a new object.
pub(crate) fn validate_create(_resource: &Resource, _object: &Value) -> Vec<Cause> {
    Vec::new()
}

/// Checks a changed object.
pub(crate) fn validate_update(_resource: &Resource, _live: &Value, _object: &Value) -> Vec<Cause> {
    Vec::new()
}

/// Reacts to a stored object.
pub(crate) fn written(_cluster: &Arc<Cluster>, _resource: &Resource, _record: &Record) {}

/// Reacts to a removed object.
pub(crate) fn removed(_cluster: &Arc<Cluster>, _resource: &Resource, _record: &Record) {}

/// Returns the empty object that a bookmark carries.
pub(crate) fn blank(_resource: &Resource, object: Value) -> Value {
    object
}

/// Tells whether an object stays for a while after it was deleted, for the controllers' sake.
pub(crate) fn deletion_waits(_cluster: &Cluster, _resource: &Resource, _name: &str) -> bool {
    false
}

/// Marks a deleted object that stays for a while.
pub(crate) fn mark_deleting(_cluster: &Cluster, resource: &Resource, object: &mut Value) {
    if resource.is("", "namespaces") {
        object["status"]["phase"] = json!("Terminating");
    }
}
