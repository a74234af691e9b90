// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;

use serde_json::{Value, json};

use crate::http::Reply;
use crate::refusal::{Cause, Refusal};
use crate::rest::call::{Call, Verb};
use crate::rest::change::{self, Missed, Written};
use crate::rest::{create, decode, meta, present};
use crate::store::Record;

/// Answers PUT.
pub(crate) fn update(call: &mut Call) -> Result<Reply, Refusal> {
    if call.subresource.as_deref() == Some("scale") {
        return crate::rest::scale::update(call);
    }
    call.check_options("UpdateOptions", false)?;
    let object = decode::body(call)?;
    check_name(call, &object)?;
    let version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
    if !version.is_empty() && version.parse::<u64>().is_err() {
        let text = format!("strconv.ParseUint: parsing {}: invalid syntax", crate::refusal::quote(&version));
        return Err(Refusal::plain_500(text));
    }
    let mut object = object;
    loop {
        let Some((record, live)) = change::live(call, &call.key()) else {
            return put_missing(call, object);
        };
        check_preconditions(call, &record, &object, &version)?;
        let mut next = object.clone();
        restore_managed_fields(&live, &mut next);
        match advance(call, &record, &live, next, true) {
            Ok(written) => return present::single(call, 200, &written.bytes),
            Err(Missed::Refused(refusal)) => return Err(refusal),
            Err(Missed::Raced) => object = object.take(),
        }
    }
}

fn check_name(call: &Call, object: &Value) -> Result<(), Refusal> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        let text = format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            call.named()
        );
        return Err(Refusal::bad_request(text));
    }
    if name != call.named() {
        let text =
            format!("the name of the object ({name}) does not match the name on the URL ({})", call.named());
        return Err(Refusal::bad_request(text));
    }
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    if !namespace.is_empty() && namespace != call.namespace && call.resource.namespaced {
        let text = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(text));
    }
    Ok(())
}

fn storage_key(call: &Call) -> String {
    let group = if call.resource.is_custom() { format!("{}/", call.resource.group) } else { String::new() };
    let namespace = if call.namespace.is_empty() { String::new() } else { format!("{}/", call.namespace) };
    format!("/registry/{group}{}/{namespace}{}", call.resource.plural, call.named())
}

fn uid_mismatch(call: &Call, wanted: &str, found: &str) -> Refusal {
    let detail = format!(
        "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: \
         UID in precondition: {wanted}, UID in object meta: {found}",
        storage_key(call)
    );
    Refusal::conflict(call.resource.about(), call.named(), &detail)
}

fn put_missing(call: &mut Call, object: Value) -> Result<Reply, Refusal> {
    if !call.resource.flags.create_on_update || call.subresource.is_some() {
        return Err(call.not_found());
    }
    if let Some(uid) = object["metadata"]["uid"].as_str().filter(|uid| !uid.is_empty()) {
        return Err(uid_mismatch(call, uid, ""));
    }
    let written = create::create_object(call, object, true)?;
    present::single(call, 201, &written.bytes)
}

fn check_preconditions(call: &Call, record: &Record, object: &Value, version: &str) -> Result<(), Refusal> {
    let resource = &call.resource;
    if let Some(uid) = object["metadata"]["uid"].as_str()
        && !uid.is_empty()
        && uid != record.uid
    {
        return Err(uid_mismatch(call, uid, &record.uid));
    }
    let unset = version.is_empty() || version == "0";
    if unset && (resource.is_custom() || resource.flags.needs_version) {
        let cause = Cause::invalid("metadata.resourceVersion", "0", "must be specified for an update");
        return Err(Refusal::invalid(&resource.group, &resource.plural, call.named(), &[cause]));
    }
    if !unset && version != record.revision.to_string() {
        return Err(Refusal::modified(resource.about(), call.named()));
    }
    Ok(())
}

fn restore_managed_fields(live: &Value, object: &mut Value) {
    if object["metadata"]["managedFields"].is_null() {
        let kept = live["metadata"]["managedFields"].clone();
        if !kept.is_null() {
            object["metadata"]["managedFields"] = kept;
        }
    }
}

/// Carries a changed object through the strategy, the checks and the store.
pub(crate) fn advance(
    call: &mut Call,
    record: &Record,
    live: &Value,
    mut object: Value,
    track: bool,
) -> Result<Written, Missed> {
    let resource = Arc::clone(&call.resource);
    if call.verb == Verb::Update || track {
        meta::metadata_mut(&mut object);
    }
    if track {
        crate::managed::track(call, Some(live), &mut object);
    }
    match call.subresource.as_deref() {
        Some("status") => keep_all_but_status(call, live, &mut object),
        Some("finalize") => {
            let finalizers = object["spec"]["finalizers"].clone();
            let managed = object["metadata"]["managedFields"].clone();
            object = live.clone();
            object["spec"] = if finalizers.is_null() { json!({}) } else { json!({"finalizers": finalizers}) };
            object["metadata"]["managedFields"] = managed;
        }
        _ => {
            keep_status(call, live, &mut object);
            crate::kinds::prepare_update(&call.cluster, &resource, live, &mut object);
        }
    }
    meta::tidy(&mut object);
    meta::prepare_update(&resource, live, &mut object);
    if call.subresource.is_none() {
        meta::bump_generation(&resource, live, &mut object);
    }
    let mut causes = meta::validate_update(live, &object);
    if call.subresource.as_deref() != Some("finalize") {
        causes.extend(crate::kinds::validate_update(&resource, live, &object));
        let status = call.subresource.as_deref() == Some("status");
        let (more, warnings) = crate::schema::validate(&resource, &object, Some(live), status);
        causes.extend(more);
        call.warnings.extend(warnings);
    }
    if !causes.is_empty() {
        return Err(Missed::Refused(call.invalid(call.named(), &causes)));
    }
    change::replace(call, record, live, object)
}

fn set_or_remove(object: &mut Value, key: &str, value: &Value) {
    if value.is_null() {
        meta::remove(object, key);
    } else {
        object[key] = value.clone();
    }
}

fn keep_status(call: &Call, live: &Value, object: &mut Value) {
    if call.resource.status {
        set_or_remove(object, "status", &live["status"]);
    }
}

fn keep_all_but_status(call: &Call, live: &Value, object: &mut Value) {
    let status = object["status"].clone();
    let managed = object["metadata"]["managedFields"].clone();
    let sent = object["metadata"].clone();
    *object = live.clone();
    set_or_remove(object, "status", &status);
    if !call.resource.is_custom() {
        let labels = live["metadata"]["labels"].clone();
        object["metadata"] = sent;
        if call.resource.is("apps", "deployments") {
            set_or_remove(&mut object["metadata"], "labels", &labels);
        }
    }
    set_or_remove(&mut object["metadata"], "managedFields", &managed);
}
