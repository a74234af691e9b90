// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::routing::post;
use gitops_reconcile::{Controller, Lease, Manager};
use gitops_testing::TestServer;
use kube::api::{Api, PostParams};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::site::{Mirror, SiteMirror, SiteSpec, server};

fn candidate(server: &TestServer, name: &str) -> (Manager, Arc<AtomicUsize>) {
    let (runs, finalized) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let controller = Controller::new(Mirror { runs: runs.clone(), finalized });
    let manager = Manager::new(server.client(), "site-controller")
        .instance(name)
        .lease(Lease::new("default", "site-controller"))
        .with(controller);
    (manager, runs)
}

async fn create(server: &TestServer, name: &str) {
    let api: Api<SiteMirror> = Api::namespaced(server.client(), "default");
    let site = SiteMirror::new(name, SiteSpec { mode: "ok".into(), suspend: false });
    api.create(&PostParams::default(), &site).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_of_two_candidates_works_and_the_other_takes_over_at_once_when_it_ends() {
    let server = server().await;
    create(&server, "docs").await;
    let (first, first_runs) = candidate(&server, "first");
    let (second, second_runs) = candidate(&server, "second");
    let (end, ended) = oneshot::channel::<()>();
    let first = tokio::spawn(first.run(async move {
        let _ = ended.await;
    }));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let second = tokio::spawn(second.run(std::future::pending()));
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!((first_runs.load(Ordering::SeqCst), second_runs.load(Ordering::SeqCst)), (1, 0));
    end.send(()).unwrap();
    first.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(second_runs.load(Ordering::SeqCst), 1);
    second.abort();
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_died_is_replaced_after_the_lease_has_run_out() {
    let server = server().await;
    create(&server, "docs").await;
    let (first, _) = candidate(&server, "first");
    let first = tokio::spawn(first.run(std::future::pending()));
    tokio::time::sleep(Duration::from_secs(20)).await;
    first.abort();
    let (second, runs) = candidate(&server, "second");
    let second = tokio::spawn(second.run(std::future::pending()));
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 0, "the lease may still be held");
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    second.abort();
}

#[tokio::test]
async fn events_are_posted_in_the_form_that_receivers_know() {
    let (sender, mut received) = mpsc::unbounded_channel::<Value>();
    let receiver = axum::Router::new().route(
        "/",
        post(move |Json(body): Json<Value>| async move {
            sender.send(body).unwrap();
            StatusCode::ACCEPTED
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let receiver = tokio::spawn(async move { axum::serve(listener, receiver).await });
    let server = server().await;
    let (runs, finalized) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let manager = Manager::new(server.client(), "site-controller")
        .instance("replica-1")
        .events_to(address.parse().unwrap())
        .with(Controller::new(Mirror { runs, finalized }));
    let manager = tokio::spawn(manager.run(std::future::pending()));
    create(&server, "docs").await;
    let body = tokio::time::timeout(Duration::from_secs(20), received.recv()).await.unwrap().unwrap();
    assert_eq!(body["involvedObject"]["apiVersion"], "mirror.example/v1");
    assert_eq!(body["involvedObject"]["kind"], "SiteMirror");
    assert_eq!(body["involvedObject"]["name"], "docs");
    assert_eq!(body["severity"], "info");
    assert_eq!(body["reason"], "Served");
    assert_eq!(body["message"], "serving all");
    assert_eq!(body["metadata"]["mirror.example/revision"], "1");
    assert_eq!(body["reportingController"], "site-controller");
    assert_eq!(body["reportingInstance"], "replica-1");
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
    manager.abort();
    receiver.abort();
}
