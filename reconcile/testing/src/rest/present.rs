// SPDX-License-Identifier: Apache-2.0

//! Objects and lists in the form that the client accepts.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::convert;
use crate::http::{Form, Reply};
use crate::refusal::Refusal;
use crate::registry::Resource;
use crate::rest::call::Call;
use crate::store::Record;
use crate::table;

/// Answers GET of one object.
pub(crate) async fn get(call: &Call) -> Result<Reply, Refusal> {
    match call.subresource.as_deref() {
        Some("scale") => return crate::rest::scale::get(call),
        Some("log") => return crate::reviews::log(call),
        Some("exec") => return Err(Refusal::bad_request("Upgrade request required")),
        _ => {}
    }
    let wanted = call.query.text("resourceVersion");
    if !wanted.is_empty() {
        let Ok(wanted_version) = wanted.parse::<u64>() else {
            let quoted = crate::refusal::quote(wanted);
            let text = format!(
                "resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"
            );
            return Err(Refusal::plain_500(text));
        };
        super::list::wait_for(call, wanted_version).await?;
    }
    let record = call.cluster.store.get(&call.resource.table, &call.key()).ok_or_else(|| call.not_found())?;
    single(call, 200, &convert::read_bytes(&call.resource, &record))
}

/// Returns one object; the bytes are without `apiVersion` and `kind`.
pub(crate) fn single(call: &Call, code: u16, bytes: &Bytes) -> Result<Reply, Refusal> {
    let mut reply = match call.accept.form()? {
        Form::Object => Reply::bytes(code, full(&call.resource, bytes)),
        Form::Metadata { beta } => {
            let metadata = metadata_of(&parse(bytes), beta);
            Reply::json(code, &metadata)
        }
        Form::MetadataList { .. } => {
            let text = format!(
                "you requested PartialObjectMetadataList, but the requested object is not a list ({})",
                go_type(&call.resource, "")
            );
            return Err(Refusal::new(406, Some("NotAcceptable"), text));
        }
        Form::Table { beta } => {
            let object = parse(bytes);
            let version = object["metadata"]["resourceVersion"].clone();
            let table = table::table(call, &[object], &json!({"resourceVersion": version}), beta)?;
            Reply::json(code, &table)
        }
    };
    reply.warnings.clone_from(&call.warnings);
    Ok(reply)
}

fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or(Value::Null)
}

/// Puts `apiVersion` and `kind` in front of stored bytes.
pub(crate) fn full(resource: &Resource, bytes: &Bytes) -> Bytes {
    let mut out = resource.prefix().into_bytes();
    out.extend_from_slice(bytes.get(1..).unwrap_or(b"}"));
    Bytes::from(out)
}

pub(crate) fn metadata_of(object: &Value, beta: bool) -> Value {
    let version = if beta { "meta.k8s.io/v1beta1" } else { "meta.k8s.io/v1" };
    json!({"kind": "PartialObjectMetadata", "apiVersion": version, "metadata": object["metadata"]})
}

fn go_type(resource: &Resource, suffix: &str) -> String {
    if resource.is_custom() {
        return format!("*unstructured.Unstructured{suffix}");
    }
    let package = match resource.group.as_str() {
        "" => "core",
        group => group.split('.').next().unwrap_or_default(),
    };
    format!("*{package}.{}{suffix}", resource.kind)
}

/// Returns a list; `metadata` is that of the list.
pub(crate) fn many(call: &Call, records: &[Arc<Record>], metadata: &Value) -> Result<Reply, Refusal> {
    let resource = &call.resource;
    let mut reply = match call.accept.form()? {
        Form::Object => {
            let mut out = format!(
                "{{\"kind\":\"{}\",\"apiVersion\":\"{}\",\"metadata\":{metadata},\"items\":[",
                resource.list_kind,
                resource.api_version()
            )
            .into_bytes();
            let prefix = if resource.is_custom() { resource.prefix() } else { "{".to_owned() };
            for (index, record) in records.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(prefix.as_bytes());
                out.extend_from_slice(convert::read_bytes(resource, record).get(1..).unwrap_or(b"}"));
            }
            out.extend_from_slice(b"]}");
            Reply::bytes(200, Bytes::from(out))
        }
        Form::MetadataList { beta } => {
            let items: Vec<Value> = records.iter().map(|record| metadata_of(&record.value(), beta)).collect();
            let version = if beta { "meta.k8s.io/v1beta1" } else { "meta.k8s.io/v1" };
            let list = json!({
                "kind": "PartialObjectMetadataList", "apiVersion": version, "metadata": metadata, "items": items,
            });
            Reply::json(200, &list)
        }
        Form::Metadata { .. } => {
            let text = format!(
                "you requested PartialObjectMetadata, but the requested object is a list ({})",
                go_type(resource, "List")
            );
            return Err(Refusal::new(406, Some("NotAcceptable"), text));
        }
        Form::Table { beta } => {
            let objects: Vec<Value> = records.iter().map(|record| convert::read(resource, record)).collect();
            Reply::json(200, &table::table(call, &objects, metadata, beta)?)
        }
    };
    reply.warnings.clone_from(&call.warnings);
    Ok(reply)
}
