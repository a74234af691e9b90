// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;

use serde_json::{Value, json};

use crate::http::Reply;
use crate::refusal::{Cause, Refusal, quote};
use crate::rest::call::Call;
use crate::rest::change::{self, Missed};
use crate::rest::{list, meta, present};
use crate::store::{Clash, Expect, Record};

/// The options of a deletion, from the body or else from the query.
struct Options {
    grace: Option<i64>,
    policy: Option<String>,
    uid: Option<String>,
    version: Option<String>,
    orphan: Option<bool>,
}

impl Options {
    fn of(call: &mut Call) -> Result<Self, Refusal> {
        let body: Value = if call.body.is_empty() { json!({}) } else { call.document()?.value() };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let query = |name: &str| call.query.get(name).map(str::to_owned);
        let empty = body.as_object().is_none_or(serde_json::Map::is_empty);
        let mut options = Self {
            grace: body["gracePeriodSeconds"].as_i64(),
            policy: text(&body["propagationPolicy"]),
            uid: text(&body["preconditions"]["uid"]),
            version: text(&body["preconditions"]["resourceVersion"]),
            orphan: body["orphanDependents"].as_bool(),
        };
        let mut dry_run: Vec<String> =
            body["dryRun"].as_array().into_iter().flatten().filter_map(text).collect();
        if empty {
            options.grace = query("gracePeriodSeconds").and_then(|text| text.parse().ok());
            options.policy = query("propagationPolicy");
            options.orphan = call.query.flag("orphanDependents");
            dry_run = call.query.all("dryRun").into_iter().map(str::to_owned).collect();
        }
        options.check(&dry_run)?;
        call.query.set("dryRun", if dry_run.is_empty() { "" } else { "All" });
        Ok(options)
    }

    fn check(&self, dry_run: &[String]) -> Result<(), Refusal> {
        let mut causes = Vec::new();
        if self.orphan.is_some() && self.policy.is_some() {
            let detail = "orphanDependents and deletionPropagation cannot be both set";
            let value = quote(self.policy.as_deref().unwrap_or_default());
            causes.push(Cause::invalid("propagationPolicy", &value, detail));
        }
        if let Some(policy) = &self.policy
            && !matches!(policy.as_str(), "Orphan" | "Background" | "Foreground")
        {
            causes.push(Cause::unsupported(
                "propagationPolicy",
                policy,
                &["Foreground", "Background", "Orphan", "nil"],
            ));
        }
        if dry_run.iter().any(|value| value != "All") {
            let shown: Vec<String> = dry_run.iter().map(|value| quote(value)).collect();
            let text = format!("Unsupported value: [{}]: supported values: \"All\"", shown.join(","));
            causes.push(Cause::new("FieldValueNotSupported", "dryRun", text));
        }
        if causes.is_empty() {
            Ok(())
        } else {
            Err(Refusal::invalid("meta.k8s.io", "DeleteOptions", "", &causes))
        }
    }

    fn preconditions(&self, call: &Call, record: &Record) -> Result<(), Refusal> {
        let resource = &call.resource;
        let about = crate::refusal::About { group: "", resource: &resource.kind };
        let refuse = |what: &str, wanted: &str, found: &str| {
            let message = format!(
                "Operation cannot be fulfilled on {} {}: the {what} in the precondition ({wanted}) does not match the \
                 {what} in record ({found}). The object might have been deleted and then recreated",
                if resource.group.is_empty() {
                    resource.kind.clone()
                } else {
                    format!("{}.{}", resource.kind, resource.group)
                },
                quote(&record.key.name)
            );
            let about = crate::refusal::About { group: &resource.group, ..about };
            let message = if what == "ResourceVersion" {
                message.replace(
                    "The object might have been deleted and then recreated",
                    "The object might have been modified",
                )
            } else {
                message
            };
            Err(Refusal::new(409, Some("Conflict"), message).about(about, &record.key.name))
        };
        if let Some(uid) = &self.uid
            && *uid != record.uid
        {
            return refuse("UID", uid, &record.uid);
        }
        if let Some(version) = &self.version
            && *version != record.revision.to_string()
        {
            return refuse("ResourceVersion", version, &record.revision.to_string());
        }
        Ok(())
    }
}

/// Answers DELETE of one object.
pub(crate) fn delete(call: &mut Call) -> Result<Reply, Refusal> {
    let options = Options::of(call)?;
    warn_about_jobs(call, &options);
    loop {
        let (record, live) = change::live(call, &call.key()).ok_or_else(|| call.not_found())?;
        options.preconditions(call, &record)?;
        match one(call, &options, &record, &live) {
            Ok(Gone::Now(last)) => return answer(call, &record, &last, true),
            Ok(Gone::Later(last)) => return answer(call, &record, &last, false),
            Err(Missed::Refused(refusal)) => return Err(refusal),
            Err(Missed::Raced) => {}
        }
    }
}

fn warn_about_jobs(call: &mut Call, options: &Options) {
    if call.resource.is("batch", "jobs") && options.policy.is_none() && options.orphan.is_none() {
        let text = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to \
                    remove them or set propagationPolicy=Orphan to suppress this warning";
        call.warnings.push(text.to_owned());
    }
}

fn answer(call: &Call, record: &Record, last: &Value, gone: bool) -> Result<Reply, Refusal> {
    let resource = &call.resource;
    if resource.flags.returns_deleted || !gone {
        let mut last = last.clone();
        meta::remove(&mut last, "apiVersion");
        meta::remove(&mut last, "kind");
        return present::single(call, 200, &last.to_string().into());
    }
    let mut details = json!({"name": record.key.name, "kind": resource.plural, "uid": record.uid});
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    let mut reply = Reply::json(200, &status);
    reply.warnings.clone_from(&call.warnings);
    Ok(reply)
}

enum Gone {
    Now(Value),
    Later(Value),
}

fn one(call: &Call, options: &Options, record: &Arc<Record>, live: &Value) -> Result<Gone, Missed> {
    let resource = &call.resource;
    let mut object = live.clone();
    let finalizers = finalizers_after(resource, options, &object);
    set_finalizers(&mut object, &finalizers);
    let deleting = !live["metadata"]["deletionTimestamp"].is_null();
    let grace = grace(resource, options, live);
    let held = !finalizers.is_empty()
        || grace > 0
        || (resource.is("", "namespaces")
            && live["spec"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty()))
        || (crate::kinds::deletion_waits(resource) && !deleting);
    if !held {
        if resource.is("", "pods") {
            object["metadata"]["deletionTimestamp"] = json!(call.cluster.clock.text());
            object["metadata"]["deletionGracePeriodSeconds"] = json!(0);
            if let Some(generation) = object["metadata"]["generation"].as_i64() {
                object["metadata"]["generation"] = json!(generation + 1);
            }
        }
        if !call.dry_run() {
            let removed =
                change::remove(&call.cluster, resource, record, object.clone()).map_err(missed(call))?;
            object = removed.value();
        }
        return Ok(Gone::Now(object));
    }
    if !deleting {
        object["metadata"]["deletionTimestamp"] = json!(call.cluster.clock.after_text(grace));
        if !resource.is("", "namespaces") {
            object["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
        }
        if let Some(generation) = object["metadata"]["generation"].as_i64() {
            object["metadata"]["generation"] = json!(generation + 1);
        }
        crate::kinds::mark_deleting(&call.cluster, resource, live, &mut object);
    }
    if object == *live || call.dry_run() {
        return Ok(Gone::Later(object));
    }
    let expect = Expect::Revision(record.revision);
    let stored = call
        .cluster
        .store
        .put(&resource.table, &record.key, expect, change::draft(resource, object))
        .map_err(missed(call))?;
    crate::kinds::written(&call.cluster, resource, &stored);
    Ok(Gone::Later(stored.value()))
}

fn missed(call: &Call) -> impl Fn(Clash) -> Missed + '_ {
    |clash| if clash == Clash::Missing { Missed::Refused(call.not_found()) } else { Missed::Raced }
}

fn grace(resource: &crate::registry::Resource, options: &Options, live: &Value) -> i64 {
    let scheduled = live["spec"]["nodeName"].as_str().is_some_and(|node| !node.is_empty());
    let finished = matches!(live["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !resource.is("", "pods") || !scheduled || finished {
        return 0;
    }
    let own = live["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    match options.grace.unwrap_or(own) {
        grace if grace < 0 => 1,
        grace => grace,
    }
}

fn set_finalizers(object: &mut Value, finalizers: &[String]) {
    if finalizers.is_empty() {
        meta::metadata_mut(object).remove("finalizers");
    } else {
        object["metadata"]["finalizers"] = json!(finalizers);
    }
}

/// Turns the propagation policy into finalizers.
fn finalizers_after(resource: &crate::registry::Resource, options: &Options, live: &Value) -> Vec<String> {
    let mut finalizers: Vec<String> = live["metadata"]["finalizers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let policy = match (&options.policy, options.orphan) {
        (Some(policy), _) => Some(policy.as_str()),
        (None, Some(true)) => Some("Orphan"),
        (None, Some(false)) => Some("Background"),
        (None, None) if finalizers.iter().any(|name| name == "orphan" || name == "foregroundDeletion") => {
            None
        }
        (None, None) if resource.is("batch", "jobs") => Some("Orphan"),
        (None, None) => None,
    };
    let Some(policy) = policy else { return finalizers };
    finalizers.retain(|name| name != "orphan" && name != "foregroundDeletion");
    match policy {
        "Orphan" => finalizers.push("orphan".to_owned()),
        "Foreground" => finalizers.push("foregroundDeletion".to_owned()),
        _ => {}
    }
    finalizers
}

/// Answers DELETE of a collection: with the objects as they were found.
pub(crate) fn delete_collection(call: &mut Call) -> Result<Reply, Refusal> {
    let options = Options::of(call)?;
    list::check_list_options(call, false)?;
    let selection = list::Selection::of(call)?;
    let snapshot = call.cluster.store.list(&call.resource.table, &call.namespace);
    let mut records: Vec<Arc<Record>> =
        snapshot.records.into_iter().filter(|record| selection.matches(record)).collect();
    let metadata = list::page(call, snapshot.revision, &mut records, &selection);
    for record in &records {
        let key = record.key.clone();
        while let Some((record, live)) = change::live(call, &key) {
            match one(call, &options, &record, &live) {
                Ok(_) => break,
                Err(Missed::Refused(refusal)) if refusal.code == 404 => break,
                Err(Missed::Refused(refusal)) => return Err(refusal),
                Err(Missed::Raced) => {}
            }
        }
    }
    present::many(call, &records, &metadata)
}
