// SPDX-License-Identifier: Apache-2.0

//! What a cluster holds, without what differs from run to run; and what its objects were on the way there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use kube::runtime::watcher::{Config, Event};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::sample::Sample;
use crate::world::{KINDS, World, follow, git_repository, is_ready, kustomization};

/// Objects by kind, namespace and name.
pub(crate) type State = BTreeMap<String, Value>;

/// What happens in a run whose every step is made to fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Both objects are new.
    Install,
    /// The source points to another branch.
    Update,
    /// Both objects are to go.
    Delete,
}

impl Phase {
    /// A cluster in which everything is ready for the phase, and no controller runs.
    pub(crate) async fn prepare(self, sample: &Sample) -> World {
        let mut world = World::new().await;
        world.create(git_repository("app", &sample.server.url(), "main")).await;
        world.create(kustomization("app", "app", "./overlay")).await;
        if self == Self::Install {
            return world;
        }
        world.start();
        world.until_applied("app", &sample.first).await;
        world.until_ready("GitRepository", "app").await;
        world.kill().await;
        if self == Self::Update {
            world
                .patch("GitRepository", "app", serde_json::json!({"spec": {"ref": {"branch": "next"}}}))
                .await;
        } else {
            world.delete("Kustomization", "app").await;
            world.delete("GitRepository", "app").await;
        }
        world
    }

    /// Waits until the phase is over.
    pub(crate) async fn finished(self, world: &World, sample: &Sample) {
        if self == Self::Delete {
            world.until_gone("Kustomization", "app").await;
            world.until_gone("GitRepository", "app").await;
            world.until_gone("Namespace", "demo").await;
            return;
        }
        let revision = if self == Self::Install { &sample.first } else { &sample.next };
        world.until_applied("app", revision).await;
        let current = |o: &Value| is_ready(o) && o["status"]["artifact"]["revision"] == revision.as_str();
        world.until("GitRepository", "app", current).await;
    }

    /// How many contents an object may have had on the way: those before and after.
    fn contents(self) -> usize {
        if self == Self::Update { 2 } else { 1 }
    }
}

/// Everything that the cluster holds of the kinds that matter here.
pub(crate) async fn state(world: &World) -> State {
    let mut state = State::new();
    for (kind, ..) in KINDS {
        for object in world.all(kind).list(&Default::default()).await.unwrap() {
            let mut value = serde_json::to_value(object).unwrap();
            if matches!(kind, "GitRepository" | "Kustomization") {
                value["metadata"]["managedFields"].take();
                // Failed attempts are part of the history.
                value["status"]["history"].take();
            }
            clean(&mut value);
            let text = |field: &str| value["metadata"][field].as_str().unwrap_or_default().to_owned();
            state.insert(format!("{kind}/{}/{}", text("namespace"), text("name")), value);
        }
    }
    state
}

fn clean(value: &mut Value) {
    const TIMES: [&str; 9] = [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "time",
        "lastTransitionTime",
        "lastUpdateTime",
        "lastProbeTime",
        "clusterIP",
        "clusterIPs",
    ];
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !TIMES.contains(&key.as_str()));
            if map.contains_key("digest") {
                map.remove("url");
            }
            if let Some(Value::String(text)) = map.get_mut("message")
                && let Some(end) = text.find(" passed in ")
            {
                text.truncate(end);
            }
            map.values_mut().for_each(clean);
        }
        Value::Array(list) => list.iter_mut().for_each(clean),
        _ => {}
    }
}

/// What differs between two states, for people.
pub(crate) fn difference(found: &State, expected: &State) -> Vec<String> {
    let keys: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let mut lines = Vec::new();
    for key in keys {
        match (found.get(key), expected.get(key)) {
            (Some(a), Some(b)) => differ(key, a, b, &mut lines),
            (a, _) => lines.push(format!("{key} {}", if a.is_some() { "is too much" } else { "is missing" })),
        }
    }
    lines
}

fn differ(path: &str, a: &Value, b: &Value, lines: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for key in keys {
                let none = Value::Null;
                differ(
                    &format!("{path} {key}"),
                    x.get(key).unwrap_or(&none),
                    y.get(key).unwrap_or(&none),
                    lines,
                );
            }
        }
        _ if a == b => {}
        _ => lines.push(format!("{path}: {a} instead of {b}")),
    }
}

/// Notes every content that the applied objects ever have.
pub(crate) struct Witness {
    seen: Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>,
    _tasks: JoinSet<()>,
}

impl Witness {
    /// Starts to look; returns once it has seen what is there.
    pub(crate) async fn start(world: &World) -> Self {
        let seen = Arc::new(Mutex::new(BTreeMap::<String, BTreeSet<String>>::new()));
        let mut tasks = JoinSet::new();
        for kind in ["Deployment", "ConfigMap"] {
            let mut stream = Box::pin(follow(world.all(kind), Config::default()));
            let (seen, ready) = (Arc::clone(&seen), Arc::new(tokio::sync::Notify::new()));
            let done = Arc::clone(&ready);
            tasks.spawn(async move {
                while let Some(event) = stream.next().await {
                    match event {
                        Event::Apply(object) | Event::InitApply(object) => {
                            let uid = object.metadata.uid.clone().unwrap_or_default();
                            let mut value = serde_json::to_value(object).unwrap_or_default();
                            value["status"].take();
                            for field in ["managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"]
                            {
                                value["metadata"][field].take();
                            }
                            // The workload controller counts its rollouts here.
                            value["metadata"]["annotations"].take();
                            clean(&mut value);
                            let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                            let mut seen = seen.lock().unwrap();
                            seen.entry(format!("{kind}/{name}"))
                                .or_default()
                                .insert(format!("{uid} {value}"));
                        }
                        Event::InitDone => done.notify_one(),
                        _ => {}
                    }
                }
            });
            ready.notified().await;
        }
        Self { seen, _tasks: tasks }
    }

    /// What was made anew, or had a content that nobody asked for.
    pub(crate) fn surprises(&self, phase: Phase) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let odd = seen.iter().filter(|(_, contents)| contents.len() > phase.contents());
        odd.map(|(name, contents)| format!("{name} had {} contents: {contents:#?}", contents.len())).collect()
    }
}

/// The state after a run in which nothing goes wrong, and how many requests the controllers made.
pub(crate) async fn baseline(phase: Phase, sample: &Sample) -> (State, usize) {
    let mut world = phase.prepare(sample).await;
    let (client, tap) = crate::tap::Tap::counting(world.server.client());
    world.start_through(&client);
    phase.finished(&world, sample).await;
    let count = tap.count();
    (state(&world).await, count)
}

/// Waits until the state is as expected: a run that repeats itself may still be under way.
pub(crate) async fn reaches(world: &World, expected: &State) -> Result<(), Vec<String>> {
    let changes = ["GitRepository", "Kustomization", "Deployment"]
        .map(|kind| follow(world.all(kind), Config::default()).boxed());
    let mut changes = futures::stream::select_all(changes);
    let limit = tokio::time::sleep(std::time::Duration::from_secs(20));
    let mut limit = std::pin::pin!(limit);
    loop {
        let lines = difference(&state(world).await, expected);
        if lines.is_empty() {
            return Ok(());
        }
        tokio::select! {
            () = &mut limit => return Err(lines),
            _ = changes.next() => {}
        }
    }
}

/// The requests at which something goes wrong: one in four, spread over all, or each with `EVERY_REQUEST` in the environment.
pub(crate) fn points(requests: usize, from: usize) -> impl Iterator<Item = usize> {
    let step = if std::env::var_os("EVERY_REQUEST").is_some() { 1 } else { 4 };
    (1 + from % step..=requests).step_by(step)
}
