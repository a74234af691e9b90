// SPDX-License-Identifier: Apache-2.0

use futures::StreamExt;
use gitops_testing::{Fault, TestServer, verb};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use serde_json::json;

use crate::crud::config_map;

#[tokio::test]
async fn the_nth_write_fails_and_the_others_pass() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    api.create(&PostParams::default(), &config_map("a", "k", "1")).await.unwrap();
    server.faults().nth(2, Fault::Conflict).on(verb::PATCH, "configmaps");
    let codes = patch_thrice(&api).await;
    assert_eq!(codes, [200, 409, 200]);
    assert_eq!(server.faults().pending(), 0);
}

#[tokio::test]
async fn a_conflict_after_the_write_leaves_the_write() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    api.create(&PostParams::default(), &config_map("a", "k", "1")).await.unwrap();
    server.faults().nth(3, Fault::ConflictAfterWrite).on(verb::PATCH, "configmaps");
    assert_eq!(patch_thrice(&api).await, [200, 200, 409]);
    assert_eq!(api.get("a").await.unwrap().data.unwrap()["k"], "2");
}

#[tokio::test]
async fn a_lost_response_leaves_the_write_and_a_refused_one_does_not() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    server.faults().once(Fault::LostResponse).on(verb::CREATE, "configmaps");
    api.create(&PostParams::default(), &config_map("a", "k", "1")).await.unwrap_err();
    assert!(api.get_opt("a").await.unwrap().is_some());
    server.faults().once(Fault::Refused).on(verb::CREATE, "*");
    api.create(&PostParams::default(), &config_map("b", "k", "1")).await.unwrap_err();
    assert!(api.get_opt("b").await.unwrap().is_none());
}

#[tokio::test]
async fn a_watch_may_replay_an_older_state_first() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    api.create(&PostParams::default(), &config_map("a", "k", "1")).await.unwrap();
    let patch = Patch::Merge(json!({"data": {"k": "2"}}));
    let last = api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    api.patch("a", &PatchParams::default(), &Patch::Merge(json!({"data": {"k": "3"}}))).await.unwrap();
    server.faults().once(Fault::WatchReplaysOlderState).on(verb::WATCH, "configmaps");
    let version = last.metadata.resource_version.unwrap();
    let events = api.watch(&WatchParams::default(), &version).await.unwrap();
    let values: Vec<String> = events
        .take(2)
        .map(|event| match event.unwrap() {
            WatchEvent::Modified(object) => object.data.unwrap()["k"].clone(),
            other => panic!("{other:?}"),
        })
        .collect()
        .await;
    assert_eq!(values, ["2", "3"]);
}

#[tokio::test]
async fn a_list_that_is_gone_is_answered_with_410_once() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    server.faults().once(Fault::Gone).on(verb::LIST, "configmaps");
    let error = api.list(&ListParams::default()).await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.code == 410 && status.reason == "Expired"));
    assert!(api.list(&ListParams::default()).await.is_ok());
    assert_eq!(server.requests().count(verb::LIST, "configmaps"), 2);
}

async fn patch_thrice(api: &Api<ConfigMap>) -> Vec<u16> {
    let mut codes = Vec::new();
    for turn in 0..3 {
        let patch = Patch::Merge(json!({"data": {"k": turn.to_string()}}));
        codes.push(match api.patch("a", &PatchParams::default(), &patch).await {
            Ok(_) => 200,
            Err(kube::Error::Api(status)) => status.code,
            Err(error) => panic!("{error}"),
        });
    }
    codes
}
