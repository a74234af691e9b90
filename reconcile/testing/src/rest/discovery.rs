// SPDX-License-Identifier: Apache-2.0

//! Everything that is not about objects: versions, health, discovery, OpenAPI.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::http::{Accept, Incoming, Reply, Route};
use crate::refusal::Refusal;
use crate::registry::{Catalog, Resource, group_version};

/// Answers a path that names no resource.
pub(crate) fn answer(cluster: &Cluster, route: &Route, incoming: &Incoming) -> Result<Reply, Refusal> {
    let catalog = cluster.registry.catalog();
    let accept = Accept::parse(incoming.header("accept"));
    match route {
        Route::CoreVersions if aggregated(&accept) => Ok(aggregate(&catalog, true)),
        Route::Groups if aggregated(&accept) => Ok(aggregate(&catalog, false)),
        Route::CoreVersions => Ok(Reply::json(
            200,
            &json!({
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
            }),
        )),
        Route::Groups => {
            let groups: Vec<Value> =
                groups(&catalog).iter().map(|(name, versions)| group(name, versions)).collect();
            Ok(Reply::json(200, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})))
        }
        Route::Group(name) => {
            let groups = groups(&catalog);
            let versions =
                groups.iter().find(|(group, _)| group == name).ok_or_else(Refusal::unknown_path)?;
            let mut value = group(name, &versions.1);
            value["kind"] = json!("APIGroup");
            value["apiVersion"] = json!("v1");
            Ok(Reply::json(200, &value))
        }
        Route::Version { group, version } => resources(&catalog, group, version),
        Route::OpenApi(path) => crate::openapi::answer(cluster, path),
        Route::Resource(_) | Route::Other => plain(incoming),
    }
}

fn plain(incoming: &Incoming) -> Result<Reply, Refusal> {
    match incoming.path.trim_end_matches('/') {
        "/version" => Ok(Reply::json(
            200,
            &json!({
                "major": "1", "minor": "37", "emulationMajor": "1", "emulationMinor": "37",
                "minCompatibilityMajor": "1", "minCompatibilityMinor": "36", "gitVersion": "v1.37.2",
                "gitCommit": "embedded", "gitTreeState": "clean", "buildDate": "2026-07-01T00:00:00Z",
                "goVersion": "none", "compiler": "rustc", "platform": "embedded/test",
            }),
        )),
        "/healthz" | "/livez" | "/readyz" => Ok(Reply::text(200, "ok")),
        _ => Err(Refusal::unknown_path()),
    }
}

fn aggregated(accept: &Accept) -> bool {
    accept.aggregated_discovery() == Some("v2")
}

/// Returns the groups but the core one, each with its versions, most preferred first.
fn groups(catalog: &Catalog) -> Vec<(String, Vec<String>)> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for resource in catalog.iter().filter(|resource| served(resource) && !resource.group.is_empty()) {
        let versions = groups.entry(resource.group.clone()).or_default();
        if !versions.contains(&resource.version) {
            versions.push(resource.version.clone());
        }
    }
    for versions in groups.values_mut() {
        versions.sort_by(|left, right| crate::registry::compare_versions(left, right));
    }
    groups.into_iter().collect()
}

fn served(resource: &Resource) -> bool {
    resource.custom.as_ref().is_none_or(|custom| custom.served)
}

fn group(name: &str, versions: &[String]) -> Value {
    let list: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": group_version(name, version), "version": version}))
        .collect();
    json!({"name": name, "versions": list, "preferredVersion": list.first()})
}

fn resources(catalog: &Catalog, group: &str, version: &str) -> Result<Reply, Refusal> {
    let mut list = Vec::new();
    for resource in catalog.iter() {
        if resource.group == group && resource.version == version && served(resource) {
            list.extend(entries(resource));
        }
    }
    if list.is_empty() {
        return Err(Refusal::no_route());
    }
    let mut value =
        json!({"kind": "APIResourceList", "groupVersion": group_version(group, version), "resources": list});
    if !group.is_empty() {
        value["apiVersion"] = json!("v1");
    }
    Ok(Reply::json(200, &value))
}

/// What a subresource is called, which kind it speaks and what can be done with it.
fn subresources(resource: &Resource) -> Vec<(String, Value, Vec<&'static str>)> {
    let mut found = Vec::new();
    let own = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let kind =
        |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    if resource.is("", "namespaces") {
        found.push(("finalize".to_owned(), own.clone(), vec!["update"]));
    }
    if resource.is("", "pods") {
        found.push(("binding".to_owned(), kind("", "v1", "Binding"), vec!["create"]));
        found.push(("eviction".to_owned(), kind("policy", "v1", "Eviction"), vec!["create"]));
        found.push(("log".to_owned(), own.clone(), vec!["get"]));
    }
    if resource.is("", "serviceaccounts") {
        found.push(("token".to_owned(), kind("authentication.k8s.io", "v1", "TokenRequest"), vec!["create"]));
    }
    if resource.scale.is_some() {
        found.push(("scale".to_owned(), kind("autoscaling", "v1", "Scale"), vec!["get", "patch", "update"]));
    }
    if resource.status {
        let status = ("status".to_owned(), own, vec!["get", "patch", "update"]);
        if resource.is_custom() { found.insert(0, status) } else { found.push(status) }
    }
    found
}

fn entries(resource: &Resource) -> Vec<Value> {
    let mut main = json!({
        "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": resource.verbs(),
    });
    if !resource.short_names.is_empty() {
        main["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        main["categories"] = json!(resource.categories);
    }
    if !resource.flags.create_only {
        main["storageVersionHash"] = json!(storage_hash(resource));
    }
    let mut all = vec![main];
    for (name, kind, verbs) in subresources(resource) {
        let mut entry = json!({
            "name": format!("{}/{name}", resource.plural), "singularName": "",
            "namespaced": resource.namespaced, "kind": kind["kind"], "verbs": verbs,
        });
        if kind["group"] != resource.group.as_str() || kind["version"] != resource.version.as_str() {
            entry["group"] = kind["group"].clone();
            entry["version"] = kind["version"].clone();
        }
        all.push(entry);
    }
    all
}

fn storage_hash(resource: &Resource) -> String {
    use base64::Engine;
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in format!("{}/{}/{}", resource.group, resource.version, resource.kind).bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    base64::engine::general_purpose::STANDARD.encode(hash.to_be_bytes())
}

fn aggregate(catalog: &Catalog, core: bool) -> Reply {
    let groups = if core { vec![(String::new(), vec!["v1".to_owned()])] } else { groups(catalog) };
    let items: Vec<Value> = groups
        .iter()
        .map(|(name, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|version| {
                    let resources: Vec<Value> = catalog
                        .iter()
                        .filter(|resource| {
                            resource.group == *name && resource.version == *version && served(resource)
                        })
                        .map(|resource| aggregated_entry(resource))
                        .collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let mut metadata = json!({});
            if !name.is_empty() {
                metadata["name"] = json!(name);
            }
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    let list = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    });
    let mut reply = Reply::json(200, &list);
    let kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    reply.content_type = Some(kind.to_owned());
    reply
}

fn aggregated_entry(resource: &Resource) -> Value {
    let kind = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": kind,
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs(),
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    let subresources: Vec<Value> = subresources(resource)
        .into_iter()
        .map(|(name, kind, verbs)| json!({"subresource": name, "responseKind": kind, "verbs": verbs}))
        .collect();
    if !subresources.is_empty() {
        entry["subresources"] = json!(subresources);
    }
    entry
}
