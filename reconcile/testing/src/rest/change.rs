// SPDX-License-Identifier: Apache-2.0

//! The last steps of every write: no-op check, commit, and what a commit sets in motion.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::index;
use crate::refusal::Refusal;
use crate::registry::Resource;
use crate::rest::call::Call;
use crate::rest::meta;
use crate::store::{Clash, Draft, Expect, Key, Record};

/// The serialized object that a write leaves behind, without `apiVersion` and `kind`.
pub(crate) struct Written {
    pub(crate) bytes: Bytes,
    pub(crate) created: bool,
}

impl Written {
    fn of(resource: &Resource, record: &Record) -> Self {
        Self { bytes: crate::convert::read_bytes(resource, record), created: false }
    }
}

/// Why a prepared change did not get stored.
pub(crate) enum Missed {
    /// Somebody else was faster: read again and try again.
    Raced,
    Refused(Refusal),
}

impl From<Refusal> for Missed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

pub(crate) fn draft(resource: &Resource, mut object: Value) -> Draft {
    crate::schema::prune_for_storage(resource, &mut object);
    crate::convert::store(resource, &mut object);
    let fields = index::fields(resource, &object);
    Draft { object, fields, schema: resource.schema_id() }
}

/// Stores a new object.
pub(crate) fn insert(call: &Call, mut object: Value, generated: bool) -> Result<Written, Refusal> {
    let key = call.key_of(&object);
    let resource = &call.resource;
    let store = &call.cluster.store;
    let taken = || {
        if generated {
            Refusal::generated_name_taken(resource.about(), &key.name)
        } else {
            Refusal::already_exists(resource.about(), &key.name)
        }
    };
    if call.dry_run() {
        if store.get(&resource.table, &key).is_some() {
            return Err(taken());
        }
        meta::remove(&mut object, "apiVersion");
        meta::remove(&mut object, "kind");
        meta::metadata_mut(&mut object).remove("resourceVersion");
        return Ok(Written { bytes: Bytes::from(object.to_string()), created: true });
    }
    let record =
        store.put(&resource.table, &key, Expect::Absent, draft(resource, object)).map_err(|_| taken())?;
    crate::kinds::written(&call.cluster, resource, &record);
    Ok(Written { created: true, ..Written::of(resource, &record) })
}

/// Stores a changed object, or removes it when its last finalizer is gone.
pub(crate) fn replace(call: &Call, live: &Record, old: &Value, object: Value) -> Result<Written, Missed> {
    let resource = &call.resource;
    if going(resource, &object) {
        return take_away(call, live, old, object);
    }
    if same(old, &object) {
        return Ok(Written::of(resource, live));
    }
    if call.dry_run() {
        let mut object = object;
        meta::remove(&mut object, "apiVersion");
        meta::remove(&mut object, "kind");
        return Ok(Written { bytes: Bytes::from(object.to_string()), created: false });
    }
    let expect = Expect::Revision(live.revision);
    match call.cluster.store.put(&resource.table, &live.key, expect, draft(resource, object)) {
        Ok(record) => {
            crate::kinds::written(&call.cluster, resource, &record);
            Ok(Written::of(resource, &record))
        }
        Err(Clash::Missing) => Err(Missed::Refused(call.not_found())),
        Err(_) => Err(Missed::Raced),
    }
}

/// Tells whether an object that is being deleted has nothing left to wait for.
fn going(resource: &Resource, object: &Value) -> bool {
    let metadata = &object["metadata"];
    let finalized = metadata["finalizers"].as_array().is_none_or(Vec::is_empty);
    let waiting = metadata["deletionGracePeriodSeconds"].as_i64().is_some_and(|seconds| seconds > 0);
    let content = resource.is("", "namespaces")
        && object["spec"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty());
    !metadata["deletionTimestamp"].is_null() && finalized && !waiting && !content
}

fn take_away(call: &Call, live: &Record, old: &Value, object: Value) -> Result<Written, Missed> {
    let bytes = Bytes::from(stripped(object).to_string());
    if !call.dry_run() {
        remove(&call.cluster, &call.resource, live, old.clone()).map_err(|clash| {
            if clash == Clash::Missing { Missed::Refused(call.not_found()) } else { Missed::Raced }
        })?;
    }
    Ok(Written { bytes, created: false })
}

fn stripped(mut object: Value) -> Value {
    meta::remove(&mut object, "apiVersion");
    meta::remove(&mut object, "kind");
    object
}

/// Removes an object from the store and tells the controllers.
pub(crate) fn remove(
    cluster: &Arc<crate::cluster::Cluster>,
    resource: &Resource,
    live: &Record,
    last: Value,
) -> Result<Arc<Record>, Clash> {
    let record = cluster.store.remove(&resource.table, &live.key, live.revision, draft(resource, last))?;
    crate::kinds::removed(cluster, resource, &record);
    Ok(record)
}

/// Compares two objects apart from `apiVersion`, `kind` and the version.
fn same(old: &Value, new: &Value) -> bool {
    let strip = |value: &Value| {
        let mut value = stripped(value.clone());
        meta::metadata_mut(&mut value).remove("resourceVersion");
        value
    };
    strip(old) == strip(new)
}

/// Returns the current object and its parsed form, in the version of the call.
pub(crate) fn live(call: &Call, key: &Key) -> Option<(Arc<Record>, Value)> {
    let record = call.cluster.store.get(&call.resource.table, key)?;
    let mut value = crate::convert::read(&call.resource, &record);
    value["apiVersion"] = json!(call.resource.api_version());
    value["kind"] = json!(call.resource.kind);
    Some((record, value))
}
