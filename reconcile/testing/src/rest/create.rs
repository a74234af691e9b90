// SPDX-License-Identifier: Apache-2.0

use serde_json::{Value, json};

use crate::http::Reply;
use crate::refusal::Refusal;
use crate::rest::call::Call;
use crate::rest::{change, decode, meta, present};

/// Answers POST.
pub(crate) fn create(call: &mut Call) -> Result<Reply, Refusal> {
    if call.subresource.is_some() || call.resource.flags.create_only {
        return crate::reviews::create(call);
    }
    call.check_options("CreateOptions", false)?;
    let mut object = decode::body(call)?;
    if let Some(name) = call.name.clone()
        && object["metadata"]["name"].is_null()
    {
        object["metadata"]["name"] = json!(name);
    }
    let written = create_object(call, object, true)?;
    present::single(call, if written.created { 201 } else { 200 }, &written.bytes)
}

/// Carries a decoded new object through defaults, checks and the store; `track` off when ownership is known.
pub(crate) fn create_object(
    call: &mut Call,
    mut object: Value,
    track: bool,
) -> Result<change::Written, Refusal> {
    let metadata = &object["metadata"];
    if let Some(version) = metadata["resourceVersion"].as_str()
        && !version.is_empty()
        && call.verb != crate::rest::Verb::Update
        && track
    {
        return Err(Refusal::plain_500("resourceVersion should not be set on objects to be created"));
    }
    let name = metadata["name"].as_str().unwrap_or_default().to_owned();
    let generated = name.is_empty();
    check_namespace(call, metadata["namespace"].as_str().unwrap_or_default())?;
    meta::namespace_state(call, &name)?;
    if call.resource.custom.as_ref().is_some_and(|custom| custom.terminating) {
        let detail = "create not allowed while custom resource definition is terminating";
        return Err(Refusal::forbidden(call.resource.about(), &name, detail));
    }
    meta::metadata_mut(&mut object);
    if track {
        for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            meta::metadata_mut(&mut object).remove(key);
        }
        crate::managed::track(call, None, &mut object);
    }
    let resource = std::sync::Arc::clone(&call.resource);
    meta::prepare_create(&call.cluster, &resource, &call.namespace, &mut object);
    meta::tidy(&mut object);
    crate::kinds::prepare_create(&call.cluster, &resource, &mut object);
    crate::schema::default(&resource, &mut object);
    call.warnings.extend(meta::warnings(&object));
    call.warnings.extend(crate::kinds::warnings(&resource, &object));
    meta::drop_repeated_owners(&mut object);
    let mut causes = meta::validate_create(&resource, &object);
    causes.extend(crate::kinds::validate_create(&resource, &object));
    causes.extend(crate::kinds::clashes(&call.cluster, &resource, &object));
    let (more, warnings) = crate::schema::validate(&resource, &object, None, false);
    causes.extend(more);
    call.warnings.extend(warnings);
    if !causes.is_empty() {
        return Err(call.invalid(object["metadata"]["name"].as_str().unwrap_or_default(), &causes));
    }
    change::insert(call, object, generated)
}

fn check_namespace(call: &Call, given: &str) -> Result<(), Refusal> {
    if given.is_empty() || given == call.namespace || !call.resource.namespaced {
        return Ok(());
    }
    let text = "the namespace of the provided object does not match the namespace sent on the request";
    Err(Refusal::bad_request(text))
}
