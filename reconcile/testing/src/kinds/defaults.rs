// SPDX-License-Identifier: Apache-2.0

//! Defaults as data: paths, and what is set where the path leads to nothing.

use serde_json::{Value, json};

use super::pods;
use crate::registry::Resource;

/// Where pod templates stand.
fn template(resource: &Resource) -> Option<&'static str> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments" | "replicasets" | "daemonsets" | "statefulsets")
        | ("", "replicationcontrollers")
        | ("batch", "jobs") => Some("/spec/template"),
        ("batch", "cronjobs") => Some("/spec/jobTemplate/spec/template"),
        ("", "podtemplates") => Some("/template"),
        _ => None,
    }
}

/// Defaults of one kind: JSON pointers with `*` for all items, and JSON texts.
fn rules(resource: &Resource) -> &'static [(&'static str, &'static str)] {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "secrets") => &[("/type", "\"Opaque\"")],
        ("", "persistentvolumeclaims") => &[("/spec/volumeMode", "\"Filesystem\"")],
        ("", "persistentvolumes") => {
            &[("/spec/persistentVolumeReclaimPolicy", "\"Retain\""), ("/spec/volumeMode", "\"Filesystem\"")]
        }
        ("", "replicationcontrollers") => &[("/spec/replicas", "1")],
        ("events.k8s.io", "events") => &[
            ("/deprecatedSource", "{}"),
            ("/deprecatedFirstTimestamp", "null"),
            ("/deprecatedLastTimestamp", "null"),
            ("/eventTime", "null"),
            ("/regarding", "{}"),
        ],
        ("", "events") => &[
            ("/source", "{}"),
            ("/firstTimestamp", "null"),
            ("/lastTimestamp", "null"),
            ("/eventTime", "null"),
            ("/reportingComponent", "\"\""),
            ("/reportingInstance", "\"\""),
            ("/involvedObject", "{}"),
        ],
        ("apps", "deployments") => &[
            ("/spec/replicas", "1"),
            ("/spec/strategy/type", "\"RollingUpdate\""),
            ("/spec/revisionHistoryLimit", "10"),
            ("/spec/progressDeadlineSeconds", "600"),
        ],
        ("apps", "replicasets") => &[("/spec/replicas", "1")],
        ("apps", "daemonsets") => {
            &[("/spec/updateStrategy/type", "\"RollingUpdate\""), ("/spec/revisionHistoryLimit", "10")]
        }
        ("apps", "statefulsets") => &[
            ("/spec/replicas", "1"),
            ("/spec/serviceName", "\"\""),
            ("/spec/podManagementPolicy", "\"OrderedReady\""),
            ("/spec/updateStrategy/type", "\"RollingUpdate\""),
            ("/spec/revisionHistoryLimit", "10"),
            ("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted", "\"Retain\""),
            ("/spec/persistentVolumeClaimRetentionPolicy/whenScaled", "\"Retain\""),
            ("/spec/volumeClaimTemplates/*/kind", "\"PersistentVolumeClaim\""),
            ("/spec/volumeClaimTemplates/*/apiVersion", "\"v1\""),
            ("/spec/volumeClaimTemplates/*/spec/volumeMode", "\"Filesystem\""),
            ("/spec/volumeClaimTemplates/*/status/phase", "\"Pending\""),
        ],
        ("batch", "jobs") => &[
            ("/spec/parallelism", "1"),
            ("/spec/backoffLimit", "6"),
            ("/spec/completionMode", "\"NonIndexed\""),
            ("/spec/suspend", "false"),
            ("/spec/manualSelector", "false"),
            ("/spec/podReplacementPolicy", "\"TerminatingOrFailed\""),
        ],
        ("batch", "cronjobs") => &[
            ("/spec/concurrencyPolicy", "\"Allow\""),
            ("/spec/suspend", "false"),
            ("/spec/successfulJobsHistoryLimit", "3"),
            ("/spec/failedJobsHistoryLimit", "1"),
            ("/spec/jobTemplate/metadata", "{}"),
        ],
        ("autoscaling", _) => &[
            ("/spec/minReplicas", "1"),
            (
                "/spec/metrics",
                "[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\",\
                 \"averageUtilization\":80}}}]",
            ),
        ],
        ("storage.k8s.io", "storageclasses") => {
            &[("/reclaimPolicy", "\"Delete\""), ("/volumeBindingMode", "\"Immediate\"")]
        }
        ("scheduling.k8s.io", _) => &[("/preemptionPolicy", "\"PreemptLowerPriority\"")],
        ("admissionregistration.k8s.io", plural) => admission_rules(plural),
        ("apiextensions.k8s.io", _) => &[("/spec/conversion/webhook/clientConfig/service/port", "443")],
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => &[("/rules", "null")],
        ("networking.k8s.io", "networkpolicies") => &[("/spec/podSelector", "{}")],
        ("coordination.k8s.io", "leases") => &[("/spec", "{}")],
        ("networking.k8s.io", "ingressclasses") => &[("/spec", "{}")],
        _ => &[],
    }
}

/// Defaults of the kinds that configure admission.
fn admission_rules(plural: &str) -> &'static [(&'static str, &'static str)] {
    match plural {
        "validatingwebhookconfigurations" | "mutatingwebhookconfigurations" => &[
            ("/webhooks/*/failurePolicy", "\"Fail\""),
            ("/webhooks/*/matchPolicy", "\"Equivalent\""),
            ("/webhooks/*/namespaceSelector", "{}"),
            ("/webhooks/*/objectSelector", "{}"),
            ("/webhooks/*/timeoutSeconds", "10"),
            ("/webhooks/*/rules/*/scope", "\"*\""),
            ("/webhooks/*/clientConfig/service/port", "443"),
        ],
        "validatingadmissionpolicies" => &[
            ("/spec/failurePolicy", "\"Fail\""),
            ("/spec/matchConstraints/matchPolicy", "\"Equivalent\""),
            ("/spec/matchConstraints/namespaceSelector", "{}"),
            ("/spec/matchConstraints/objectSelector", "{}"),
            ("/spec/matchConstraints/resourceRules/*/scope", "\"*\""),
        ],
        "validatingadmissionpolicybindings" => &[
            ("/spec/matchResources/matchPolicy", "\"Equivalent\""),
            ("/spec/matchResources/namespaceSelector", "{}"),
            ("/spec/matchResources/objectSelector", "{}"),
        ],
        _ => &[],
    }
}

/// Sets a value where a path leads to nothing and its parent is there (or is the spec, or of one level only).
pub(super) fn set(object: &mut Value, pointer: &str, value: &Value) {
    let steps: Vec<&str> = pointer.trim_start_matches('/').split('/').collect();
    set_at(object, &steps, value);
}

fn set_at(object: &mut Value, steps: &[&str], value: &Value) {
    match steps {
        [] => {}
        ["*", rest @ ..] => {
            if let Some(items) = object.as_array_mut() {
                items.iter_mut().for_each(|item| set_at(item, rest, value));
            }
        }
        [last] => {
            if let Some(map) = object.as_object_mut()
                && (!map.contains_key(*last) || (map[*last].is_null() && !value.is_null()))
            {
                map.insert((*last).to_owned(), value.clone());
            }
        }
        [step, rest @ ..] => {
            let optional = ["service", "clientConfig", "webhook", "matchResources"];
            if let Some(map) = object.as_object_mut() {
                if !map.contains_key(*step) && !optional.contains(step) && rest.first() != Some(&"*") {
                    map.insert((*step).to_owned(), json!({}));
                }
                if let Some(next) = map.get_mut(*step) {
                    set_at(next, rest, value);
                }
            }
        }
    }
}

/// Fills in the defaults of a kind.
pub(super) fn fill(resource: &Resource, object: &mut Value) {
    for (path, text) in rules(resource) {
        set(object, path, &serde_json::from_str(text).unwrap_or_default());
    }
    conditional(resource, object);
    if resource.is("", "pods") {
        pods::default(&mut object["spec"], true);
    }
    if let Some(at) = template(resource) {
        set(object, at, &json!({}));
    }
    if let Some(at) = template(resource)
        && let Some(template) = object.pointer_mut(at)
        && template.is_object()
    {
        set(template, "/metadata", &json!({}));
        set(template, "/spec", &json!({}));
        pods::default(&mut template["spec"], false);
    }
}

fn conditional(resource: &Resource, object: &mut Value) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments") if object["spec"]["strategy"]["type"] == "RollingUpdate" => {
            set(object, "/spec/strategy/rollingUpdate/maxUnavailable", &json!("25%"));
            set(object, "/spec/strategy/rollingUpdate/maxSurge", &json!("25%"));
        }
        ("apps", "daemonsets") if object["spec"]["updateStrategy"]["type"] == "RollingUpdate" => {
            set(object, "/spec/updateStrategy/rollingUpdate/maxUnavailable", &json!(1));
            set(object, "/spec/updateStrategy/rollingUpdate/maxSurge", &json!(0));
        }
        ("apps", "statefulsets") if object["spec"]["updateStrategy"]["type"] == "RollingUpdate" => {
            set(object, "/spec/updateStrategy/rollingUpdate/partition", &json!(0));
            set(object, "/spec/updateStrategy/rollingUpdate/maxUnavailable", &json!(1));
        }
        ("batch", "jobs") => {
            let queue = !object["spec"]["parallelism"].is_null() && object["spec"]["parallelism"] != json!(1);
            if !queue {
                set(object, "/spec/completions", &json!(1));
            }
        }
        ("", "limitranges") => limits(object),
        ("networking.k8s.io", "networkpolicies") => policy_types(object),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => subjects(object),
        ("networking.k8s.io", "ingresses") => {
            set(object, "/spec/rules/*/http/paths/*/pathType", &Value::Null);
            drop_null_path_types(object);
        }
        _ => {}
    }
}

fn drop_null_path_types(object: &mut Value) {
    for rule in object["spec"]["rules"].as_array_mut().into_iter().flatten() {
        for path in rule["http"]["paths"].as_array_mut().into_iter().flatten() {
            if path["pathType"].is_null() {
                crate::rest::remove(path, "pathType");
            }
        }
        if rule["http"].is_null() {
            crate::rest::remove(rule, "http");
        }
    }
}

fn limits(object: &mut Value) {
    for limit in object["spec"]["limits"].as_array_mut().into_iter().flatten() {
        if limit["type"] != "Container" {
            continue;
        }
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            let source = limit[from].as_object().cloned().unwrap_or_default();
            for (name, value) in source {
                if limit[to][&name].is_null() {
                    limit[to][name] = value;
                }
            }
        }
        for key in ["default", "defaultRequest", "max", "min"] {
            if limit[key].is_null() {
                crate::rest::remove(limit, key);
            }
        }
    }
}

fn policy_types(object: &mut Value) {
    if object["spec"].is_object() && object["spec"]["policyTypes"].is_null() {
        let egress = object["spec"]["egress"].as_array().is_some_and(|rules| !rules.is_empty());
        object["spec"]["policyTypes"] =
            if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    }
    set(object, "/spec/ingress/*/ports/*/protocol", &json!("TCP"));
    set(object, "/spec/egress/*/ports/*/protocol", &json!("TCP"));
}

fn subjects(object: &mut Value) {
    const RBAC: &str = "rbac.authorization.k8s.io";
    set(object, "/roleRef/apiGroup", &json!(RBAC));
    for subject in object["subjects"].as_array_mut().into_iter().flatten() {
        if matches!(subject["kind"].as_str(), Some("User" | "Group")) {
            set(subject, "/apiGroup", &json!(RBAC));
        }
    }
}

/// What is always in the status.
fn status_of(resource: &Resource) -> Option<&'static str> {
    Some(match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments") | ("batch", "jobs" | "cronjobs") | ("", "resourcequotas") => "{}",
        ("admissionregistration.k8s.io", "validatingadmissionpolicies") => "{}",
        ("apps", "replicasets") | ("", "replicationcontrollers") => "{\"replicas\":0}",
        ("apps", "statefulsets") => "{\"replicas\":0,\"availableReplicas\":0}",
        ("apps", "daemonsets") => {
            "{\"currentNumberScheduled\":0,\"numberMisscheduled\":0,\"desiredNumberScheduled\":0,\"numberReady\":0}"
        }
        ("", "services") | ("networking.k8s.io", "ingresses") => "{\"loadBalancer\":{}}",
        ("autoscaling", _) => "{\"desiredReplicas\":0,\"currentMetrics\":null}",
        ("policy", "poddisruptionbudgets") => {
            "{\"disruptionsAllowed\":0,\"currentHealthy\":0,\"desiredHealthy\":0,\"expectedPods\":0}"
        }
        _ => return None,
    })
}

/// Writes the parts of a status that are always there.
pub(super) fn status(resource: &Resource, object: &mut Value) {
    let Some(text) = status_of(resource) else { return };
    let always: Value = serde_json::from_str(text).unwrap_or_default();
    if !object["status"].is_object() {
        object["status"] = json!({});
    }
    for (key, value) in always.as_object().into_iter().flatten() {
        set(&mut object["status"], key, value);
    }
}

/// Returns what a typed server writes of an object with nothing in it.
pub(super) fn blank(resource: &Resource, object: &mut Value) {
    let pod = json!({"containers": null});
    let template = json!({"metadata": {}, "spec": pod});
    let spec = match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments") => Some(json!({"selector": null, "template": template, "strategy": {}})),
        ("apps", "replicasets") => Some(json!({"selector": null, "template": {"metadata": {}, "spec": pod}})),
        ("apps", "daemonsets") => Some(json!({"selector": null, "template": template, "updateStrategy": {}})),
        ("apps", "statefulsets") => {
            Some(json!({"selector": null, "template": template, "serviceName": "", "updateStrategy": {}}))
        }
        ("batch", "jobs") => Some(json!({"template": template})),
        ("batch", "cronjobs") => {
            Some(json!({"schedule": "", "jobTemplate": {"metadata": {}, "spec": {"template": template}}}))
        }
        ("", "pods") => Some(pod),
        ("", "persistentvolumeclaims") => Some(json!({"resources": {}})),
        (
            "",
            "services"
            | "namespaces"
            | "nodes"
            | "persistentvolumes"
            | "replicationcontrollers"
            | "resourcequotas",
        )
        | ("coordination.k8s.io", _)
        | ("networking.k8s.io", "ingresses" | "ingressclasses") => Some(json!({})),
        ("networking.k8s.io", "networkpolicies") => Some(json!({"podSelector": {}})),
        ("", "limitranges") => Some(json!({"limits": null})),
        ("autoscaling", _) => Some(json!({"scaleTargetRef": {"kind": "", "name": ""}, "maxReplicas": 0})),
        ("apiextensions.k8s.io", _) => {
            Some(json!({"group": "", "names": {"plural": "", "kind": ""}, "scope": "", "versions": null}))
        }
        _ => None,
    };
    if let Some(spec) = spec {
        object["spec"] = spec;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "podtemplates") => object["template"] = template,
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => object["rules"] = Value::Null,
        ("rbac.authorization.k8s.io", _) => {
            object["roleRef"] = json!({"apiGroup": "", "kind": "", "name": ""})
        }
        ("storage.k8s.io", "storageclasses") => object["provisioner"] = json!(""),
        ("scheduling.k8s.io", _) => object["value"] = json!(0),
        ("", "pods" | "namespaces" | "nodes" | "persistentvolumeclaims" | "persistentvolumes") => {
            object["status"] = json!({})
        }
        ("apiextensions.k8s.io", _) => {
            object["status"] = json!({
                "conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": null,
            });
        }
        (_, "events") => {
            for (path, text) in rules(resource) {
                set(object, path, &serde_json::from_str(text).unwrap_or_default());
            }
        }
        _ => {}
    }
    status(resource, object);
}
