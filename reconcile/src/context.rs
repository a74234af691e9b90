// SPDX-License-Identifier: Apache-2.0

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube::Client;
use kube::api::{ApiResource, DynamicObject};
use kube::core::object::HasStatus;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit};
use tokio::time::Instant;

use crate::controller::shared::{Shared, api, lock, typed};
use crate::controller::write::Guard;
use crate::event::{Announcement, Event};
use crate::queue::Interrupt;
use crate::reconciler::Object;
use crate::status::{Draft, diff, merge};
use crate::{Failure, Next, Reconciler, Reference};

/// The most status writes that progress reports may cause in one run; the final one comes on top.
const PROGRESS_WRITES: u32 = 2;

/// What a run knows about its object and how it speaks: status, conditions, progress, events, waits.
///
/// Everything said about the status is kept in memory and written in one patch when the run ends, or earlier by
/// [`progress`](Self::progress) and [`persist`](Self::persist). A run makes at most three status writes and none when nothing
/// changed.
pub struct Context<R: Reconciler> {
    shared: Arc<Shared<R>>,
    key: Reference,
    object: Arc<DynamicObject>,
    draft: Mutex<Draft>,
    guard: AsyncMutex<Guard>,
    writes: Mutex<u32>,
    interrupt: Interrupt,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
    started: Instant,
}

/// A wait ended early because the object should be looked at anew.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Interrupted {
    /// The object whose change caused it: the reconciled one, or one that it refers to.
    pub cause: Reference,
}

impl<R: Reconciler> fmt::Debug for Context<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<R: Reconciler> Context<R> {
    pub(crate) fn new(
        shared: Arc<Shared<R>>,
        key: Reference,
        object: Arc<DynamicObject>,
        interrupt: Interrupt,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let draft = Draft::new(object.data.get("status"), object.metadata.generation.unwrap_or(0));
        Self {
            shared,
            key,
            draft: Mutex::new(draft),
            guard: AsyncMutex::new(Guard::of(&object)),
            object,
            writes: Mutex::new(0),
            interrupt,
            permit: Mutex::new(Some(permit)),
            started: Instant::now(),
        }
    }

    /// The client of the manager.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// The name of the reconciled object.
    #[must_use]
    pub fn key(&self) -> &Reference {
        &self.key
    }

    /// The reconciled object as JSON, as it was when the run began.
    #[must_use]
    pub fn raw(&self) -> &DynamicObject {
        &self.object
    }

    /// The time since the run began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether somebody asked for this run with the request annotation.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        let requested = crate::controller::shared::requested_at(&self.object);
        let handled = self.object.data.pointer("/status/lastHandledReconcileAt").and_then(Value::as_str);
        requested.is_some() && requested != handled
    }

    /// Whether the spec has changed since the last run that got to a result; the generation observed then, if any.
    #[must_use]
    pub fn observed_generation(&self) -> Option<i64> {
        self.with_draft(|draft| draft.observed_generation())
    }

    // ---- status ------------------------------------------------------------------------------------------------

    /// Reads the status as the run has it so far.
    #[must_use]
    pub fn status<S: DeserializeOwned + Default>(&self) -> S
    where
        R::Kind: HasStatus<Status = S>,
    {
        self.with_draft(|draft| serde_json::from_value(draft.value().clone()).unwrap_or_default())
    }

    /// Changes fields of the status; conditions have methods of their own. Fields that `S` does not know are kept.
    pub fn edit_status<S>(&self, edit: impl FnOnce(&mut S))
    where
        S: Serialize + DeserializeOwned + Default,
        R::Kind: HasStatus<Status = S>,
    {
        self.with_draft(|draft| {
            let mut status: S = serde_json::from_value(draft.value().clone()).unwrap_or_default();
            let before = serde_json::to_value(&status).unwrap_or_default();
            edit(&mut status);
            let after = serde_json::to_value(&status).unwrap_or_default();
            if let Some(Value::Object(change)) = diff(&before, &after) {
                for (name, change) in change.into_iter().filter(|(name, _)| name != "conditions") {
                    let mut value = draft.field(&name).cloned().unwrap_or(Value::Null);
                    merge(&mut value, &change);
                    draft.set_field(&name, (!value.is_null()).then_some(value));
                }
            }
        });
    }

    /// Sets a condition. The transition time moves only if status, reason or message do.
    pub fn set_condition(&self, kind: &str, status: bool, reason: &str, message: &str) {
        let status = if status { "True" } else { "False" };
        self.with_draft(|draft| draft.set(kind, status, reason, message));
    }

    /// Sets a condition to Unknown.
    pub fn set_condition_unknown(&self, kind: &str, reason: &str, message: &str) {
        self.with_draft(|draft| draft.set(kind, "Unknown", reason, message));
    }

    /// Removes a condition.
    pub fn remove_condition(&self, kind: &str) {
        self.with_draft(|draft| draft.remove(kind));
    }

    /// The status (`True`, `False`, `Unknown`), reason and message of a condition as the run has it so far.
    #[must_use]
    pub fn condition(&self, kind: &str) -> Option<(String, String, String)> {
        self.with_draft(|draft| {
            let text = |field: &str| draft.condition_text(kind, field).unwrap_or_default().to_owned();
            draft.condition(kind).map(|_| (text("status"), text("reason"), text("message")))
        })
    }

    /// Notes in memory what the run is doing: Reconciling becomes True with `message`; Ready becomes Unknown if it has no
    /// value yet.
    pub fn note(&self, message: &str) {
        self.with_draft(|draft| draft.mark_progress(message, None));
    }

    /// Notes in memory what the run is doing, and that readiness is open until it is over: Ready becomes Unknown with `ready`.
    pub fn doubt(&self, message: &str, ready: &str) {
        self.with_draft(|draft| draft.mark_progress(message, Some(ready)));
    }

    /// Writes what was said so far, unless this run has used up its writes for progress.
    ///
    /// Failing to write progress is not worth a failed run: the error is logged.
    pub async fn progress(&self) {
        if *lock(&self.writes) >= PROGRESS_WRITES {
            return;
        }
        if let Err(error) = self.write().await {
            tracing::debug!(%error, "cannot write progress");
        }
    }

    /// Writes what was said so far and fails if that is not possible; for what must be known before the next step.
    ///
    /// # Errors
    /// The failure of the request, to be tried again.
    pub async fn persist(&self) -> Result<(), Failure> {
        self.write().await.map_err(|error| Failure::new("ReconciliationFailed", Next::Retry, error))
    }

    pub(crate) async fn write(&self) -> Result<(), kube::Error> {
        let mut guard = self.guard.lock().await;
        let mut draft = lock(&self.draft).clone();
        let wrote = self.shared.write_status(&self.key, &mut guard, &mut draft).await?;
        *lock(&self.draft) = draft;
        if wrote {
            *lock(&self.writes) += 1;
        }
        Ok(())
    }

    pub(crate) fn with_draft<T>(&self, f: impl FnOnce(&mut Draft) -> T) -> T {
        f(&mut lock(&self.draft))
    }

    // ---- events ------------------------------------------------------------------------------------------------

    /// Announces an event about the object. Never waits; the object's own event metadata is added.
    pub fn event(&self, event: Event) {
        let resource = self.shared.resource();
        let announcement = Announcement::new(&self.object, &resource.api_version, &resource.kind, event);
        self.shared.announcer.announce(&announcement);
    }

    // ---- other objects -----------------------------------------------------------------------------------------

    /// Reads another object: from the watch if the controller has one for the kind, else from the API server.
    ///
    /// # Errors
    /// The failed request.
    pub async fn get<K: Object>(&self, namespace: &str, name: &str) -> Result<Option<K>, kube::Error> {
        let resource = ApiResource::erase::<K>(&());
        match self.get_dynamic(&resource, namespace, name).await? {
            Some(object) => typed(&object).map(Some).map_err(kube::Error::SerdeError),
            None => Ok(None),
        }
    }

    /// Reads another object from the API server, whatever is watched.
    ///
    /// # Errors
    /// The failed request.
    pub async fn get_live<K: Object>(&self, namespace: &str, name: &str) -> Result<Option<K>, kube::Error> {
        let resource = ApiResource::erase::<K>(&());
        match api(self.client().clone(), &resource, namespace).get_opt(name).await? {
            Some(object) => typed(&object).map(Some).map_err(kube::Error::SerdeError),
            None => Ok(None),
        }
    }

    /// Reads another object of a kind known at run time only.
    ///
    /// # Errors
    /// The failed request.
    pub async fn get_dynamic(
        &self,
        resource: &ApiResource,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Arc<DynamicObject>>, kube::Error> {
        let same = |known: &ApiResource| known.group == resource.group && known.kind == resource.kind;
        let caches =
            std::iter::once(&self.shared.primary).chain(self.shared.secondary.iter().map(|(_, cache)| cache));
        for cache in caches {
            // An object that the watch does not show may be newer than the watch: only what is there is believed.
            if same(&cache.resource)
                && !cache.partial
                && cache.is_synced()
                && let Some(object) = cache.get(namespace, name)
            {
                let key = Reference::of(&resource.group, &resource.kind, &object);
                let own = lock(&self.shared.own).get(&key).cloned();
                return Ok(Some(if same(self.shared.resource()) {
                    self.shared.current(&key).or(own).unwrap_or(object)
                } else {
                    object
                }));
            }
        }
        let api = api(self.client().clone(), resource, namespace);
        Ok(api.get_opt(name).await?.map(Arc::new))
    }

    // ---- waits -------------------------------------------------------------------------------------------------

    /// Waits without holding a worker; ends early when the object, or one that it refers to, changed in a way that asks for a
    /// new run.
    ///
    /// # Errors
    /// What interrupted the wait.
    pub async fn wait<T>(&self, until: impl Future<Output = T>) -> Result<T, Interrupted> {
        drop(lock(&self.permit).take());
        let result = tokio::select! {
            biased;
            value = until => Ok(value),
            cause = self.interrupted() => Err(Interrupted { cause }),
        };
        if let Ok(permit) = Arc::clone(&self.shared.permits).acquire_owned().await {
            *lock(&self.permit) = Some(permit);
        }
        result
    }

    /// Waits until something asks for a new run of the object, and returns what it was.
    pub async fn interrupted(&self) -> Reference {
        let mut interrupt = self.interrupt.clone();
        let cause = match interrupt.wait_for(Option::is_some).await {
            Ok(cause) => cause.clone(),
            Err(_) => None,
        };
        match cause {
            Some(cause) => cause,
            // The queue is gone, so nothing can ask any more.
            None => std::future::pending().await,
        }
    }
}
