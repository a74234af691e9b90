// SPDX-License-Identifier: Apache-2.0

//! The definitions against a committed form without descriptions.
//!
//! `definitions.json` is what `crds()` gave when it was compared, node by node and descriptions and the annotation of the
//! generator excepted, with the definitions of Flux 2.9 and found equal for 15 of 15 kinds.

use serde_json::Value;

use crate::kinds;

fn without_descriptions(value: &Value, names: bool) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(key, value)| names || key.as_str() != "description" || !value.is_string())
            .map(|(key, value)| {
                (key.clone(), without_descriptions(value, !names && key.as_str() == "properties"))
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| without_descriptions(item, false)).collect(),
        other => other.clone(),
    }
}

fn differences(ours: &Value, recorded: &Value, path: &str, out: &mut Vec<String>) {
    match (ours, recorded) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(other) => differences(value, other, &format!("{path}.{key}"), out),
                    None => out.push(format!("{path}.{key} is new: {value}")),
                }
            }
            out.extend(
                b.keys().filter(|key| !a.contains_key(*key)).map(|key| format!("{path}.{key} is gone")),
            );
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{path}[{index}]"), out);
            }
        }
        _ if ours == recorded => {}
        _ => out.push(format!("{path} is {ours}, recorded {recorded}")),
    }
}

#[test]
fn definitions_equal_the_recorded_ones_but_for_descriptions() {
    let recorded: Vec<Value> = serde_json::from_str(include_str!("definitions.json")).unwrap();
    let ours = gitops_api::crds();
    assert_eq!(ours.len(), recorded.len());
    let mut out = Vec::new();
    for (ours, recorded) in ours.iter().zip(&recorded) {
        let name = gitops_api::crd_file_name(ours);
        differences(&without_descriptions(ours, false), recorded, &name, &mut out);
    }
    assert!(out.is_empty(), "{}", out.join("\n"));
}

#[test]
fn definitions_come_in_the_order_of_their_file_names_and_each_kind_gives_its_own() {
    let all = gitops_api::crds();
    let names: Vec<String> = all.iter().map(gitops_api::crd_file_name).collect();
    assert!(names.is_sorted());
    let each: Vec<Value> = kinds::all().iter().map(|kind| (kind.crd)()).collect();
    assert_eq!(all, each);
}

#[test]
fn every_field_of_a_spec_and_a_status_is_described() {
    fn missing(schema: &Value, path: &str, out: &mut Vec<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            for (name, child) in properties {
                let path = format!("{path}.{name}");
                if !child["description"].is_string() {
                    out.push(path.clone());
                }
                missing(child, &path, out);
            }
        }
        for child in ["items", "additionalProperties"] {
            if let Some(child) = schema.get(child) {
                missing(child, path, out);
            }
        }
    }
    let mut out = Vec::new();
    for kind in kinds::all() {
        let schema = kind.open_api();
        for part in ["spec", "status"] {
            missing(&schema["properties"][part], &format!("{}.{part}", kind.full()["kind"]), &mut out);
        }
    }
    assert!(out.is_empty(), "{}", out.join("\n"));
}

#[cfg(feature = "kube")]
#[test]
fn the_definition_of_kube_is_the_same() {
    for kind in kinds::all() {
        let crd = (kind.crd)();
        let mut out = Vec::new();
        differences(&(kind.typed_crd)(), &crd, &gitops_api::crd_file_name(&crd), &mut out);
        // The type holds bounds as floating point numbers.
        out.retain(|difference| !difference.ends_with(".minimum is 0.0, recorded 0"));
        assert!(out.is_empty(), "{}", out.join("\n"));
    }
}

#[cfg(feature = "kube")]
#[test]
fn a_kind_is_a_resource_of_kube() {
    use gitops_api::source::v1::{GitRepository, GitRepositorySpec};
    use kube::{CustomResourceExt, Resource, ResourceExt, core::object::HasStatus};

    let mut repo = GitRepository::new("podinfo", GitRepositorySpec::default()).within("apps");
    assert_eq!(repo.name_any(), "podinfo");
    assert_eq!(GitRepository::kind(&()), "GitRepository");
    assert_eq!(
        GitRepository::url_path(&(), Some("apps")),
        "/apis/source.toolkit.fluxcd.io/v1/namespaces/apps/gitrepositories"
    );
    assert_eq!(GitRepository::crd_name(), "gitrepositories.source.toolkit.fluxcd.io");
    assert_eq!(GitRepository::api_resource().plural, "gitrepositories");
    assert_eq!(GitRepository::shortnames(), ["gitrepo"]);
    assert!(repo.status_mut().is_none());
}
