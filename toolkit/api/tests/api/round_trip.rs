// SPDX-License-Identifier: Apache-2.0

use gitops_api::{
    event::v1beta1::{Event, Severity},
    image::v1::ImageRef,
    kustomize::v1::{DeletionPolicy, Kustomization},
    source::v1::{GitProvider, GitRepository},
};
use serde_json::{Value, json};

use crate::kinds;

#[test]
fn an_object_with_every_field_is_written_as_it_was_read() {
    for kind in kinds::all() {
        let full = kind.full();
        assert_eq!((kind.pass)(full.clone()).unwrap(), full, "{}", full["kind"]);
    }
}

#[test]
fn the_full_objects_have_every_field_of_their_definition() {
    fn missing(schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            for (name, child) in properties {
                let path = format!("{path}.{name}");
                match value.get(name) {
                    Some(value) => missing(child, value, &path, out),
                    None => out.push(path),
                }
            }
        }
        match value {
            Value::Array(items) if !items.is_empty() => {
                items.iter().for_each(|item| missing(&schema["items"], item, path, out));
            }
            Value::Array(_) => out.push(path.to_owned()),
            Value::Object(map) if schema["additionalProperties"].is_object() => {
                map.values().for_each(|item| missing(&schema["additionalProperties"], item, path, out));
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    for kind in kinds::all() {
        missing(&kind.open_api(), &kind.full(), "", &mut out);
    }
    assert!(out.is_empty(), "{}", out.join("\n"));
}

#[test]
fn an_unknown_text_of_an_enumeration_survives() {
    fn spoil(schema: &Value, value: &mut Value) {
        if schema["enum"].is_array() {
            *value = json!("from-the-future");
        }
        match value {
            Value::Object(map) => {
                for (name, child) in map {
                    let schema = match &schema["properties"][name.as_str()] {
                        Value::Null => &schema["additionalProperties"],
                        found => found,
                    };
                    spoil(schema, child);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| spoil(&schema["items"], item)),
            _ => {}
        }
    }
    for kind in kinds::all() {
        let mut odd = kind.full();
        spoil(&kind.open_api(), &mut odd);
        assert_eq!((kind.pass)(odd.clone()).unwrap(), odd, "{}", odd["kind"]);
    }
    assert_eq!(GitProvider::from("gitea"), GitProvider::Other("gitea".into()));
    assert_eq!(DeletionPolicy::Orphan.to_string(), "Orphan");
}

#[test]
fn an_object_of_another_kind_is_refused() {
    let error = |json: Value| serde_json::from_value::<GitRepository>(json).unwrap_err().to_string();
    assert_eq!(
        error(
            json!({ "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "Bucket", "spec": { "url": "", "interval": "1m" } })
        ),
        "expected GitRepository of source.toolkit.fluxcd.io/v1, found Bucket of source.toolkit.fluxcd.io/v1"
    );
}

#[test]
fn an_item_of_a_list_may_leave_its_kind_out_and_an_object_its_spec() {
    for kind in kinds::all() {
        let full = kind.full();
        let written = (kind.pass)(json!({ "metadata": { "name": "bare" } })).unwrap();
        assert_eq!(written["apiVersion"], full["apiVersion"]);
        assert_eq!(written["kind"], full["kind"]);
    }
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    let json = json!({
        "metadata": {}, "spec": { "interval": "1m", "prune": true, "sourceRef": { "kind": "Bucket", "name": "b", "x": 1 }, "new": [1] }
    });
    let read: Kustomization = serde_json::from_value(json).unwrap();
    assert_eq!(read.spec.source_ref.name, "b");
}

#[test]
fn an_image_is_written_with_tag_and_digest() {
    let mut image = ImageRef { name: "team/web".into(), tag: "1.2".into(), digest: None };
    assert_eq!(image.to_string(), "team/web:1.2");
    image.digest = Some("sha256:00".into());
    assert_eq!(image.to_string(), "team/web:1.2@sha256:00");
}

#[test]
fn an_event_is_written_as_it_was_read() {
    let json = json!({
        "involvedObject": {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "fieldPath": "status", "kind": "Kustomization",
            "name": "apps", "namespace": "team", "resourceVersion": "42", "uid": "6d1f0f5e"
        },
        "severity": "error",
        "timestamp": "2026-01-02T03:04:05Z",
        "message": "build failed",
        "reason": "BuildFailed",
        "metadata": { "kustomize.toolkit.fluxcd.io/revision": "main@sha1:4f2a" },
        "reportingController": "kustomize-controller",
        "reportingInstance": "kustomize-controller-0",
    });
    let event: Event = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(event.severity, Severity::Error);
    assert_eq!(serde_json::to_value(&event).unwrap(), json);
}
