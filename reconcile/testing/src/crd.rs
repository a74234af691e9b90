// SPDX-License-Identifier: Apache-2.0

//! CustomResourceDefinitions: from an object to served resources and back.

use std::sync::Arc;

use gitops_api::schema::Schema;
use gitops_smd::ObjectType;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::refusal::Cause;
use crate::registry::builtin::Names;
use crate::registry::{Custom, Flags, Resource, Scale};
use crate::rest;
use crate::store::Record;

pub(crate) const TABLE: &str = "apiextensions.k8s.io/customresourcedefinitions";
pub(crate) const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Fills in defaults.
pub(crate) fn default(object: &mut Value) {
    let spec = &mut object["spec"];
    if !spec.is_object() {
        return;
    }
    let kind = spec["names"]["kind"].as_str().unwrap_or_default().to_owned();
    if spec["names"].is_object() && !kind.is_empty() {
        for (key, value) in [("singular", kind.to_lowercase()), ("listKind", format!("{kind}List"))] {
            if spec["names"][key].as_str().unwrap_or_default().is_empty() {
                spec["names"][key] = json!(value);
            }
        }
    }
    if spec["conversion"].is_null() {
        spec["conversion"] = json!({"strategy": "None"});
    }
    if spec["preserveUnknownFields"] == json!(false)
        && let Some(spec) = spec.as_object_mut()
    {
        spec.remove("preserveUnknownFields");
    }
}

/// Sets the status that a new definition has.
pub(crate) fn prepare_create(object: &mut Value) {
    let stored: Vec<Value> = versions(object)
        .iter()
        .filter(|version| version["storage"] == json!(true))
        .map(|version| version["name"].clone())
        .collect();
    object["status"] =
        json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored});
}

/// Adds the storage version to the list of those that were ever stored.
pub(crate) fn prepare_update(object: &mut Value) {
    let storage = versions(object)
        .iter()
        .find(|version| version["storage"] == json!(true))
        .map(|version| version["name"].clone());
    if let (Some(storage), Some(stored)) = (storage, object["status"]["storedVersions"].as_array_mut())
        && !stored.contains(&storage)
    {
        stored.push(storage);
    }
}

fn versions(object: &Value) -> Vec<Value> {
    object["spec"]["versions"].as_array().cloned().unwrap_or_default()
}

/// Checks a definition, new or changed.
pub(crate) fn validate(object: &Value, live: Option<&Value>) -> Vec<Cause> {
    let mut causes: Vec<Cause> =
        gitops_api::schema::check_crd(object).iter().map(crate::schema::cause).collect();
    if let Some(live) = live {
        causes.retain(|cause| cause.field != "metadata.name");
        let established = live["status"]["conditions"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Established" && condition["status"] == "True");
        let fixed: &[&str] = if established { &["group", "scope"] } else { &["group"] };
        for key in fixed {
            if live["spec"][key] != object["spec"][key] {
                let value = object["spec"][key].to_string();
                causes.push(Cause::invalid(format!("spec.{key}"), &value, "field is immutable"));
            }
        }
        if established {
            for key in ["plural", "kind"] {
                if live["spec"]["names"][key] != object["spec"]["names"][key] {
                    let value = object["spec"]["names"][key].to_string();
                    causes.push(Cause::invalid(format!("spec.names.{key}"), &value, "field is immutable"));
                }
            }
        }
    }
    causes
}

/// Reacts to a stored definition: accepts its names, serves it, or takes it down.
pub(crate) fn written(cluster: &Arc<Cluster>, record: &Record) {
    let object = record.value();
    if !object["metadata"]["deletionTimestamp"].is_null() {
        terminate(cluster, record, &object);
        return;
    }
    let (accepted, conditions) = judge(cluster, &object);
    if object["status"]["acceptedNames"] != accepted
        || !same_conditions(&object["status"]["conditions"], &conditions)
    {
        let status = json!({"acceptedNames": accepted, "conditions": dated(cluster, &object, conditions)});
        rest::write_status(cluster, TABLE, &record.key, "kube-apiserver", &status);
        return;
    }
    if is_true(&object["status"]["conditions"], "Established") {
        cluster.registry.replace(&record.key.name, resources(&object, record.revision, false));
    }
}

fn is_true(conditions: &Value, kind: &str) -> bool {
    conditions.as_array().into_iter().flatten().any(|one| one["type"] == kind && one["status"] == "True")
}

fn same_conditions(live: &Value, wanted: &[Value]) -> bool {
    wanted.iter().all(|wanted| {
        live.as_array().into_iter().flatten().any(|one| {
            one["type"] == wanted["type"]
                && one["status"] == wanted["status"]
                && one["reason"] == wanted["reason"]
        })
    })
}

fn dated(cluster: &Cluster, object: &Value, conditions: Vec<Value>) -> Vec<Value> {
    let now = cluster.clock.text();
    let live = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let mut result: Vec<Value> = conditions
        .into_iter()
        .map(|mut condition| {
            let old = live
                .iter()
                .find(|old| old["type"] == condition["type"] && old["status"] == condition["status"]);
            condition["lastTransitionTime"] =
                old.map_or_else(|| json!(now), |old| old["lastTransitionTime"].clone());
            condition
        })
        .collect();
    let others: Vec<Value> =
        live.into_iter().filter(|old| !result.iter().any(|new| new["type"] == old["type"])).collect();
    result.extend(others);
    result
}

/// Decides about names: what is taken by other definitions of the group is not accepted.
fn judge(cluster: &Cluster, object: &Value) -> (Value, Vec<Value>) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let group = object["spec"]["group"].as_str().unwrap_or_default();
    let names = &object["spec"]["names"];
    let catalog = cluster.registry.catalog();
    let others: Vec<_> = catalog
        .iter()
        .filter(|resource| resource.group == group)
        .filter(|resource| resource.custom.as_ref().is_none_or(|custom| custom.crd != name))
        .collect();
    let text = |key: &str| names[key].as_str().unwrap_or_default().to_owned();
    let resource_taken = |wanted: &str| {
        others.iter().any(|other| {
            other.plural == wanted
                || other.singular == wanted
                || other.short_names.iter().any(|short| short == wanted)
        })
    };
    let kind_taken =
        |wanted: &str| others.iter().any(|other| other.kind == wanted || other.list_kind == wanted);
    let mut accepted = json!({"plural": "", "kind": ""});
    let mut problem: Option<(&str, String)> = None;
    let mut refuse = |reason: &'static str, value: &str| {
        problem = Some((reason, format!("{} is already in use", crate::refusal::quote(value))));
    };
    if resource_taken(&text("plural")) {
        refuse("PluralConflict", &text("plural"))
    } else {
        accepted["plural"] = names["plural"].clone()
    }
    if resource_taken(&text("singular")) {
        refuse("SingularConflict", &text("singular"))
    } else {
        accepted["singular"] = names["singular"].clone()
    }
    let shorts: Vec<&str> =
        names["shortNames"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match shorts.iter().find(|short| resource_taken(short)) {
        Some(short) => refuse("ShortNamesConflict", short),
        None if !shorts.is_empty() => accepted["shortNames"] = json!(shorts),
        None => {}
    }
    if kind_taken(&text("kind")) {
        refuse("KindConflict", &text("kind"))
    } else {
        accepted["kind"] = names["kind"].clone()
    }
    if kind_taken(&text("listKind")) {
        refuse("ListKindConflict", &text("listKind"))
    } else {
        accepted["listKind"] = names["listKind"].clone()
    }
    if names["categories"].as_array().is_some_and(|categories| !categories.is_empty()) {
        accepted["categories"] = names["categories"].clone();
    }
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message});
    let established = is_true(&object["status"]["conditions"], "Established");
    let conditions = match problem {
        None => vec![
            condition("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
            condition("Established", "True", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        Some((reason, message)) if established => vec![condition("NamesAccepted", "False", reason, &message)],
        Some((reason, message)) => vec![
            condition("NamesAccepted", "False", reason, &message),
            condition("Established", "False", "NotAccepted", "not all names are accepted"),
        ],
    };
    (accepted, conditions)
}

/// Returns the resources that a definition makes.
fn resources(object: &Value, schema_id: u64, terminating: bool) -> Vec<Resource> {
    let schemas: Vec<Option<Arc<Schema>>> = versions(object)
        .iter()
        .map(|version| {
            Schema::for_crd(object, version["name"].as_str().unwrap_or_default()).ok().map(Arc::new)
        })
        .collect();
    let all = versions(object);
    let storage = all.iter().position(|version| version["storage"] == json!(true)).unwrap_or(0);
    let of = |index: usize| schemas.get(index).cloned().flatten();
    all.iter()
        .enumerate()
        .map(|(index, version)| {
            let id = schema_id * 64 + index as u64 + 1;
            resource(object, version, Shape { schema: of(index), storage: of(storage), id, terminating })
        })
        .collect()
}

/// What a version is checked with.
struct Shape {
    schema: Option<Arc<Schema>>,
    storage: Option<Arc<Schema>>,
    id: u64,
    terminating: bool,
}

fn resource(object: &Value, version: &Value, shape: Shape) -> Resource {
    let spec = &object["spec"];
    let names = &object["status"]["acceptedNames"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let words = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    let name = text(&version["name"]);
    let (group, plural, kind) =
        (text(&spec["group"]), text(&spec["names"]["plural"]), text(&spec["names"]["kind"]));
    let subresources = &version["subresources"];
    let scale = subresources["scale"].as_object().map(|scale| {
        let path = |key: &str| scale.get(key).map(text).unwrap_or_default();
        Scale {
            spec: path("specReplicasPath"),
            status: path("statusReplicasPath"),
            selector: scale.get("labelSelectorPath").map(text),
        }
    });
    let preserve = spec["preserveUnknownFields"] == json!(true);
    let custom = Custom {
        crd: text(&object["metadata"]["name"]),
        version: version.clone(),
        schema: shape.schema,
        storage_schema: shape.storage,
        merge: ObjectType::from_structural(&version["schema"]["openAPIV3Schema"], preserve),
        schema_id: shape.id,
        columns: version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default(),
        deprecation: deprecation(version, &group, &name, &kind),
        storage: version["storage"] == json!(true),
        served: version["served"] == json!(true),
        terminating: shape.terminating,
    };
    Resource {
        table: format!("{group}/{plural}"),
        singular: text(&names["singular"]),
        list_kind: text(&spec["names"]["listKind"]),
        short_names: words(&names["shortNames"]),
        categories: words(&names["categories"]),
        namespaced: spec["scope"] == "Namespaced",
        status: subresources["status"].is_object(),
        scale,
        fields: version["selectableFields"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|field| text(&field["jsonPath"]).trim_start_matches('.').to_owned())
            .collect(),
        names: Names::Subdomain,
        flags: Flags { needs_version: true, own_field_labels: true, ..Flags::default() },
        group,
        version: name,
        kind,
        plural,
        custom: Some(Arc::new(custom)),
    }
}

fn deprecation(version: &Value, group: &str, name: &str, kind: &str) -> Option<String> {
    if version["deprecated"] != json!(true) {
        return None;
    }
    let own = version["deprecationWarning"].as_str().map(str::to_owned);
    own.or_else(|| Some(format!("{group}/{name} {kind} is deprecated")))
}

/// Says in a deleted definition that its instances will go.
pub(crate) fn announce(cluster: &Cluster, object: &mut Value) {
    let mut conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.retain(|condition| condition["type"] != "Terminating");
    conditions.push(json!({
        "type": "Terminating", "status": "True", "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        "lastTransitionTime": cluster.clock.text(),
    }));
    object["status"]["conditions"] = json!(conditions);
}

/// Takes a deleted definition down: instances first, then itself.
fn terminate(cluster: &Arc<Cluster>, record: &Record, object: &Value) {
    let begun = object["status"]["conditions"].as_array().into_iter().flatten().any(|condition| {
        condition["type"] == "Terminating" && condition["reason"] == "InstanceDeletionInProgress"
    });
    if !begun && has_finalizer(object) {
        let mut conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.retain(|condition| condition["type"] != "Terminating");
        conditions.push(json!({
            "type": "Terminating", "status": "True", "reason": "InstanceDeletionInProgress",
            "message": "CustomResource deletion is in progress", "lastTransitionTime": cluster.clock.text(),
        }));
        cluster.registry.replace(&record.key.name, resources(object, record.revision, true));
        if cluster.store.count(&table_of(object)) > 0 {
            let status = json!({"conditions": conditions});
            rest::write_status(cluster, TABLE, &record.key, "kube-apiserver", &status);
        }
        for instance in cluster.store.list(&table_of(object), "").records {
            rest::delete_quietly(cluster, &table_of(object), &instance.key, None);
        }
    }
    finish(cluster, &table_of(object), &record.key.name);
}

fn has_finalizer(object: &Value) -> bool {
    object["metadata"]["finalizers"]
        .as_array()
        .is_some_and(|finalizers| finalizers.contains(&json!(FINALIZER)))
}

fn table_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text(&object["spec"]["group"]), text(&object["spec"]["names"]["plural"]))
}

/// Lets a deleted definition go once its last instance is gone.
pub(crate) fn finish(cluster: &Arc<Cluster>, table: &str, name: &str) {
    if cluster.store.count(table) == 0 {
        let key = crate::store::Key::new("", name);
        rest::drop_finalizer(cluster, TABLE, &key, FINALIZER);
    }
}
