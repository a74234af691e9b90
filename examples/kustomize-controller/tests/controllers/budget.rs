// SPDX-License-Identifier: Apache-2.0

//! How much a run asks of the API server.

use serde_json::Value;

use crate::sample::Sample;
use crate::world::{World, git_repository, is_ready, kustomization};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_writes_its_status_at_most_three_times_and_a_run_without_news_touches_no_object() {
    let mut world = World::new().await;
    let sample = Sample::start().await;
    world.create(git_repository("app", &sample.server.url(), "main")).await;
    world.start();
    world.until_ready("GitRepository", "app").await;
    assert_eq!(world.server.requests().writes_to("gitrepositories/status"), 3);
    world.server.clear_requests();
    world.create(kustomization("app", "app", "./overlay")).await;
    world.until_applied("app", &sample.first).await;
    let first = world.server.requests();
    print(&world, "first run");
    assert!(first.writes_to("kustomizations/status") <= 3, "{}", first.writes_to("kustomizations/status"));
    world.server.clear_requests();
    world.request("Kustomization", "app", "t1").await;
    let done = |object: &Value| is_ready(object) && object["status"]["lastHandledReconcileAt"] == "t1";
    world.until("Kustomization", "app", done).await;
    print(&world, "forced run");
    let forced = world.server.requests();
    assert!(forced.writes_to("kustomizations/status") <= 3, "{}", forced.writes_to("kustomizations/status"));
    for resource in ["namespaces", "configmaps", "services", "deployments"] {
        assert_eq!(forced.writes_to(resource), 0, "{resource}");
    }
}

fn print(world: &World, what: &str) {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for entry in world.server.requests().iter() {
        let sub = entry.subresource.as_deref().map(|sub| format!("/{sub}")).unwrap_or_default();
        let dry = if entry.dry_run { " (dry run)" } else { "" };
        *counts.entry(format!("{} {}{sub}{dry}", entry.verb, entry.resource)).or_default() += 1;
    }
    println!("{what}: {} requests {counts:#?}", world.server.requests().len());
}
