// SPDX-License-Identifier: Apache-2.0

//! From stored objects to the version in which they are asked for.

use bytes::Bytes;
use serde_json::Value;

use crate::registry::Resource;
use crate::store::Record;

/// Returns a stored object as the resource shows it, without `apiVersion` and `kind`.
pub(crate) fn read(resource: &Resource, record: &Record) -> Value {
    let mut value = record.value();
    if resource.group == "events.k8s.io" {
        rename(&mut value, &EVENT_NAMES, false);
        for key in ["reportingController", "reportingInstance"] {
            if value[key] == "" {
                crate::rest::remove(&mut value, key);
            }
        }
    }
    if let Some(custom) = &resource.custom
        && custom.schema_id != record.schema
    {
        if let Some(schema) = &custom.storage_schema {
            schema.read(&mut value);
        }
        if let Some(schema) = &custom.schema
            && !custom.storage
        {
            schema.prune(&mut value);
        }
    }
    value
}

/// What the two views of events call the same things: core first.
const EVENT_NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn rename(value: &mut Value, names: &[(&str, &str)], back: bool) {
    let Some(map) = value.as_object_mut() else { return };
    for (core, other) in names {
        let (from, to) = if back { (other, core) } else { (core, other) };
        if let Some(moved) = map.remove(*from) {
            map.insert((*to).to_owned(), moved);
        }
    }
}

/// Brings an object into the form in which it is stored.
pub(crate) fn store(resource: &Resource, value: &mut Value) {
    if resource.group == "events.k8s.io" {
        rename(value, &EVENT_NAMES, true);
    }
}

/// Returns the serialized form of [`read`], without parsing where the stored bytes will do.
pub(crate) fn read_bytes(resource: &Resource, record: &Record) -> Bytes {
    if plain(resource, record) {
        record.bytes.clone()
    } else {
        Bytes::from(read(resource, record).to_string())
    }
}

fn plain(resource: &Resource, record: &Record) -> bool {
    resource.group != "events.k8s.io" && record.schema == resource.schema_id()
}
