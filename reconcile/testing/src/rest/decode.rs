// SPDX-License-Identifier: Apache-2.0

//! From the body of a write to an object of the endpoint's version, pruned and defaulted.

use serde_json::{Value, json};

use crate::decode::{Node, integral};
use crate::refusal::{Cause, Refusal, quote};
use crate::registry::split_group_version;
use crate::rest::call::Call;
use crate::rest::options::FieldValidation;

/// Reads the body of a create or replace.
pub(crate) fn body(call: &mut Call) -> Result<Value, Refusal> {
    let node = call.document()?;
    let kind = call.resource.kind.clone();
    if !matches!(node, Node::Map(_) | Node::Scalar(Value::Null)) {
        let text = format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse \
             error: json: cannot unmarshal array into Go value of type struct"
        );
        return Err(Refusal::bad_request(text));
    }
    let mut object = if call.resource.is_custom() { node.value() } else { node.merged() };
    if object.is_null() {
        object = json!({});
    }
    identity(call, &object)?;
    let problems = crate::schema::strict_problems(&call.resource, &node);
    report(call, &problems)?;
    finish(call, &mut object).map_err(|detail| {
        let version = quote(&call.resource.version);
        Refusal::bad_request(format!("{kind} in version {version} cannot be handled as a {kind}: {detail}"))
    })?;
    Ok(object)
}

/// Prunes, types and defaults an object; the error is the detail of a decoding failure.
pub(crate) fn finish(call: &Call, object: &mut Value) -> Result<(), String> {
    let resource = &call.resource;
    object["apiVersion"] = json!(resource.api_version());
    object["kind"] = json!(resource.kind);
    crate::schema::check_types(resource, object)?;
    if resource.is_custom() {
        integral(object);
    }
    crate::schema::prune_and_default(resource, object);
    crate::rest::meta::metadata_mut(object);
    crate::rest::meta::tidy(object);
    crate::kinds::default(resource, object);
    Ok(())
}

fn identity(call: &Call, object: &Value) -> Result<(), Refusal> {
    let resource = &call.resource;
    let kind = object["kind"].as_str().unwrap_or_default();
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let expected = resource.api_version();
    let mismatch = || {
        let text = format!(
            "the API version in the data ({version}) does not match the expected API version ({expected})"
        );
        Refusal::bad_request(text)
    };
    if resource.is_custom() {
        if kind.is_empty() {
            let text = format!(
                "the object provided is unrecognized (must be of type {}): Object 'Kind' is missing in '{object}' ({object})",
                resource.kind
            );
            return Err(Refusal::bad_request(text));
        }
        if version != expected {
            return Err(mismatch());
        }
        if kind != resource.kind {
            let cause = Cause::invalid_text("kind", kind, &format!("must be {}", resource.kind));
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            return Err(Refusal::invalid(&resource.group, kind, name, &[cause]));
        }
        return Ok(());
    }
    if !kind.is_empty() && kind != resource.kind {
        let shown = if version.is_empty() { expected.as_str() } else { version };
        let (_, short) = split_group_version(shown);
        let text = format!(
            "{kind} in version {} cannot be handled as a {}: converting ({short}.{kind}) to ({}.{}): unknown conversion",
            quote(short),
            resource.kind,
            if resource.group.is_empty() {
                "core"
            } else {
                resource.group.split('.').next().unwrap_or_default()
            },
            resource.kind
        );
        return Err(Refusal::bad_request(text));
    }
    if version.is_empty() || version == expected {
        return Ok(());
    }
    if split_group_version(version).0 == resource.group && resource.group.is_empty() {
        let text = format!(
            "{0} in version {1} cannot be handled as a {0}: no kind {2} is registered for version {1} in scheme \
             \"pkg/api/legacyscheme/scheme.go:30\"",
            resource.kind,
            quote(version),
            quote(&resource.kind)
        );
        return Err(Refusal::bad_request(text));
    }
    Err(mismatch())
}

/// Answers unknown and duplicate fields as the call wants them answered.
pub(crate) fn report(call: &mut Call, problems: &[String]) -> Result<(), Refusal> {
    if problems.is_empty() {
        return Ok(());
    }
    match call.field_validation() {
        FieldValidation::Ignore => Ok(()),
        FieldValidation::Warn => {
            call.warnings.extend(problems.iter().cloned());
            Ok(())
        }
        FieldValidation::Strict => {
            let kind = &call.resource.kind;
            let text = format!(
                "{kind} in version {} cannot be handled as a {kind}: strict decoding error: {}",
                quote(&call.resource.version),
                problems.join(", ")
            );
            Err(Refusal::bad_request(text))
        }
    }
}
