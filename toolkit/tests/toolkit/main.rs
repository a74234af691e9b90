// SPDX-License-Identifier: Apache-2.0

//! The program in the workspace's README says what happens.

use gitops_toolkit::kustomize::{Options, build, fs::Memory};

#[test]
fn the_program_of_the_readme_builds_what_its_comment_says() {
    let readme = include_str!("../../../README.md");
    let fs = Memory::from([
        ("base/kustomization.yaml", "resources: [app.yaml]\n"),
        ("base/app.yaml", literal(readme, "\"base/app.yaml\",").unwrap()),
        ("prod/kustomization.yaml", literal(readme, "\"prod/kustomization.yaml\",").unwrap()),
    ]);
    let set = build(&fs, "prod", &Options::default()).unwrap();
    let ids: Vec<String> = set.iter().map(|object| object.id().to_string()).collect();
    assert_eq!(ids, ["prod_eu-web_apps_Deployment"]);
    assert!(readme.contains("// prod_eu-web_apps_Deployment"));
    assert!(set.to_yaml().contains("image: registry.example/web:1.1"));
}

/// The string literal that follows a marker.
fn literal<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    text.split_once(marker)?.1.split('"').nth(1)
}
