// SPDX-License-Identifier: Apache-2.0

//! Requests to the API server go wrong once, each in another way; the end is the same. See `points` for which ones.

use std::collections::BTreeMap;

use futures::StreamExt;
use gitops_testing::{Fault, verb};

use crate::sample::Sample;
use crate::state::{Phase, State, Witness, baseline, points, reaches};

const FAULTS: [Fault; 5] =
    [Fault::Refused, Fault::LostResponse, Fault::Conflict, Fault::ConflictAfterWrite, Fault::Gone];

/// Worlds at the same time: most of a run is waiting.
const AT_ONCE: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_install_survives_a_fault_at_any_request() {
    survives(Phase::Install).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_survives_a_fault_at_any_request() {
    survives(Phase::Update).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_survives_a_fault_at_any_request() {
    survives(Phase::Delete).await;
}

async fn survives(phase: Phase) {
    let sample = Sample::start().await;
    let (expected, requests) = baseline(phase, &sample).await;
    let plans: Vec<(usize, Fault)> = plans(phase, requests);
    let total = plans.len();
    let runs = plans.into_iter().map(|(n, fault)| one(phase, &sample, &expected, n, fault));
    let results: Vec<_> = futures::stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    let mut struck = BTreeMap::<String, usize>::new();
    let mut failures = Vec::new();
    for (fault, hit, failure) in results {
        *struck.entry(format!("{fault:?}")).or_default() += usize::from(hit);
        failures.extend(failure);
    }
    println!("{phase:?}: {requests} requests, {total} runs, struck {struck:?}, {} differ", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Requests with the ways to fail in turn.
fn plans(phase: Phase, requests: usize) -> Vec<(usize, Fault)> {
    points(requests, 2 + phase as usize).map(|n| (n, FAULTS[n % FAULTS.len()])).collect()
}

async fn one(
    phase: Phase,
    sample: &Sample,
    expected: &State,
    n: usize,
    fault: Fault,
) -> (Fault, bool, Option<String>) {
    let mut world = phase.prepare(sample).await;
    let witness = Witness::start(&world).await;
    world.server.faults().nth(n, fault).on(verb::ANY, "*");
    world.start();
    phase.finished(&world, sample).await;
    let hit = world.server.faults().pending() == 0;
    world.server.faults().clear();
    let mut wrong = reaches(&world, expected).await.err().unwrap_or_default();
    wrong.extend(witness.surprises(phase));
    let failure = (!wrong.is_empty())
        .then(|| format!("{phase:?}, {fault:?} at request {n}:\n  {}", wrong.join("\n  ")));
    (fault, hit, failure)
}
