// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;

use super::site::{Harness, conditions, ready, server, start};

async fn create_map(harness: &Harness, name: &str, text: &str) {
    let api: Api<ConfigMap> = Api::namespaced(harness.server.client(), "default");
    let mut map =
        ConfigMap { data: Some(BTreeMap::from([("text".into(), text.into())])), ..Default::default() };
    map.metadata.name = Some(name.into());
    api.create(&PostParams::default(), &map).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_object_that_waits_is_woken_by_the_watch_and_not_by_the_clock() {
    let harness = start(server().await, 1);
    harness.create("docs", "map:conf").await;
    let site = harness.until("docs", |site| ready(site).as_deref() == Some("False")).await;
    assert_eq!(conditions(&site), ["Ready=False Missing: no ConfigMap conf"]);
    create_map(&harness, "conf", "one").await;
    let site = harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    assert_eq!(conditions(&site), ["Ready=True Succeeded: Found one"]);
    assert_eq!(harness.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_referenced_object_wakes_those_that_refer_to_it_and_no_others() {
    let harness = start(server().await, 4);
    create_map(&harness, "conf", "one").await;
    harness.create("docs", "map:conf").await;
    harness.create("other", "ok").await;
    harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    harness.until("other", |site| ready(site).as_deref() == Some("True")).await;
    let before = harness.runs();
    let api: Api<ConfigMap> = Api::namespaced(harness.server.client(), "default");
    let patch = json!({"data": {"text": "two"}});
    api.patch("conf", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    let site = harness.until("docs", |site| conditions(site) == ["Ready=True Succeeded: Found two"]).await;
    assert_eq!(ready(&site).as_deref(), Some("True"));
    assert_eq!(harness.runs(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_holds_no_worker_and_ends_when_the_object_changes() {
    let harness = start(server().await, 1);
    harness.create("holder", "hold").await;
    for _ in 0..500 {
        if harness.runs() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    harness.create("docs", "ok").await;
    harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    harness.patch("holder", json!({"spec": {"mode": "ok"}})).await;
    let site = harness.until("holder", |site| conditions(site) == ["Ready=True Succeeded: Serving"]).await;
    assert_eq!(site.status.unwrap().observed_generation, Some(2));
}
