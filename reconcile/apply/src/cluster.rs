// SPDX-License-Identifier: Apache-2.0

//! A cluster, and what is known of it.

pub(crate) mod events;
pub(crate) mod kinds;
pub(crate) mod live;
pub(crate) mod verified;

use std::sync::Arc;

use gitops_manifest::ObjectId;
use kube::Client;
use kube::api::{DeleteParams, GetParams, Patch, PatchParams};
use kube::core::Request;
use serde_json::Value;
use tokio::sync::broadcast;

use kinds::{Kind, Kinds};
use live::Live;
use verified::Verified;

use crate::error::is_not_found;

/// A cluster under one identity, with what has been learned about it: kinds, live objects, and which of them are known to be as desired.
///
/// Clones share all of it. Keep one for as long as the identity lasts: it is what makes an unchanged object cost no request.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    kinds: Kinds,
    live: Option<Live>,
    verified: Arc<Verified>,
}

/// An object that is no longer as it was applied, noticed by watch.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Drift {
    /// The object.
    pub id: ObjectId,
    /// The namespace of its owner, from the owner labels.
    pub owner_namespace: String,
    /// The name of its owner.
    pub owner_name: String,
}

impl Cluster {
    /// Returns a cluster whose objects are read when they are needed.
    pub fn new(client: Client) -> Self {
        let verified = Arc::new(Verified::default());
        Self { inner: Arc::new(Inner { kinds: Kinds::new(client.clone()), client, live: None, verified }) }
    }

    /// Returns a cluster that watches, per kind it meets, the objects that carry the owner labels of `group`
    /// ([`Owner`](crate::Owner)).
    ///
    /// What the watch says is not asked again: an unchanged object costs no request, waiting costs none, and drift is noticed
    /// ([`drifts`](Self::drifts)). A kind that may not be listed is read object by object. The watches end with the last clone.
    pub fn watching(client: Client, group: &str) -> Self {
        let verified = Arc::new(Verified::default());
        let live = Some(Live::new(client.clone(), group, Arc::clone(&verified)));
        Self { inner: Arc::new(Inner { kinds: Kinds::new(client.clone()), client, live, verified }) }
    }

    /// Returns the client.
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// Returns a stream of objects that somebody else changed or deleted. Empty unless the cluster is [`watching`](Self::watching).
    ///
    /// A receiver that lags misses some; each is a hint to run again, and a run finds all drift.
    pub fn drifts(&self) -> broadcast::Receiver<Drift> {
        self.inner.verified.subscribe()
    }

    /// Forgets that anything is known to be as desired, so that the next run asks the server about every object.
    pub fn forget(&self) {
        self.inner.verified.clear();
    }

    pub(crate) fn verified(&self) -> &Verified {
        &self.inner.verified
    }

    pub(crate) async fn kind(&self, api_version: &str, kind: &str) -> Result<Option<Kind>, kube::Error> {
        self.inner.kinds.find(api_version, kind).await
    }

    pub(crate) async fn forget_kinds(&self) {
        self.inner.kinds.forget().await;
    }

    /// Returns the watch of a kind once it knows all objects, or `None` where there is none.
    pub(crate) async fn watch(&self, kind: &Kind) -> Option<Arc<live::Watch>> {
        self.inner.live.as_ref()?.watch(kind).await
    }

    pub(crate) async fn get(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, kube::Error> {
        let request = Request::new(kind.path(namespace))
            .get(name, &GetParams::default())
            .map_err(kube::Error::BuildRequest)?;
        optional(self.inner.client.request::<Value>(request).await)
    }

    pub(crate) async fn get_metadata(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, kube::Error> {
        let request = Request::new(kind.path(namespace))
            .get_metadata(name, &GetParams::default())
            .map_err(kube::Error::BuildRequest)?;
        optional(self.inner.client.request::<Value>(request).await)
    }

    pub(crate) async fn apply(
        &self,
        kind: &Kind,
        object: &Value,
        field_manager: &str,
        dry_run: bool,
    ) -> Result<Value, kube::Error> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let mut params = PatchParams::apply(field_manager).force();
        params.dry_run = dry_run;
        let request = Request::new(kind.path(text("/metadata/namespace")))
            .patch(text("/metadata/name"), &params, &Patch::Apply(object))
            .map_err(kube::Error::BuildRequest)?;
        self.inner.client.request(request).await
    }

    pub(crate) async fn json_patch(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        operations: &[Value],
        field_manager: &str,
    ) -> Result<Value, kube::Error> {
        let params = PatchParams { field_manager: Some(field_manager.to_owned()), ..PatchParams::default() };
        let mut request = Request::new(kind.path(namespace))
            .patch(name, &params, &Patch::Merge(operations))
            .map_err(kube::Error::BuildRequest)?;
        let json_patch = http::HeaderValue::from_static("application/json-patch+json");
        request.headers_mut().insert(http::header::CONTENT_TYPE, json_patch);
        self.inner.client.request(request).await
    }

    /// Deletes an object if it still is the one that was read.
    pub(crate) async fn delete(&self, kind: &Kind, live: &Value) -> Result<(), kube::Error> {
        let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let preconditions = kube::api::Preconditions {
            uid: text("/metadata/uid"),
            resource_version: text("/metadata/resourceVersion"),
        };
        let params = DeleteParams::background().preconditions(preconditions);
        let path = kind.path(&text("/metadata/namespace").unwrap_or_default());
        let name = text("/metadata/name").unwrap_or_default();
        let request = Request::new(path).delete(&name, &params).map_err(kube::Error::BuildRequest)?;
        optional(self.inner.client.request::<Value>(request).await).map(|_| ())
    }
}

fn optional(result: Result<Value, kube::Error>) -> Result<Option<Value>, kube::Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("watching", &self.inner.live.is_some()).finish_non_exhaustive()
    }
}
