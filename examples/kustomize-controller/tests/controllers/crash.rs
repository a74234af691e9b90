// SPDX-License-Identifier: Apache-2.0

//! Both controllers are killed after a request and started anew; the end is the same. See `points` for which ones.

use futures::StreamExt;

use crate::sample::Sample;
use crate::state::{Phase, State, Witness, baseline, points, reaches};
use crate::tap::Tap;

const AT_ONCE: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_install_survives_a_crash_after_any_request() {
    survives(Phase::Install).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_survives_a_crash_after_any_request() {
    survives(Phase::Update).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_survives_a_crash_after_any_request() {
    survives(Phase::Delete).await;
}

async fn survives(phase: Phase) {
    let sample = Sample::start().await;
    let (expected, requests) = baseline(phase, &sample).await;
    let runs = points(requests, phase as usize).map(|n| one(phase, &sample, &expected, n));
    let results: Vec<_> = futures::stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    let crashed = results.iter().filter(|(crashed, _)| *crashed).count();
    let failures: Vec<String> = results.into_iter().filter_map(|(_, failure)| failure).collect();
    println!("{phase:?}: {requests} requests, {crashed} crashes, {} differ", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn one(phase: Phase, sample: &Sample, expected: &State, n: usize) -> (bool, Option<String>) {
    let mut world = phase.prepare(sample).await;
    let witness = Witness::start(&world).await;
    let (client, tap) = Tap::until(world.server.client(), n);
    world.start_through(&client);
    let crashed = tokio::select! {
        () = tap.reached() => true,
        () = phase.finished(&world, sample) => false,
    };
    world.kill().await;
    world.start();
    phase.finished(&world, sample).await;
    let mut wrong = reaches(&world, expected).await.err().unwrap_or_default();
    wrong.extend(witness.surprises(phase));
    let failure = (!wrong.is_empty())
        .then(|| format!("{phase:?}, killed after request {n}:\n  {}", wrong.join("\n  ")));
    (crashed, failure)
}
