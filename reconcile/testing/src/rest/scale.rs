// SPDX-License-Identifier: Apache-2.0

//! The scale subresource: the replica count of an object, as a Scale.

use gitops_smd::{Path, ScaleFields};
use serde_json::{Value, json};

use crate::http::Reply;
use crate::index;
use crate::refusal::{Cause, Refusal};
use crate::registry::Scale;
use crate::rest::call::Call;
use crate::rest::change::{self, Missed};
use crate::rest::{merge, update};

/// Answers GET of a scale.
pub(crate) fn get(call: &Call) -> Result<Reply, Refusal> {
    let (_, live) = change::live(call, &call.key()).ok_or_else(|| call.not_found())?;
    Ok(Reply::json(200, &scale_of(call, &live)?))
}

fn paths(call: &Call) -> Result<&Scale, Refusal> {
    call.resource.scale.as_ref().ok_or_else(Refusal::no_route)
}

fn scale_of(call: &Call, live: &Value) -> Result<Value, Refusal> {
    let paths = paths(call)?;
    let wanted = index::at(live, &paths.spec);
    if wanted.is_null() && call.resource.is_custom() {
        let text = format!("the spec replicas field {} does not exist", crate::refusal::quote(&paths.spec));
        return Err(Refusal::internal(text));
    }
    let metadata = &live["metadata"];
    let mut own = json!({});
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if !metadata[key].is_null() {
            own[key] = metadata[key].clone();
        }
    }
    let mut status = json!({"replicas": index::at(live, &paths.status).as_i64().unwrap_or(0)});
    if let Some(path) = &paths.selector {
        let selector = selector_text(index::at(live, path));
        if !selector.is_empty() {
            status["selector"] = json!(selector);
        }
    }
    let count = wanted.as_i64().unwrap_or(0);
    let spec = if count == 0 { json!({}) } else { json!({"replicas": count}) };
    Ok(
        json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": own, "spec": spec, "status": status}),
    )
}

fn selector_text(selector: &Value) -> String {
    if let Some(text) = selector.as_str() {
        return text.to_owned();
    }
    let labels = selector["matchLabels"].as_object().or_else(|| selector.as_object());
    let mut terms: Vec<String> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| value.as_str().map(|value| format!("{key}={value}")))
        .collect();
    terms.sort();
    terms.join(",")
}

/// Answers PUT of a scale.
pub(crate) fn update(call: &mut Call) -> Result<Reply, Refusal> {
    call.check_options("UpdateOptions", false)?;
    let body = call.document()?.value();
    let kind = body["kind"].as_str().unwrap_or_default();
    if !kind.is_empty() && kind != "Scale" {
        let (group, version) = (call.resource.group.as_str(), call.resource.version.as_str());
        let _ = group;
        let text = format!(
            "{kind} in version {} cannot be handled as a Scale: converting ({version}.{kind}) to (autoscaling.Scale): \
             unknown conversion",
            crate::refusal::quote(version)
        );
        return Err(Refusal::bad_request(text));
    }
    write(call, &|_| Ok(body.clone()))
}

/// Answers PATCH of a scale.
pub(crate) fn patch(call: &mut Call) -> Result<Reply, Refusal> {
    let media = call.content_type.split(';').next().unwrap_or_default().trim().to_owned();
    let body = call.body.clone();
    if media == "application/apply-patch+yaml" {
        return apply(call);
    }
    write(call, &|scale| {
        let mut scale = scale.clone();
        if media == "application/json-patch+json" {
            crate::jsonpatch::apply(&mut scale, &body)?;
        } else {
            let patch: Value = serde_json::from_slice(&body)
                .map_err(|_| Refusal::bad_request("error decoding patch: invalid character in JSON input"))?;
            merge(&mut scale, &patch);
        }
        Ok(scale)
    })
}

fn apply(call: &mut Call) -> Result<Reply, Refusal> {
    let config = crate::decode::json(&call.body)
        .or_else(|_| crate::decode::yaml(&call.body))
        .map_err(|error| Refusal::bad_request(format!("error decoding YAML: {error}")))?
        .value();
    if call.resource.is_custom() {
        let text =
            "failed to create typed patch object: no corresponding type for autoscaling/v1, Kind=Scale";
        return Err(Refusal::plain_500(text));
    }
    let force = call.query.flag("force") == Some(true);
    loop {
        let (record, live) = change::live(call, &call.key()).ok_or_else(|| call.not_found())?;
        let handler = handler(call)?;
        let entries = entries(&live);
        let mut scale = scale_of(call, &live)?;
        scale["metadata"]["managedFields"] = json!(handler.to_scale(&entries).unwrap_or_default());
        let applied = crate::managed::apply_scale(call, &scale, &config, force)?;
        match commit(call, &record, &live, &applied, &handler) {
            Err(Missed::Raced) => {}
            Err(Missed::Refused(refusal)) => return Err(refusal),
            Ok(reply) => return Ok(reply),
        }
    }
}

fn entries(live: &Value) -> Vec<Value> {
    live["metadata"]["managedFields"].as_array().cloned().unwrap_or_default()
}

fn handler(call: &Call) -> Result<ScaleFields, Refusal> {
    let path = || -> Path {
        paths(call)
            .map(|paths| Path::fields(paths.spec.trim_start_matches('.').split('.')))
            .unwrap_or_default()
    };
    let catalog = call.cluster.registry.catalog();
    let versions: Vec<String> = catalog
        .iter()
        .filter(|other| other.table == call.resource.table)
        .map(|other| other.api_version())
        .collect();
    Ok(ScaleFields::new(&call.resource.api_version(), versions.into_iter().map(|version| (version, path()))))
}

fn write(call: &mut Call, change: &dyn Fn(&Value) -> Result<Value, Refusal>) -> Result<Reply, Refusal> {
    loop {
        let (record, live) = change::live(call, &call.key()).ok_or_else(|| call.not_found())?;
        let handler = handler(call)?;
        let before = scale_of(call, &live)?;
        let mut wanted = change(&before)?;
        check(call, &before, &wanted)?;
        let mut tracked = before.clone();
        let entries = entries(&live);
        tracked["metadata"]["managedFields"] = json!(handler.to_scale(&entries).unwrap_or_default());
        wanted["apiVersion"] = json!("autoscaling/v1");
        wanted["kind"] = json!("Scale");
        let written = crate::managed::track_scale(call, &tracked, &wanted);
        match commit(call, &record, &live, &written, &handler) {
            Err(Missed::Raced) => {}
            Err(Missed::Refused(refusal)) => return Err(refusal),
            Ok(reply) => return Ok(reply),
        }
    }
}

fn check(call: &Call, before: &Value, wanted: &Value) -> Result<(), Refusal> {
    let name = wanted["metadata"]["name"].as_str().unwrap_or_default();
    if !name.is_empty() && name != call.named() {
        let text =
            format!("the name of the object ({name}) does not match the name on the URL ({})", call.named());
        return Err(Refusal::bad_request(text));
    }
    let (sent, current) = (&wanted["metadata"]["resourceVersion"], &before["metadata"]["resourceVersion"]);
    if sent.as_str().is_some_and(|text| !text.is_empty()) && sent != current {
        return Err(Refusal::modified(call.resource.about(), call.named()));
    }
    let count = wanted["spec"]["replicas"].as_i64().unwrap_or(0);
    if count < 0 {
        let cause = Cause::invalid("spec.replicas", &count.to_string(), "must be greater than or equal to 0");
        return Err(Refusal::invalid("autoscaling", "Scale", call.named(), &[cause]));
    }
    Ok(())
}

fn commit(
    call: &mut Call,
    record: &crate::store::Record,
    live: &Value,
    scale: &Value,
    handler: &ScaleFields,
) -> Result<Reply, Missed> {
    let count = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    let mut object = live.clone();
    let spec = paths(call)?.spec.trim_start_matches('.').replace('.', "/");
    set(&mut object, &spec, json!(count));
    let scaled = scale["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let mut managed = handler.to_parent(&entries(live), &scaled).unwrap_or_default();
    for entry in managed.iter_mut().filter(|entry| entry["subresource"] == "scale") {
        crate::rest::remove(entry, "time");
    }
    if managed.is_empty() {
        crate::rest::metadata_mut(&mut object).remove("managedFields");
    } else {
        object["metadata"]["managedFields"] = json!(managed);
    }
    let subresource = call.subresource.take();
    let written = update::advance(call, record, live, object, false);
    call.subresource = subresource;
    let written = written?;
    let mut stored: Value = serde_json::from_slice(&written.bytes).unwrap_or_default();
    stored["apiVersion"] = json!(call.resource.api_version());
    Ok(Reply::json(200, &scale_of(call, &stored)?))
}

fn set(object: &mut Value, path: &str, value: Value) {
    let mut at = object;
    for step in path.split('/') {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[step];
    }
    *at = value;
}
