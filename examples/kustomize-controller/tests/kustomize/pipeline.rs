// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use gitops_api::kustomize::v1::{KustomizationSpec, PostBuild, SubstituteKind, SubstituteReference};
use gitops_api::meta::DependencyReference;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use super::harness::{Harness, conditions, config_map, inventory, spec};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default}\nspec:\n  replicas: 2\n  \
    selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: 'nginx:1'}]}\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_becomes_objects_and_the_next_one_changes_and_prunes_them() {
    let (a, b) = (config_map("a", "1"), config_map("b", "1"));
    let harness = Harness::start(&[("app/a.yaml", &a), ("app/b.yaml", &b), ("app/d.yaml", DEPLOYMENT)]).await;
    harness.create("app", KustomizationSpec { wait: true, ..spec("./app") }).await;
    let revision = harness.revision();
    let object = harness.until_ready("app", &revision).await;
    let list = conditions(&object);
    assert_eq!(list[0], format!("Ready=True ReconciliationSucceeded: Applied revision: {revision}"));
    assert!(list[1].starts_with("Healthy=True Succeeded: Health check passed in "), "{list:?}");
    assert_eq!(
        inventory(&object),
        ["default_a__ConfigMap", "default_b__ConfigMap", "default_web_apps_Deployment"]
    );
    let maps: Api<ConfigMap> = Api::namespaced(harness.server.client(), "default");
    let labels = maps.get("a").await.unwrap().metadata.labels.unwrap();
    assert_eq!(labels["kustomize.toolkit.fluxcd.io/name"], "app");

    let changed = config_map("a", "2");
    let revision = harness.commit("second", &[("app/a.yaml", Some(&changed)), ("app/b.yaml", None)]).await;
    let object = harness.until_ready("app", &revision).await;
    assert_eq!(inventory(&object), ["default_a__ConfigMap", "default_web_apps_Deployment"]);
    assert_eq!(maps.get("a").await.unwrap().data.unwrap()["key"], "2");
    assert!(maps.get_opt("b").await.unwrap().is_none());
    let history = object.status.unwrap().history;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].metadata["revision"], revision);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_run_with_nothing_changed_costs_few_requests_and_corrects_drift() {
    let a = config_map("a", "1");
    let harness = Harness::start(&[("app/a.yaml", &a), ("app/d.yaml", DEPLOYMENT)]).await;
    harness.create("app", KustomizationSpec { wait: true, ..spec("./app") }).await;
    harness.until_ready("app", &harness.revision()).await;
    harness.request("app", "warm").await;
    harness.until_ready("app", &harness.revision()).await;
    harness.server.clear_requests();
    harness.request("app", "again").await;
    harness.until_ready("app", &harness.revision()).await;
    let ours = harness.server.requests();
    let status = ours.writes_to("kustomizations/status");
    assert!(status <= 3, "{status} status writes");
    assert_eq!(ours.writes_to("configmaps") + ours.writes_to("deployments"), 0);

    let maps: Api<ConfigMap> = Api::namespaced(harness.server.client(), "default");
    let drift = json!({"data": {"key": "drifted"}});
    maps.patch("a", &PatchParams::default(), &Patch::Merge(&drift)).await.unwrap();
    harness.request("app", "correct").await;
    harness.until_ready("app", &harness.revision()).await;
    assert_eq!(maps.get("a").await.unwrap().data.unwrap()["key"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn dependents_follow_by_watch_without_their_thirty_seconds() {
    let (a, b, c) = (config_map("a", "1"), config_map("b", "1"), config_map("c", "1"));
    let harness = Harness::start(&[("a/a.yaml", &a), ("b/b.yaml", &b), ("c/c.yaml", &c)]).await;
    let after = |name: &str| vec![DependencyReference { name: name.to_owned(), ..Default::default() }];
    harness.create("c", KustomizationSpec { depends_on: after("b"), ..spec("./c") }).await;
    harness.create("b", KustomizationSpec { depends_on: after("a"), ..spec("./b") }).await;
    harness.create("loop", KustomizationSpec { depends_on: after("loop"), ..spec("./c") }).await;
    let started = std::time::Instant::now();
    harness.create("a", spec("./a")).await;
    harness.until_ready("c", &harness.revision()).await;
    let revision = harness.commit("second", &[("a/x.yaml", Some(&config_map("x", "1")))]).await;
    harness.until_ready("c", &revision).await;
    assert!(started.elapsed().as_secs() < 30, "two chains of three took {:?}", started.elapsed());
    let stuck = harness.until("loop", super::harness::failed).await;
    assert_eq!(
        conditions(&stuck),
        ["Ready=False DependencyNotReady: dependency 'default/loop' is not ready"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_come_from_config_maps_and_the_spec() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: out, namespace: default}\ndata: {text: \"${color:=none} ${size}\"}\n";
    let harness = Harness::start(&[("app/a.yaml", map)]).await;
    let maps: Api<ConfigMap> = Api::namespaced(harness.server.client(), "default");
    let mut vars =
        ConfigMap { data: Some(BTreeMap::from([("size".into(), "big".into())])), ..Default::default() };
    vars.metadata.name = Some("vars".into());
    maps.create(&PostParams::default(), &vars).await.unwrap();
    let post_build = PostBuild {
        substitute: BTreeMap::from([("color".into(), "blue".into())]),
        substitute_from: vec![SubstituteReference {
            kind: SubstituteKind::ConfigMap,
            name: "vars".into(),
            optional: false,
        }],
        ..Default::default()
    };
    harness.create("app", KustomizationSpec { post_build: Some(post_build), ..spec("./app") }).await;
    harness.until_ready("app", &harness.revision()).await;
    assert_eq!(maps.get("out").await.unwrap().data.unwrap()["text"], "blue big");
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_removes_what_was_applied() {
    let a = config_map("a", "1");
    let harness = Harness::start(&[("app/a.yaml", &a), ("app/d.yaml", DEPLOYMENT)]).await;
    harness.create("app", spec("./app")).await;
    harness.until_ready("app", &harness.revision()).await;
    harness.api().delete("app", &DeleteParams::default()).await.unwrap();
    harness.until_gone("app").await;
    let maps: Api<ConfigMap> = Api::namespaced(harness.server.client(), "default");
    assert!(maps.get_opt("a").await.unwrap().is_none());
    let deployments: Api<Deployment> = Api::namespaced(harness.server.client(), "default");
    assert!(deployments.get_opt("web").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_any_number_of_requests_ends_in_the_same_state() {
    let (a, b) = (config_map("a", "1"), config_map("b", "1"));
    for kill_after in [0, 2, 4, 6, 8, 11, 15] {
        let mut harness = Harness::start(&[("app/a.yaml", &a), ("app/b.yaml", &b)]).await;
        harness.create("app", spec("./app")).await;
        while harness.server.requests().len() < kill_after + 6 {
            tokio::task::yield_now().await;
        }
        harness.restart();
        let object = harness.until_ready("app", &harness.revision()).await;
        assert_eq!(
            inventory(&object),
            ["default_a__ConfigMap", "default_b__ConfigMap"],
            "killed after {kill_after}"
        );
    }
}
