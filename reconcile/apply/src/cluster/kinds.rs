// SPDX-License-Identifier: Apache-2.0

//! Which kinds the server knows.

use std::collections::HashMap;
use std::sync::Arc;

use kube::Client;
use kube::api::DynamicObject;
use kube::core::{ApiResource, Resource};
use tokio::sync::Mutex;

use crate::error::is_not_found;

/// A kind, and where its objects are served.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) resource: ApiResource,
    pub(crate) namespaced: bool,
    pub(crate) watchable: bool,
}

impl Kind {
    pub(crate) fn path(&self, namespace: &str) -> String {
        let namespace = Some(namespace).filter(|namespace| self.namespaced && !namespace.is_empty());
        DynamicObject::url_path(&self.resource, namespace)
    }
}

type Versions = HashMap<String, Arc<HashMap<String, Kind>>>;

/// Discovery, one API version at a time, remembered.
pub(crate) struct Kinds {
    client: Client,
    known: Mutex<Versions>,
}

impl Kinds {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, known: Mutex::new(HashMap::new()) }
    }

    /// Returns a kind. One that is missing is asked for again each time, since it may appear at any moment.
    pub(crate) async fn find(&self, api_version: &str, kind: &str) -> Result<Option<Kind>, kube::Error> {
        let mut known = self.known.lock().await;
        if let Some(found) = known.get(api_version).and_then(|kinds| kinds.get(kind)) {
            return Ok(Some(found.clone()));
        }
        let listed = if api_version.contains('/') {
            self.client.list_api_group_resources(api_version).await
        } else {
            self.client.list_core_api_resources(api_version).await
        };
        let listed = match listed {
            Ok(listed) => listed.resources,
            Err(error) if is_not_found(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let mut kinds = HashMap::new();
        for resource in listed.into_iter().filter(|resource| !resource.name.contains('/')) {
            let entry = Kind {
                resource: ApiResource {
                    group: group.to_owned(),
                    version: version.to_owned(),
                    api_version: api_version.to_owned(),
                    kind: resource.kind.clone(),
                    plural: resource.name,
                },
                namespaced: resource.namespaced,
                watchable: resource.verbs.iter().any(|verb| verb == "watch"),
            };
            kinds.insert(resource.kind, entry);
        }
        let found = kinds.get(kind).cloned();
        known.insert(api_version.to_owned(), Arc::new(kinds));
        Ok(found)
    }

    pub(crate) async fn forget(&self) {
        self.known.lock().await.clear();
    }
}
