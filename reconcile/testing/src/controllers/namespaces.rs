// SPDX-License-Identifier: Apache-2.0

//! Deleted namespaces are emptied, then let go.

use std::sync::Arc;

use serde_json::json;

use crate::cluster::Cluster;
use crate::registry::Resource;
use crate::rest;
use crate::store::{Key, Record};

const TABLE: &str = "/namespaces";

pub(super) fn written(cluster: &Arc<Cluster>, resource: &Resource, record: &Record) {
    if resource.table == TABLE && is_terminating(record) {
        empty(cluster, &record.key.name);
    }
}

pub(super) fn removed(cluster: &Arc<Cluster>, resource: &Resource, record: &Record) {
    if !resource.namespaced {
        return;
    }
    let key = Key::new("", record.key.namespace.as_str());
    let namespace = cluster.store.get(TABLE, &key);
    if namespace.is_some_and(|namespace| is_terminating(&namespace)) {
        finish(cluster, &key.name);
    }
}

fn is_terminating(namespace: &Record) -> bool {
    let value = namespace.value();
    let held = value["spec"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty());
    !value["metadata"]["deletionTimestamp"].is_null() && held
}

fn tables(cluster: &Cluster) -> Vec<String> {
    let catalog = cluster.registry.catalog();
    catalog
        .tables()
        .iter()
        .filter(|resource| resource.namespaced)
        .map(|resource| resource.table.clone())
        .collect()
}

fn empty(cluster: &Arc<Cluster>, namespace: &str) {
    for table in tables(cluster) {
        for record in cluster.store.list(&table, namespace).records {
            rest::delete_quietly(cluster, &table, &record.key, Some("Background"));
        }
    }
    finish(cluster, namespace);
}

fn finish(cluster: &Arc<Cluster>, namespace: &str) {
    if tables(cluster).iter().any(|table| !cluster.store.list(table, namespace).records.is_empty()) {
        return;
    }
    rest::edit(
        cluster,
        TABLE,
        &Key::new("", namespace),
        "kube-controller-manager",
        Some("finalize"),
        |object| {
            object["spec"] = json!({});
        },
    );
}
