// SPDX-License-Identifier: Apache-2.0

use gitops_api::{
    helm::v2::{HelmRelease, HelmReleaseSpec},
    meta::Duration,
    source::v1::{GitProvider, GitRepository, GitRepositorySpec},
};
use serde_json::json;

use crate::kinds;

fn repository() -> GitRepository {
    GitRepository::new(
        "podinfo",
        GitRepositorySpec {
            url: "https://git.example/podinfo".into(),
            interval: Duration::from_mins(5),
            ..Default::default()
        },
    )
    .within("apps")
}

#[test]
fn a_good_object_has_no_violations() {
    assert_eq!(repository().validate(), []);
    let mut nowhere = repository();
    nowhere.metadata.namespace = None;
    assert_eq!(nowhere.validate(), []);
}

#[test]
fn violations_of_schema_and_rules_come_with_the_words_of_the_server() {
    let mut bad = repository();
    bad.spec.url = "git@git.example:podinfo".into();
    bad.spec.service_account_name = Some("deployer".into());
    let found: Vec<String> = bad.validate().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            r#"spec.url: Invalid value: "git@git.example:podinfo": spec.url in body should match '^(http|https|ssh)://.*$'"#,
            "spec: Invalid value: serviceAccountName can only be set when provider is 'azure' or 'aws'",
        ]
    );
    let neither =
        HelmRelease::new("web", HelmReleaseSpec { interval: Duration::from_mins(1), ..Default::default() });
    let found: Vec<String> = neither.within("apps").validate().iter().map(ToString::to_string).collect();
    assert_eq!(found, ["spec: Invalid value: either chart or chartRef must be set"]);
}

#[test]
fn an_update_is_not_blamed_for_what_was_wrong_before() {
    let mut old = repository();
    old.metadata.resource_version = Some("1".into());
    old.spec.provider = Some(GitProvider::Other("gitea".into()));
    let mut new = old.clone();
    new.spec.suspend = true;
    assert_eq!(new.validate_update(&old), []);
    new.spec.provider = Some(GitProvider::Other("forgejo".into()));
    assert_eq!(new.validate_update(&old)[0].field, "spec.provider");
}

#[test]
fn defaults_are_those_of_the_definition() {
    let stored = serde_json::to_value(repository().defaulted()).unwrap();
    assert_eq!(stored["spec"]["timeout"], "60s");
    assert_eq!(stored["status"], json!({ "observedGeneration": -1 }));
    for kind in kinds::all() {
        let full = kind.full();
        let mut bare = full.clone();
        bare.as_object_mut().unwrap().remove("status");
        let defaulted = (kind.defaulted)(bare);
        let default = kind.open_api()["properties"]["status"].get("default").cloned();
        assert_eq!(defaulted.get("status").cloned(), default, "{}", full["kind"]);
        assert_eq!(defaulted["spec"], full["spec"], "{}", full["kind"]);
    }
}

/// What kube-apiserver 1.37.2 answered to a create of the objects in `full/`, with the definitions of this crate.
const ANSWERS: &[(&str, &[&str])] = &[
    (
        "Bucket",
        &[
            "spec: Invalid value: STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
            "spec: Invalid value: cannot set both .spec.secretRef and .spec.serviceAccountName",
        ],
    ),
    (
        "GitRepository",
        &["spec: Invalid value: serviceAccountName can only be set when provider is 'azure' or 'aws'"],
    ),
    (
        "HelmChart",
        &["spec: Invalid value: spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'"],
    ),
    (
        "HelmRelease",
        &[
            "spec: Invalid value: either chart or chartRef must be set",
            "spec.kubeConfig: Invalid value: exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
        ],
    ),
    (
        "ImagePolicy",
        &[
            "spec: Invalid value: spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
        ],
    ),
    (
        "Kustomization",
        &[
            "spec.kubeConfig: Invalid value: exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
        ],
    ),
    (
        "Provider",
        &[
            "spec: Invalid value: spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types",
        ],
    ),
    ("Receiver", &["spec: Invalid value: oidcProviders can only be set when type is generic-oidc"]),
];

#[test]
fn the_full_objects_get_the_answers_of_the_server() {
    for kind in kinds::all() {
        let mut full = kind.full();
        full["metadata"].as_object_mut().unwrap().retain(|key, _| key == "name" || key == "namespace");
        let name = full["kind"].as_str().unwrap().to_owned();
        let answer = ANSWERS.iter().find(|(kind, _)| *kind == name).map_or(&[][..], |(_, answer)| answer);
        let mut found: Vec<String> = (kind.validate)(full).iter().map(ToString::to_string).collect();
        found.sort_unstable();
        let mut answer = answer.to_vec();
        answer.sort_unstable();
        assert_eq!(found, answer, "{name}");
    }
}

/// Returns the messages of all rules of a schema.
pub(crate) fn full_rules(schema: &serde_json::Value) -> Vec<String> {
    let mut messages = Vec::new();
    let mut rest = vec![schema];
    while let Some(value) = rest.pop() {
        match value {
            serde_json::Value::Object(map) => {
                if let Some(rules) = map.get("x-kubernetes-validations").and_then(|v| v.as_array()) {
                    messages
                        .extend(rules.iter().filter_map(|rule| rule["message"].as_str().map(str::to_owned)));
                }
                rest.extend(map.values());
            }
            serde_json::Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    messages
}
