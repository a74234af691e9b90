// SPDX-License-Identifier: Apache-2.0

//! The garbage collector: dependents follow their owners.

use std::sync::Arc;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::registry::Resource;
use crate::rest;
use crate::store::Record;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
const MANAGER: &str = "kube-controller-manager";

pub(super) fn written(cluster: &Arc<Cluster>, resource: &Resource, record: &Record) {
    let value = record.value();
    if value["metadata"]["deletionTimestamp"].is_null() {
        let lost = !record.owners.is_empty()
            && !record.owners.iter().any(|owner| cluster.store.find(owner).is_some());
        if lost {
            rest::delete_quietly(cluster, &resource.table, &record.key, Some("Background"));
        }
        return;
    }
    if has(&value, ORPHAN) {
        for (table, dependent) in cluster.store.dependents(&record.uid) {
            disown(cluster, &table, &dependent, &record.uid);
        }
        rest::drop_finalizer(cluster, &resource.table, &record.key, ORPHAN);
    } else if has(&value, FOREGROUND) {
        for (table, dependent) in cluster.store.dependents(&record.uid) {
            if dependent.value()["metadata"]["deletionTimestamp"].is_null() {
                rest::delete_quietly(cluster, &table, &dependent.key, Some("Foreground"));
            }
        }
        settle(cluster, &resource.table, record);
    }
}

pub(super) fn removed(cluster: &Arc<Cluster>, record: &Record) {
    for (table, dependent) in cluster.store.dependents(&record.uid) {
        if dependent.owners.iter().any(|owner| *owner != record.uid && cluster.store.find(owner).is_some()) {
            disown(cluster, &table, &dependent, &record.uid);
        } else {
            rest::delete_quietly(cluster, &table, &dependent.key, Some("Background"));
        }
    }
    for owner in &record.owners {
        if let Some((table, owner)) = cluster.store.find(owner)
            && has(&owner.value(), FOREGROUND)
        {
            settle(cluster, &table, &owner);
        }
    }
}

fn has(object: &Value, finalizer: &str) -> bool {
    object["metadata"]["finalizers"].as_array().is_some_and(|all| all.iter().any(|one| one == finalizer))
}

/// Lets an owner go that waits for its dependents, when none is left that blocks it.
fn settle(cluster: &Arc<Cluster>, table: &str, owner: &Record) {
    let blocked = cluster.store.dependents(&owner.uid).iter().any(|(_, dependent)| {
        let value = dependent.value();
        let references = value["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
        references.iter().any(|reference| {
            reference["uid"] == owner.uid.as_str() && reference["blockOwnerDeletion"] == Value::Bool(true)
        })
    });
    if !blocked {
        rest::drop_finalizer(cluster, table, &owner.key, FOREGROUND);
    }
}

fn disown(cluster: &Arc<Cluster>, table: &str, dependent: &Record, owner: &str) {
    rest::edit(cluster, table, &dependent.key, MANAGER, None, |object| {
        if let Some(references) = object["metadata"]["ownerReferences"].as_array_mut() {
            references.retain(|reference| reference["uid"] != owner);
        }
    });
}
