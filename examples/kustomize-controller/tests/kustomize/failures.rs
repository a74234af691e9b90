// SPDX-License-Identifier: Apache-2.0

use gitops_api::kustomize::v1::{DeletionPolicy, KustomizationSpec};
use gitops_testing::Workloads;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::Api;

use super::harness::{Harness, conditions, config_map, failed, inventory, spec};

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_bad_input_has_its_reason_and_keeps_the_retry() {
    let good = config_map("a", "1");
    let cycle = "resources: [../cycle]\n";
    let rejected = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name, namespace: default}\n";
    let harness = Harness::start(&[
        ("good/a.yaml", &good),
        ("syntax/a.yaml", "a: [\n"),
        ("nokind/a.yaml", "apiVersion: v1\nmetadata: {name: a}\n"),
        ("cycle/kustomization.yaml", cycle),
        ("missing/kustomization.yaml", "resources: [absent.yaml]\n"),
        ("outside/kustomization.yaml", "resources: [../../../../etc/hostname]\n"),
        ("rejected/a.yaml", rejected),
        (
            "nocrd/a.yaml",
            "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w, namespace: default}\n",
        ),
    ])
    .await;
    let cases = [
        ("nopath", "ArtifactFailed", "kustomization path not found: stat "),
        ("syntax", "BuildFailed", "failed to decode Kubernetes YAML from "),
        ("nokind", "BuildFailed", "missing kind in object {{v1 } {{a } map[] map[]}}"),
        ("cycle", "BuildFailed", "cycle"),
        ("missing", "BuildFailed", "absent.yaml"),
        ("outside", "BuildFailed", "kustomize build failed: "),
        ("rejected", "ReconciliationFailed", "dry-run failed (Invalid)"),
        ("nocrd", "ReconciliationFailed", "no matches for kind \"Widget\" in version \"example.org/v1\""),
    ];
    for (name, _, _) in cases {
        harness.create(name, spec(&format!("./{name}"))).await;
    }
    for (name, reason, text) in cases {
        let reported = |object: &gitops_api::kustomize::v1::Kustomization| {
            let ready = object.condition("Ready");
            failed(object)
                && object.condition("Reconciling").is_some()
                && ready.is_some_and(|c| c.reason == reason)
        };
        let object = harness.until(name, reported).await;
        let list = conditions(&object);
        assert!(list[0].starts_with("Reconciling=True ProgressingWithRetry: "), "{name}: {list:?}");
        assert!(list[1].starts_with(&format!("Ready=False {reason}: ")), "{name}: {list:?}");
        assert!(list[1].contains(text), "{name}: {list:?}");
        assert!(object.status.clone().unwrap().observed_generation < 1, "{name}");
        assert!(inventory(&object).is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_commit_heals_a_failing_object() {
    let harness = Harness::start(&[("app/a.yaml", "a: [\n")]).await;
    harness.create("app", spec("./app")).await;
    harness.until("app", failed).await;
    let revision = harness.commit("fixed", &[("app/a.yaml", Some(&config_map("a", "1")))]).await;
    let object = harness.until_ready("app", &revision).await;
    assert_eq!(
        conditions(&object),
        [format!("Ready=True ReconciliationSucceeded: Applied revision: {revision}")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_comes_late_is_waited_for_by_watch() {
    let a = config_map("a", "1");
    let harness = Harness::start(&[("app/a.yaml", &a)]).await;
    let mut late = spec("./app");
    late.source_ref.name = "late".to_owned();
    harness.create("app", late).await;
    let object = harness.until("app", failed).await;
    let message = "GitRepository.source.toolkit.fluxcd.io \"late\" not found";
    assert_eq!(conditions(&object), [format!("Ready=False ArtifactFailed: {message}")]);
    let sources: Api<gitops_api::source::v1::GitRepository> =
        Api::namespaced(harness.server.client(), "default");
    let mut source = sources.get("app").await.unwrap();
    source.metadata = Default::default();
    source.metadata.name = Some("late".to_owned());
    source.status = None;
    sources.create(&Default::default(), &source).await.unwrap();
    harness.until_ready("app", &harness.revision()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_revision_interrupts_a_wait_that_cannot_succeed() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default}\nspec:\n  replicas: 1\n  \
        selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: x}]}\n";
    let harness = Harness::start_with(Workloads::Off, &[("app/d.yaml", deployment)]).await;
    let started = std::time::Instant::now();
    harness.create("app", KustomizationSpec { wait: true, ..spec("./app") }).await;
    harness
        .until("app", |object| object.condition("Healthy").is_some_and(|c| c.status.to_string() == "Unknown"))
        .await;
    let map = config_map("a", "1");
    let revision = harness.commit("no deployment", &[("app/d.yaml", None), ("app/a.yaml", Some(&map))]).await;
    harness.until_ready("app", &revision).await;
    assert!(started.elapsed().as_secs() < 30, "took {:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn orphaned_objects_stay_when_the_policy_says_so() {
    let a = config_map("a", "1");
    let harness = Harness::start(&[("app/a.yaml", &a)]).await;
    let policy = Some(DeletionPolicy::Orphan);
    harness.create("app", KustomizationSpec { deletion_policy: policy, ..spec("./app") }).await;
    harness.until_ready("app", &harness.revision()).await;
    harness.api().delete("app", &Default::default()).await.unwrap();
    harness.until_gone("app").await;
    let maps: Api<ConfigMap> = Api::namespaced(harness.server.client(), "default");
    assert!(maps.get_opt("a").await.unwrap().is_some());
}
