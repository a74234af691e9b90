// SPDX-License-Identifier: Apache-2.0

//! Writes that the server makes itself.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::http::{Accept, Query};
use crate::registry::Resource;
use crate::rest::call::{Call, User, Verb};
use crate::rest::change::{self, Missed};
use crate::rest::{delete, merge, update};
use crate::store::Key;

fn resource(cluster: &Cluster, table: &str) -> Option<Arc<Resource>> {
    let catalog = cluster.registry.catalog();
    catalog.tables().into_iter().find(|resource| resource.table == table).map(Arc::clone)
}

fn call(
    cluster: &Arc<Cluster>,
    resource: Arc<Resource>,
    key: &Key,
    manager: &str,
    subresource: Option<&str>,
) -> Call {
    let mut query = Query::default();
    query.set("fieldManager", manager);
    Call {
        cluster: Arc::clone(cluster),
        resource,
        verb: Verb::Patch,
        namespace: key.namespace.clone(),
        name: Some(key.name.clone()),
        subresource: subresource.map(str::to_owned),
        query,
        accept: Accept::parse(""),
        content_type: String::new(),
        agent: manager.to_owned(),
        user: User { name: manager.to_owned(), groups: Vec::new(), uid: String::new(), extra: Vec::new() },
        body: Bytes::new(),
        warnings: Vec::new(),
    }
}

/// Changes an object until nobody else is faster; nothing happens when it is gone.
pub(crate) fn edit(
    cluster: &Arc<Cluster>,
    table: &str,
    key: &Key,
    manager: &str,
    subresource: Option<&str>,
    change: impl Fn(&mut Value),
) {
    let Some(resource) = resource(cluster, table) else { return };
    let mut call = call(cluster, resource, key, manager, subresource);
    while let Some((record, live)) = change::live(&call, key) {
        let mut object = live.clone();
        change(&mut object);
        match update::advance(&mut call, &record, &live, object, true) {
            Err(Missed::Raced) => {}
            Ok(_) | Err(Missed::Refused(_)) => return,
        }
    }
}

/// Merges a status into that of an object.
pub(crate) fn write_status(cluster: &Arc<Cluster>, table: &str, key: &Key, manager: &str, status: &Value) {
    edit(cluster, table, key, manager, Some("status"), |object| {
        let mut merged = object["status"].clone();
        merge(&mut merged, status);
        object["status"] = merged;
    });
}

/// Takes a finalizer from an object.
pub(crate) fn drop_finalizer(cluster: &Arc<Cluster>, table: &str, key: &Key, finalizer: &str) {
    edit(cluster, table, key, "kube-apiserver", None, |object| {
        if let Some(finalizers) = object["metadata"]["finalizers"].as_array_mut() {
            finalizers.retain(|one| *one != json!(finalizer));
        }
    });
}

/// Deletes an object, whatever it answers.
pub(crate) fn delete_quietly(cluster: &Arc<Cluster>, table: &str, key: &Key, policy: Option<&str>) {
    let Some(resource) = resource(cluster, table) else { return };
    let mut call = call(cluster, resource, key, "kube-apiserver", None);
    call.verb = Verb::Delete;
    if let Some(policy) = policy {
        call.query.set("propagationPolicy", policy);
    }
    let _ = delete::delete(&mut call);
}
