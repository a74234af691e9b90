// SPDX-License-Identifier: Apache-2.0

//! What readiness means for the kinds built into Kubernetes.

use serde_json::Value;

use super::{Status, condition, conditions};

/// Returns the health by the rule of the kind, or `None` where there is no rule.
pub(super) fn of_kind(object: &Value) -> Option<Status> {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let status = match (group, object["kind"].as_str().unwrap_or_default()) {
        ("", "ConfigMap" | "Secret") | ("batch", "CronJob") => Status::current("Resource is always ready"),
        ("", "Service") => service(object),
        ("", "Pod") => pod(object),
        ("", "PersistentVolumeClaim") => claim(object),
        ("apps", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("apps", "ReplicaSet") => replica_set(object),
        ("batch", "Job") => job(object),
        ("policy", "PodDisruptionBudget") => Status::current("AllowedDisruptions has been computed."),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        _ => return None,
    };
    Some(status)
}

fn number(object: &Value, pointer: &str, default: i64) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(default)
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn service(object: &Value) -> Status {
    if text(object, "/spec/type") == "LoadBalancer" && text(object, "/spec/clusterIP").is_empty() {
        return Status::in_progress("ClusterIP not set. Service type: LoadBalancer");
    }
    Status::current("Service is ready")
}

fn pod(object: &Value) -> Status {
    match text(object, "/status/phase") {
        "Succeeded" => Status::current("Pod has completed successfully"),
        "Failed" => Status::current("Pod has completed, but not successfully"),
        "Running" if condition(object, "Ready").is_some_and(|ready| ready.status == "True") => {
            Status::current("Pod is Ready")
        }
        "Running" => match crash_looping(object) {
            Some(names) => Status::failed(format!("Containers in CrashLoop state: {names}")),
            None => Status::in_progress("Pod is running but is not Ready"),
        },
        "Pending" => pending(object),
        _ => Status::in_progress("Pod phase not available"),
    }
}

fn crash_looping(object: &Value) -> Option<String> {
    let containers = object.pointer("/status/containerStatuses").and_then(Value::as_array)?;
    let names: Vec<&str> = containers
        .iter()
        .filter(|container| text(container, "/state/waiting/reason") == "CrashLoopBackOff")
        .map(|container| text(container, "/name"))
        .collect();
    (!names.is_empty()).then(|| names.join(","))
}

/// Seconds after which a Pod that fits on no node counts as failed; a scheduler needs a moment to learn of new nodes.
const UNSCHEDULABLE_SECONDS: i64 = 15;

fn pending(object: &Value) -> Status {
    match condition(object, "PodScheduled") {
        Some(scheduled) if scheduled.status == "False" && scheduled.reason == "Unschedulable" => {
            let since = scheduled.since.parse::<jiff::Timestamp>().ok();
            let age = since.map_or(0, |since| jiff::Timestamp::now().as_second() - since.as_second());
            if age >= UNSCHEDULABLE_SECONDS {
                Status::failed("Pod could not be scheduled")
            } else {
                Status::in_progress("Pod has not been scheduled")
            }
        }
        _ => Status::in_progress("Pod is in the Pending phase"),
    }
}

fn claim(object: &Value) -> Status {
    match text(object, "/status/phase") {
        "Bound" => Status::current("PVC is Bound"),
        phase => Status::in_progress(format!("PVC is not Bound. phase: {phase}")),
    }
}

fn deployment(object: &Value) -> Status {
    let wanted = number(object, "/spec/replicas", 1);
    let replicas = number(object, "/status/replicas", 0);
    let updated = number(object, "/status/updatedReplicas", 0);
    let ready = number(object, "/status/readyReplicas", 0);
    let available = number(object, "/status/availableReplicas", 0);
    let deadline = object.pointer("/spec/progressDeadlineSeconds").and_then(Value::as_i64);
    let mut progressing = deadline.is_none();
    let mut is_available = false;
    for condition in conditions(object) {
        match condition.kind {
            "Progressing" if condition.reason == "ProgressDeadlineExceeded" => {
                return Status::failed("Progress deadline exceeded");
            }
            "Progressing" if condition.status == "True" && condition.reason == "NewReplicaSetAvailable" => {
                progressing = true;
            }
            "Available" if condition.status == "True" => is_available = true,
            _ => {}
        }
    }
    if wanted > replicas {
        Status::in_progress(format!("Replicas: {replicas}/{wanted}"))
    } else if wanted > updated {
        Status::in_progress(format!("Updated: {updated}/{wanted}"))
    } else if replicas > wanted {
        Status::in_progress(format!("Pending termination: {}", replicas - wanted))
    } else if updated > available {
        Status::in_progress(format!("Available: {available}/{updated}"))
    } else if wanted > ready {
        Status::in_progress(format!("Ready: {ready}/{wanted}"))
    } else if !progressing {
        Status::in_progress("ReplicaSet not Available")
    } else if !is_available {
        Status::in_progress("Deployment not Available")
    } else {
        Status::current(format!("Deployment is available. Replicas: {replicas}"))
    }
}

fn stateful_set(object: &Value) -> Status {
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        return Status::current("StatefulSet is using the ondelete update strategy");
    }
    let wanted = number(object, "/spec/replicas", 1);
    let replicas = number(object, "/status/replicas", 0);
    let ready = number(object, "/status/readyReplicas", 0);
    let current = number(object, "/status/currentReplicas", 0);
    let updated = number(object, "/status/updatedReplicas", 0);
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition", -1);
    if wanted > replicas {
        return Status::in_progress(format!("Replicas: {replicas}/{wanted}"));
    }
    if wanted > ready {
        return Status::in_progress(format!("Ready: {ready}/{wanted}"));
    }
    if replicas > wanted {
        return Status::in_progress(format!("Pending termination: {}", replicas - wanted));
    }
    if partition > 0 {
        if updated < wanted - partition {
            return Status::in_progress(format!("updated: {updated}/{}", wanted - partition));
        }
        return Status::current(format!("Partition rollout complete. updated: {updated}"));
    }
    if wanted > current {
        return Status::in_progress(format!("current: {current}/{wanted}"));
    }
    if text(object, "/status/currentRevision") != text(object, "/status/updateRevision") {
        return Status::in_progress("Waiting for updated revision to match current");
    }
    Status::current(format!("All replicas scheduled as expected. Replicas: {replicas}"))
}

fn daemon_set(object: &Value) -> Status {
    let Some(observed) = object.pointer("/status/observedGeneration").and_then(Value::as_i64) else {
        return Status::in_progress("Missing .status.observedGeneration");
    };
    let Some(generation) = object.pointer("/metadata/generation").and_then(Value::as_i64) else {
        return Status::in_progress("Missing .metadata.generation");
    };
    if observed != generation {
        return Status::in_progress("Controller has not observed the latest change");
    }
    let Some(wanted) = object.pointer("/status/desiredNumberScheduled").and_then(Value::as_i64) else {
        return Status::in_progress("Missing .status.desiredNumberScheduled");
    };
    for (what, pointer) in [
        ("Current", "/status/currentNumberScheduled"),
        ("Updated", "/status/updatedNumberScheduled"),
        ("Available", "/status/numberAvailable"),
        ("Ready", "/status/numberReady"),
    ] {
        let there = number(object, pointer, 0);
        if wanted > there {
            return Status::in_progress(format!("{what}: {there}/{wanted}"));
        }
    }
    Status::current(format!("All replicas scheduled as expected. Replicas: {wanted}"))
}

fn replica_set(object: &Value) -> Status {
    if condition(object, "ReplicaFailure").is_some_and(|failure| failure.status == "True") {
        return Status::in_progress("Replica Failure condition. Check Pods");
    }
    let wanted = number(object, "/spec/replicas", 1);
    let replicas = number(object, "/status/replicas", 0);
    for (what, pointer) in [
        ("Labelled", "/status/fullyLabeledReplicas"),
        ("Available", "/status/availableReplicas"),
        ("Ready", "/status/readyReplicas"),
    ] {
        let there = number(object, pointer, 0);
        if wanted > there {
            return Status::in_progress(format!("{what}: {there}/{wanted}"));
        }
    }
    if replicas > wanted {
        return Status::in_progress(format!("Pending termination: {}", replicas - wanted));
    }
    Status::current(format!("ReplicaSet is available. Replicas: {replicas}"))
}

fn job(object: &Value) -> Status {
    if object.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        return Status::current("Job is suspended");
    }
    for condition in conditions(object).filter(|condition| condition.status == "True") {
        match condition.kind {
            "Complete" => return Status::current("Job Completed"),
            "Failed" => {
                return Status::failed(format!(
                    "Job Failed. failed: {}",
                    number(object, "/status/failed", 0)
                ));
            }
            _ => {}
        }
    }
    if text(object, "/status/startTime").is_empty() {
        return Status::in_progress("Job not started");
    }
    Status::in_progress("Job in progress")
}

fn definition(object: &Value) -> Status {
    for condition in conditions(object) {
        match (condition.kind, condition.status) {
            ("NamesAccepted", "False") => return Status::failed(condition.message),
            ("Established", "True") => return Status::current("CRD is established"),
            ("Established", "False") if condition.reason != "Installing" => {
                return Status::failed(condition.message);
            }
            _ => {}
        }
    }
    Status::in_progress("Install in progress")
}
