// SPDX-License-Identifier: Apache-2.0

//! Streams of what happens to the objects of a kind.

use futures::stream::{BoxStream, StreamExt};
use kube::Client;
use kube::api::{Api, DynamicObject, PartialObjectMeta};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use serde_json::Value;

use super::kinds::Kind;

pub(crate) type Told = Result<Event<Value>, watcher::Error>;

/// Lists and watches the objects of a kind, as JSON, starting over with growing pauses when interrupted.
///
/// An empty namespace stands for all; with `metadata_only` the content of objects is never sent.
pub(crate) fn events(
    client: Client,
    kind: &Kind,
    namespace: &str,
    config: watcher::Config,
    metadata_only: bool,
) -> BoxStream<'static, Told> {
    let namespace = Some(namespace).filter(|namespace| kind.namespaced && !namespace.is_empty());
    if metadata_only {
        let api: Api<PartialObjectMeta<DynamicObject>> = match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &kind.resource),
            None => Api::all_with(client, &kind.resource),
        };
        watch(api, config).default_backoff().map(|event| event.map(to_json)).boxed()
    } else {
        let api: Api<DynamicObject> = match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &kind.resource),
            None => Api::all_with(client, &kind.resource),
        };
        watch(api, config).default_backoff().map(|event| event.map(to_json)).boxed()
    }
}

fn to_json<K: serde::Serialize>(event: Event<K>) -> Event<Value> {
    let json = |object: K| serde_json::to_value(object).unwrap_or_default();
    match event {
        Event::Apply(object) => Event::Apply(json(object)),
        Event::Delete(object) => Event::Delete(json(object)),
        Event::InitApply(object) => Event::InitApply(json(object)),
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
    }
}
