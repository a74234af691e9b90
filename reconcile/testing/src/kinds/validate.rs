// SPDX-License-Identifier: Apache-2.0

//! The most common rules of built-in kinds.

use serde_json::Value;

use super::rules;
use crate::names;
use crate::refusal::Cause;
use crate::registry::Resource;

/// Returns what is wrong with a new object of a built-in kind.
pub(super) fn check_new(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = match (resource.group.as_str(), resource.plural.as_str()) {
        ("batch", "jobs") => job_selector(object).into_iter().collect(),
        ("events.k8s.io", "events") => new_event(object),
        _ => Vec::new(),
    };
    causes.extend(check(resource, object));
    causes
}

/// Returns what is wrong with an object of a built-in kind.
pub(super) fn check(resource: &Resource, object: &Value) -> Vec<Cause> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "configmaps") => data(object, &["data", "binaryData"]),
        ("", "secrets") => {
            let mut causes = data(object, &["data"]);
            causes.extend(rules::secret(object));
            causes
        }
        ("", "persistentvolumeclaims") => rules::claim(object),
        ("batch", "cronjobs") => rules::cron_job(object),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => rules::role(object, resource.namespaced),
        ("rbac.authorization.k8s.io", _) => rules::binding(object, resource.namespaced),
        ("", "pods") => pod(&object["spec"], "spec"),
        ("", "podtemplates") => pod(&object["template"]["spec"], "template.spec"),
        ("apps", "deployments" | "replicasets" | "daemonsets" | "statefulsets") => workload(object),
        ("batch", "jobs") => job(object),
        ("", "services") => service(object),
        ("", "events") => event(object),
        ("coordination.k8s.io", "leases") => lease(object),
        ("networking.k8s.io", "ingresses") => ingress(object),
        _ => Vec::new(),
    }
}

fn data(object: &Value, parts: &[&str]) -> Vec<Cause> {
    const RULE: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
                        'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    let mut causes = Vec::new();
    let mut size = 0;
    for part in parts {
        let mut keys: Vec<(&String, &Value)> = object[*part].as_object().into_iter().flatten().collect();
        keys.sort_by_key(|(key, _)| key.as_str());
        for (key, value) in keys {
            let text = value.as_str().map_or(0, str::len);
            size += if *part == "data" && parts.len() > 1 { text } else { text / 4 * 3 };
            let field = format!("{part}[{key}]");
            let fits = !key.is_empty()
                && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if key.len() > 253 {
                causes.push(Cause::invalid_text(&field, key, "must be no more than 253 characters"));
            }
            if !fits {
                causes.push(Cause::invalid_text(&field, key, RULE));
            } else if key == "." || key == ".." {
                causes.push(Cause::invalid_text(&field, key, &format!("must not be '{key}'")));
            } else if key.starts_with("..") {
                causes.push(Cause::invalid_text(&field, key, "must not start with '..'"));
            }
            if *part == "data" && parts.len() > 1 && !object["binaryData"][key].is_null() {
                causes.push(Cause::invalid_text(&field, key, "duplicate of key present in binaryData"));
            }
        }
    }
    if size > 1_048_576 {
        let field = if parts.len() > 1 { "[]" } else { "data" };
        causes.push(Cause::too_long(field, 1_048_576));
    }
    causes
}

fn pod(spec: &Value, path: &str) -> Vec<Cause> {
    let mut causes = volumes(spec, path);
    let containers = spec["containers"].as_array().cloned().unwrap_or_default();
    if containers.is_empty() {
        causes.push(Cause::required(format!("{path}.containers"), ""));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        let at = format!("{path}.containers[{index}]");
        let name = container["name"].as_str().unwrap_or_default();
        if name.is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else {
            causes.extend(
                names::label(name).iter().map(|text| Cause::invalid_text(format!("{at}.name"), name, text)),
            );
        }
        if seen.contains(&name) && !name.is_empty() {
            causes.push(Cause::duplicate(format!("{at}.name"), &crate::refusal::quote(name)));
        }
        seen.push(name);
        if container["image"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{at}.image"), ""));
        }
        causes.extend(env(container, &at));
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
            if container[probe].is_object()
                && handlers.iter().all(|handler| container[probe][*handler].is_null())
            {
                causes.push(Cause::required(format!("{at}.{probe}"), "must specify a handler type"));
            }
            for handler in ["httpGet", "tcpSocket"] {
                let port = &container[probe][handler]["port"];
                let bad = port.is_null() || port.as_i64().is_some_and(|port| !(1..=65535).contains(&port));
                if container[probe][handler].is_object() && bad {
                    let shown = if port.is_null() { "0".to_owned() } else { port.to_string() };
                    let field = format!("{at}.{probe}.{handler}.port");
                    causes.push(Cause::invalid(field, &shown, "must be between 1 and 65535, inclusive"));
                }
            }
        }
        for (number, port) in container["ports"].as_array().into_iter().flatten().enumerate() {
            let value = &port["containerPort"];
            if !value.as_i64().is_some_and(|port| (1..=65535).contains(&port)) {
                let detail = "must be between 1 and 65535, inclusive";
                causes.push(Cause::invalid(
                    format!("{at}.ports[{number}].containerPort"),
                    &value.to_string(),
                    detail,
                ));
            }
        }
    }
    let policy = spec["restartPolicy"].as_str().unwrap_or_default();
    if !matches!(policy, "Always" | "OnFailure" | "Never") {
        causes.push(Cause::unsupported(
            format!("{path}.restartPolicy"),
            policy,
            &["Always", "OnFailure", "Never"],
        ));
    }
    causes
}

fn env(container: &Value, at: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (number, variable) in container["env"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}.env[{number}]");
        if variable["name"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        }
        if variable["valueFrom"].is_object()
            && variable["value"].as_str().is_some_and(|value| !value.is_empty())
        {
            let detail = "may not be specified when `value` is not empty";
            causes.push(Cause::invalid_text(format!("{at}.valueFrom"), "", detail));
        }
    }
    causes
}

fn volumes(spec: &Value, path: &str) -> Vec<Cause> {
    const ORDER: [&str; 12] = [
        "emptyDir",
        "hostPath",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "gitRepo",
        "secret",
        "nfs",
        "iscsi",
        "persistentVolumeClaim",
        "downwardAPI",
        "configMap",
        "projected",
    ];
    let mut causes = Vec::new();
    for (number, volume) in spec["volumes"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{path}.volumes[{number}]");
        let name = volume["name"].as_str().unwrap_or_default();
        causes.extend(
            names::label(name).iter().map(|text| Cause::invalid_text(format!("{at}.name"), name, text)),
        );
        let sources = ORDER.iter().filter(|source| !volume[**source].is_null()).skip(1);
        let detail = "may not specify more than 1 volume type";
        causes.extend(sources.map(|source| Cause::forbidden(format!("{at}.{source}"), detail)));
    }
    causes
}

fn strategy(object: &Value) -> Vec<Cause> {
    let strategy = &object["spec"]["strategy"];
    let mut causes = Vec::new();
    match strategy["type"].as_str() {
        Some("Recreate") if !strategy["rollingUpdate"].is_null() => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            causes.push(Cause::forbidden("spec.strategy.rollingUpdate", detail));
        }
        Some("RollingUpdate") => {
            let zero = |key: &str| {
                matches!(strategy["rollingUpdate"][key].to_string().trim_matches('"'), "0" | "0%")
            };
            if zero("maxUnavailable") && zero("maxSurge") {
                let detail = "may not be 0 when `maxSurge` is 0";
                let shown = strategy["rollingUpdate"]["maxUnavailable"].to_string();
                causes.push(Cause::invalid("spec.strategy.rollingUpdate.maxUnavailable", &shown, detail));
            }
            for key in ["maxUnavailable", "maxSurge"] {
                if let Some(text) = strategy["rollingUpdate"][key].as_str()
                    && text.strip_suffix('%').is_none_or(|number| number.parse::<u32>().is_err())
                {
                    let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  \
                                  or '93%', regex used for validation is '[0-9]+%')";
                    causes.push(Cause::invalid_text(
                        format!("spec.strategy.rollingUpdate.{key}"),
                        text,
                        detail,
                    ));
                }
            }
        }
        Some(other) if !matches!(other, "Recreate" | "RollingUpdate") => {
            let shown = format!("{{\"Type\":{},\"RollingUpdate\":null}}", crate::refusal::quote(other));
            let text =
                format!("Unsupported value: {shown}: supported values: \"Recreate\", \"RollingUpdate\"");
            causes.push(Cause::new("FieldValueNotSupported", "spec.strategy", text));
        }
        _ => {}
    }
    causes
}

fn workload(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let spec = &object["spec"];
    if let Some(replicas) = spec["replicas"].as_i64().filter(|replicas| *replicas < 0) {
        let detail = "must be greater than or equal to 0";
        causes.push(Cause::invalid("spec.replicas", &replicas.to_string(), detail));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let wanted = spec["selector"]["matchLabels"].as_object();
    if spec["selector"].is_null() {
        causes.push(Cause::required("spec.selector", ""));
    } else if wanted.is_none_or(serde_json::Map::is_empty) && spec["selector"]["matchExpressions"].is_null() {
        causes.push(Cause::invalid(
            "spec.selector",
            &spec["selector"].to_string(),
            "empty selector is invalid for deployment",
        ));
    } else if wanted.into_iter().flatten().any(|(key, value)| labels[key] != *value) {
        let shown = if labels.is_null() { "null".to_owned() } else { labels.to_string() };
        let detail = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", &shown, detail));
    }
    causes.extend(pod(&spec["template"]["spec"], "spec.template.spec"));
    let policy = spec["template"]["spec"]["restartPolicy"].as_str().unwrap_or_default();
    if matches!(policy, "OnFailure" | "Never") {
        causes.push(Cause::unsupported("spec.template.spec.restartPolicy", policy, &["Always"]));
    }
    causes.extend(strategy(object));
    causes
}

/// A selector of a new job is made by the server, unless it says that it has its own.
fn job_selector(object: &Value) -> Option<Cause> {
    const UID: &str = "batch.kubernetes.io/controller-uid";
    let spec = &object["spec"];
    let wanted = spec["selector"]["matchLabels"].as_object();
    let foreign = wanted.is_some_and(|all| all.keys().any(|key| key != UID));
    let manual = spec["manualSelector"] == Value::Bool(true);
    let shown = spec["selector"].to_string();
    (foreign && !manual).then(|| Cause::invalid("spec.selector", &shown, "`selector` not auto-generated"))
}

fn event(object: &Value) -> Vec<Cause> {
    let involved = &object["involvedObject"]["namespace"];
    let own = &object["metadata"]["namespace"];
    let other = involved.as_str().filter(|namespace| !namespace.is_empty() && *own != **namespace);
    let detail = "does not match event.namespace";
    other
        .map(|namespace| Cause::invalid_text("involvedObject.namespace", namespace, detail))
        .into_iter()
        .collect()
}

fn new_event(object: &Value) -> Vec<Cause> {
    let required = ["eventTime", "reportingController", "reportingInstance", "action", "reason", "type"];
    let missing = required.iter().filter(|key| object[**key].as_str().unwrap_or_default().is_empty());
    missing.map(|key| Cause::required(*key, "")).collect()
}

fn lease(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let spec = &object["spec"];
    if let Some(seconds) = spec["leaseDurationSeconds"].as_i64().filter(|seconds| *seconds <= 0) {
        let field = "spec.leaseDurationSeconds";
        causes.push(Cause::invalid(field, &seconds.to_string(), "must be greater than 0"));
    }
    if let Some(count) = spec["leaseTransitions"].as_i64().filter(|count| *count < 0) {
        let detail = "must be greater than or equal to 0";
        causes.push(Cause::invalid("spec.leaseTransitions", &count.to_string(), detail));
    }
    causes
}

fn job(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let spec = &object["spec"];
    let policy = spec["template"]["spec"]["restartPolicy"].as_str().unwrap_or_default();
    let wanted = spec["selector"]["matchLabels"].as_object();
    let labels = &spec["template"]["metadata"]["labels"];
    if spec["selector"].is_null() {
        causes.push(Cause::required("spec.selector", ""));
    }
    if wanted.is_none() || wanted.into_iter().flatten().any(|(key, value)| labels[key] != *value) {
        let shown = if labels.is_null() { "null".to_owned() } else { labels.to_string() };
        let detail = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", &shown, detail));
    }
    causes.extend(pod(&spec["template"]["spec"], "spec.template.spec"));
    if policy == "Always" {
        let supported = ["OnFailure", "Never"];
        causes.push(Cause::required_value_unsupported(
            "spec.template.spec.restartPolicy",
            policy,
            &supported,
        ));
    }
    causes
}

fn service(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let spec = &object["spec"];
    let ports = spec["ports"].as_array().map_or(0, Vec::len);
    if ports == 0 && spec["clusterIP"] != "None" && spec["type"] != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    for (index, port) in spec["ports"].as_array().into_iter().flatten().enumerate() {
        let at = format!("spec.ports[{index}]");
        if ports > 1 && port["name"].is_null() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        }
        let number = &port["port"];
        if !number.as_i64().is_some_and(|port| (1..=65535).contains(&port)) {
            let shown = if number.is_null() { "0".to_owned() } else { number.to_string() };
            causes.push(Cause::invalid(
                format!("{at}.port"),
                &shown,
                "must be between 1 and 65535, inclusive",
            ));
        }
    }
    causes
}

fn ingress(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, rule) in object["spec"]["rules"].as_array().into_iter().flatten().enumerate() {
        for (number, path) in rule["http"]["paths"].as_array().into_iter().flatten().enumerate() {
            if path["pathType"].is_null() {
                let field = format!("spec.rules[{index}].http.paths[{number}].pathType");
                causes.push(Cause::required(field, "pathType must be specified"));
            }
        }
    }
    causes
}
