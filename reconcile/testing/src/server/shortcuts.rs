// SPDX-License-Identifier: Apache-2.0

//! What tests do with objects most of the time.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::TestServer;
use crate::error::{Error, ErrorKind};
use crate::store::{Key, Record};

/// How long [`TestServer::eventually`] waits, on the clock of the runtime.
const PATIENCE: Duration = Duration::from_secs(30);

impl TestServer {
    /// Creates an object, in its own namespace or in `default`.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when the server refuses it.
    pub async fn create<K>(&self, object: &K) -> Result<(), Error>
    where
        K: Resource<DynamicType = ()> + Serialize,
    {
        let namespace = object.meta().namespace.as_deref().unwrap_or("default");
        let mut value = serde_json::to_value(object)
            .map_err(|error| Error::new(ErrorKind::Refused, "the object cannot be written as JSON", error))?;
        value["apiVersion"] = Value::String(K::api_version(&()).into_owned());
        value["kind"] = Value::String(K::kind(&()).into_owned());
        let group = K::group(&());
        let root = if group.is_empty() { "/api".to_owned() } else { format!("/apis/{group}") };
        let version = K::version(&());
        let path = if self.is_namespaced::<K>() {
            format!("{root}/{version}/namespaces/{namespace}/{}", K::plural(&()))
        } else {
            format!("{root}/{version}/{}", K::plural(&()))
        };
        self.post(&path, &value).await
    }

    /// Returns an object (`name`, or `namespace/name`; the namespace is `default` otherwise), without a request.
    pub fn object<K>(&self, name: &str) -> Option<K>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let table = table::<K>();
        let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
        let namespace = if self.is_namespaced::<K>() { namespace } else { "" };
        let record = self.cluster.store.get(&table, &Key::new(namespace, name))?;
        typed(&record)
    }

    /// Waits until an object (named as for [`object`](Self::object)) is there and satisfies a condition, and returns it.
    ///
    /// It looks at every change, makes no requests, and sleeps on the clock of the runtime, which a test may pause.
    ///
    /// # Panics
    /// With the last state of the object when 30 seconds have passed.
    pub async fn eventually<K>(&self, name: &str, condition: impl Fn(&K) -> bool) -> K
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Debug,
    {
        let mut revisions = self.cluster.store.revisions();
        let look = async {
            loop {
                if let Some(object) = self.object::<K>(name).filter(|object| condition(object)) {
                    return Some(object);
                }
                if revisions.changed().await.is_err() {
                    return None;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, look).await.ok().flatten();
        found.unwrap_or_else(|| {
            let last = self.object::<K>(name);
            fail(&format!("{} {name} did not get there; it is {last:#?}", K::kind(&())))
        })
    }

    /// Waits until an object is gone.
    ///
    /// # Panics
    /// With the last state of the object when 30 seconds have passed.
    pub async fn eventually_gone<K>(&self, name: &str)
    where
        K: Resource<DynamicType = ()> + DeserializeOwned + Debug,
    {
        let mut revisions = self.cluster.store.revisions();
        let look = async {
            while self.object::<K>(name).is_some() {
                if revisions.changed().await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(PATIENCE, look).await.is_err() {
            let last = self.object::<K>(name);
            fail(&format!("{} {name} is still there: {last:#?}", K::kind(&())))
        }
    }

    fn is_namespaced<K: Resource<DynamicType = ()>>(&self) -> bool {
        let catalog = self.cluster.registry.catalog();
        let found = catalog.find(&K::group(&()), &K::version(&()), &K::plural(&()));
        found.is_none_or(|resource| resource.namespaced)
    }
}

#[expect(clippy::panic, reason = "a test that waits in vain has to fail with the state it waited on")]
fn fail(text: &str) -> ! {
    panic!("{text}")
}

fn table<K: Resource<DynamicType = ()>>() -> String {
    format!("{}/{}", K::group(&()), K::plural(&()))
}

fn typed<K: Resource<DynamicType = ()> + DeserializeOwned>(record: &Arc<Record>) -> Option<K> {
    let mut value = record.value();
    value["apiVersion"] = Value::String(K::api_version(&()).into_owned());
    value["kind"] = Value::String(K::kind(&()).into_owned());
    serde_json::from_value(value).ok()
}
