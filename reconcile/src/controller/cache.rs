// SPDX-License-Identifier: Apache-2.0

//! What a watch has told about the objects of one kind.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use futures::{StreamExt, TryStreamExt, pin_mut};
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, PartialObjectMeta, TypeMeta};
use kube::core::DynamicResourceScope;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use tokio::sync::watch;

use crate::Reference;

type Key = (String, String);

/// The objects of one kind, kept current by [`Cache::follow`].
#[derive(Debug)]
pub(crate) struct Cache {
    pub(crate) resource: ApiResource,
    /// Whether only metadata is held.
    pub(crate) partial: bool,
    objects: RwLock<HashMap<Key, Arc<DynamicObject>>>,
    synced: watch::Sender<bool>,
}

/// Where and what to watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) namespace: Option<String>,
    pub(crate) labels: Option<String>,
}

/// An object that appeared, changed or went.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) key: Reference,
    pub(crate) old: Option<Arc<DynamicObject>>,
    pub(crate) new: Option<Arc<DynamicObject>>,
    /// Whether the object was there before the watch began.
    pub(crate) initial: bool,
}

impl Cache {
    pub(crate) fn new(resource: ApiResource, partial: bool) -> Self {
        Self { resource, partial, objects: RwLock::default(), synced: watch::Sender::new(false) }
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<Arc<DynamicObject>> {
        let objects = self.objects.read().unwrap_or_else(PoisonError::into_inner);
        objects.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    pub(crate) fn is_synced(&self) -> bool {
        *self.synced.borrow()
    }

    /// Waits for the first complete list, or for the first sign that there will be none for now.
    pub(crate) async fn synced(&self) {
        let mut receiver = self.synced.subscribe();
        // The sender lives as long as `self`, so this cannot fail.
        let _ = receiver.wait_for(|synced| *synced).await;
    }

    /// Watches until dropped and tells every change to `tell`.
    pub(crate) async fn follow(&self, client: Client, scope: &Scope, tell: impl Fn(Change) + Send) {
        let mut config = watcher::Config::default();
        if let Some(labels) = &scope.labels {
            config = config.labels(labels);
        }
        let types =
            TypeMeta { api_version: self.resource.api_version.clone(), kind: self.resource.kind.clone() };
        let stream = if self.partial {
            watcher::watcher(self.api::<PartialObjectMeta<DynamicObject>>(client, scope), config)
                .map_ok(move |event| whole(event, &types))
                .boxed()
        } else {
            watcher::watcher(self.api::<DynamicObject>(client, scope), config).boxed()
        };
        let stream = stream.default_backoff();
        pin_mut!(stream);
        let mut listed: HashSet<Key> = HashSet::new();
        while let Some(event) = stream.next().await {
            match event {
                Ok(Event::Init) => listed.clear(),
                Ok(Event::InitApply(object)) => {
                    let key = key(&object);
                    listed.insert(key.clone());
                    self.put(key, Some(object), &tell);
                }
                Ok(Event::InitDone) => {
                    for key in self.missing(&listed) {
                        self.put(key, None, &tell);
                    }
                    listed.clear();
                    self.synced.send_replace(true);
                }
                Ok(Event::Apply(object)) => self.put(key(&object), Some(object), &tell),
                Ok(Event::Delete(object)) => self.put(key(&object), None, &tell),
                Err(error) => {
                    tracing::debug!(%error, kind = self.resource.kind, "watch interrupted");
                    if self.absent(&error) {
                        self.synced.send_replace(true);
                    }
                }
            }
        }
    }

    fn api<K>(&self, client: Client, scope: &Scope) -> Api<K>
    where
        K: kube::Resource<DynamicType = ApiResource, Scope = DynamicResourceScope>,
    {
        match &scope.namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &self.resource),
            None => Api::all_with(client, &self.resource),
        }
    }

    /// Whether the API server does not know the kind or does not let us see it.
    fn absent(&self, error: &watcher::Error) -> bool {
        match error {
            watcher::Error::InitialListFailed(kube::Error::Api(status))
            | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => {
                matches!(status.code, 403..=405)
            }
            _ => false,
        }
    }

    fn missing(&self, listed: &HashSet<Key>) -> Vec<Key> {
        let objects = self.objects.read().unwrap_or_else(PoisonError::into_inner);
        objects.keys().filter(|key| !listed.contains(*key)).cloned().collect()
    }

    fn put(&self, key: Key, object: Option<DynamicObject>, tell: &impl Fn(Change)) {
        let new = object.map(|mut object| {
            object.metadata.managed_fields = None;
            Arc::new(object)
        });
        let old = {
            let mut objects = self.objects.write().unwrap_or_else(PoisonError::into_inner);
            match &new {
                Some(object) => objects.insert(key.clone(), Arc::clone(object)),
                None => objects.remove(&key),
            }
        };
        if old.is_none() && new.is_none() {
            return;
        }
        tell(Change {
            key: Reference::new(&*self.resource.group, &*self.resource.kind, key.0, key.1),
            old,
            new,
            initial: !self.is_synced(),
        });
    }
}

fn key(object: &DynamicObject) -> Key {
    (object.metadata.namespace.clone().unwrap_or_default(), object.metadata.name.clone().unwrap_or_default())
}

/// Turns metadata into an object without content.
fn whole(event: Event<PartialObjectMeta<DynamicObject>>, types: &TypeMeta) -> Event<DynamicObject> {
    let turn = |partial: PartialObjectMeta<DynamicObject>| DynamicObject {
        types: Some(types.clone()),
        metadata: partial.metadata,
        data: serde_json::Value::Null,
    };
    match event {
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
        Event::InitApply(object) => Event::InitApply(turn(object)),
        Event::Apply(object) => Event::Apply(turn(object)),
        Event::Delete(object) => Event::Delete(turn(object)),
    }
}
