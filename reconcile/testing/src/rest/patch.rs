// SPDX-License-Identifier: Apache-2.0

use serde_json::{Value, json};

use crate::decode::Node;
use crate::http::Reply;
use crate::refusal::{Cause, Refusal, quote};
use crate::rest::call::{Call, Verb};
use crate::rest::change::{self, Missed};
use crate::rest::options::FieldValidation;
use crate::rest::{create, decode, present, update};

/// The kinds of patches by their media type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Json,
    Merge,
    Strategic,
    Apply,
}

/// Answers PATCH.
pub(crate) fn patch(call: &mut Call) -> Result<Reply, Refusal> {
    let kind = kind(call)?;
    call.check_options("PatchOptions", kind == Kind::Apply)?;
    if call.subresource.as_deref() == Some("scale") {
        return crate::rest::scale::patch(call);
    }
    if kind == Kind::Apply { apply(call) } else { change_live(call, kind) }
}

fn kind(call: &Call) -> Result<Kind, Refusal> {
    let media = call.content_type.split(';').next().unwrap_or_default().trim();
    let custom = call.resource.is_custom();
    match media {
        "application/json-patch+json" => Ok(Kind::Json),
        "application/merge-patch+json" => Ok(Kind::Merge),
        "application/strategic-merge-patch+json" if !custom => Ok(Kind::Strategic),
        "application/apply-patch+yaml" => Ok(Kind::Apply),
        "application/strategic-merge-patch+json" | "application/apply-patch+cbor" => Err(unsupported(custom)),
        _ => {
            let mut refusal = Refusal::new(415, Some("UnsupportedMediaType"), "415: Unsupported Media Type");
            refusal.details = Some(json!({}));
            Err(refusal)
        }
    }
}

fn unsupported(custom: bool) -> Refusal {
    let mut accepted = vec!["application/json-patch+json", "application/merge-patch+json"];
    if !custom {
        accepted.push("application/strategic-merge-patch+json");
    }
    accepted.push("application/apply-patch+yaml");
    let mut refusal = Refusal::unsupported_media_type(&accepted);
    refusal.message = format!(
        "the body of the request was in an unknown format - accepted media types include: {}",
        accepted.join(", ")
    );
    refusal
}

fn apply(call: &mut Call) -> Result<Reply, Refusal> {
    let node = crate::decode::json(&call.body)
        .or_else(|_| crate::decode::yaml(&call.body))
        .map_err(|error| Refusal::bad_request(format!("error decoding YAML: {error}")))?;
    let config = node.value();
    if !config["metadata"]["managedFields"].is_null() {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let duplicates: Vec<String> =
        node.duplicates().iter().map(|path| format!("key {} already set in map", quote(path))).collect();
    if !duplicates.is_empty() && call.field_validation() == FieldValidation::Strict {
        return Err(Refusal::bad_request(format!("error decoding YAML: {}", duplicates.join(", "))));
    }
    let force = call.query.flag("force") == Some(true);
    loop {
        let found = change::live(call, &call.key());
        let Some((record, live)) = found else {
            return apply_to_nothing(call, &config, force);
        };
        let mut object = crate::managed::apply(call, Some(&live), &config, force)?;
        check_identity(call, &live, &object)?;
        finish_applied(call, &mut object)?;
        match update::advance(call, &record, &live, object, false) {
            Ok(written) => return present::single(call, 200, &written.bytes),
            Err(Missed::Refused(refusal)) => return Err(refusal),
            Err(Missed::Raced) => {}
        }
    }
}

fn apply_to_nothing(call: &mut Call, config: &Value, force: bool) -> Result<Reply, Refusal> {
    if call.subresource.is_some() {
        return Err(call.not_found());
    }
    let mut object = crate::managed::apply(call, None, config, force)?;
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
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
    if !uid.is_empty() {
        let detail = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        return Err(Refusal::conflict(call.resource.about(), call.named(), &detail));
    }
    finish_applied(call, &mut object)?;
    let written = create::create_object(call, object, false)?;
    present::single(call, 201, &written.bytes)
}

/// A patch may not move an object, and must name the current version if it names one.
fn check_identity(call: &Call, live: &Value, object: &Value) -> Result<(), Refusal> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if name != call.named() && !name.is_empty() {
        let text =
            format!("the name of the object ({name}) does not match the name on the URL ({})", call.named());
        return Err(Refusal::bad_request(text));
    }
    if name.is_empty() {
        let text = format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            call.named()
        );
        return Err(Refusal::bad_request(text));
    }
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    if !namespace.is_empty() && call.resource.namespaced && namespace != call.namespace {
        let text = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(text));
    }
    let (sent, current) = (&object["metadata"]["resourceVersion"], &live["metadata"]["resourceVersion"]);
    match sent.as_str() {
        Some(text) if text.parse::<u64>().is_err() && !text.is_empty() => {
            let text = format!("strconv.ParseUint: parsing {}: invalid syntax", quote(text));
            Err(Refusal::plain_500(text))
        }
        Some(text) if !text.is_empty() && text != "0" && sent != current => {
            Err(Refusal::modified(call.resource.about(), call.named()))
        }
        _ => Ok(()),
    }
}

/// Brings the outcome of an apply into the shape of the kind. Nulls in custom objects stay, and are judged by the schema.
fn finish_applied(call: &Call, object: &mut Value) -> Result<(), Refusal> {
    let shown = object.to_string();
    if call.resource.is_custom() {
        crate::schema::check_types(&call.resource, object)
            .map_err(|detail| invalid_patch(&shown, &detail))?;
        crate::decode::integral(object);
        crate::schema::default(&call.resource, object);
        crate::rest::meta::metadata_mut(object);
        crate::rest::meta::tidy(object);
        return Ok(());
    }
    decode::finish(call, object).map_err(|detail| invalid_patch(&shown, &detail))
}

fn invalid_patch(shown: &str, detail: &str) -> Refusal {
    Refusal::invalid("", "", "", &[Cause::invalid_text("patch", shown, detail)])
}

fn change_live(call: &mut Call, kind: Kind) -> Result<Reply, Refusal> {
    loop {
        let (record, live) = change::live(call, &call.key()).ok_or_else(|| call.not_found())?;
        let mut object = patched(call, kind, &live)?;
        if !object.is_object() {
            return Err(Refusal::bad_request("the patched object is no object"));
        }
        let shown = shown(call, kind, &object);
        check_kind(call, &object, &shown)?;
        check_unknown(call, kind, &shown, &object)?;
        decode::finish(call, &mut object).map_err(|detail| invalid_patch(&shown, &detail))?;
        check_identity(call, &live, &object)?;
        match update::advance(call, &record, &live, object, true) {
            Ok(written) => return present::single(call, 200, &written.bytes),
            Err(Missed::Refused(refusal)) => return Err(refusal),
            Err(Missed::Raced) => {}
        }
    }
}

/// A patch may not turn an object into one of another kind.
fn check_kind(call: &Call, object: &Value, shown: &str) -> Result<(), Refusal> {
    let resource = &call.resource;
    let kind = object["kind"].as_str().unwrap_or_default();
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let expected = resource.api_version();
    if kind == resource.kind && version == expected {
        return Ok(());
    }
    if resource.is_custom() {
        let cause = if kind == resource.kind {
            Cause::invalid_text("apiVersion", version, &format!("must be {expected}"))
        } else {
            Cause::invalid_text("kind", kind, &format!("must be {}", resource.kind))
        };
        return Err(Refusal::invalid(&resource.group, kind, call.named(), &[cause]));
    }
    let detail = format!(
        "no kind {} is registered for version {} in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
        quote(kind),
        quote(version)
    );
    Err(invalid_patch(shown, &detail))
}

fn shown(call: &Call, kind: Kind, object: &Value) -> String {
    match kind {
        Kind::Strategic => String::from_utf8_lossy(&call.body).into_owned(),
        _ => object.to_string(),
    }
}

/// Unknown fields in a patch are problems of the patch.
fn check_unknown(call: &mut Call, kind: Kind, shown: &str, object: &Value) -> Result<(), Refusal> {
    let patch = crate::decode::json(&call.body).ok();
    let mut problems: Vec<String> = match (&patch, kind) {
        (Some(node), _) => {
            node.duplicates().iter().map(|path| format!("duplicate field {}", quote(path))).collect()
        }
        (None, _) => Vec::new(),
    };
    problems.extend(crate::schema::unknown_fields(&call.resource, &Node::from_value(object)));
    if problems.is_empty() {
        return Ok(());
    }
    match call.field_validation() {
        FieldValidation::Ignore => Ok(()),
        FieldValidation::Warn => {
            for problem in problems {
                if !call.warnings.contains(&problem) {
                    call.warnings.push(problem);
                }
            }
            Ok(())
        }
        FieldValidation::Strict => {
            Err(invalid_patch(shown, &format!("strict decoding error: {}", problems.join(", "))))
        }
    }
}

/// Returns the live object with a patch carried out.
fn patched(call: &Call, kind: Kind, live: &Value) -> Result<Value, Refusal> {
    debug_assert_eq!(call.verb, Verb::Patch);
    let mut object = live.clone();
    match kind {
        Kind::Json => {
            crate::jsonpatch::apply(&mut object, &call.body)?;
            Ok(object)
        }
        Kind::Merge => {
            let patch = merge_body(call)?;
            if patch.is_null() {
                return Err(Refusal::bad_request("Invalid JSON Patch"));
            }
            merge(&mut object, &patch);
            Ok(object)
        }
        Kind::Strategic => crate::strategic::apply(&call.resource, live, &merge_body(call)?),
        Kind::Apply => Ok(object),
    }
}

fn merge_body(call: &Call) -> Result<Value, Refusal> {
    let strategic = call.content_type.starts_with("application/strategic");
    let value: Option<Value> = serde_json::from_slice(&call.body).ok();
    match value {
        Some(value) if value.is_object() || value.is_null() => Ok(value),
        Some(_) if strategic => Err(Refusal::bad_request(
            "json: cannot unmarshal array into Go value of type map[string]interface {}",
        )),
        Some(_) => Err(Refusal::bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        )),
        None => Err(Refusal::bad_request("invalid JSON patch")),
    }
}

/// Carries out a JSON merge patch.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(map) = target.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
