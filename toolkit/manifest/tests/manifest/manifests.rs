// SPDX-License-Identifier: Apache-2.0

use gitops_manifest::{ErrorKind, Manifest};
use serde_json::{Value, json};

use crate::object;

#[test]
fn fields_are_read_from_the_object() {
    let manifest = Manifest::from_value(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web", "namespace": "apps",
            "labels": {"b": "2", "a": "1", "odd": 3}, "annotations": {"x": "y"},
        },
    }))
    .unwrap();
    assert_eq!(
        (manifest.api_version(), manifest.group(), manifest.version(), manifest.kind()),
        ("apps/v1", "apps", "v1", "Deployment")
    );
    assert_eq!((manifest.name(), manifest.namespace()), ("web", "apps"));
    assert_eq!(manifest.labels().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
    assert_eq!(
        (manifest.label("a"), manifest.label("odd"), manifest.annotation("x")),
        (Some("1"), None, Some("y"))
    );
    assert_eq!(manifest.id().to_string(), "apps_web_apps_Deployment");
    let core = object("v1", "Pod", "", "x");
    assert_eq!((core.group(), core.version()), ("", "v1"));
}

#[test]
fn what_is_no_object_is_refused_with_the_missing_field() {
    for (value, kind, message) in [
        (json!([]), ErrorKind::NotAnObject, "expected an object, found a list"),
        (Value::Null, ErrorKind::NotAnObject, "expected an object, found null"),
        (json!({"kind": "Pod"}), ErrorKind::MissingField, "missing apiVersion in object of kind Pod"),
        (
            json!({"apiVersion": "v1", "metadata": {"name": "x"}, "data": {"password": "secret"}}),
            ErrorKind::MissingField,
            "missing kind in object named x",
        ),
        (json!({"apiVersion": "v1", "kind": ""}), ErrorKind::MissingField, "missing kind"),
        (
            json!({"apiVersion": 1, "kind": "Pod"}),
            ErrorKind::MissingField,
            "missing apiVersion in object of kind Pod",
        ),
    ] {
        let error = Manifest::from_value(value).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, message));
    }
}

#[test]
fn setters_make_what_is_missing_and_replace_what_is_in_the_way() {
    let mut manifest =
        Manifest::from_value(json!({"apiVersion": "v1", "kind": "Pod", "metadata": null})).unwrap();
    manifest.set_name("x");
    manifest.set_namespace("ns");
    manifest.set_label("a", "1");
    manifest.set_annotation("b", "2");
    assert_eq!(
        manifest.value()["metadata"],
        json!({"name": "x", "namespace": "ns", "labels": {"a": "1"}, "annotations": {"b": "2"}})
    );
    assert_eq!(manifest.remove_annotation("b").as_deref(), Some("2"));
    manifest.set_namespace("");
    assert_eq!(manifest.value()["metadata"], json!({"name": "x", "labels": {"a": "1"}}));
}

#[test]
fn yaml_is_sorted_and_quoted_as_kustomize_does() {
    let mut manifest = object("v1", "ConfigMap", "", "x");
    manifest.value_mut()["data"] = json!({"on": "yes", "k10": "1", "k2": "a\nb\n"});
    let expected = "\
apiVersion: v1
data:
  k2: |
    a
    b
  k10: \"1\"
  \"on\": \"yes\"
kind: ConfigMap
metadata:
  name: x
";
    assert_eq!(manifest.to_yaml(), expected);
}
