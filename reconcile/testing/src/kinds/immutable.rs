// SPDX-License-Identifier: Apache-2.0

//! Fields that cannot be changed.

use serde_json::Value;

use crate::refusal::Cause;
use crate::registry::Resource;

/// Returns what a change may not have changed.
pub(super) fn check(resource: &Resource, live: &Value, object: &Value) -> Vec<Cause> {
    let fields: &[&str] = match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments" | "replicasets" | "daemonsets") => &["/spec/selector"],
        ("batch", "jobs") if object["spec"]["completionMode"] != "Indexed" => {
            &["/spec/completions", "/spec/selector", "/spec/template", "/spec/completionMode"]
        }
        ("batch", "jobs") => &["/spec/selector", "/spec/template", "/spec/completionMode"],
        ("apps", "statefulsets") => &["/spec/serviceName", "/spec/podManagementPolicy", "/spec/selector"],
        ("", "persistentvolumeclaims") => return claim(live, object),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            return role_ref(live, object);
        }
        ("storage.k8s.io", "storageclasses") => {
            &["/provisioner", "/parameters", "/reclaimPolicy", "/volumeBindingMode"]
        }
        ("", "secrets" | "configmaps") => return sealed(resource, live, object),
        ("", "services") => return cluster_ip(live, object),
        ("scheduling.k8s.io", _) => return priority(live, object),
        _ => &[],
    };
    let mut causes = Vec::new();
    for path in fields {
        let (old, new) = (live.pointer(path), object.pointer(path));
        if old != new {
            let field = path.trim_start_matches('/').replace('/', ".");
            let shown = new.map_or_else(|| "null".to_owned(), Value::to_string);
            causes.push(Cause::invalid(field, &shown, "field is immutable"));
        }
    }
    causes
}

fn claim(live: &Value, object: &Value) -> Vec<Cause> {
    let (mut old, new) = (live["spec"].clone(), object["spec"].clone());
    if old["storageClassName"].is_null() {
        old["storageClassName"] = new["storageClassName"].clone();
    }
    if old["storageClassName"].is_null() {
        crate::rest::remove(&mut old, "storageClassName");
    }
    if live["status"]["phase"] == "Bound" {
        old["resources"]["requests"] = new["resources"]["requests"].clone();
        old["volumeName"] = new["volumeName"].clone();
        if old["volumeName"].is_null() {
            crate::rest::remove(&mut old, "volumeName");
        }
    }
    if old == new {
        return Vec::new();
    }
    let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                  claims\n@@ spec @@";
    vec![Cause::forbidden("spec", detail)]
}

fn role_ref(live: &Value, object: &Value) -> Vec<Cause> {
    if live["roleRef"] == object["roleRef"] {
        return Vec::new();
    }
    vec![Cause::invalid("roleRef", &object["roleRef"].to_string(), "cannot change roleRef")]
}

fn sealed(resource: &Resource, live: &Value, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let sealed = "field is immutable when `immutable` is set";
    if live["immutable"] == Value::Bool(true) {
        if object["immutable"] != Value::Bool(true) {
            causes.push(Cause::forbidden("immutable", sealed));
        }
        for key in ["data", "binaryData"] {
            if live[key] != object[key] && (key == "data" || resource.plural == "configmaps") {
                causes.push(Cause::forbidden(key, sealed));
            }
        }
    }
    if resource.plural == "secrets" && live["type"] != object["type"] {
        causes.insert(0, Cause::invalid("type", &object["type"].to_string(), "field is immutable"));
    }
    causes
}

fn cluster_ip(live: &Value, object: &Value) -> Vec<Cause> {
    let (old, new) = (&live["spec"]["clusterIP"], &object["spec"]["clusterIP"]);
    let kinds = (&live["spec"]["type"], &object["spec"]["type"]);
    if old == new || kinds.0 == "ExternalName" || kinds.1 == "ExternalName" || old.is_null() {
        return Vec::new();
    }
    let list = &object["spec"]["clusterIPs"];
    vec![Cause::invalid("spec.clusterIPs[0]", &list.to_string(), "may not change once set")]
}

fn priority(live: &Value, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if live["value"] != object["value"] {
        causes.push(Cause::forbidden("value", "may not be changed in an update."));
    }
    if live["preemptionPolicy"] != object["preemptionPolicy"] {
        causes.push(Cause::invalid(
            "preemptionPolicy",
            &object["preemptionPolicy"].to_string(),
            "field is immutable",
        ));
    }
    causes
}
