// SPDX-License-Identifier: Apache-2.0

//! Rules of secrets, claims, RBAC objects and cron jobs.

use serde_json::Value;

use crate::refusal::Cause;

/// Secrets of a known type have to hold the keys of the type.
pub(super) fn secret(object: &Value) -> Vec<Cause> {
    let has = |key: &str| !object["data"][key].is_null();
    let required = |key: &str| Cause::required(format!("data[{key}]"), "");
    let missing =
        |keys: &[&str]| keys.iter().filter(|key| !has(key)).map(|key| required(key)).collect::<Vec<_>>();
    match object["type"].as_str().unwrap_or_default() {
        "kubernetes.io/tls" => missing(&["tls.crt", "tls.key"]),
        "kubernetes.io/ssh-auth" => missing(&["ssh-privatekey"]),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            missing(&["username", "password"])
        }
        "kubernetes.io/dockerconfigjson" => match decoded(&object["data"][".dockerconfigjson"]) {
            None => missing(&[".dockerconfigjson"]),
            Some(bytes) if serde_json::from_slice::<Value>(&bytes).is_err() => {
                let shown = "<secret contents redacted>";
                let detail = "invalid character in JSON input";
                vec![Cause::invalid_text("data[.dockerconfigjson]", shown, detail)]
            }
            Some(_) => Vec::new(),
        },
        "kubernetes.io/service-account-token" => {
            let key = "kubernetes.io/service-account.name";
            let named = object["metadata"]["annotations"][key].as_str().is_some_and(|name| !name.is_empty());
            if named { Vec::new() } else { vec![Cause::required(format!("metadata.annotations[{key}]"), "")] }
        }
        _ => Vec::new(),
    }
}

fn decoded(value: &Value) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(value.as_str()?).ok()
}

/// Checks a claim for storage.
pub(super) fn claim(object: &Value) -> Vec<Cause> {
    const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    let spec = &object["spec"];
    let modes: Vec<&str> =
        spec["accessModes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut causes = Vec::new();
    if modes.is_empty() {
        causes.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
    }
    let unknown = modes.iter().filter(|mode| !MODES.contains(mode));
    causes.extend(unknown.map(|mode| Cause::unsupported("spec.accessModes", mode, &MODES)));
    match spec["resources"]["requests"]["storage"].as_str() {
        None => causes.push(Cause::required("spec.resources[storage]", "")),
        Some(text) if text.starts_with('-') || text == "0" => {
            causes.push(Cause::invalid_text("spec.resources[storage]", text, "must be greater than zero"));
        }
        Some(_) => {}
    }
    causes
}

/// Checks the rules of a role.
pub(super) fn role(object: &Value, namespaced: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, rule) in object["rules"].as_array().into_iter().flatten().enumerate() {
        let at = format!("rules[{index}]");
        let empty = |key: &str| rule[key].as_array().is_none_or(Vec::is_empty);
        if empty("verbs") {
            causes.push(Cause::required(format!("{at}.verbs"), ""));
        }
        if !empty("nonResourceURLs") {
            if namespaced {
                let detail = "namespaced rules cannot apply to non-resource URLs";
                let shown = rule["nonResourceURLs"].to_string();
                causes.push(Cause::invalid(format!("{at}.nonResourceURLs"), &shown, detail));
            }
            continue;
        }
        if empty("apiGroups") {
            let detail = "resource rules must supply at least one api group";
            causes.push(Cause::required(format!("{at}.apiGroups"), detail));
        }
        if empty("resources") {
            let detail = "resource rules must supply at least one resource";
            causes.push(Cause::required(format!("{at}.resources"), detail));
        }
    }
    causes
}

/// Checks whom a binding gives what.
pub(super) fn binding(object: &Value, namespaced: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    let kind = text(&object["roleRef"]["kind"]);
    if !kinds.contains(&kind.as_str()) {
        causes.push(Cause::unsupported("roleRef.kind", &kind, kinds));
    }
    if text(&object["roleRef"]["name"]).is_empty() {
        causes.push(Cause::required("roleRef.name", ""));
    }
    for (index, subject) in object["subjects"].as_array().into_iter().flatten().enumerate() {
        let kind = text(&subject["kind"]);
        let kinds = ["ServiceAccount", "User", "Group"];
        if !kinds.contains(&kind.as_str()) {
            causes.push(Cause::unsupported(format!("subjects[{index}].kind"), &kind, &kinds));
        }
        if text(&subject["name"]).is_empty() {
            causes.push(Cause::required(format!("subjects[{index}].name"), ""));
        }
    }
    causes
}

/// Checks a cron job.
pub(super) fn cron_job(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let spec = &object["spec"];
    let schedule = spec["schedule"].as_str().unwrap_or_default();
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if schedule.is_empty() {
        causes.push(Cause::required("spec.schedule", ""));
    } else if fields.len() != 5 && !schedule.starts_with('@') {
        let detail = format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" "));
        causes.push(Cause::invalid_text("spec.schedule", schedule, &detail));
    }
    let policy = spec["concurrencyPolicy"].as_str().unwrap_or_default();
    if !matches!(policy, "Allow" | "Forbid" | "Replace") {
        causes.push(Cause::unsupported("spec.concurrencyPolicy", policy, &["Allow", "Forbid", "Replace"]));
    }
    if spec["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Always" {
        let field = "spec.jobTemplate.spec.template.spec.restartPolicy";
        causes.push(Cause::required(field, "valid values: \"OnFailure\", \"Never\""));
    }
    causes
}

/// Returns what the server warns about in objects of built-in kinds.
pub(super) fn warnings(object: &Value, service: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    if service && object["spec"]["externalIPs"].as_array().is_some_and(|addresses| !addresses.is_empty()) {
        warnings.push(
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters".to_owned(),
        );
    }
    let (pods, path) = if object["spec"]["template"]["spec"].is_object() {
        (&object["spec"]["template"]["spec"], "spec.template.spec")
    } else {
        (&object["spec"], "spec")
    };
    for (index, container) in pods["containers"].as_array().into_iter().flatten().enumerate() {
        let names: Vec<&str> = container["env"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["name"].as_str())
            .collect();
        for (number, name) in names.iter().enumerate() {
            if names[..number].contains(name) {
                warnings.push(format!(
                    "{path}.containers[{index}].env[{number}]: hides previous definition of {}, which may be dropped \
                     when using apply",
                    crate::refusal::quote(name)
                ));
            }
        }
    }
    warnings
}
