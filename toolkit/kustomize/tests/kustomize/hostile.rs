// SPDX-License-Identifier: Apache-2.0

//! Input that means harm: it ends in an error of its kind, soon.

use gitops_kustomize::fs::{Directory, Memory};
use gitops_kustomize::{Cancel, ErrorKind, Options, build};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn refused(fs: &Memory, options: &Options) -> ErrorKind {
    build(fs, "/", options).expect_err("the build should fail").kind()
}

fn with(kustomization: &str, resource: &str) -> Memory {
    Memory::from([("kustomization.yaml", kustomization), ("r.yaml", resource)])
}

#[test]
fn a_chain_of_aliases_that_explodes_meets_a_limit() {
    let mut bomb = format!("{CONFIG_MAP}a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = level - 1;
        let items = vec![format!("*a{before}"); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let kind = refused(&with("resources: [r.yaml]", &bomb), &Options::default());
    assert_eq!(kind, ErrorKind::Limit);
}

#[test]
fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
    let deep = format!("{CONFIG_MAP}a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    refused(&with("resources: [r.yaml]", &deep), &Options::default());
}

#[test]
fn a_build_that_reads_too_much_meets_a_limit() {
    let long = format!("{CONFIG_MAP}data:\n  a: {}\n", "x".repeat(10_000));
    let options = Options::default().input_bytes(5_000);
    assert_eq!(refused(&with("resources: [r.yaml]", &long), &options), ErrorKind::Limit);
}

#[test]
fn a_build_with_too_many_nodes_meets_a_limit() {
    let list = format!("{CONFIG_MAP}list:\n{}", "- x\n".repeat(10_000));
    let options = Options::default().nodes(1_000);
    assert_eq!(refused(&with("resources: [r.yaml]", &list), &options), ErrorKind::Limit);
}

#[test]
fn bases_that_lead_ever_deeper_meet_a_limit() {
    let mut fs = Memory::new();
    let mut path = String::new();
    for _ in 0..200 {
        fs.insert(&format!("{path}kustomization.yaml"), "resources: [d]\n");
        path.push_str("d/");
    }
    fs.insert(&format!("{path}kustomization.yaml"), "namespace: a\n");
    assert_eq!(refused(&fs, &Options::default()), ErrorKind::Limit);
}

#[test]
fn a_cancelled_build_stops() {
    let cancel = Cancel::default();
    cancel.cancel();
    let options = Options::default().cancel(cancel);
    assert_eq!(refused(&with("resources: [r.yaml]", CONFIG_MAP), &options), ErrorKind::Cancelled);
}

#[test]
fn an_expression_that_would_compile_to_a_giant_is_refused() {
    let kustomization = "resources: [r.yaml]\npatches:\n- target: {name: '((a{1000}){1000}){1000}'}\n  patch: '[{\"op\": \"remove\", \"path\": \"/data\"}]'\n";
    assert_eq!(refused(&with(kustomization, CONFIG_MAP), &Options::default()), ErrorKind::Kustomization);
}

#[test]
fn nothing_is_fetched() {
    for base in
        ["https://github.com/a/b", "git@github.com:a/b.git", "github.com/a/b?ref=x", "http://x/y.yaml"]
    {
        let fs = Memory::from([("kustomization.yaml", format!("resources: ['{base}']\n"))]);
        assert_eq!(refused(&fs, &Options::default()), ErrorKind::Unsupported, "{base}");
    }
}

#[test]
fn links_out_of_a_directory_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.yaml"), CONFIG_MAP).unwrap();
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("kustomization.yaml"), "resources: [link.yaml]\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.yaml"), root.path().join("link.yaml")).unwrap();
    let options = Options::default().restrict_files(false);
    let error = build(&Directory::open(root.path()).unwrap(), "/", &options).unwrap_err();
    assert!(!error.to_string().contains("ConfigMap"), "{error}");
    for path in ["../secret.yaml", "../../../../../../etc/passwd"] {
        std::fs::write(root.path().join("kustomization.yaml"), format!("resources: ['{path}']\n")).unwrap();
        build(&Directory::open(root.path()).unwrap(), "/", &options).unwrap_err();
    }
}

#[test]
fn odd_documents_end_in_errors_and_not_in_panics() {
    let texts = [
        "",
        "[]",
        "a",
        "- a",
        "{}",
        "null",
        "kind: []",
        "metadata: a",
        "kind: List\nitems: {a: b}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: [name]\n",
        "apiVersion: {}\nkind: A\nmetadata: {name: a}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {a: b}}\n",
        "? [a]\n: b\n",
        "\u{feff}",
        "%TAG\n---\na",
        "*x",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n1: 2\n",
        "---\n---\n--- # c\n",
        "<<: a",
        "a: !!int x",
    ];
    let kustomizations = [
        "resources: [r.yaml]\nnamePrefix: p-\nnamespace: n\ncommonLabels: {a: b}\ncommonAnnotations: {a: b}\nimages: [{name: a, newTag: b}]\n",
        "patches: [{path: r.yaml}]\n",
        "patchesStrategicMerge: [r.yaml]\n",
        "patchesJson6902: [{path: r.yaml, target: {name: a}}]\n",
        "configurations: [r.yaml]\n",
        "crds: [r.yaml]\n",
        "openapi: {path: r.yaml}\n",
        "transformers: [r.yaml]\n",
        "generators: [r.yaml]\n",
        "replacements: [{path: r.yaml}]\n",
        "configMapGenerator: [{name: a, envs: [r.yaml], files: [r.yaml]}]\n",
        "components: [r.yaml]\n",
    ];
    for kustomization in kustomizations {
        for text in texts {
            let _ = build(&with(kustomization, text), "/", &Options::default());
        }
    }
    for text in texts {
        let _ = build(&Memory::from([("kustomization.yaml", text)]), "/", &Options::default());
    }
}
