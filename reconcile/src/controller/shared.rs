// SPDX-License-Identifier: Apache-2.0

//! What all runs of one controller share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject};
use tokio::sync::Semaphore;

use super::Settings;
use super::cache::{Cache, Change};
use super::index::Index;
use crate::event::Announcer;
use crate::jitter::Jitter;
use crate::metrics::Metrics;
use crate::queue::{Priority, Queue};
use crate::{Reconciler, Reference, Watch};

use gitops_api::meta::annotation::REQUESTED_AT;

pub(crate) struct Shared<R: Reconciler> {
    pub(crate) reconciler: Arc<R>,
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    pub(crate) field_manager: String,
    /// The controller's name in metrics and logs: the kind in lower case.
    pub(crate) name: String,
    pub(crate) primary: Arc<Cache>,
    pub(crate) secondary: Vec<(Watch, Arc<Cache>)>,
    pub(crate) queue: Queue,
    pub(crate) announcer: Announcer,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) jitter: Arc<Jitter>,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) index: Mutex<Index>,
    /// What our own writes returned, until the watch has caught up with them.
    pub(crate) own: Mutex<HashMap<Reference, Arc<DynamicObject>>>,
}

impl<R: Reconciler> Shared<R> {
    pub(crate) fn resource(&self) -> &ApiResource {
        &self.primary.resource
    }

    pub(crate) fn api(&self, namespace: &str) -> Api<DynamicObject> {
        api(self.client.clone(), self.resource(), namespace)
    }

    /// The newest known state of an object: the watch's, or what our own write returned when the watch is behind.
    pub(crate) fn current(&self, key: &Reference) -> Option<Arc<DynamicObject>> {
        let cached = self.primary.get(key.namespace(), key.name())?;
        let own = lock(&self.own);
        match own.get(key) {
            Some(written) if newer(written, &cached) => Some(Arc::clone(written)),
            _ => Some(cached),
        }
    }

    /// Remembers the result of our own write.
    pub(crate) fn wrote(&self, key: &Reference, object: DynamicObject) {
        let cached = self.primary.get(key.namespace(), key.name());
        if cached.is_some_and(|cached| newer(&object, &cached)) {
            lock(&self.own).insert(key.clone(), Arc::new(object));
        }
    }

    /// An object of the reconciled kind changed.
    pub(crate) fn primary_changed(&self, change: &Change) {
        let key = &change.key;
        let Some(new) = &change.new else {
            lock(&self.own).remove(key);
            lock(&self.index).remove(key);
            self.queue.forget(key);
            self.metrics.forget(key.kind(), key.namespace(), key.name());
            self.wake_waiting(key);
            return;
        };
        {
            let mut own = lock(&self.own);
            if own.get(key).is_some_and(|written| !newer(written, new)) {
                own.remove(key);
            }
        }
        let old = change.old.as_deref();
        if old.is_none_or(|old| old.metadata.generation != new.metadata.generation)
            && let Ok(object) = typed::<R::Kind>(new)
        {
            lock(&self.index).set(key, self.reconciler.references(&object));
        }
        if old.is_none_or(|old| asks(old, new)) {
            let priority = if change.initial { Priority::Due } else { Priority::Changed };
            self.queue.push(key, priority, None);
        }
        self.wake_waiting(key);
    }

    /// An object of another kind changed.
    pub(crate) fn secondary_changed(&self, watch: &Watch, change: &Change) {
        if let Some(new) = &change.new
            && !(change.initial && change.old.is_none())
            && (watch.when)(change.old.as_deref(), new)
        {
            for key in lock(&self.index).dependents(&change.key) {
                let concerned = self
                    .current(&key)
                    .and_then(|object| typed::<R::Kind>(&object).ok())
                    .is_some_and(|object| self.reconciler.concerns(&object, new));
                if concerned {
                    self.queue.push(&key, Priority::Changed, Some(&change.key));
                }
            }
        }
        self.wake_waiting(&change.key);
    }

    fn wake_waiting(&self, changed: &Reference) {
        for key in lock(&self.index).dependents(changed) {
            if key != *changed {
                self.queue.resume(&key);
            }
        }
    }
}

/// Whether a change of an object asks for a run: a new spec, a request, or the wish to delete it.
fn asks(old: &DynamicObject, new: &DynamicObject) -> bool {
    old.metadata.uid != new.metadata.uid
        || old.metadata.generation != new.metadata.generation
        || (old.metadata.deletion_timestamp.is_none() && new.metadata.deletion_timestamp.is_some())
        || requested_at(new).is_some_and(|value| requested_at(old) != Some(value))
}

pub(crate) fn requested_at(object: &DynamicObject) -> Option<&str> {
    let annotations = object.metadata.annotations.as_ref()?;
    annotations.get(REQUESTED_AT).map(String::as_str)
}

pub(crate) fn typed<K: serde::de::DeserializeOwned>(object: &DynamicObject) -> Result<K, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(object)?)
}

pub(crate) fn api(client: Client, resource: &ApiResource, namespace: &str) -> Api<DynamicObject> {
    if namespace.is_empty() {
        Api::all_with(client, resource)
    } else {
        Api::namespaced_with(client, namespace, resource)
    }
}

/// Whether `a` is a later state of the object than `b`. Kubernetes orders resource versions as numbers.
fn newer(a: &DynamicObject, b: &DynamicObject) -> bool {
    let version = |object: &DynamicObject| {
        let version = object.metadata.resource_version.as_deref()?;
        version.parse::<u128>().ok()
    };
    match (version(a), version(b)) {
        (Some(a), Some(b)) => a > b,
        _ => false,
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
