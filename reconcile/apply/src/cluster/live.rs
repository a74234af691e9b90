// SPDX-License-Identifier: Apache-2.0

//! Live objects of ours, as watches tell of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures::stream::{BoxStream, StreamExt};
use gitops_manifest::ObjectId;
use kube::Client;
use kube::core::{ApiResource, GroupVersionKind};
use kube::runtime::watcher::{self, Event};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::events::{Told, events};
use super::kinds::Kind;
use super::verified::{Verified, fingerprint};
use crate::error::code_of;
use crate::health::{Status, needs_metadata_only, status};
use crate::target::at_least;

/// How long a run waits for the first list of a kind before it reads object by object.
const FIRST_LIST: Duration = Duration::from_secs(10);
/// How long a kind that may not be listed is left alone.
const FORBIDDEN: Duration = Duration::from_secs(300);
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What is kept of a live object.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) resource_version: String,
    pub(crate) fingerprint: String,
    pub(crate) status: Status,
    /// `{"metadata": {"labels", "annotations"}}`, which is what selectors look at.
    pub(crate) metadata: Value,
}

/// One watch per kind, on objects that carry the owner label.
pub(crate) struct Live {
    client: Client,
    group: String,
    verified: Arc<Verified>,
    watches: Mutex<HashMap<(String, String), Arc<Watch>>>,
    definitions: Mutex<Option<Task>>,
}

/// Ends the task when dropped.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Key = (String, String);

#[derive(Default)]
struct State {
    objects: HashMap<Key, Arc<Record>>,
    listing: HashMap<Key, Arc<Record>>,
    synced: bool,
    refused: Option<Instant>,
    newest: String,
}

pub(crate) struct Watch {
    shared: Arc<Shared>,
    _task: Task,
}

struct Shared {
    kind: Kind,
    group: String,
    metadata_only: bool,
    state: RwLock<State>,
    changed: watch::Sender<u64>,
    verified: Arc<Verified>,
}

impl Live {
    pub(crate) fn new(client: Client, group: &str, verified: Arc<Verified>) -> Self {
        Self {
            client,
            group: group.to_owned(),
            verified,
            watches: Mutex::default(),
            definitions: Mutex::default(),
        }
    }

    /// Returns the watch of a kind, started if need be, once it has listed all objects.
    pub(crate) async fn watch(&self, kind: &Kind) -> Option<Arc<Watch>> {
        if !kind.watchable {
            return None;
        }
        let watch = self.start(kind);
        watch.is_ready().await.then_some(watch)
    }

    fn start(&self, kind: &Kind) -> Arc<Watch> {
        let resource = &kind.resource;
        if resource.group.contains('.') && !resource.group.ends_with(".k8s.io") {
            self.watch_definitions();
        }
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (resource.api_version.clone(), resource.kind.clone());
        if let Some(watch) = watches.get(&key).filter(|watch| !watch.worth_another_try()) {
            return Arc::clone(watch);
        }
        let shared = Arc::new(Shared {
            metadata_only: needs_metadata_only(&resource.api_version, &resource.kind),
            kind: kind.clone(),
            group: self.group.clone(),
            state: RwLock::default(),
            changed: watch::Sender::new(0),
            verified: Arc::clone(&self.verified),
        });
        let config = watcher::Config::default().labels(&format!("{}/name", self.group));
        let told = events(self.client.clone(), kind, "", config, shared.metadata_only);
        let task = Task(tokio::spawn(follow(told, Arc::clone(&shared))));
        let watch = Arc::new(Watch { shared, _task: task });
        watches.insert(key, Arc::clone(&watch));
        watch
    }

    /// Notices changed definitions, after which nothing known of their group's objects counts.
    fn watch_definitions(&self) {
        let mut definitions = self.definitions.lock().unwrap_or_else(PoisonError::into_inner);
        if definitions.is_none() {
            let verified = Arc::clone(&self.verified);
            *definitions = Some(Task(tokio::spawn(follow_definitions(self.client.clone(), verified))));
        }
    }
}

async fn follow_definitions(client: Client, verified: Arc<Verified>) {
    let gvk = GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let resource = ApiResource::from_gvk_with_plural(&gvk, "customresourcedefinitions");
    let kind = Kind { resource, namespaced: false, watchable: true };
    let mut known: HashMap<String, Option<i64>> = HashMap::new();
    let mut told = events(client, &kind, "", watcher::Config::default(), true);
    while let Some(event) = told.next().await {
        let (object, there) = match &event {
            Ok(Event::Apply(object) | Event::InitApply(object)) => (object, true),
            Ok(Event::Delete(object)) => (object, false),
            _ => continue,
        };
        let name = key(object).1;
        let generation = object.pointer("/metadata/generation").and_then(Value::as_i64).filter(|_| there);
        let before = known.insert(name.clone(), generation);
        if before.is_some_and(|before| before != generation) {
            verified.schema_changed(name.split_once('.').map_or("", |(_, group)| group));
        }
    }
}

async fn follow(mut told: BoxStream<'static, Told>, shared: Arc<Shared>) {
    while let Some(event) = told.next().await {
        match event {
            Ok(event) => shared.take(event),
            Err(watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error))
                if matches!(code_of(&error), 401 | 403 | 404 | 405) =>
            {
                let mut state = shared.state.write().unwrap_or_else(PoisonError::into_inner);
                (state.synced, state.refused) = (false, Some(Instant::now()));
            }
            // The stream starts over by itself.
            Err(error) => tracing::debug!(kind = %shared.kind.resource.kind, %error, "watch interrupted"),
        }
        shared.changed.send_modify(|count| *count += 1);
    }
}

fn key(object: &Value) -> Key {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/metadata/namespace"), text("/metadata/name"))
}

impl Shared {
    fn take(&self, event: Event<Value>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Init => state.listing.clear(),
            Event::InitApply(object) => {
                let record = self.record(object, &mut state);
                state.listing.insert(record.0, record.1);
            }
            Event::InitDone => {
                let gone = std::mem::take(&mut state.listing);
                let gone = std::mem::replace(&mut state.objects, gone);
                (state.synced, state.refused) = (true, None);
                for (key, record) in gone.into_iter().filter(|(key, _)| !state.objects.contains_key(key)) {
                    self.gone(&key, &state.newest, &record.metadata);
                }
            }
            Event::Apply(object) => {
                let record = self.record(object, &mut state);
                state.objects.insert(record.0, record.1);
            }
            Event::Delete(object) => {
                let key = key(&object);
                let (_, last) = self.record(object, &mut state);
                if let Some(record) = state.objects.remove(&key) {
                    self.gone(&key, &last.resource_version, &record.metadata);
                }
            }
        }
    }

    fn id(&self, key: &Key) -> ObjectId {
        ObjectId::new(
            key.0.as_str(),
            key.1.as_str(),
            self.kind.resource.group.as_str(),
            self.kind.resource.kind.as_str(),
        )
    }

    fn gone(&self, key: &Key, version: &str, metadata: &Value) {
        self.verified.seen(&self.id(key), version, None, self.owner(metadata));
    }

    fn owner<'a>(&self, metadata: &'a Value) -> (&'a str, &'a str) {
        let label = |name: &str| {
            let labels = metadata.get("metadata").and_then(|metadata| metadata.get("labels"));
            labels
                .and_then(|labels| labels.get(format!("{}/{name}", self.group)))
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        (label("namespace"), label("name"))
    }

    fn record(&self, mut object: Value, state: &mut State) -> (Key, Arc<Record>) {
        if let Some(map) = object.as_object_mut() {
            map.insert("apiVersion".into(), json!(self.kind.resource.api_version));
            map.insert("kind".into(), json!(self.kind.resource.kind));
        }
        let key = key(&object);
        let resource_version =
            object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
        if state.newest.is_empty() || at_least(resource_version, &state.newest) {
            resource_version.clone_into(&mut state.newest);
        }
        let mut kept: BTreeMap<&str, Value> = BTreeMap::new();
        for field in ["labels", "annotations"] {
            if let Some(Value::Object(map)) = object.pointer(&format!("/metadata/{field}")) {
                let mut map = map.clone();
                map.remove(LAST_APPLIED);
                kept.insert(field, Value::Object(map));
            }
        }
        let record = Record {
            resource_version: resource_version.to_owned(),
            fingerprint: fingerprint(&object),
            status: status(&object),
            metadata: json!({"metadata": kept}),
        };
        let owner = self.owner(&record.metadata);
        self.verified.seen(&self.id(&key), &record.resource_version, Some(&record.fingerprint), owner);
        (key, Arc::new(record))
    }
}

impl Watch {
    /// Returns a receiver that is told of every event.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    pub(crate) fn find(&self, id: &ObjectId) -> Option<Arc<Record>> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        state.objects.get(&(id.namespace.clone(), id.name.clone())).cloned()
    }

    /// Returns whether everything up to a resourceVersion has been seen.
    pub(crate) fn has_reached(&self, resource_version: &str) -> bool {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        !state.newest.is_empty() && at_least(&state.newest, resource_version)
    }

    fn progress(&self) -> Option<bool> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.refused.is_some() { Some(false) } else { state.synced.then_some(true) }
    }

    fn worth_another_try(&self) -> bool {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        state.refused.is_some_and(|since| since.elapsed() > FORBIDDEN)
    }

    async fn is_ready(&self) -> bool {
        let mut changes = self.changes();
        let ready = async {
            loop {
                if let Some(ready) = self.progress() {
                    return ready;
                }
                if changes.changed().await.is_err() {
                    return false;
                }
            }
        };
        tokio::time::timeout(FIRST_LIST, ready).await.unwrap_or(false)
    }
}
