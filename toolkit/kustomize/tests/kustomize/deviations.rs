// SPDX-License-Identifier: Apache-2.0

//! Where a build succeeds that kustomize fails by accident.

use gitops_kustomize::fs::Memory;
use gitops_kustomize::{Options, build, report};

#[test]
fn a_comment_behind_a_key_does_not_break_a_patch() {
    let fs = Memory::from([
        ("kustomization.yaml", "resources: [r.yaml]\npatches: [{path: p.yaml}]\n"),
        ("r.yaml", "apiVersion: e.com/v1\nkind: X\nmetadata: {name: a}\nspec:\n  list:  # why\n  - k: v\n"),
        ("p.yaml", "apiVersion: e.com/v1\nkind: X\nmetadata: {name: a}\nspec: {list: []}\n"),
    ]);
    let set = build(&fs, "/", &Options::default()).unwrap();
    assert!(set.to_yaml().ends_with("spec:\n  list: []\n"));
}

#[test]
fn a_report_names_the_files_that_were_read_and_the_fields_that_are_old() {
    let fs = Memory::from([
        ("o/kustomization.yaml", "bases: [../b]\ncommonLabels: {a: b}\n"),
        ("b/kustomization.yml", "configMapGenerator: [{name: c, files: [f.txt]}]\n"),
        ("b/f.txt", "x"),
        ("b/unused.yaml", "x"),
    ]);
    let report = report(&fs, "o", &Options::default()).unwrap();
    assert_eq!(report.read, ["/b/f.txt", "/b/kustomization.yml", "/o/kustomization.yaml"]);
    assert_eq!(report.objects.len(), 1);
    let fields: Vec<&str> = report.notices.iter().filter_map(|notice| notice.split('\'').nth(1)).collect();
    assert_eq!(fields, ["bases", "commonLabels"]);
}

#[test]
fn controllers_read_files_anywhere_in_the_tree_and_keep_the_order_of_files() {
    let fs = Memory::from([
        ("a/kustomization.yaml", "resources: [../r.yaml]\n"),
        (
            "r.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
        ),
    ]);
    build(&fs, "a", &Options::default()).unwrap_err();
    let set = build(&fs, "a", &Options::controller()).unwrap();
    let kinds: Vec<&str> = set.iter().map(|manifest| manifest.kind()).collect();
    assert_eq!(kinds, ["Service", "Namespace"]);
}

#[test]
fn a_custom_schema_replaces_the_built_in_one_unless_told_otherwise() {
    let schema = r#"{"definitions": {"w": {"x-kubernetes-group-version-kind": [{"group": "e.com", "version": "v1", "kind": "W"}],
        "properties": {"list": {"type": "array", "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "id"}}}}}"#;
    let fs = Memory::from([
        ("kustomization.yaml", "openapi: {path: s.json}\nresources: [r.yaml]\npatches: [{path: p.yaml}]\n"),
        ("s.json", schema),
        (
            "r.yaml",
            "apiVersion: e.com/v1\nkind: W\nmetadata: {name: w}\nlist: [{id: a, x: 1}, {id: b}]\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a}, {name: b}]}\n",
        ),
        (
            "p.yaml",
            "apiVersion: e.com/v1\nkind: W\nmetadata: {name: w}\nlist: [{id: a, y: 2}]\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: b, image: i}]}\n",
        ),
    ]);
    let count = |options: &Options| {
        let set = build(&fs, "/", options).unwrap();
        let length = |kind: &str, path: &str| {
            let manifest = set.iter().find(|manifest| manifest.kind() == kind).unwrap();
            manifest.value().pointer(path).and_then(|list| list.as_array()).unwrap().len()
        };
        (length("W", "/list"), length("Pod", "/spec/containers"))
    };
    assert_eq!(count(&Options::default()), (2, 1));
    assert_eq!(count(&Options::controller()), (2, 2));
}
