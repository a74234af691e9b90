// SPDX-License-Identifier: Apache-2.0

//! Writes to the reconciled object: status and finalizers, by merge patch, guarded by the resource version.

use std::time::Duration;

use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::shared::Shared;
use crate::status::Draft;
use crate::{Reconciler, Reference};

/// How often a write is tried when others write at the same time.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(100);

/// The identity and version of an object for guarded writes.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) uid: Option<String>,
    pub(crate) version: Option<String>,
}

impl Guard {
    pub(crate) fn of(object: &DynamicObject) -> Self {
        Self { uid: object.metadata.uid.clone(), version: object.metadata.resource_version.clone() }
    }
}

impl<R: Reconciler> Shared<R> {
    /// Writes what `draft` has and the API server has not. Returns whether a request was made.
    ///
    /// An object that is gone needs no status: that is a success.
    pub(crate) async fn write_status(
        &self,
        key: &Reference,
        guard: &mut Guard,
        draft: &mut Draft,
    ) -> Result<bool, kube::Error> {
        let api = self.api(key.namespace());
        let params = self.params();
        let mut pause = PAUSE;
        for attempt in 1..=ATTEMPTS {
            let Some(status) = draft.patch() else {
                return Ok(attempt > 1);
            };
            let patch =
                json!({"metadata": {"resourceVersion": guard.version, "uid": guard.uid}, "status": status});
            match api.patch_status(key.name(), &params, &Patch::Merge(&patch)).await {
                Ok(object) => {
                    guard.version = object.metadata.resource_version.clone();
                    draft.written();
                    self.wrote(key, object);
                    return Ok(true);
                }
                Err(error) if is(&error, 404) => return Ok(false),
                Err(error) if is(&error, 409) && attempt < ATTEMPTS => {
                    if attempt > 1 {
                        tokio::time::sleep(pause).await;
                        pause *= 2;
                    }
                    let Some(latest) = api.get_opt(key.name()).await? else {
                        return Ok(false);
                    };
                    if latest.metadata.uid != guard.uid {
                        return Ok(false);
                    }
                    guard.version = latest.metadata.resource_version.clone();
                    draft.rebase(latest.data.get("status"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Adds or removes a finalizer; the object as it is afterwards, or `None` if it is gone.
    pub(crate) async fn write_finalizer(
        &self,
        object: &DynamicObject,
        key: &Reference,
        finalizer: &str,
        present: bool,
    ) -> Result<Option<DynamicObject>, kube::Error> {
        let api = self.api(key.namespace());
        let mut current = object.clone();
        for attempt in 1..=ATTEMPTS {
            let mut list = current.metadata.finalizers.clone().unwrap_or_default();
            if list.iter().any(|known| known == finalizer) == present {
                return Ok(Some(current));
            }
            if present {
                list.push(finalizer.to_owned());
            } else {
                list.retain(|known| known != finalizer);
            }
            let patch = json!({"metadata": {
                "finalizers": if list.is_empty() { Value::Null } else { json!(list) },
                "resourceVersion": current.metadata.resource_version,
                "uid": current.metadata.uid,
            }});
            match api.patch(key.name(), &self.params(), &Patch::Merge(&patch)).await {
                Ok(updated) => {
                    self.wrote(key, updated.clone());
                    return Ok(Some(updated));
                }
                Err(error) if is(&error, 404) => return Ok(None),
                Err(error) if is(&error, 409) && attempt < ATTEMPTS => match api.get_opt(key.name()).await? {
                    Some(latest) if latest.metadata.uid == object.metadata.uid => current = latest,
                    _ => return Ok(None),
                },
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn params(&self) -> PatchParams {
        PatchParams { field_manager: Some(self.field_manager.clone()), ..PatchParams::default() }
    }
}

fn is(error: &kube::Error, code: u16) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == code)
}
