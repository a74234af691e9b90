// SPDX-License-Identifier: Apache-2.0

//! The data of built-in kinds, and what merging makes of it.

use gitops_smd::{Error, FieldManager, SameShape, Typed, builtin};
use serde_json::{Value, json};

fn fields(api_version: &str, kind: &str, object: &Value) -> Result<String, Error> {
    let of = builtin().object_type(api_version, kind).expect("because it is built in");
    Ok(Typed::checked(object, &of)?.field_set()?.to_json())
}

#[test]
fn every_kind_has_a_type_and_every_reference_a_definition() {
    assert!(builtin().kinds().count() > 150);
    for (api_version, kind, name) in builtin().kinds() {
        assert!(builtin().object_type(api_version, kind).is_some(), "{name}");
    }
    let text = serde_json::to_string(builtin().definitions()).expect("because it is JSON");
    for reference in text.split("\"$ref\":\"").skip(1) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(builtin().definition(name).is_some(), "{name}");
    }
}

#[test]
fn what_is_owned_follows_the_type_of_each_field() {
    for (api_version, kind, spec, expected) in [
        (
            "apps/v1",
            "Deployment",
            json!({"selector": {"matchLabels": {"a": "b"}}}),
            r#"{"f:spec":{"f:selector":{}}}"#,
        ),
        (
            "v1",
            "Service",
            json!({"ports": [{"port": 80}], "selector": {"a": "b"}}),
            r#"{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:selector":{}}}"#,
        ),
        (
            "v1",
            "Pod",
            json!({"containers": [{"name": "a", "args": ["x"], "resources": {"limits": {"cpu": 1}}}]}),
            r#"{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:args":{},"f:name":{},"f:resources":{"f:limits":{"f:cpu":{}}}}}}}"#,
        ),
    ] {
        assert_eq!(fields(api_version, kind, &json!({"spec": spec})).expect("because it fits"), expected);
    }
}

#[test]
fn what_does_not_fit_is_named_by_its_path() {
    for (spec, expected) in [
        (json!({"nope": 1}), ".spec.nope: field not declared in schema"),
        (json!({"replicas": "x"}), ".spec.replicas: expected numeric (int or float), got string"),
        (json!({"paused": 1}), ".spec.paused: expected boolean, got &{1}"),
        (
            json!({"template": {"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}}),
            ".spec.template.spec.containers: duplicate entries for key [name=\"a\"]",
        ),
    ] {
        let error =
            fields("apps/v1", "Deployment", &json!({"spec": spec})).expect_err("because it does not fit");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn kubectl_takes_its_own_annotation_over_without_force() {
    let of = builtin().object_type("v1", "ConfigMap").expect("because it is built in");
    let versions = SameShape::one("v1", of);
    let endpoint = FieldManager::new(&versions, "v1", "ConfigMap");
    let config = |color: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"color": color}});
    let mut sent = config("blue");
    let last = serde_json::to_string(&config("blue")).expect("because it is JSON");
    sent["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": last});
    let live = endpoint
        .update(&endpoint.empty(), &sent, "kubectl-client-side-apply", "2026-01-01T00:00:00Z")
        .expect("because it fits");
    let refused = endpoint.apply(&live, &config("red"), "someone", false, "2026-01-01T00:00:01Z");
    assert!(refused.is_err());
    let done = endpoint
        .apply(&live, &config("red"), "kubectl", false, "2026-01-01T00:00:01Z")
        .expect("because the annotation says so");
    assert_eq!(done["data"]["color"], "red");
    let annotation = &done["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    assert!(annotation.as_str().is_some_and(|text| text.contains("red")), "{annotation}");
}
