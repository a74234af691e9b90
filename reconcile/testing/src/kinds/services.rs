// SPDX-License-Identifier: Apache-2.0

//! Services: defaults, and addresses and ports from made-up ranges.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::defaults::set;
use crate::cluster::Cluster;
use crate::refusal::Cause;

/// Fills in defaults.
pub(super) fn default(object: &mut Value) {
    let spec = &mut object["spec"];
    if !spec.is_object() {
        return;
    }
    set(spec, "/sessionAffinity", &json!("None"));
    set(spec, "/type", &json!("ClusterIP"));
    if spec["sessionAffinity"] == "ClientIP" {
        set(spec, "/sessionAffinityConfig/clientIP/timeoutSeconds", &json!(10800));
    }
    if spec["sessionAffinity"] == "None" {
        crate::rest::remove(spec, "sessionAffinityConfig");
    }
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        set(port, "/protocol", &json!("TCP"));
        let number = port["port"].clone();
        if port["targetPort"].is_null() || port["targetPort"] == json!(0) || port["targetPort"] == json!("") {
            port["targetPort"] = number;
        }
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        set(spec, "/externalTrafficPolicy", &json!("Cluster"));
    }
    if kind == "LoadBalancer" {
        set(spec, "/allocateLoadBalancerNodePorts", &json!(true));
    }
    if kind != "ExternalName" {
        set(spec, "/internalTrafficPolicy", &json!("Cluster"));
    }
}

/// Gives a service what it lacks, and keeps what it has.
pub(super) fn allocate(cluster: &Cluster, object: &mut Value, live: Option<&Value>) {
    let spec = &mut object["spec"];
    if !spec.is_object() {
        return;
    }
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if kind == "ExternalName" {
        for key in [
            "clusterIP",
            "clusterIPs",
            "ipFamilies",
            "ipFamilyPolicy",
            "externalTrafficPolicy",
            "internalTrafficPolicy",
        ] {
            let generated = live.is_some_and(|live| live["spec"]["type"] != "ExternalName");
            if generated || spec[key] == json!("") || spec[key].is_null() {
                crate::rest::remove(spec, key);
            }
        }
        return;
    }
    if let Some(live) = live {
        keep(spec, &live["spec"]);
    }
    let headless = spec["clusterIP"] == "None";
    if spec["clusterIP"].as_str().unwrap_or_default().is_empty() {
        spec["clusterIP"] = json!(free_address(cluster));
    }
    if spec["clusterIPs"].is_null() {
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
    }
    let bare = headless && spec["selector"].is_null();
    set(spec, "/ipFamilies", &json!(["IPv4"]));
    set(spec, "/ipFamilyPolicy", &if bare { json!("RequireDualStack") } else { json!("SingleStack") });
    if bare {
        spec["ipFamilies"] = json!(["IPv4", "IPv6"]);
    }
    let ports = matches!(kind.as_str(), "NodePort")
        || (kind == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] != json!(false));
    if ports {
        allocate_ports(cluster, spec);
    } else if kind == "ClusterIP" {
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            if live.is_some() {
                crate::rest::remove(port, "nodePort");
            }
        }
        if live.is_some_and(|live| live["spec"]["type"] != "ClusterIP") {
            for key in ["externalTrafficPolicy", "allocateLoadBalancerNodePorts", "healthCheckNodePort"] {
                crate::rest::remove(spec, key);
            }
        }
    }
    if kind != "LoadBalancer" {
        crate::rest::remove(spec, "allocateLoadBalancerNodePorts");
    }
    let local = kind == "LoadBalancer" && spec["externalTrafficPolicy"] == "Local";
    if local && spec["healthCheckNodePort"].is_null() {
        spec["healthCheckNodePort"] = json!(free_port(cluster, &BTreeSet::new()));
    } else if spec["healthCheckNodePort"].is_null() {
        crate::rest::remove(spec, "healthCheckNodePort");
    }
    if spec["selector"].is_null() {
        crate::rest::remove(spec, "selector");
    }
}

/// Says that the address that a new service asks for is taken.
pub(super) fn clashes(cluster: &Cluster, object: &Value) -> Vec<Cause> {
    let wanted = object["spec"]["clusterIP"].as_str().unwrap_or_default();
    let records = cluster.store.list("/services", "").records;
    let taken =
        records.iter().any(|record| record.fields.get("spec.clusterIP").is_some_and(|one| one == wanted));
    if wanted.is_empty() || wanted == "None" || !taken {
        return Vec::new();
    }
    let detail = format!("failed to allocate IP {wanted}: provided IP is already allocated");
    vec![Cause::invalid("spec.clusterIPs", &json!([wanted]).to_string(), &detail)]
}

fn keep(spec: &mut Value, live: &Value) {
    for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"] {
        if (spec[key].is_null() || spec[key] == json!("")) && !live[key].is_null() {
            spec[key] = live[key].clone();
        }
        if spec[key].is_null() {
            crate::rest::remove(spec, key);
        }
    }
    let old = live["ports"].as_array().cloned().unwrap_or_default();
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let same = old.iter().find(|old| old["port"] == port["port"] && old["protocol"] == port["protocol"]);
        if let Some(number) = same.map(|old| old["nodePort"].clone()).filter(Value::is_number) {
            set(port, "/nodePort", &number);
        }
    }
}

fn allocate_ports(cluster: &Cluster, spec: &mut Value) {
    let mut taken = BTreeSet::new();
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if port["nodePort"].is_null() || port["nodePort"] == json!(0) {
            let number = free_port(cluster, &taken);
            taken.insert(number);
            port["nodePort"] = json!(number);
        }
    }
}

fn services(cluster: &Cluster) -> Vec<Value> {
    cluster.store.list("/services", "").records.iter().map(|record| record.value()).collect()
}

fn free_address(cluster: &Cluster) -> String {
    let services = cluster.store.list("/services", "").records;
    let taken: BTreeSet<&str> = services
        .iter()
        .filter_map(|record| record.fields.get("spec.clusterIP"))
        .map(String::as_str)
        .collect();
    (0_u32..65_536)
        .map(|at| {
            let number = (at + (cluster.ids.number() % 200) as u32) % 65_000 + 257;
            format!("10.0.{}.{}", number / 256 % 256, number % 256)
        })
        .find(|address| !taken.contains(address.as_str()))
        .unwrap_or_default()
}

fn free_port(cluster: &Cluster, also_taken: &BTreeSet<u64>) -> u64 {
    let mut taken = also_taken.clone();
    for service in services(cluster) {
        taken.extend(service["spec"]["healthCheckNodePort"].as_u64());
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            taken.extend(port["nodePort"].as_u64());
        }
    }
    let start = cluster.ids.number() % 2768;
    (0..2768).map(|at| 30_000 + (start + at) % 2768).find(|port| !taken.contains(port)).unwrap_or(30_000)
}
