// SPDX-License-Identifier: Apache-2.0

//! Workloads that are ready as soon as they are written; nothing runs.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::registry::Resource;
use crate::rest;
use crate::store::Record;

/// An annotation that makes a workload fail (`fail`) or never get ready (`hang`).
const OUTCOME: &str = "testing.gitops-toolkit.dev/outcome";
const MANAGER: &str = "kube-controller-manager";

pub(super) fn written(cluster: &Arc<Cluster>, resource: &Resource, record: &Record) {
    let value = record.value();
    let outcome = value["metadata"]["annotations"][OUTCOME].as_str().unwrap_or_default().to_owned();
    if outcome == "hang" || !value["metadata"]["deletionTimestamp"].is_null() {
        return;
    }
    let now = cluster.clock.text();
    let Some(mut status) = status_of(resource, &value, outcome == "fail", &now) else { return };
    keep_times(&value["status"], &mut status);
    rest::edit(cluster, &resource.table, &record.key, MANAGER, Some("status"), |object| {
        object["status"] = status.clone();
    });
}

/// Conditions that say the same as before keep their times.
fn keep_times(live: &Value, status: &mut Value) {
    let old = live["conditions"].as_array().cloned().unwrap_or_default();
    for condition in status.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        let same = old.iter().find(|old| {
            old["type"] == condition["type"]
                && old["status"] == condition["status"]
                && old["reason"] == condition["reason"]
        });
        if let Some(same) = same {
            *condition = same.clone();
        }
    }
    for key in ["startTime", "completionTime"] {
        if status.get(key).is_some() && !live[key].is_null() {
            status[key] = live[key].clone();
        }
    }
}

fn condition(kind: &str, on: bool, reason: &str, message: &str, now: &str) -> Value {
    json!({
        "type": kind, "status": if on { "True" } else { "False" }, "reason": reason, "message": message,
        "lastTransitionTime": now, "lastUpdateTime": now,
    })
}

fn status_of(resource: &Resource, object: &Value, fail: bool, now: &str) -> Option<Value> {
    let generation = object["metadata"]["generation"].clone();
    let replicas = object["spec"]["replicas"].as_i64().unwrap_or(1);
    Some(match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments") => deployment(object, fail, now),
        ("apps", "statefulsets") => json!({
            "observedGeneration": generation, "replicas": replicas, "readyReplicas": replicas,
            "currentReplicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas,
            "currentRevision": "embedded-1", "updateRevision": "embedded-1", "collisionCount": 0,
        }),
        ("apps", "daemonsets") => json!({
            "observedGeneration": generation, "currentNumberScheduled": 1, "numberMisscheduled": 0,
            "desiredNumberScheduled": 1, "numberReady": 1, "updatedNumberScheduled": 1, "numberAvailable": 1,
        }),
        ("apps", "replicasets") | ("", "replicationcontrollers") => json!({
            "observedGeneration": generation, "replicas": replicas, "fullyLabeledReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas,
        }),
        ("batch", "jobs") => job(object, fail, now),
        ("", "pods") => pod(object, fail, now),
        ("", "persistentvolumeclaims") => json!({
            "phase": "Bound", "accessModes": object["spec"]["accessModes"],
            "capacity": object["spec"]["resources"]["requests"],
        }),
        ("", "services") if object["spec"]["type"] == "LoadBalancer" => {
            json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}})
        }
        ("policy", "poddisruptionbudgets") => json!({
            "observedGeneration": generation, "disruptionsAllowed": 1, "currentHealthy": 1, "desiredHealthy": 1,
            "expectedPods": 1,
        }),
        _ => return None,
    })
}

fn deployment(object: &Value, fail: bool, now: &str) -> Value {
    let replicas = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let generation = object["metadata"]["generation"].clone();
    if fail {
        let message = "the deployment was told to fail";
        return json!({
            "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
            "unavailableReplicas": replicas,
            "conditions": [
                condition("Available", false, "MinimumReplicasUnavailable", message, now),
                condition("Progressing", false, "ProgressDeadlineExceeded", message, now),
            ],
        });
    }
    let mut status = json!({
        "observedGeneration": generation,
        "conditions": [
            condition("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.", now),
            condition("Progressing", true, "NewReplicaSetAvailable", "the new replicas are available", now),
        ],
    });
    if replicas > 0 {
        for key in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
            status[key] = json!(replicas);
        }
    }
    status
}

fn job(object: &Value, fail: bool, now: &str) -> Value {
    let completions = object["spec"]["completions"].as_i64().unwrap_or(1);
    let done = |kind: &str, reason: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "message": "", "lastProbeTime": now,
            "lastTransitionTime": now,
        })
    };
    if object["spec"]["suspend"] == Value::Bool(true) {
        return json!({});
    }
    if fail {
        let conditions =
            [done("FailureTarget", "BackoffLimitExceeded"), done("Failed", "BackoffLimitExceeded")];
        return json!({"startTime": now, "failed": 1, "conditions": conditions});
    }
    let conditions =
        [done("SuccessCriteriaMet", "CompletionsReached"), done("Complete", "CompletionsReached")];
    json!({"startTime": now, "completionTime": now, "succeeded": completions, "conditions": conditions})
}

fn pod(object: &Value, fail: bool, now: &str) -> Value {
    let owned_by_job = object["metadata"]["ownerReferences"][0]["kind"] == "Job";
    let short = owned_by_job || object["spec"]["restartPolicy"] == "Never";
    let phase = match (fail, short) {
        (true, _) => "Failed",
        (false, true) => "Succeeded",
        (false, false) => "Running",
    };
    let ready = phase == "Running";
    let conditions: Vec<Value> = ["Initialized", "Ready", "ContainersReady", "PodScheduled"]
        .into_iter()
        .map(|kind| {
            let on = ready || matches!(kind, "Initialized" | "PodScheduled");
            json!({"type": kind, "status": if on { "True" } else { "False" }, "lastTransitionTime": now, "lastProbeTime": null})
        })
        .collect();
    let containers: Vec<Value> = object["spec"]["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|container| {
            json!({
                "name": container["name"], "image": container["image"], "imageID": "", "ready": ready,
                "restartCount": 0, "started": ready,
            })
        })
        .collect();
    json!({
        "phase": phase, "qosClass": object["status"]["qosClass"], "startTime": now, "conditions": conditions,
        "containerStatuses": containers,
    })
}
