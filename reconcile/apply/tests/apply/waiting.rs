// SPDX-License-Identifier: Apache-2.0

//! Waiting for objects.

use std::time::Duration;

use gitops_apply::health::{Checks, Expressions, Health};
use gitops_apply::{Cluster, ErrorKind, Inventory, Target, WaitOptions, wait, wait_until_gone};
use gitops_manifest::ObjectId;
use gitops_testing::Workloads;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use super::{GROUP, apply, config_map, deployment, finish, options, server};

fn seconds(seconds: u64) -> WaitOptions {
    WaitOptions::new(Duration::from_secs(seconds))
}

#[tokio::test]
async fn a_deployment_is_waited_for_until_its_replicas_are_there() {
    for watching in [false, true] {
        let server = server(Workloads::Off).await;
        let client = server.client();
        let cluster = if watching { Cluster::watching(client, GROUP) } else { Cluster::new(client) };
        let applied = apply(&cluster, &deployment("web"), &Inventory::default(), &options()).await.unwrap();
        let options = seconds(20);
        let (statuses, ()) =
            tokio::join!(wait(&cluster, applied.objects(), &options), finish(&server, "web"));
        let statuses = statuses.unwrap();
        assert_eq!(statuses[0].1.health, Health::Current);
    }
}

#[tokio::test]
async fn the_message_of_a_timeout_names_what_is_not_current() {
    let server = server(Workloads::Off).await;
    for cluster in [Cluster::new(server.client()), Cluster::watching(server.client(), GROUP)] {
        let objects = config_map("a", "x") + &deployment("web");
        let applied = apply(&cluster, &objects, &Inventory::default(), &options()).await.unwrap();
        let absent = Target::new(ObjectId::new("default", "absent", "apps", "Deployment"), "apps/v1");
        let targets: Vec<Target> = applied.objects().iter().cloned().chain([absent]).collect();
        let error = wait(&cluster, &targets, &seconds(1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(
            error.to_string(),
            "timeout waiting for: [Deployment/default/absent status: 'NotFound', Deployment/default/web status: 'InProgress']"
        );
    }
}

#[tokio::test]
async fn a_failed_object_ends_the_wait_at_once() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let applied = apply(&cluster, &config_map("c", "red"), &Inventory::default(), &options()).await.unwrap();
    let mut checks = Checks::default();
    checks
        .add(
            "",
            "ConfigMap",
            Expressions::compile("data.color == 'blue'", None, Some("data.color == 'red'")).unwrap(),
        )
        .unwrap();
    let mut options = seconds(20);
    options.checks = checks;
    let error = wait(&cluster, applied.objects(), &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stalled);
    assert_eq!(
        error.to_string(),
        "failed early due to stalled resources: [ConfigMap/default/c status: 'Failed']"
    );

    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    api.patch("c", &PatchParams::default(), &Patch::Merge(json!({"data": {"color": "green"}})))
        .await
        .unwrap();
    let waiting = wait(&cluster, applied.objects(), &options);
    let turned_blue = async {
        api.patch("c", &PatchParams::default(), &Patch::Merge(json!({"data": {"color": "blue"}}))).await
    };
    let (done, patched) = tokio::join!(waiting, turned_blue);
    patched.unwrap();
    assert_eq!(done.unwrap()[0].1.health, Health::Current);
}

#[tokio::test]
async fn deleted_objects_are_waited_for_until_they_are_gone() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let first = apply(&cluster, &config_map("a", "x"), &Inventory::default(), &options()).await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    let finalizers = |list: serde_json::Value| Patch::Merge(json!({"metadata": {"finalizers": list}}));
    api.patch("a", &PatchParams::default(), &finalizers(json!(["example.test/hold"]))).await.unwrap();
    let second = apply(&cluster, "", &first.inventory, &options()).await.unwrap();
    let error = wait_until_gone(&cluster, &second.changes, Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "ConfigMap/default/a termination timeout: context deadline exceeded");
    api.patch("a", &PatchParams::default(), &finalizers(json!([]))).await.unwrap();
    wait_until_gone(&cluster, &second.changes, Duration::from_secs(20)).await.unwrap();
}
