// SPDX-License-Identifier: Apache-2.0

use futures::{StreamExt, TryStreamExt};
use gitops_testing::TestServer;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use serde_json::json;

use crate::crud::config_map;

fn shown(event: &WatchEvent<ConfigMap>) -> String {
    match event {
        WatchEvent::Added(object) => format!("added {}", object.metadata.name.as_deref().unwrap_or_default()),
        WatchEvent::Modified(object) => {
            format!("modified {}", object.metadata.name.as_deref().unwrap_or_default())
        }
        WatchEvent::Deleted(object) => {
            format!("deleted {}", object.metadata.name.as_deref().unwrap_or_default())
        }
        WatchEvent::Bookmark(_) => "bookmark".to_owned(),
        WatchEvent::Error(status) => format!("error {}", status.code),
    }
}

#[tokio::test]
async fn a_watch_sees_objects_enter_and_leave_its_selection() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    let first = api.create(&PostParams::default(), &config_map("a", "k", "red")).await.unwrap();
    let version = first.metadata.resource_version.unwrap();
    for color in ["blue", "red", "red"] {
        let patch = Patch::Merge(json!({"metadata": {"labels": {"color": color}}, "data": {"at": color}}));
        api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    }
    api.delete("a", &DeleteParams::default()).await.unwrap();
    let events = api.watch(&WatchParams::default().labels("color=red"), &version).await.unwrap();
    let events: Vec<_> = events.take(3).try_collect().await.unwrap();
    let events: Vec<_> = events.iter().map(shown).collect();
    assert_eq!(events, ["deleted a", "added a", "deleted a"]);
}

#[tokio::test]
async fn a_forgotten_version_is_an_error_event() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    let first = api.create(&PostParams::default(), &config_map("a", "k", "red")).await.unwrap();
    let version = first.metadata.resource_version.unwrap();
    api.create(&PostParams::default(), &config_map("b", "k", "red")).await.unwrap();
    server.compact("configmaps");
    let mut events = api.watch(&WatchParams::default(), &version).await.unwrap().boxed();
    let event = events.try_next().await.unwrap().unwrap();
    assert_eq!(shown(&event), "error 410");
    assert!(events.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_streaming_list_ends_with_a_bookmark() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    api.create(&PostParams::default(), &config_map("a", "k", "red")).await.unwrap();
    let events = api.watch(&WatchParams::default().initial_events(), "0").await.unwrap();
    let events: Vec<_> = events.take(2).try_collect().await.unwrap();
    assert_eq!(events.iter().map(shown).collect::<Vec<_>>(), ["added a", "bookmark"]);
}
