// SPDX-License-Identifier: Apache-2.0

//! From stored objects to the version in which they are asked for.

use bytes::Bytes;
use serde_json::Value;

use crate::registry::Resource;
use crate::store::Record;

/// Returns a stored object as the resource shows it, without `apiVersion` and `kind`.
pub(crate) fn read(resource: &Resource, record: &Record) -> Value {
    let mut value = record.value();
    if let Some(custom) = &resource.custom
        && custom.schema_id != record.schema
    {
        if let Some(schema) = &custom.storage_schema {
            schema.read(&mut value);
        }
        if let Some(schema) = &custom.schema {
            schema.read(&mut value);
        }
    }
    value
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
