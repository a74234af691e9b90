// SPDX-License-Identifier: Apache-2.0

use gitops_testing::TestServer;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use serde_json::json;

pub(crate) fn config_map(name: &str, key: &str, value: &str) -> ConfigMap {
    serde_json::from_value(
        json!({"metadata": {"name": name, "labels": {"color": value}}, "data": {key: value}}),
    )
    .unwrap()
}

#[tokio::test]
async fn a_stale_replace_is_a_conflict() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    let first = api.create(&PostParams::default(), &config_map("a", "k", "1")).await.unwrap();
    let mut second = first.clone();
    second.data = Some([("k".to_owned(), "2".to_owned())].into());
    api.replace("a", &PostParams::default(), &second).await.unwrap();
    let error = api.replace("a", &PostParams::default(), &second).await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.code == 409 && status.reason == "Conflict"));
}

#[tokio::test]
async fn a_write_that_changes_nothing_keeps_the_version() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    let first = api.create(&PostParams::default(), &config_map("a", "k", "1")).await.unwrap();
    let patch = Patch::Merge(json!({"data": {"k": "1"}}));
    let second = api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(first.metadata.resource_version, second.metadata.resource_version);
}

#[tokio::test]
async fn pages_of_a_list_show_one_state() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    for name in ["a", "b", "c"] {
        api.create(&PostParams::default(), &config_map(name, "k", "1")).await.unwrap();
    }
    let page = api.list(&ListParams::default().limit(2)).await.unwrap();
    assert_eq!(page.metadata.remaining_item_count, Some(1));
    api.delete("c", &DeleteParams::default()).await.unwrap();
    let token = page.metadata.continue_.unwrap();
    let rest = api.list(&ListParams::default().limit(2).continue_token(&token)).await.unwrap();
    let names: Vec<_> = rest.items.iter().filter_map(|item| item.metadata.name.as_deref()).collect();
    assert_eq!(names, ["c"]);
}

#[tokio::test]
async fn selectors_choose_what_is_listed() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    for (name, color) in [("a", "red"), ("b", "blue"), ("c", "green")] {
        api.create(&PostParams::default(), &config_map(name, "k", color)).await.unwrap();
    }
    let cases = [
        (ListParams::default().labels("color=red"), "a"),
        (ListParams::default().labels("color!=red"), "b c"),
        (ListParams::default().labels("color in (red, green)"), "a c"),
        (ListParams::default().labels("color notin (red, green)"), "b"),
        (ListParams::default().labels("color,!size"), "a b c"),
        (ListParams::default().labels("size"), ""),
        (ListParams::default().fields("metadata.name=b"), "b"),
        (ListParams::default().fields("metadata.name!=b").labels("color=red"), "a"),
    ];
    for (params, expected) in cases {
        let list = api.list(&params).await.unwrap();
        let names: Vec<_> = list.items.iter().filter_map(|item| item.metadata.name.as_deref()).collect();
        assert_eq!(names.join(" "), expected, "{params:?}");
    }
}

#[tokio::test]
async fn an_object_with_a_finalizer_stays_until_the_finalizer_goes() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    let mut object = config_map("a", "k", "1");
    object.metadata.finalizers = Some(vec!["example.test/f".to_owned()]);
    api.create(&PostParams::default(), &object).await.unwrap();
    api.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(api.get("a").await.unwrap().metadata.deletion_timestamp.is_some());
    let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none());
}

#[tokio::test]
async fn a_dry_run_stores_nothing_and_a_new_object_has_no_version() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    let params = PatchParams { dry_run: true, ..PatchParams::apply("m") };
    let patch =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "1"}});
    let answer = api.patch("a", &params, &Patch::Apply(patch)).await.unwrap();
    assert_eq!(answer.metadata.resource_version, None);
    assert!(api.get_opt("a").await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_created_in_a_namespace_that_does_not_exist() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "none");
    let error = api.create(&PostParams::default(), &config_map("a", "k", "1")).await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.message == "namespaces \"none\" not found"));
    let namespaces: Api<Namespace> = Api::all(server.client());
    assert!(namespaces.get("default").await.unwrap().status.is_some());
}
