// SPDX-License-Identifier: Apache-2.0

//! Who owns which field: the managed-fields layer for the kinds that are served.

use std::collections::BTreeMap;

use gitops_smd::{Error, ErrorKind, FieldManager, FieldSet, Filter, ObjectType, Path, Versions, builtin};
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::registry::Resource;
use crate::rest::Call;

/// The versions of the kind of one resource.
struct KindVersions<'a> {
    call: &'a Call,
    /// Whether the object is a Scale and not one of the resource.
    scale: bool,
    types: BTreeMap<String, ObjectType>,
}

impl KindVersions<'_> {
    fn of(call: &Call) -> KindVersions<'_> {
        let resource = &call.resource;
        let mut types = BTreeMap::new();
        if resource.is_custom() {
            let catalog = call.cluster.registry.catalog();
            for sibling in catalog.iter().filter(|other| other.table == resource.table) {
                types.insert(sibling.api_version(), merge_type(sibling));
            }
        } else {
            types.insert(resource.api_version(), merge_type(resource));
        }
        if resource.scale.is_some()
            && let Some(scale) = builtin().object_type("autoscaling/v1", "Scale")
        {
            types.insert("autoscaling/v1".to_owned(), scale);
        }
        KindVersions { call, scale: call.subresource.as_deref() == Some("scale"), types }
    }

    fn missing(&self, api_version: &str) -> Error {
        if self.call.resource.is_custom() {
            Error::conversion(format!("request to convert CR to an invalid group/version: {api_version}"))
        } else {
            Error::unknown_version(api_version)
        }
    }
}

impl Versions for KindVersions<'_> {
    fn object_type(&self, api_version: &str) -> Result<ObjectType, Error> {
        self.types.get(api_version).cloned().ok_or_else(|| self.missing(api_version))
    }

    fn convert(&self, object: &Value, api_version: &str) -> Result<Value, Error> {
        if !self.types.contains_key(api_version) {
            return Err(self.missing(api_version));
        }
        let mut object = object.clone();
        object["apiVersion"] = json!(api_version);
        Ok(object)
    }

    fn complete(&self, object: &mut Value) {
        if self.scale {
            return;
        }
        if self.call.resource.is_custom() {
            crate::schema::default(&self.call.resource, object);
            return;
        }
        crate::schema::prune_and_default(&self.call.resource, object);
        crate::kinds::default(&self.call.resource, object);
    }

    fn empty(&self) -> Option<Value> {
        if self.scale {
            return None;
        }
        let resource = &self.call.resource;
        let mut object = crate::kinds::blank(resource, json!({}));
        object["apiVersion"] = json!(resource.api_version());
        object["kind"] = json!(resource.kind);
        Some(object)
    }
}

/// Returns the type of a resource as merging sees it.
fn merge_type(resource: &Resource) -> ObjectType {
    match &resource.custom {
        Some(custom) => custom.merge.clone(),
        None => builtin()
            .object_type(&resource.api_version(), &resource.kind)
            .unwrap_or_else(|| ObjectType::from_structural(&json!({}), true)),
    }
}

fn endpoint<'a>(call: &Call, versions: &'a KindVersions<'a>) -> FieldManager<'a> {
    let resource = &call.resource;
    let mut manager = FieldManager::new(versions, &resource.api_version(), &resource.kind);
    let set = |paths: &[&[&str]]| -> FieldSet {
        paths.iter().map(|path| Path::fields(path.iter().copied())).collect()
    };
    if let Some(subresource) = &call.subresource {
        manager = manager.subresource(subresource);
    }
    let filter = match call.subresource.as_deref() {
        Some("status") if resource.is_custom() => Some(Filter::Only(set(&[&["status"]]))),
        Some("status") if resource.is("apps", "deployments") => {
            Some(Filter::Except(set(&[&["spec"], &["metadata", "labels"]])))
        }
        Some("status") => Some(Filter::Except(set(&[&["spec"]]))),
        None if resource.status => Some(Filter::Except(set(&[&["status"]]))),
        _ => None,
    };
    let versions = match (&filter, resource.is_custom()) {
        (Some(_), true) => versions.types.keys().cloned().collect(),
        _ => vec![resource.api_version()],
    };
    if let Some(filter) = filter {
        for version in versions {
            manager = manager.filter(&version, filter.clone());
        }
    }
    manager
}

/// Records what a create, update or patch changed.
pub(crate) fn track(call: &Call, live: Option<&Value>, object: &mut Value) {
    let versions = KindVersions::of(call);
    let endpoint = endpoint(call, &versions);
    let now = call.cluster.clock.text();
    let empty = endpoint.empty();
    let live_or_empty = live.unwrap_or(&empty);
    *object = endpoint.update_or_keep(live_or_empty, object, &call.manager(), &now);
    if let Some(live) = live {
        keep_times(live, object);
    }
}

/// Applies a configuration to the live object, or to nothing.
pub(crate) fn apply(
    call: &Call,
    live: Option<&Value>,
    config: &Value,
    force: bool,
) -> Result<Value, Refusal> {
    let versions = KindVersions::of(call);
    let endpoint = endpoint(call, &versions);
    let now = call.cluster.clock.text();
    let empty = endpoint.empty();
    let mut object = endpoint
        .apply(live.unwrap_or(&empty), config, &call.manager(), force, &now)
        .map_err(|error| refusal(&error))?;
    if let Some(live) = live {
        for key in ["generation", "creationTimestamp"] {
            let kept = live["metadata"][key].clone();
            if kept.is_null() {
                crate::rest::metadata_mut(&mut object).remove(key);
            } else {
                object["metadata"][key] = kept;
            }
        }
        keep_times(live, &mut object);
    }
    Ok(object)
}

fn keep_times(live: &Value, object: &mut Value) {
    gitops_smd::keep_times_of(live, object);
}

fn refusal(error: &Error) -> Refusal {
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Conflict => {
            let causes: Vec<Value> = error
                .conflicts()
                .iter()
                .map(|conflict| {
                    json!({
                        "reason": "FieldManagerConflict", "message": conflict.message(), "field": conflict.path.to_string(),
                    })
                })
                .collect();
            Refusal::new(409, Some("Conflict"), message).with_causes(Value::Array(causes))
        }
        ErrorKind::BadRequest => Refusal::bad_request(message),
        _ => Refusal::plain_500(message),
    }
}

/// Returns the entries of a Scale after a plain write.
pub(crate) fn track_scale(call: &Call, live: &Value, scale: &Value) -> Value {
    let versions = KindVersions::of(call);
    let endpoint = FieldManager::new(&versions, "autoscaling/v1", "Scale").subresource("scale");
    endpoint.update_or_keep(live, scale, &call.manager(), &call.cluster.clock.text())
}

/// Applies a configuration to a Scale.
pub(crate) fn apply_scale(call: &Call, live: &Value, config: &Value, force: bool) -> Result<Value, Refusal> {
    let versions = KindVersions::of(call);
    let endpoint = FieldManager::new(&versions, "autoscaling/v1", "Scale").subresource("scale");
    let now = call.cluster.clock.text();
    endpoint.apply(live, config, &call.manager(), force, &now).map_err(|error| refusal(&error))
}
