// SPDX-License-Identifier: Apache-2.0

//! The columns of built-in kinds.

use serde_json::{Value, json};

use super::{Column, age, ago, duration};
use crate::registry::Resource;
use crate::rest::Call;

const NAME: Column = ("Name", "string", false);
const AGE: Column = ("Age", "string", false);
const CONTAINERS: Column = ("Containers", "string", true);
const IMAGES: Column = ("Images", "string", true);
const SELECTOR: Column = ("Selector", "string", true);

const fn text(name: &'static str) -> Column {
    (name, "string", false)
}

const fn number(name: &'static str) -> Column {
    (name, "integer", false)
}

const fn wide(name: &'static str) -> Column {
    (name, "string", true)
}

/// Returns the columns of a kind.
pub(super) fn columns(resource: &Resource) -> Vec<Column> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "configmaps") => vec![NAME, text("Data"), AGE],
        ("", "secrets") => vec![NAME, text("Type"), text("Data"), AGE],
        ("", "namespaces") => vec![NAME, text("Status"), AGE],
        ("", "serviceaccounts") => vec![NAME, AGE],
        ("", "services") => {
            vec![NAME, text("Type"), text("Cluster-IP"), text("External-IP"), text("Port(s)"), AGE, SELECTOR]
        }
        ("", "resourcequotas") => vec![NAME, text("Request"), text("Limit"), AGE],
        ("", "pods") => vec![
            NAME,
            text("Ready"),
            text("Status"),
            text("Restarts"),
            AGE,
            wide("IP"),
            wide("Node"),
            wide("Nominated Node"),
            wide("Readiness Gates"),
        ],
        (_, "events") => vec![
            text("Last Seen"),
            text("Type"),
            text("Reason"),
            text("Object"),
            wide("Subobject"),
            wide("Source"),
            text("Message"),
            wide("First Seen"),
            wide("Count"),
            ("Name", "string", true),
        ],
        ("apps" | "batch", _) | ("", "replicationcontrollers") => workload_columns(resource),
        ("coordination.k8s.io", "leases") => vec![NAME, text("Holder"), AGE],
        ("networking.k8s.io", "ingresses") => {
            vec![NAME, text("Class"), text("Hosts"), text("Address"), text("Ports"), AGE]
        }
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            vec![NAME, text("Role"), AGE]
        }
        ("apiextensions.k8s.io", _) => vec![
            NAME,
            text("Scope"),
            text("Versions"),
            ("Created At", "date", false),
            wide("Group"),
            wide("Kind"),
            wide("ShortNames"),
            ("Established", "boolean", true),
        ],
        ("rbac.authorization.k8s.io", _) | ("", "limitranges") => vec![NAME, ("Created At", "date", false)],
        _ => vec![NAME, ("Age", "date", false)],
    }
}

/// Returns the columns of kinds that run pods.
fn workload_columns(resource: &Resource) -> Vec<Column> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments") => {
            vec![
                NAME,
                text("Ready"),
                text("Up-to-date"),
                text("Available"),
                AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR,
            ]
        }
        ("apps", "replicasets") | ("", "replicationcontrollers") => {
            vec![
                NAME,
                number("Desired"),
                number("Current"),
                number("Ready"),
                AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR,
            ]
        }
        ("apps", "statefulsets") => vec![NAME, text("Ready"), AGE, CONTAINERS, IMAGES],
        ("apps", "daemonsets") => vec![
            NAME,
            number("Desired"),
            number("Current"),
            number("Ready"),
            number("Up-to-date"),
            number("Available"),
            text("Node Selector"),
            AGE,
            CONTAINERS,
            IMAGES,
            SELECTOR,
        ],
        ("batch", "jobs") => {
            vec![
                NAME,
                text("Status"),
                text("Completions"),
                text("Duration"),
                AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR,
            ]
        }
        ("batch", "cronjobs") => vec![
            NAME,
            text("Schedule"),
            text("Timezone"),
            ("Suspend", "boolean", false),
            number("Active"),
            text("Last Schedule"),
            AGE,
            CONTAINERS,
            IMAGES,
            SELECTOR,
        ],
        _ => vec![NAME, ("Age", "date", false)],
    }
}

/// Returns the cells of an object.
pub(super) fn cells(call: &Call, object: &Value) -> Vec<Value> {
    let resource = &call.resource;
    let name = json!(object["metadata"]["name"].as_str().unwrap_or_default());
    let mut cells = match (resource.group.as_str(), resource.plural.as_str()) {
        (_, "events") => return event(call, object),
        ("apiextensions.k8s.io", _) => definition(object),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") | ("", "limitranges") => {
            vec![object["metadata"]["creationTimestamp"].clone()]
        }
        _ => columns(resource).iter().skip(1).map(|(title, ..)| cell(call, object, title)).collect(),
    };
    cells.insert(0, name);
    cells
}

fn count(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn size(value: &Value) -> usize {
    value.as_object().map_or(0, serde_json::Map::len)
}

fn string(value: &Value) -> Value {
    json!(value.as_str().unwrap_or_default())
}

fn or_none(value: &Value) -> Value {
    json!(value.as_str().filter(|text| !text.is_empty()).unwrap_or("<none>"))
}

fn cell(call: &Call, object: &Value, title: &str) -> Value {
    let (spec, status) = (&object["spec"], &object["status"]);
    let plural = call.resource.plural.as_str();
    match (plural, title) {
        (_, "Age") => json!(age(call, object)),
        (_, "Containers") => containers(pod_spec(object), "name"),
        (_, "Images") => containers(pod_spec(object), "image"),
        (_, "Selector") => selector(&spec["selector"]),
        ("configmaps", "Data") => json!(size(&object["data"]) + size(&object["binaryData"])),
        ("secrets", "Data") => json!(size(&object["data"])),
        ("secrets", "Type") => string(&object["type"]),
        ("namespaces", "Status") => string(&status["phase"]),
        ("services", title) => service(spec, status, title),
        ("pods", title) => pod(object, title),
        ("deployments", "Ready") => {
            json!(format!("{}/{}", count(&status["readyReplicas"]), count(&spec["replicas"])))
        }
        ("deployments", "Up-to-date") => json!(count(&status["updatedReplicas"])),
        ("deployments", "Available") => json!(count(&status["availableReplicas"])),
        ("statefulsets", "Ready") => {
            json!(format!("{}/{}", count(&status["readyReplicas"]), count(&spec["replicas"])))
        }
        ("daemonsets", title) => daemon_set(spec, status, title),
        ("replicasets" | "replicationcontrollers", "Desired") => json!(count(&spec["replicas"])),
        ("replicasets" | "replicationcontrollers", "Current") => json!(count(&status["replicas"])),
        ("replicasets" | "replicationcontrollers", "Ready") => json!(count(&status["readyReplicas"])),
        ("jobs", title) => job(call, spec, status, title),
        ("cronjobs", "Schedule") => string(&spec["schedule"]),
        ("cronjobs", "Timezone") => or_none(&spec["timeZone"]),
        ("cronjobs", "Suspend") => json!(if spec["suspend"] == Value::Bool(true) { "True" } else { "False" }),
        ("cronjobs", "Active") => json!(status["active"].as_array().map_or(0, Vec::len)),
        ("cronjobs", _) => json!("<none>"),
        ("leases", "Holder") => string(&spec["holderIdentity"]),
        ("ingresses", title) => ingress(spec, status, title),
        ("rolebindings" | "clusterrolebindings", _) => {
            let role = &object["roleRef"];
            json!(format!(
                "{}/{}",
                role["kind"].as_str().unwrap_or_default(),
                role["name"].as_str().unwrap_or_default()
            ))
        }
        _ => json!(""),
    }
}

fn pod_spec(object: &Value) -> &Value {
    let spec = &object["spec"];
    if spec["jobTemplate"].is_object() {
        &spec["jobTemplate"]["spec"]["template"]["spec"]
    } else {
        &spec["template"]["spec"]
    }
}

fn containers(spec: &Value, key: &str) -> Value {
    let all = spec["containers"].as_array().into_iter().flatten();
    json!(all.map(|container| container[key].as_str().unwrap_or_default()).collect::<Vec<_>>().join(","))
}

/// Writes labels as a selector.
fn selector(value: &Value) -> Value {
    let labels = if value["matchLabels"].is_object() { &value["matchLabels"] } else { value };
    let mut terms: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| value.as_str().map(|value| format!("{key}={value}")))
        .collect();
    terms.sort();
    json!(if terms.is_empty() { "<none>".to_owned() } else { terms.join(",") })
}

fn daemon_set(spec: &Value, status: &Value, title: &str) -> Value {
    match title {
        "Desired" => json!(count(&status["desiredNumberScheduled"])),
        "Current" => json!(count(&status["currentNumberScheduled"])),
        "Ready" => json!(count(&status["numberReady"])),
        "Up-to-date" => json!(count(&status["updatedNumberScheduled"])),
        "Available" => json!(count(&status["numberAvailable"])),
        _ => selector(&spec["template"]["spec"]["nodeSelector"]),
    }
}

fn service(spec: &Value, status: &Value, title: &str) -> Value {
    let kind = spec["type"].as_str().unwrap_or_default();
    match title {
        "Type" => json!(kind),
        "Cluster-IP" => or_none(&spec["clusterIP"]),
        "External-IP" if kind == "ExternalName" => or_none(&spec["externalName"]),
        "External-IP" if spec["externalIPs"].as_array().is_some_and(|addresses| !addresses.is_empty()) => {
            let own = status["loadBalancer"]["ingress"].as_array().into_iter().flatten();
            let own = own.filter_map(|one| one["ip"].as_str().or_else(|| one["hostname"].as_str()));
            let given = spec["externalIPs"].as_array().into_iter().flatten().filter_map(Value::as_str);
            json!(own.chain(given).collect::<Vec<_>>().join(","))
        }
        "External-IP" if kind == "LoadBalancer" => {
            let first = &status["loadBalancer"]["ingress"][0];
            let shown = first["ip"].as_str().or_else(|| first["hostname"].as_str()).unwrap_or("<pending>");
            json!(shown)
        }
        "External-IP" => json!("<none>"),
        _ => {
            let ports: Vec<String> = spec["ports"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|port| {
                    let protocol = port["protocol"].as_str().unwrap_or("TCP");
                    match port["nodePort"].as_i64() {
                        Some(node) if node > 0 => format!("{}:{node}/{protocol}", port["port"]),
                        _ => format!("{}/{protocol}", port["port"]),
                    }
                })
                .collect();
            json!(if ports.is_empty() { "<none>".to_owned() } else { ports.join(",") })
        }
    }
}

fn pod(object: &Value, title: &str) -> Value {
    let (spec, status) = (&object["spec"], &object["status"]);
    let statuses: Vec<&Value> = status["containerStatuses"].as_array().into_iter().flatten().collect();
    match title {
        "Ready" => {
            let ready = statuses.iter().filter(|one| one["ready"] == Value::Bool(true)).count();
            json!(format!("{ready}/{}", spec["containers"].as_array().map_or(0, Vec::len)))
        }
        "Status" if !object["metadata"]["deletionTimestamp"].is_null() => json!("Terminating"),
        "Status" => string(&status["phase"]),
        "Restarts" => json!(statuses.iter().map(|one| count(&one["restartCount"])).sum::<i64>().to_string()),
        "IP" => or_none(&status["podIP"]),
        "Node" => or_none(&spec["nodeName"]),
        "Nominated Node" => or_none(&status["nominatedNodeName"]),
        _ => json!("<none>"),
    }
}

fn job(call: &Call, spec: &Value, status: &Value, title: &str) -> Value {
    let holds = |kind: &str| {
        let all = status["conditions"].as_array().into_iter().flatten();
        all.into_iter().any(|condition| condition["type"] == kind && condition["status"] == "True")
    };
    match title {
        "Status" => json!(if holds("Complete") {
            "Complete"
        } else if holds("Failed") {
            "Failed"
        } else if holds("Suspended") {
            "Suspended"
        } else {
            "Running"
        }),
        "Completions" => match (spec["completions"].as_i64(), spec["parallelism"].as_i64()) {
            (Some(all), _) => json!(format!("{}/{all}", count(&status["succeeded"]))),
            (None, Some(parallel)) if parallel > 1 => {
                json!(format!("{}/1 of {parallel}", count(&status["succeeded"])))
            }
            _ => json!(format!("{}/1", count(&status["succeeded"]))),
        },
        _ => match (status["startTime"].as_str(), status["completionTime"].as_str()) {
            (None, _) => json!(""),
            (Some(start), None) => json!(ago(call, start)),
            (Some(start), Some(end)) => {
                let second =
                    |text: &str| text.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
                json!(duration(second(end) - second(start)))
            }
        },
    }
}

fn ingress(spec: &Value, status: &Value, title: &str) -> Value {
    match title {
        "Class" => or_none(&spec["ingressClassName"]),
        "Hosts" => {
            let hosts: Vec<&str> = spec["rules"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|rule| rule["host"].as_str())
                .collect();
            json!(if hosts.is_empty() { "*".to_owned() } else { hosts.join(",") })
        }
        "Address" => string(&status["loadBalancer"]["ingress"][0]["ip"]),
        _ => json!(if spec["tls"].is_array() { "80, 443" } else { "80" }),
    }
}

fn event(call: &Call, object: &Value) -> Vec<Value> {
    let involved =
        if object["involvedObject"].is_object() { &object["involvedObject"] } else { &object["regarding"] };
    let kind = involved["kind"].as_str().unwrap_or_default().to_lowercase();
    let time = |keys: &[&str]| {
        let found = keys.iter().filter_map(|key| object[*key].as_str()).find(|text| !text.is_empty());
        json!(found.map_or_else(|| "<unknown>".to_owned(), |time| ago(call, time)))
    };
    let source = &object["source"];
    let component = [source["component"].as_str(), object["reportingComponent"].as_str()];
    let component = component.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_default();
    let shown = match source["host"].as_str() {
        Some(host) if !host.is_empty() => format!("{component}, {host}"),
        _ => component.to_owned(),
    };
    vec![
        time(&["lastTimestamp", "firstTimestamp", "eventTime"]),
        string(&object["type"]),
        string(&object["reason"]),
        json!(format!("{kind}/{}", involved["name"].as_str().unwrap_or_default())),
        string(&involved["fieldPath"]),
        json!(shown),
        json!(object["message"].as_str().or_else(|| object["note"].as_str()).unwrap_or_default().trim()),
        time(&["firstTimestamp", "eventTime"]),
        json!(object["count"].as_i64().filter(|count| *count > 0).unwrap_or(1)),
        json!(object["metadata"]["name"].as_str().unwrap_or_default()),
    ]
}

fn definition(object: &Value) -> Vec<Value> {
    let spec = &object["spec"];
    let versions: Vec<String> = spec["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|version| {
            let name = version["name"].as_str().unwrap_or_default();
            if version["storage"] == Value::Bool(true) { format!("{name}(storage)") } else { name.to_owned() }
        })
        .collect();
    let shorts: Vec<&str> =
        spec["names"]["shortNames"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let established = object["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Established" && condition["status"] == "True");
    vec![
        string(&spec["scope"]),
        json!(versions.join(",")),
        object["metadata"]["creationTimestamp"].clone(),
        string(&spec["group"]),
        string(&spec["names"]["kind"]),
        json!(shorts.join(",")),
        json!(established),
    ]
}
