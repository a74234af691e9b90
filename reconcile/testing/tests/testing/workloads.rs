// SPDX-License-Identifier: Apache-2.0

use gitops_testing::{TestServer, Workloads};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, DeleteParams, PostParams};
use serde_json::json;

use crate::crud::config_map;

#[tokio::test]
async fn instant_workloads_are_ready_at_once() {
    let server = TestServer::builder().workloads(Workloads::Instant).start().await;
    let template = json!({"metadata": {"labels": {"app": "web"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "app:1"}]}});
    let mut pods = template.clone();
    pods["spec"]["restartPolicy"] = json!("Always");
    let deployment: Deployment = serde_json::from_value(json!({"metadata": {"name": "web"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": pods}}))
    .unwrap();
    let job: Job =
        serde_json::from_value(json!({"metadata": {"name": "once"}, "spec": {"template": template}}))
            .unwrap();
    server.create(&deployment).await.unwrap();
    server.create(&job).await.unwrap();
    let ready = server
        .eventually::<Deployment>("web", |one| {
            one.status.as_ref().is_some_and(|status| status.ready_replicas == Some(2))
        })
        .await;
    assert_eq!(ready.status.unwrap().observed_generation, ready.metadata.generation);
    server
        .eventually::<Job>("once", |one| {
            one.status.as_ref().is_some_and(|status| status.succeeded == Some(1))
        })
        .await;
}

#[tokio::test]
async fn a_deleted_namespace_is_emptied_and_goes() {
    let server = TestServer::builder().start().await;
    let namespaces: Api<Namespace> = Api::all(server.client());
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some("team".to_owned());
    namespaces.create(&PostParams::default(), &namespace).await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "team");
    let mut held = config_map("a", "k", "1");
    held.metadata.finalizers = Some(vec!["example.test/f".to_owned()]);
    api.create(&PostParams::default(), &held).await.unwrap();
    namespaces.delete("team", &DeleteParams::default()).await.unwrap();
    let phase = namespaces.get("team").await.unwrap().status.unwrap().phase;
    assert_eq!(phase.as_deref(), Some("Terminating"));
    let patch = kube::api::Patch::Merge(json!({"metadata": {"finalizers": null}}));
    api.patch("a", &kube::api::PatchParams::default(), &patch).await.unwrap();
    server.eventually_gone::<Namespace>("team").await;
}

#[tokio::test]
async fn dependents_follow_their_owner() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    let owner = api.create(&PostParams::default(), &config_map("owner", "k", "1")).await.unwrap();
    let mut child = config_map("child", "k", "1");
    child.metadata.owner_references = Some(vec![
        serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.metadata.uid}))
        .unwrap(),
    ]);
    api.create(&PostParams::default(), &child).await.unwrap();
    api.delete("owner", &DeleteParams::default()).await.unwrap();
    assert!(api.get_opt("child").await.unwrap().is_none());
}
