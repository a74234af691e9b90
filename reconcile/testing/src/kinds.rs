// SPDX-License-Identifier: Apache-2.0

//! What is particular to single kinds; everything else is data.

mod defaults;
mod immutable;
mod pods;
mod rules;
mod services;
mod validate;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::controllers;
use crate::crd;
use crate::refusal::Cause;
use crate::registry::Resource;
use crate::store::Record;

/// Tells whether a new object keeps the status that was sent with it.
pub(crate) fn keeps_status(resource: &Resource) -> bool {
    resource.is("apiregistration.k8s.io", "apiservices")
}

/// Fills in defaults, and what is always written.
pub(crate) fn default(resource: &Resource, object: &mut Value) {
    if resource.is_custom() {
        return;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => {
            let name = object["metadata"]["name"].clone();
            if name.is_string() {
                object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            }
        }
        ("apiextensions.k8s.io", _) => crd::default(object),
        ("", "services") => services::default(object),
        ("", "secrets") => fold_string_data(object),
        ("apps", "daemonsets") => {
            let annotations = &mut object["metadata"]["annotations"];
            if annotations["deprecated.daemonset.template.generation"].is_null() {
                annotations["deprecated.daemonset.template.generation"] = json!("0");
            }
        }
        _ => {}
    }
    defaults::fill(resource, object);
}

/// Prepares a new object after its metadata was filled in.
pub(crate) fn prepare_create(cluster: &Cluster, resource: &Resource, object: &mut Value) {
    if resource.is_custom() {
        return;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => {
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
        }
        ("", "services") => services::allocate(cluster, object, None),
        ("", "pods") => pods::admit(object),
        ("", "persistentvolumeclaims") => {
            add_finalizer(object, "kubernetes.io/pvc-protection");
            object["status"] = json!({"phase": "Pending"});
        }
        ("", "persistentvolumes") => {
            add_finalizer(object, "kubernetes.io/pv-protection");
            object["status"] = json!({"phase": "Pending"});
        }
        ("batch", "jobs") => pods::label_job(object),
        ("apps", "daemonsets") => {
            object["metadata"]["annotations"]["deprecated.daemonset.template.generation"] = json!("1");
        }
        ("apiextensions.k8s.io", _) => crd::prepare_create(object),
        _ => {}
    }
    defaults::status(resource, object);
    crate::schema::settle(resource, object);
}

fn add_finalizer(object: &mut Value, name: &str) {
    let metadata = &mut object["metadata"];
    match metadata["finalizers"].as_array_mut() {
        Some(finalizers) if finalizers.contains(&json!(name)) => {}
        Some(finalizers) => finalizers.push(json!(name)),
        None => metadata["finalizers"] = json!([name]),
    }
}

/// Moves `stringData` into `data`.
fn fold_string_data(object: &mut Value) {
    use base64::Engine;
    let Some(map) = object.as_object_mut() else { return };
    let Some(Value::Object(texts)) = map.remove("stringData") else { return };
    for (key, text) in texts {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text.as_str().unwrap_or_default());
        let data = map.entry("data").or_insert_with(|| json!({}));
        data[key] = json!(encoded);
    }
}

/// Prepares a changed object.
pub(crate) fn prepare_update(cluster: &Cluster, resource: &Resource, live: &Value, object: &mut Value) {
    if resource.is_custom() {
        return;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => {
            let finalizers = live["spec"]["finalizers"].clone();
            object["spec"] = if finalizers.is_null() { json!({}) } else { json!({"finalizers": finalizers}) };
        }
        ("", "services") => services::allocate(cluster, object, Some(live)),
        ("apiextensions.k8s.io", _) => crd::prepare_update(object),
        ("apps", "daemonsets") if live["spec"] != object["spec"] => {
            let generation = live["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
            object["metadata"]["annotations"]["deprecated.daemonset.template.generation"] =
                json!(generation.to_string());
        }
        _ => {}
    }
    defaults::status(resource, object);
    crate::schema::settle(resource, object);
}

/// Checks a new object.
pub(crate) fn validate_create(resource: &Resource, object: &Value) -> Vec<Cause> {
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        return crd::validate(object, None);
    }
    validate::check_new(resource, object)
}

/// Checks a changed object.
pub(crate) fn validate_update(resource: &Resource, live: &Value, object: &Value) -> Vec<Cause> {
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        return crd::validate(object, Some(live));
    }
    let mut causes = validate::check(resource, object);
    causes.extend(immutable::check(resource, live, object));
    causes
}

/// Returns what the server warns about in an object.
pub(crate) fn warnings(resource: &Resource, object: &Value) -> Vec<String> {
    if resource.is_custom() { Vec::new() } else { rules::warnings(object, resource.is("", "services")) }
}

/// Returns what keeps a new object from being stored beside others.
pub(crate) fn clashes(cluster: &Cluster, resource: &Resource, object: &Value) -> Vec<Cause> {
    if resource.is("", "services") { services::clashes(cluster, object) } else { Vec::new() }
}

/// Reacts to a stored object.
pub(crate) fn written(cluster: &Arc<Cluster>, resource: &Resource, record: &Record) {
    if resource.table == crd::TABLE {
        crd::written(cluster, record);
    }
    controllers::written(cluster, resource, record);
}

/// Reacts to a removed object.
pub(crate) fn removed(cluster: &Arc<Cluster>, resource: &Resource, record: &Record) {
    if resource.table == crd::TABLE {
        cluster.registry.replace(&record.key.name, Vec::new());
    }
    if let Some(custom) = &resource.custom {
        let catalog = cluster.registry.catalog();
        let current = catalog.find(&resource.group, &resource.version, &resource.plural);
        if current.and_then(|current| current.custom.as_ref()).is_some_and(|current| current.terminating) {
            crd::finish(cluster, &resource.table, &custom.crd);
        }
    }
    controllers::removed(cluster, resource, record);
}

/// Returns the empty object that a bookmark carries, and from which a creation is compared.
pub(crate) fn blank(resource: &Resource, mut object: Value) -> Value {
    if !resource.is_custom() {
        defaults::blank(resource, &mut object);
    }
    object
}

/// Tells whether an object stays for a while after it was deleted, for the controllers' sake.
pub(crate) fn deletion_waits(resource: &Resource) -> bool {
    resource.table == crd::TABLE
}

/// Marks a deleted object that stays for a while.
pub(crate) fn mark_deleting(cluster: &Cluster, resource: &Resource, live: &Value, object: &mut Value) {
    if resource.is("", "namespaces") {
        object["status"]["phase"] = json!("Terminating");
    }
    if resource.table == crd::TABLE {
        add_finalizer(object, crd::FINALIZER);
        crd::announce(cluster, object);
        object["metadata"]["generation"] = live["metadata"]["generation"].clone();
        crate::rest::metadata_mut(object).remove("deletionGracePeriodSeconds");
    }
}
