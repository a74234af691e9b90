// SPDX-License-Identifier: Apache-2.0

//! Pods and pod templates.

use serde_json::{Value, json};

use super::defaults::set;

/// Fills in the defaults of a pod spec.
pub(super) fn default(spec: &mut Value, pod: bool) {
    if !spec.is_object() {
        return;
    }
    set(spec, "/restartPolicy", &json!("Always"));
    set(spec, "/terminationGracePeriodSeconds", &json!(30));
    set(spec, "/dnsPolicy", &json!("ClusterFirst"));
    set(spec, "/securityContext", &json!({}));
    set(spec, "/schedulerName", &json!("default-scheduler"));
    if pod {
        set(spec, "/enableServiceLinks", &json!(true));
    }
    if let Some(account) = spec["serviceAccountName"].as_str().map(str::to_owned) {
        spec["serviceAccount"] = json!(account);
    } else if let Some(account) = spec.get("serviceAccount").and_then(Value::as_str).map(str::to_owned) {
        spec["serviceAccountName"] = json!(account);
    } else {
        crate::rest::remove(spec, "serviceAccountName");
    }
    let host = spec["hostNetwork"] == json!(true);
    if spec["hostNetwork"].is_null() {
        crate::rest::remove(spec, "hostNetwork");
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            container_defaults(container, host);
            if pod {
                requests_from_limits(container);
            }
        }
    }
    for volume in spec.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
        volume_defaults(volume);
    }
}

fn container_defaults(container: &mut Value, host: bool) {
    if !container.is_object() {
        return;
    }
    set(container, "/resources", &json!({}));
    set(container, "/terminationMessagePath", &json!("/dev/termination-log"));
    set(container, "/terminationMessagePolicy", &json!("File"));
    let image = container["image"].as_str().unwrap_or_default().to_owned();
    let last = image.rsplit('/').next().unwrap_or_default();
    let latest = !image.contains('@') && (!last.contains(':') || last.ends_with(":latest"));
    set(container, "/imagePullPolicy", &json!(if latest { "Always" } else { "IfNotPresent" }));
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        set(port, "/protocol", &json!("TCP"));
        if host && !port["containerPort"].is_null() {
            let number = port["containerPort"].clone();
            set(port, "/hostPort", &number);
        }
    }
    for variable in container.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
        if variable["valueFrom"]["fieldRef"].is_object() {
            set(variable, "/valueFrom/fieldRef/apiVersion", &json!("v1"));
        } else if variable["valueFrom"].is_null() {
            crate::rest::remove(variable, "valueFrom");
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).filter(|probe| probe.is_object()) {
            probe_defaults(probe);
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(action) = container.get_mut("lifecycle").and_then(|lifecycle| lifecycle.get_mut(hook)) {
            http_defaults(action);
        }
    }
}

fn requests_from_limits(container: &mut Value) {
    let limits = container["resources"]["limits"].as_object().cloned().unwrap_or_default();
    for (name, value) in limits {
        if container["resources"]["requests"][&name].is_null() {
            container["resources"]["requests"][name] = value;
        }
    }
    for key in ["limits", "requests"] {
        if container["resources"][key].is_null() {
            crate::rest::remove(&mut container["resources"], key);
        }
    }
}

fn probe_defaults(probe: &mut Value) {
    for (key, value) in
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        set(probe, key, &json!(value));
    }
    if let Some(grpc) = probe.get_mut("grpc") {
        set(grpc, "service", &json!(""));
    }
    http_defaults(probe);
}

fn http_defaults(action: &mut Value) {
    if let Some(http) = action.get_mut("httpGet").filter(|http| http.is_object()) {
        set(http, "path", &json!("/"));
        set(http, "scheme", &json!("HTTP"));
    }
}

fn volume_defaults(volume: &mut Value) {
    let Some(map) = volume.as_object_mut() else { return };
    if map.len() == 1 && map.contains_key("name") {
        map.insert("emptyDir".into(), json!({}));
    }
    for (kind, key) in [
        ("secret", "defaultMode"),
        ("configMap", "defaultMode"),
        ("downwardAPI", "defaultMode"),
        ("projected", "defaultMode"),
    ] {
        if let Some(source) = map.get_mut(kind).filter(|source| source.is_object()) {
            set(source, key, &json!(420));
        }
    }
    if let Some(path) = map.get_mut("hostPath") {
        set(path, "type", &json!(""));
    }
}

/// What admission adds to a new pod.
pub(super) fn admit(object: &mut Value) {
    let class = quality(&object["spec"]);
    let spec = &mut object["spec"];
    let mut tolerations = spec["tolerations"].as_array().cloned().unwrap_or_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerated = tolerations.iter().any(|toleration| {
            (toleration["key"] == key || toleration["key"].is_null())
                && (toleration["effect"] == "NoExecute" || toleration["effect"].is_null())
        });
        if !tolerated {
            tolerations.push(
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
            );
        }
    }
    spec["tolerations"] = json!(tolerations);
    set(spec, "/priority", &json!(0));
    set(spec, "/preemptionPolicy", &json!("PreemptLowerPriority"));
    object["status"] = json!({"phase": "Pending", "qosClass": class});
}

/// Returns the quality-of-service class.
fn quality(spec: &Value) -> &'static str {
    let containers: Vec<&Value> = ["containers", "initContainers"]
        .iter()
        .flat_map(|list| spec[*list].as_array().into_iter().flatten())
        .collect();
    let set = |container: &&Value, kind: &str| {
        container["resources"][kind].as_object().is_some_and(|map| !map.is_empty())
    };
    if !containers.iter().any(|container| set(container, "limits") || set(container, "requests")) {
        return "BestEffort";
    }
    let guaranteed = containers.iter().all(|container| {
        ["cpu", "memory"].iter().all(|name| {
            let limit = &container["resources"]["limits"][*name];
            let request = &container["resources"]["requests"][*name];
            !limit.is_null() && (request.is_null() || limit == request)
        })
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}

/// Gives a new job the labels and the selector that tell its pods.
pub(super) fn label_job(object: &mut Value) {
    if object["spec"]["manualSelector"] == json!(true) {
        label_from_template(object);
        return;
    }
    let uid = object["metadata"]["uid"].clone();
    let name = object["metadata"]["name"].clone();
    let labels = [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ];
    for (key, value) in labels {
        object["spec"]["template"]["metadata"]["labels"][key] = value.clone();
    }
    object["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"] = uid;
    label_from_template(object);
}

fn label_from_template(object: &mut Value) {
    if object["metadata"]["labels"].is_null() {
        let labels = object["spec"]["template"]["metadata"]["labels"].clone();
        if !labels.is_null() {
            object["metadata"]["labels"] = labels;
        }
    }
}
