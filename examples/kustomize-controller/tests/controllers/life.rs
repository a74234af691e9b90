// SPDX-License-Identifier: Apache-2.0

//! The life of a Kustomization: applied, changed, corrected, suspended, asked for, waited for, deleted.

use gitops_testing::Workloads;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::sample::{FIRST_INVENTORY, SECOND, SECOND_INVENTORY, Sample};
use crate::world::{World, conditions, git_repository, has_condition, inventory, is_ready, kustomization};

async fn sample() -> (World, Sample) {
    let mut world = World::new().await;
    let sample = Sample::start().await;
    world.create(git_repository("app", sample.server.url().as_str(), "main")).await;
    world.create(kustomization("app", "app", "./overlay")).await;
    world.start();
    world.until_applied("app", &sample.first).await;
    (world, sample)
}

async fn image(world: &World) -> Value {
    let web = world.get("Deployment", "demo", "web").await.unwrap();
    web["spec"]["template"]["spec"]["containers"][0]["image"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_becomes_a_ready_cluster_and_the_next_one_changes_and_prunes() {
    let (world, sample) = sample().await;
    let source = world.until_ready("GitRepository", "app").await;
    assert_eq!(source["status"]["artifact"]["revision"], sample.first.as_str());
    let stored = format!("stored artifact for revision '{}'", sample.first);
    assert_eq!(
        conditions(&source),
        [format!("Ready=True Succeeded: {stored}"), format!("ArtifactInStorage=True Succeeded: {stored}")]
    );
    let app = world.until_ready("Kustomization", "app").await;
    let applied = format!("Ready=True ReconciliationSucceeded: Applied revision: {}", sample.first);
    assert!(has_condition(&app, &applied), "{:?}", conditions(&app));
    assert!(has_condition(&app, "Healthy=True Succeeded: Health check passed in"), "{:?}", conditions(&app));
    assert_eq!(conditions(&app).len(), 2);
    assert_eq!(inventory(&app), FIRST_INVENTORY);
    assert_eq!(image(&world).await, "registry.example/web:1.0.0");

    sample.repository.git(&["checkout", "-q", "main"]).unwrap();
    let second = sample.repository.commit("second", SECOND.iter().copied()).unwrap();
    world.request("GitRepository", "app", "t1").await;
    let app = world.until_applied("app", &format!("main@sha1:{second}")).await;
    assert_eq!(inventory(&app), SECOND_INVENTORY);
    assert_eq!(image(&world).await, "registry.example/web:1.1.0");
    assert_eq!(world.get("ConfigMap", "demo", "debug").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_is_corrected_by_the_next_run() {
    let (world, _sample) = sample().await;
    let drift =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "other:1"}]}}}});
    let web = world.within("Deployment", "demo");
    web.patch("web", &PatchParams::default(), &Patch::Strategic(&drift)).await.unwrap();
    world.within("ConfigMap", "demo").delete("debug", &Default::default()).await.unwrap();
    assert_eq!(image(&world).await, "other:1");
    handled(&world, "t1").await;
    assert_eq!(image(&world).await, "registry.example/web:1.0.0");
    assert!(world.get("ConfigMap", "demo", "debug").await.is_some());
}

async fn handled(world: &World, token: &str) -> Value {
    world.request("Kustomization", "app", token).await;
    let done = |object: &Value| is_ready(object) && object["status"]["lastHandledReconcileAt"] == token;
    world.until("Kustomization", "app", done).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_object_does_nothing_until_it_is_resumed() {
    let (world, sample) = sample().await;
    world.patch("Kustomization", "app", json!({"spec": {"suspend": true}})).await;
    world.until("Kustomization", "app", |app| app["status"]["observedGeneration"] == 2).await;
    world.patch("GitRepository", "app", json!({"spec": {"ref": {"branch": "next"}}})).await;
    let next =
        |source: &Value| is_ready(source) && source["status"]["artifact"]["revision"] == sample.next.as_str();
    world.until("GitRepository", "app", next).await;
    // A request is acknowledged, but not carried out.
    world.request("Kustomization", "app", "t1").await;
    let app =
        world.until("Kustomization", "app", |app| app["status"]["lastHandledReconcileAt"] == "t1").await;
    assert_eq!(app["status"]["lastAppliedRevision"], sample.first.as_str());
    assert_eq!(image(&world).await, "registry.example/web:1.0.0");
    world.patch("Kustomization", "app", json!({"spec": {"suspend": false}})).await;
    world.until_applied("app", &sample.next).await;
    assert_eq!(image(&world).await, "registry.example/web:1.1.0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_object_takes_what_it_applied_with_it() {
    let (world, _sample) = sample().await;
    world.delete("Kustomization", "app").await;
    world.until_gone("Kustomization", "app").await;
    world.until_gone("Namespace", "demo").await;
    for (kind, name) in [("Deployment", "web"), ("Service", "web"), ("ConfigMap", "debug")] {
        world.until_gone(kind, name).await;
    }
    world.delete("GitRepository", "app").await;
    world.until_gone("GitRepository", "app").await;
    assert!(!world.artifacts().join("gitrepository/default/app").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_without_prune_leaves_what_it_applied() {
    let (world, _sample) = sample().await;
    world.patch("Kustomization", "app", json!({"spec": {"prune": false}})).await;
    world.delete("Kustomization", "app").await;
    world.until_gone("Kustomization", "app").await;
    assert!(world.get("Deployment", "demo", "web").await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dependent_waits_until_its_dependency_is_ready() {
    let mut world = World::new().await;
    let sample = Sample::start().await;
    world.create(git_repository("app", sample.server.url().as_str(), "main")).await;
    let mut dependent = kustomization("dependent", "app", "./base");
    dependent["spec"]["dependsOn"] = json!([{"name": "app"}]);
    dependent["spec"]["targetNamespace"] = json!("demo");
    world.create(dependent).await;
    world.start();
    world
        .until_condition(
            "Kustomization",
            "dependent",
            "Ready=False DependencyNotReady: dependency 'default/app' not found",
        )
        .await;
    assert!(world.all("Deployment").list(&Default::default()).await.unwrap().items.is_empty());
    let mut dependency = kustomization("app", "app", "./overlay");
    // The same objects in two places would make two owners.
    dependency["spec"]["patches"] = json!([{
        "target": {"kind": "Deployment|Service|ConfigMap"},
        "patch": "$patch: delete\napiVersion: v1\nkind: Any\nmetadata:\n  name: any\n",
    }]);
    world.create(dependency).await;
    let dependent = world.until_applied("dependent", &sample.first).await;
    let app = world.until_ready("Kustomization", "app").await;
    let since = |object: &Value| {
        let list = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        list.iter().find(|c| c["type"] == "Ready").map(|c| c["lastTransitionTime"].to_string())
    };
    assert!(since(&app) <= since(&dependent), "{app:#} {dependent:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_fails_with_the_workload_and_succeeds_once_it_is_ready() {
    let mut world = World::with(Workloads::Off).await;
    let sample = Sample::start().await;
    world.create(git_repository("app", sample.server.url().as_str(), "main")).await;
    world.create(kustomization("app", "app", "./overlay")).await;
    world.start();
    world.until_condition("Kustomization", "app", "Healthy=Unknown Progressing: Running health checks").await;
    let web = world.within("Deployment", "demo");
    let report = async |status: Value| {
        let patch = Patch::Merge(json!({"status": status}));
        web.patch_status("web", &PatchParams::default(), &patch).await.unwrap();
    };
    let stuck = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": ""});
    report(json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "conditions": [stuck]}))
        .await;
    let failed = "Ready=False HealthCheckFailed: Deployment/demo/web";
    let app = world.until_condition("Kustomization", "app", failed).await;
    assert!(has_condition(&app, "Healthy=False HealthCheckFailed"), "{:?}", conditions(&app));
    assert_eq!(inventory(&app), FIRST_INVENTORY);
    assert_eq!(app["status"]["lastAppliedRevision"], Value::Null);
    assert_eq!(app["status"]["lastAttemptedRevision"], sample.first.as_str());
    let rolled =
        json!({"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "message": ""});
    let fine =
        json!({"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": ""});
    report(json!({
        "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        "conditions": [rolled, fine],
    }))
    .await;
    let app = world.until_applied("app", &sample.first).await;
    assert!(has_condition(&app, "Healthy=True Succeeded"), "{:?}", conditions(&app));
}
