// SPDX-License-Identifier: Apache-2.0

use std::sync::atomic::Ordering;
use std::time::Duration;

use gitops_testing::{Fault, verb};
use k8s_openapi::api::core::v1::Event;
use kube::api::{Api, DeleteParams};
use serde_json::json;

use super::site::{conditions, ready, server, start};

#[tokio::test(start_paused = true)]
async fn a_run_that_succeeds_makes_the_object_ready_with_one_status_write() {
    let harness = start(server().await, 4);
    harness.create("docs", "ok").await;
    let site = harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    assert_eq!(conditions(&site), ["Ready=True Succeeded: Serving"]);
    let status = site.status.unwrap();
    assert_eq!((status.observed_generation, status.served.as_deref()), (Some(1), Some("all")));
    assert_eq!(site.metadata.finalizers.unwrap(), ["mirror.example/finalizer"]);
    let writes = harness.writes();
    assert_eq!(writes, 3, "created by the test, finalizer, status");
    let manager = site.metadata.managed_fields.unwrap().into_iter().filter_map(|entry| entry.manager);
    assert!(manager.into_iter().any(|name| name == "site-controller"));
}

#[tokio::test(start_paused = true)]
async fn a_forced_run_that_changes_nothing_writes_only_that_it_was_handled() {
    let harness = start(server().await, 4);
    harness.create("docs", "ok").await;
    harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    harness.server.clear_requests();
    harness.request("docs", "now").await;
    let handled = |site: &super::site::SiteMirror| {
        site.status.as_ref().is_some_and(|status| status.last_handled_reconcile_at.as_deref() == Some("now"))
    };
    harness.until("docs", handled).await;
    assert_eq!(harness.runs(), 2);
    assert_eq!(harness.writes(), 2, "the annotation and one status");
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(harness.runs(), 2, "our own writes wake nobody");
}

#[tokio::test(start_paused = true)]
async fn a_failing_run_is_retried_with_growing_delays_and_says_so_once() {
    let harness = start(server().await, 4);
    harness.create("docs", "retry").await;
    let site = harness.until("docs", |site| ready(site).as_deref() == Some("False")).await;
    assert_eq!(
        conditions(&site),
        [
            "Reconciling=True ProgressingWithRetry: Looking",
            "Ready=False ParseFailed: invalid digit found in string",
        ]
    );
    assert_eq!(site.status.unwrap().observed_generation, None);
    harness.server.clear_requests();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let runs = harness.runs();
    assert!((4..=5).contains(&runs), "{runs} runs: after 0, 0.75, 2.25, 5.25 seconds");
    assert_eq!(harness.writes(), 0, "nothing new to say");
}

#[tokio::test(start_paused = true)]
async fn a_stalled_object_rests_until_its_spec_changes() {
    let harness = start(server().await, 4);
    harness.create("docs", "stall").await;
    let site = harness.until("docs", |site| ready(site).as_deref() == Some("False")).await;
    assert_eq!(
        conditions(&site),
        ["Stalled=True BadSpec: mode makes no sense", "Ready=False BadSpec: mode makes no sense"]
    );
    assert_eq!(site.status.unwrap().observed_generation, Some(1));
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(harness.runs(), 1);
    harness.patch("docs", json!({"spec": {"mode": "ok"}})).await;
    let site = harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    assert_eq!(conditions(&site), ["Ready=True Succeeded: Serving"]);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_object_is_left_alone_but_requests_are_acknowledged() {
    let harness = start(server().await, 4);
    harness.create("docs", "ok").await;
    harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    harness.patch("docs", json!({"spec": {"suspend": true, "mode": "stall"}})).await;
    harness.request("docs", "later").await;
    let site = harness
        .until("docs", |site| {
            let status = site.status.clone().unwrap_or_default();
            status.last_handled_reconcile_at.is_some() && status.observed_generation == Some(2)
        })
        .await;
    assert_eq!(conditions(&site), ["Ready=True Succeeded: Serving"]);
    assert_eq!(harness.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn deletion_finalizes_once_and_lets_the_object_go() {
    let harness = start(server().await, 4);
    harness.create("docs", "ok").await;
    harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    harness.api().delete("docs", &DeleteParams::default()).await.unwrap();
    harness.until_gone("docs").await;
    assert_eq!(harness.finalized.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn events_are_written_with_their_metadata_and_counted() {
    let harness = start(server().await, 4);
    harness.create("docs", "ok").await;
    harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    harness.request("docs", "now").await;
    let events: Api<Event> = Api::namespaced(harness.server.client(), "default");
    let mut found = Vec::new();
    for _ in 0..500 {
        found = events.list(&Default::default()).await.unwrap().items;
        if found.first().is_some_and(|event| event.count == Some(2)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(found.len(), 1, "{found:#?}");
    let event = &found[0];
    assert_eq!(
        (event.count, event.reason.as_deref(), event.type_.as_deref()),
        (Some(2), Some("Served"), Some("Normal"))
    );
    assert_eq!(event.metadata.annotations.clone().unwrap()["mirror.example/revision"], "1");
    assert_eq!(event.source.clone().unwrap().component.as_deref(), Some("site-controller"));
}

#[tokio::test(start_paused = true)]
async fn a_conflicting_or_lost_status_write_ends_in_the_same_state() {
    let faults =
        [Fault::ConflictAfterWrite, Fault::Unavailable, Fault::Conflict, Fault::LostResponse, Fault::Refused];
    for (position, fault) in faults.into_iter().enumerate() {
        let harness = start(server().await, 4);
        harness.server.faults().once(fault).on(verb::PATCH, "sitemirrors/status");
        harness.create("docs", "ok").await;
        let site = harness.until("docs", |site| ready(site).as_deref() == Some("True")).await;
        assert_eq!(conditions(&site), ["Ready=True Succeeded: Serving"], "case {position}");
        assert_eq!(harness.server.faults().pending(), 0, "case {position}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_takes_up_where_the_last_process_left() {
    let first = start(server().await, 4);
    first.create("docs", "ok").await;
    first.until("docs", |site| ready(site).as_deref() == Some("True")).await;
    first.manager.abort();
    let before = first.writes();
    let second = start(first.server, 4);
    for _ in 0..500 {
        if second.runs() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(second.runs(), 1);
    assert_eq!(second.writes(), before, "nothing to write");
}
