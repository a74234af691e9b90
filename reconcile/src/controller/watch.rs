// SPDX-License-Identifier: Apache-2.0

use std::fmt;
use std::sync::Arc;

use kube::api::{ApiResource, DynamicObject};
use serde_json::Value;

use crate::reconciler::Object;

type Predicate = Arc<dyn Fn(Option<&DynamicObject>, &DynamicObject) -> bool + Send + Sync>;

/// Another kind that a controller watches, and which of its changes wake the objects that refer to it.
///
/// An object that waits is woken by every change, whatever the predicate says.
///
/// ```
/// use gitops_reconcile::Watch;
/// use k8s_openapi::api::core::v1::ConfigMap;
///
/// let watch = Watch::of::<ConfigMap>().metadata_only().labels("reconcile.fluxcd.io/watch=Enabled");
/// # let _ = watch;
/// ```
#[derive(Clone)]
#[must_use]
pub struct Watch {
    pub(crate) resource: ApiResource,
    pub(crate) partial: bool,
    pub(crate) labels: Option<String>,
    pub(crate) when: Predicate,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("resource", &self.resource)
            .field("partial", &self.partial)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

impl Watch {
    /// Watches a kind known at compile time; every change of an object wakes.
    pub fn of<K: Object>() -> Self {
        Self::dynamic(ApiResource::erase::<K>(&()))
    }

    /// Watches a kind known at run time only.
    pub fn dynamic(resource: ApiResource) -> Self {
        Self {
            resource,
            partial: false,
            labels: None,
            when: Arc::new(|old, new| {
                old.is_none_or(|old| old.metadata.resource_version != new.metadata.resource_version)
            }),
        }
    }

    /// Keeps only the metadata of the objects, for kinds whose content is large or secret.
    pub fn metadata_only(mut self) -> Self {
        self.partial = true;
        self
    }

    /// Watches only objects that match a label selector.
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        let selector = selector.into();
        self.labels = (!selector.is_empty()).then_some(selector);
        self
    }

    /// Wakes only on changes for which `predicate` holds; it gets the object before, if there was one, and after.
    pub fn when(
        mut self,
        predicate: impl Fn(Option<&DynamicObject>, &DynamicObject) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.when = Arc::new(predicate);
        self
    }

    /// Wakes only when `status.artifact` appears or its revision changes.
    pub fn when_artifact_changes(self) -> Self {
        self.when(|old, new| {
            let after = artifact_revision(new);
            after.is_some() && old.and_then(artifact_revision) != after
        })
    }
}

fn artifact_revision(object: &DynamicObject) -> Option<&str> {
    object.data.pointer("/status/artifact/revision").and_then(Value::as_str)
}
