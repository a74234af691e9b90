// SPDX-License-Identifier: Apache-2.0

//! Create, leave alone, correct, delete.

use gitops_apply::{Action, Cluster, ErrorKind, Inventory, Options, plan, run};
use gitops_testing::Workloads;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;

use super::{GROUP, apply, config_map, deployment, finish, options, server, set, stone};

fn lines(changes: &gitops_apply::ChangeSet) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn objects_are_created_then_left_alone_then_deleted() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let both = config_map("a", "blue") + &config_map("b", "blue");
    let first = apply(&cluster, &both, &Inventory::default(), &options()).await.unwrap();
    assert_eq!(lines(&first.changes), ["ConfigMap/default/a created", "ConfigMap/default/b created"]);
    assert_eq!(
        serde_json::to_value(&first.inventory).unwrap(),
        json!({"entries": [{"id": "default_a__ConfigMap", "v": "v1"}, {"id": "default_b__ConfigMap", "v": "v1"}]})
    );

    let second = apply(&cluster, &both, &first.inventory, &options()).await.unwrap();
    assert_eq!(lines(&second.changes), ["ConfigMap/default/a unchanged", "ConfigMap/default/b unchanged"]);

    let third = apply(&cluster, &config_map("a", "red"), &first.inventory, &options()).await.unwrap();
    assert_eq!(lines(&third.changes), ["ConfigMap/default/a configured", "ConfigMap/default/b deleted"]);
    assert_eq!(third.inventory.len(), 1);
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    assert!(api.get_opt("b").await.unwrap().is_none());
    let a = api.get("a").await.unwrap();
    assert_eq!(a.metadata.labels.unwrap()[&format!("{GROUP}/name")], "apps");
}

#[tokio::test]
async fn an_unchanged_object_costs_no_request_where_the_cluster_is_watched() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::watching(server.client(), GROUP);
    let objects = config_map("a", "blue") + &deployment("web");
    let first = apply(&cluster, &objects, &Inventory::default(), &options()).await.unwrap();
    finish(&server, "web").await;
    let wait = gitops_apply::WaitOptions::new(std::time::Duration::from_secs(20));
    gitops_apply::wait(&cluster, first.objects(), &wait).await.unwrap();

    server.clear_requests();
    let second = apply(&cluster, &objects, &first.inventory, &options()).await.unwrap();
    gitops_apply::wait(&cluster, second.objects(), &wait).await.unwrap();
    assert_eq!(second.changes.count(Action::Unchanged), 2);
    let requests: Vec<String> = server.requests().iter().map(|request| format!("{request:?}")).collect();
    assert_eq!(requests, Vec::<String>::new());
}

#[tokio::test]
async fn drift_is_noticed_by_watch_and_corrected() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::watching(server.client(), GROUP);
    let mut drifts = cluster.drifts();
    let first = apply(&cluster, &config_map("a", "blue"), &Inventory::default(), &options()).await.unwrap();

    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    let patch = Patch::Merge(json!({"data": {"color": "red", "extra": "stays"}}));
    api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    let drift = drifts.recv().await.unwrap();
    assert_eq!((drift.owner_namespace.as_str(), drift.owner_name.as_str()), ("flux-system", "apps"));
    assert_eq!(drift.id.name, "a");

    let second = apply(&cluster, &config_map("a", "blue"), &first.inventory, &options()).await.unwrap();
    assert_eq!(lines(&second.changes), ["ConfigMap/default/a configured"]);
    let data = api.get("a").await.unwrap().data.unwrap();
    assert_eq!((data["color"].as_str(), data["extra"].as_str()), ("blue", "stays"));
}

#[tokio::test]
async fn what_needs_a_namespace_of_the_same_set_is_tried_after_it_is_there() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let yaml = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: new}}\n---\n\
                {apiVersion: v1, kind: Namespace, metadata: {name: new}}\n";
    let planned = plan(&cluster, &set(yaml), &Inventory::default(), &options()).await.unwrap();
    assert_eq!(lines(&planned.changes()), ["Namespace/new created", "ConfigMap/new/a created"]);
    assert_eq!(planned.inventory_before_run().map(|inventory| inventory.len()), Some(2));
    let api: Api<Namespace> = Api::all(server.client());
    assert!(api.get_opt("new").await.unwrap().is_none(), "a plan writes nothing");
    let applied = run(&cluster, planned).await.unwrap();
    assert_eq!(lines(&applied.changes), ["Namespace/new created", "ConfigMap/new/a created"]);
}

#[tokio::test]
async fn a_refused_object_stops_its_stage_before_anything_of_it_is_written() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let yaml = config_map("ok", "blue")
        + "{apiVersion: v1, kind: Namespace, metadata: {name: first}}\n---\n\
           {apiVersion: v1, kind: ConfigMap, metadata: {name: Bad_Name, namespace: default}}\n";
    let error = apply(&cluster, &yaml, &Inventory::default(), &options()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DryRun);
    assert_eq!(error.reason(), "Invalid");
    assert!(
        error.to_string().starts_with("ConfigMap/default/Bad_Name dry-run failed (Invalid): ConfigMap \"Bad_Name\" is invalid: metadata.name: "),
        "{error}"
    );
    assert_eq!(lines(error.changes()), ["Namespace/first created"]);
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    assert!(api.get_opt("ok").await.unwrap().is_none());
}

#[tokio::test]
async fn texts_of_refusals_are_those_of_kustomize_controller() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    for (yaml, expected) in [
        (
            "{apiVersion: example.org/v1, kind: Widget, metadata: {name: w, namespace: default}}",
            "Widget/default/w dry-run failed: no matches for kind \"Widget\" in version \"example.org/v1\"",
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: plain}}",
            "ConfigMap/plain namespace not specified: the server could not find the requested resource",
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: no-such-namespace}}",
            "ConfigMap/no-such-namespace/a not found: namespaces \"no-such-namespace\" not found",
        ),
        (
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: default}, spec: {replicas: three}}",
            "Deployment/default/x dry-run failed: failed to create typed patch object (default/x; apps/v1, Kind=Deployment): \
             .spec.replicas: expected numeric (int or float), got string",
        ),
    ] {
        let error = apply(&cluster, yaml, &Inventory::default(), &options()).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn objects_of_another_owner_and_those_that_want_to_stay_are_not_pruned() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let yaml = config_map("mine", "x")
        + &config_map("theirs", "x")
        + &config_map("kept", "x")
        + &config_map("gone", "x");
    let first = apply(&cluster, &yaml, &Inventory::default(), &options()).await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    for (name, metadata) in [
        ("theirs", json!({"labels": {format!("{GROUP}/name"): "other"}})),
        ("kept", json!({"annotations": {format!("{GROUP}/prune"): "Disabled"}})),
    ] {
        api.patch(name, &PatchParams::default(), &Patch::Merge(json!({"metadata": metadata}))).await.unwrap();
    }
    api.delete("gone", &kube::api::DeleteParams::default()).await.unwrap();
    let second = apply(&cluster, "", &first.inventory, &options()).await.unwrap();
    let mut done = lines(&second.changes);
    done.sort();
    assert_eq!(
        done,
        [
            "ConfigMap/default/gone deleted",
            "ConfigMap/default/kept skipped",
            "ConfigMap/default/mine deleted",
            "ConfigMap/default/theirs skipped"
        ]
    );
}

#[tokio::test]
async fn fields_that_kubectl_left_behind_go_away() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    let mut object: ConfigMap = serde_json::from_value(json!({
        "metadata": {"name": "a", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        "data": {"color": "blue", "old": "x"},
    }))
    .unwrap();
    let params = PostParams { field_manager: Some("kubectl-create".into()), ..PostParams::default() };
    object = api.create(&params, &object).await.unwrap();
    assert!(object.metadata.uid.is_some());
    let done =
        apply(&cluster, &config_map("a", "blue"), &Inventory::default(), &options().take_over_from_kubectl())
            .await
            .unwrap();
    assert_eq!(lines(&done.changes), ["ConfigMap/default/a configured"]);
    let object = api.get("a").await.unwrap();
    assert_eq!(object.data.unwrap().len(), 1);
    assert!(object.metadata.annotations.is_none_or(|annotations| annotations.is_empty()));
    let managers: Vec<_> =
        object.metadata.managed_fields.unwrap().into_iter().filter_map(|entry| entry.manager).collect();
    assert_eq!(managers, ["kustomize-controller"]);
}

#[tokio::test]
async fn only_immutable_fields_lead_to_recreation() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let definition = serde_json::to_string(&stone()).unwrap() + "\n---\n";
    let stone = |spec: &str| {
        format!(
            "{{apiVersion: example.test/v1, kind: Stone, metadata: {{name: a, namespace: default}}, spec: {{{spec}}}}}"
        )
    };
    let both = definition + &stone("color: blue");
    let first = apply(&cluster, &both, &Inventory::default(), &options().prune(false)).await.unwrap();
    assert_eq!(
        lines(&first.changes),
        ["CustomResourceDefinition/stones.example.test created", "Stone/default/a created"],
        "a definition and an object of it go in one set"
    );
    let (kind, _) = kube::discovery::pinned_kind(
        &server.client(),
        &kube::core::GroupVersionKind::gvk("example.test", "v1", "Stone"),
    )
    .await
    .unwrap();
    let api: Api<kube::api::DynamicObject> = Api::namespaced_with(server.client(), "default", &kind);
    let uid = api.get("a").await.unwrap().metadata.uid;
    let error =
        apply(&cluster, &stone("color: red"), &first.inventory, &options().prune(false)).await.unwrap_err();
    assert_eq!(error.reason(), "Invalid");
    let forced = options().prune(false).force(true);
    let done = apply(&cluster, &stone("color: red"), &first.inventory, &forced).await.unwrap();
    assert_eq!(lines(&done.changes), ["Stone/default/a created"]);
    let uid_now = api.get("a").await.unwrap().metadata.uid;
    assert_ne!(uid_now, uid);
    apply(&cluster, &stone("color: red, weight: 0"), &first.inventory, &forced).await.unwrap_err();
    assert_eq!(api.get("a").await.unwrap().metadata.uid, uid_now);
}

#[tokio::test]
async fn objects_choose_for_themselves_to_be_left_alone() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    let with = |color: &str| {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, namespace: default, annotations: {{{GROUP}/ssa: IfNotPresent}}}}, data: {{color: {color}}}}}"
        )
    };
    let first = apply(&cluster, &with("blue"), &Inventory::default(), &options()).await.unwrap();
    assert_eq!(lines(&first.changes), ["ConfigMap/default/a created"]);
    let second = apply(&cluster, &with("red"), &first.inventory, &options()).await.unwrap();
    assert_eq!(lines(&second.changes), ["ConfigMap/default/a skipped"]);
    assert_eq!(second.inventory.len(), 1, "what is skipped stays in the inventory");
}

#[tokio::test]
async fn without_an_owner_nothing_is_labeled() {
    let server = server(Workloads::Off).await;
    let cluster = Cluster::new(server.client());
    apply(&cluster, &config_map("a", "x"), &Inventory::default(), &Options::new("me")).await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    assert!(api.get("a").await.unwrap().metadata.labels.is_none());
}
