// SPDX-License-Identifier: Apache-2.0

//! What happens to the metadata of every object on its way into the store.

use serde_json::{Map, Value, json};

use crate::cluster::Cluster;
use crate::names;
use crate::refusal::{About, Cause, Refusal};
use crate::registry::Resource;
use crate::registry::builtin::Names;
use crate::rest::call::Call;
use crate::store::Key;

/// Checks that objects may be created in the namespace of a call.
pub(crate) fn namespace_state(call: &Call, name: &str) -> Result<(), Refusal> {
    if !call.resource.namespaced || call.resource.flags.create_only {
        return Ok(());
    }
    let namespaces = About { group: "", resource: "namespaces" };
    let key = Key::new("", call.namespace.as_str());
    let Some(namespace) = call.cluster.store.get("/namespaces", &key) else {
        return Err(Refusal::not_found(namespaces, &call.namespace));
    };
    let value = namespace.value();
    if value["metadata"]["deletionTimestamp"].is_null() {
        return Ok(());
    }
    let detail = format!(
        "unable to create new content in namespace {} because it is being terminated",
        call.namespace
    );
    let cause = json!([{
        "reason": "NamespaceTerminating",
        "message": format!("namespace {} is being terminated", call.namespace),
        "field": "metadata.namespace",
    }]);
    Err(Refusal::forbidden(call.resource.about(), name, &detail).with_causes(cause))
}

/// Drops empty metadata, as the typed form of the API server does.
pub(crate) fn tidy(object: &mut Value) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    metadata.retain(|key, value| {
        let empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Number(number) => key == "generation" && number.as_i64() == Some(0),
            Value::Bool(_) => false,
        };
        !empty
    });
    if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
        null_to_empty(labels);
    }
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        null_to_empty(annotations);
    }
}

fn null_to_empty(map: &mut Map<String, Value>) {
    for value in map.values_mut().filter(|value| value.is_null()) {
        *value = json!("");
    }
}

/// Fills in the metadata of a new object.
pub(crate) fn prepare_create(cluster: &Cluster, resource: &Resource, namespace: &str, object: &mut Value) {
    if resource.status && !crate::kinds::keeps_status(resource) {
        remove(object, "status");
    }
    let own_generation = resource.flags.generation || resource.is_custom();
    let metadata = metadata_mut(object);
    for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
        metadata.remove(key);
    }
    if resource.namespaced {
        metadata.insert("namespace".into(), json!(namespace));
    } else {
        metadata.remove("namespace");
    }
    if own_generation {
        metadata.insert("generation".into(), json!(1));
    }
    metadata.insert("uid".into(), json!(cluster.ids.uid()));
    metadata.insert("creationTimestamp".into(), json!(cluster.clock.text()));
    let named = metadata.get("name").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    let base = metadata.get("generateName").and_then(Value::as_str).unwrap_or_default();
    if !named && !base.is_empty() {
        let base: String = base.chars().take(58).collect();
        metadata.insert("name".into(), json!(format!("{base}{}", cluster.ids.suffix())));
    }
}

pub(crate) fn metadata_mut(object: &mut Value) -> &mut Map<String, Value> {
    if !object.is_object() {
        *object = json!({});
    }
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    object["metadata"].as_object_mut().expect("because it was just made an object")
}

pub(crate) fn remove(object: &mut Value, key: &str) {
    if let Some(map) = object.as_object_mut() {
        map.remove(key);
    }
}

/// Restores what a writer may not change, and counts the generation.
pub(crate) fn prepare_update(resource: &Resource, live: &Value, object: &mut Value) {
    let old = live["metadata"].as_object().cloned().unwrap_or_default();
    let metadata = metadata_mut(object);
    metadata.remove("selfLink");
    let keep = |metadata: &mut Map<String, Value>, key: &str, always: bool| match old.get(key) {
        Some(value) if always || !metadata.contains_key(key) => {
            metadata.insert(key.to_owned(), value.clone());
        }
        _ => {}
    };
    keep(metadata, "uid", false);
    keep(metadata, "creationTimestamp", true);
    keep(metadata, "deletionTimestamp", true);
    keep(metadata, "deletionGracePeriodSeconds", false);
    keep(metadata, "generation", true);
    if !old.contains_key("generation") {
        metadata.remove("generation");
    }
    if resource.namespaced {
        keep(metadata, "namespace", false);
    }
    metadata.insert("resourceVersion".into(), old.get("resourceVersion").cloned().unwrap_or_default());
}

/// Counts the generation up when what the user wants has changed.
pub(crate) fn bump_generation(resource: &Resource, live: &Value, object: &mut Value) {
    let Some(generation) = live["metadata"]["generation"].as_i64() else { return };
    let own = resource.is_custom() || resource.flags.generation;
    if own && wanted(resource, live) != wanted(resource, object) {
        object["metadata"]["generation"] = json!(generation + 1);
    }
}

fn wanted(resource: &Resource, object: &Value) -> Map<String, Value> {
    let mut map = object.as_object().cloned().unwrap_or_default();
    let metadata = map.remove("metadata").unwrap_or_default();
    map.remove("apiVersion");
    map.remove("kind");
    if resource.status || !resource.is_custom() {
        map.remove("status");
    }
    if resource.is("apps", "deployments") {
        map.insert("annotations".into(), metadata["annotations"].clone());
    }
    map
}

/// Checks the metadata of a new object.
pub(crate) fn validate_create(resource: &Resource, object: &Value) -> Vec<Cause> {
    let metadata = &object["metadata"];
    let mut causes = Vec::new();
    let name = metadata["name"].as_str().unwrap_or_default();
    let check = name_check(resource.names);
    if let Some(base) = metadata["generateName"].as_str() {
        let base = base.trim_end_matches('-');
        if !base.is_empty() {
            causes.extend(
                check(base).iter().map(|text| Cause::invalid_text("metadata.generateName", base, text)),
            );
        }
    }
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else {
        let dotted = resource.names == Names::Label && name.contains('.');
        let problems = if dotted { vec!["must not contain dots".to_owned()] } else { check(name) };
        causes.extend(problems.iter().map(|text| Cause::invalid_text("metadata.name", name, text)));
    }
    causes.extend(validate_common(metadata));
    causes.extend(validate_finalizer_names(resource, metadata));
    causes
}

fn name_check(names: Names) -> fn(&str) -> Vec<String> {
    match names {
        Names::Subdomain => names::subdomain,
        Names::Label => names::label,
        Names::PathSegment => names::path_segment,
    }
}

fn validate_common(metadata: &Value) -> Vec<Cause> {
    let mut causes = validate_annotations(metadata);
    causes.extend(validate_labels(metadata));
    causes.extend(validate_owners(metadata));
    causes.extend(validate_finalizers(metadata));
    causes
}

/// Finalizers of built-in kinds have to be qualified.
fn validate_finalizer_names(resource: &Resource, metadata: &Value) -> Vec<Cause> {
    let finalizers = metadata["finalizers"].as_array().into_iter().flatten().enumerate();
    let unknown = finalizers.filter_map(|(index, finalizer)| {
        let name = finalizer.as_str().unwrap_or_default();
        let known = name.contains('/') || matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
        let detail = "name is neither a standard finalizer name nor is it fully qualified";
        (!known).then(|| Cause::invalid_text(format!("metadata.finalizers[{index}]"), name, detail))
    });
    if resource.is_custom() { Vec::new() } else { unknown.collect() }
}

/// Drops owners that are named twice in the same words.
pub(crate) fn drop_repeated_owners(object: &mut Value) {
    if let Some(owners) = object.pointer_mut("/metadata/ownerReferences").and_then(Value::as_array_mut) {
        let mut seen: Vec<Value> = Vec::new();
        owners.retain(|owner| {
            let fresh = !seen.contains(owner);
            seen.push(owner.clone());
            fresh
        });
    }
}

/// Returns what the server warns about in new objects.
pub(crate) fn warnings(object: &Value) -> Vec<String> {
    let metadata = &object["metadata"];
    let mut warnings = Vec::new();
    for finalizer in metadata["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !finalizer.contains('/') && !matches!(finalizer, "kubernetes" | "orphan" | "foregroundDeletion") {
            warnings.push(format!(
                "metadata.finalizers: {}: prefer a domain-qualified finalizer name{} to avoid accidental conflicts with \
                 other finalizer writers",
                crate::refusal::quote(finalizer),
                if finalizer.contains('.') { " including a path (/)" } else { "" }
            ));
        }
    }
    let uids: Vec<&str> = metadata["ownerReferences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|owner| owner["uid"].as_str())
        .collect();
    let mut repeated: Vec<&str> = Vec::new();
    for (index, uid) in uids.iter().enumerate() {
        if uids[..index].contains(uid) && !repeated.contains(uid) {
            repeated.push(uid);
        }
    }
    if !repeated.is_empty() {
        warnings.push(format!(
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may \
             reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            repeated.join(", ")
        ));
    }
    warnings
}

fn entries(value: &Value) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = value.as_object().into_iter().flatten().collect();
    entries.sort_by_key(|(key, _)| key.as_str());
    entries
}

fn validate_labels(metadata: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, value) in entries(&metadata["labels"]) {
        let value = value.as_str().unwrap_or_default();
        causes.extend(
            names::qualified_name(key).iter().map(|text| Cause::invalid_text("metadata.labels", key, text)),
        );
        causes.extend(
            names::label_value(value).iter().map(|text| Cause::invalid_text("metadata.labels", value, text)),
        );
    }
    causes
}

fn validate_annotations(metadata: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut size = 0;
    for (key, value) in entries(&metadata["annotations"]) {
        size += key.len() + value.as_str().map_or(0, str::len);
        let lower = key.to_lowercase();
        let problems = names::qualified_name(&lower);
        causes.extend(problems.iter().map(|text| Cause::invalid_text("metadata.annotations", key, text)));
    }
    if size > 262_144 {
        causes.push(Cause::too_long("metadata.annotations", 262_144));
    }
    causes
}

fn validate_owners(metadata: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut controllers = Vec::new();
    for (index, owner) in metadata["ownerReferences"].as_array().into_iter().flatten().enumerate() {
        let field = format!("metadata.ownerReferences[{index}]");
        let text = |key: &str| owner[key].as_str().unwrap_or_default();
        if text("apiVersion").is_empty() {
            causes.push(Cause::invalid_text(format!("{field}.apiVersion"), "", "version must not be empty"));
        }
        for key in ["kind", "name", "uid"] {
            if text(key).is_empty() {
                causes.push(Cause::invalid_text(format!("{field}.{key}"), "", "must not be empty"));
            }
        }
        if owner["controller"] == json!(true) {
            controllers.push(text("name").to_owned());
        }
    }
    if controllers.len() > 1 {
        let detail = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
            controllers[0], controllers[1]
        );
        let value = metadata["ownerReferences"].to_string();
        causes.push(Cause::invalid("metadata.ownerReferences", &value, &detail));
    }
    causes
}

fn validate_finalizers(metadata: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let finalizers: Vec<&str> =
        metadata["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for finalizer in &finalizers {
        let problems = names::qualified_name(finalizer);
        causes
            .extend(problems.iter().map(|text| Cause::invalid_text("metadata.finalizers", finalizer, text)));
    }
    if finalizers.contains(&"orphan") && finalizers.contains(&"foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        let value = metadata["finalizers"].to_string();
        causes.push(Cause::invalid("metadata.finalizers", &value, detail));
    }
    causes
}

/// Checks the metadata of a changed object against the live one.
pub(crate) fn validate_update(live: &Value, object: &Value) -> Vec<Cause> {
    let (old, new) = (&live["metadata"], &object["metadata"]);
    let mut causes = Vec::new();
    if !old["deletionTimestamp"].is_null() {
        let known: Vec<&Value> = old["finalizers"].as_array().into_iter().flatten().collect();
        let mut added: Vec<String> = new["finalizers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|finalizer| !known.contains(finalizer))
            .map(|finalizer| crate::refusal::quote(finalizer.as_str().unwrap_or_default()))
            .collect();
        added.sort();
        if !added.is_empty() {
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            );
            causes.push(Cause::forbidden("metadata.finalizers", &detail));
        }
    }
    for key in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        if old[key] != new[key] {
            let value = if new[key].is_null() { "null".to_owned() } else { new[key].to_string() };
            let detail = if key == "deletionGracePeriodSeconds" {
                "field is immutable; may only be changed via deletion"
            } else {
                "field is immutable"
            };
            causes.push(Cause::invalid(format!("metadata.{key}"), &value, detail));
        }
    }
    causes.extend(validate_common(new));
    causes
}
