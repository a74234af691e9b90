// SPDX-License-Identifier: Apache-2.0

//! The life of a controller and of one run.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::api::{ApiResource, DynamicObject};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument;

use super::Controller;
use super::cache::{Cache, Scope};
use super::shared::{Shared, requested_at, typed};
use crate::event::Event;
use crate::failure::Report;
use crate::manager::Environment;
use crate::metrics::Ended;
use crate::queue::{After, Interrupt, Queue};
use crate::status::{PROGRESSING_WITH_RETRY, READY, RECONCILING, STALLED};
use crate::{Context, Error, Failure, Next, Outcome, Reconciler, Reference};

/// How long runs that are under way may go on when the process is asked to end.
const GRACE: Duration = Duration::from_secs(5);

/// Watches, queues and runs until the environment says stop.
pub(crate) async fn run<R: Reconciler>(
    controller: Controller<R>,
    mut environment: Environment,
) -> Result<(), Error> {
    let shared = Arc::new(build(controller, &environment));
    let mut watches = JoinSet::new();
    follow(&shared, &environment, &mut watches);
    tokio::select! {
        () = synced(&shared) => {}
        () = environment.stopped() => return Ok(()),
    }
    environment.synced();
    let limit = i64::try_from(shared.settings.concurrency).unwrap_or(i64::MAX);
    let mut runs: JoinSet<()> = JoinSet::new();
    let mut keys: HashMap<tokio::task::Id, Reference> = HashMap::new();
    loop {
        shared.metrics.workers(&shared.name, i64::try_from(keys.len()).unwrap_or(i64::MAX), limit);
        shared.metrics.queue(&shared.name, shared.queue.depth());
        tokio::select! {
            biased;
            () = environment.stopped() => break,
            Some(ended) = runs.join_next_with_id() => ended_run(&shared, &mut keys, ended),
            permit = permit(&shared) => {
                if let Some((key, interrupt)) = shared.queue.take() {
                    let task = runs.spawn(one(Arc::clone(&shared), key.clone(), interrupt, permit));
                    keys.insert(task.id(), key);
                }
            }
        }
    }
    let _ = tokio::time::timeout(GRACE, async { while runs.join_next().await.is_some() {} }).await;
    Ok(())
}

/// Waits for an object to be due first and for a worker second, so that an idle controller holds no worker.
async fn permit<R: Reconciler>(shared: &Arc<Shared<R>>) -> OwnedSemaphorePermit {
    loop {
        shared.queue.due().await;
        if let Ok(permit) = Arc::clone(&shared.permits).acquire_owned().await {
            return permit;
        }
    }
}

fn build<R: Reconciler>(controller: Controller<R>, environment: &Environment) -> Shared<R> {
    let resource = ApiResource::erase::<R::Kind>(&());
    let settings = controller.settings;
    Shared {
        reconciler: controller.reconciler,
        client: environment.client.clone(),
        field_manager: settings.field_manager.clone().unwrap_or_else(|| environment.name.clone()),
        name: resource.kind.to_lowercase(),
        primary: Arc::new(Cache::new(resource, false)),
        secondary: controller
            .watches
            .into_iter()
            .map(|watch| {
                let cache = Arc::new(Cache::new(watch.resource.clone(), watch.partial));
                (watch, cache)
            })
            .collect(),
        queue: Queue::new(settings.backoff),
        announcer: environment.announcer.clone(),
        metrics: Arc::clone(&environment.metrics),
        jitter: Arc::clone(&environment.jitter),
        permits: Arc::new(Semaphore::new(settings.concurrency)),
        index: std::sync::Mutex::default(),
        own: std::sync::Mutex::default(),
        settings,
    }
}

fn follow<R: Reconciler>(shared: &Arc<Shared<R>>, environment: &Environment, tasks: &mut JoinSet<()>) {
    let namespace = environment.namespace.clone();
    for position in 0..shared.secondary.len() {
        let (shared, client) = (Arc::clone(shared), environment.client.clone());
        let scope =
            Scope { namespace: namespace.clone(), labels: shared.secondary[position].0.labels.clone() };
        tasks.spawn(async move {
            let (watch, cache) = &shared.secondary[position];
            cache.follow(client, &scope, |change| shared.secondary_changed(watch, &change)).await;
        });
    }
    let (shared, client) = (Arc::clone(shared), environment.client.clone());
    let scope =
        Scope { namespace, labels: shared.settings.labels.clone().or_else(|| environment.labels.clone()) };
    tasks.spawn(async move {
        let tell = |change| shared.primary_changed(&change);
        shared.primary.follow(client, &scope, tell).await;
    });
}

async fn synced<R: Reconciler>(shared: &Shared<R>) {
    shared.primary.synced().await;
    for (_, cache) in &shared.secondary {
        cache.synced().await;
    }
}

type Joined = Result<(tokio::task::Id, ()), tokio::task::JoinError>;

/// Clears a run away; one that panicked counts as a failure of its object.
fn ended_run<R: Reconciler>(
    shared: &Shared<R>,
    keys: &mut HashMap<tokio::task::Id, Reference>,
    ended: Joined,
) {
    match ended {
        Ok((id, ())) => {
            keys.remove(&id);
        }
        Err(error) => {
            if let Some(key) = keys.remove(&error.id()) {
                tracing::error!(object = %key, %error, "a run ended in an unexpected way");
                shared.queue.finish(&key, After::Backoff);
            }
        }
    }
}

/// One run of one object, from the snapshot to the next date.
async fn one<R: Reconciler>(
    shared: Arc<Shared<R>>,
    key: Reference,
    interrupt: Interrupt,
    permit: OwnedSemaphorePermit,
) {
    let span =
        tracing::info_span!("reconcile", kind = key.kind(), namespace = key.namespace(), name = key.name());
    let started = Instant::now();
    let after = Box::pin(step(&shared, &key, interrupt, permit)).instrument(span).await;
    if after == After::Forget {
        shared.queue.finish(&key, after);
        return;
    }
    let ended = match after {
        After::Again(_) | After::Park(_) => Ended::RequeueAfter,
        After::Now => Ended::Requeue,
        After::Backoff => Ended::Error,
        After::Rest | After::Forget => Ended::Success,
    };
    shared.metrics.ran(&shared.name, key.kind(), key.namespace(), key.name(), started.elapsed(), ended);
    shared.queue.finish(&key, after);
}

async fn step<R: Reconciler>(
    shared: &Arc<Shared<R>>,
    key: &Reference,
    interrupt: Interrupt,
    permit: OwnedSemaphorePermit,
) -> After {
    let Some(mut object) = shared.current(key) else {
        return After::Forget;
    };
    let deleting = object.metadata.deletion_timestamp.is_some();
    let suspended = object.data.pointer("/spec/suspend") == Some(&Value::Bool(true));
    if let Some(finalizer) = shared.settings.finalizer.as_deref().filter(|_| !deleting) {
        match shared.write_finalizer(&object, key, finalizer, true).await {
            Ok(Some(updated)) => object = Arc::new(updated),
            Ok(None) => return After::Rest,
            Err(error) => {
                tracing::warn!(%error, "cannot add the finalizer");
                return After::Backoff;
            }
        }
    }
    let kind = match typed::<R::Kind>(&object) {
        Ok(kind) => kind,
        Err(error) => {
            tracing::error!(%error, "the object cannot be read");
            return After::Rest;
        }
    };
    let cx = Context::new(Arc::clone(shared), key.clone(), Arc::clone(&object), interrupt, permit);
    if deleting {
        return finalize(shared, key, &object, &kind, &cx).await;
    }
    if suspended {
        return suspend(shared, &object, &cx).await;
    }
    let result = shared.reconciler.reconcile(&kind, &cx).await;
    conclude(shared, &object, &cx, result).await
}

async fn finalize<R: Reconciler>(
    shared: &Arc<Shared<R>>,
    key: &Reference,
    object: &DynamicObject,
    kind: &R::Kind,
    cx: &Context<R>,
) -> After {
    let Some(finalizer) = &shared.settings.finalizer else {
        return After::Rest;
    };
    let present = object.metadata.finalizers.iter().flatten().any(|known| known == finalizer);
    if !present {
        return After::Rest;
    }
    match shared.reconciler.finalize(kind, cx).await {
        Ok(outcome) => {
            if let Err(error) = shared.write_finalizer(object, key, finalizer, false).await {
                tracing::warn!(%error, "cannot remove the finalizer");
                return After::Backoff;
            }
            for event in outcome.events {
                cx.event(event);
            }
            After::Rest
        }
        Err(failure) => {
            tracing::warn!(reason = failure.reason, message = failure.message(), "cannot finalize");
            let after = after_failure(failure.next);
            report(cx, failure);
            after
        }
    }
}

/// A suspended object is left alone, but a request is acknowledged.
async fn suspend<R: Reconciler>(shared: &Shared<R>, object: &DynamicObject, cx: &Context<R>) -> After {
    cx.with_draft(|draft| {
        acknowledge(draft, object);
        if !draft.conditions().is_empty() {
            draft.observe_generation();
            if shared.settings.ready_follows_suspension
                && let Some(ready) = draft.condition(READY).cloned()
            {
                let text = |field: &str| ready[field].as_str().unwrap_or_default().to_owned();
                draft.set(READY, &text("status"), &text("reason"), &text("message"));
            }
        }
    });
    match cx.write().await {
        Ok(()) => After::Rest,
        Err(error) => {
            tracing::warn!(%error, "cannot write the status");
            After::Backoff
        }
    }
}

fn acknowledge(draft: &mut crate::status::Draft, object: &DynamicObject) {
    if let Some(value) = requested_at(object) {
        draft.set_field("lastHandledReconcileAt", Some(json!(value)));
    }
}

/// Turns the result of a run into conditions, one write, events and a date.
async fn conclude<R: Reconciler>(
    shared: &Shared<R>,
    object: &DynamicObject,
    cx: &Context<R>,
    result: Result<Outcome, Failure>,
) -> After {
    cx.with_draft(|draft| {
        acknowledge(draft, object);
        match &result {
            Ok(outcome) => {
                if let Some((reason, message)) = &outcome.ready {
                    draft.set(READY, "True", reason, message);
                    draft.remove(RECONCILING);
                    draft.remove(STALLED);
                    draft.observe_generation();
                }
            }
            Err(failure) => fail(draft, failure),
        }
    });
    let written = cx.write().await;
    let after = match result {
        Ok(outcome) => {
            for event in outcome.events {
                cx.event(event);
            }
            match outcome.again {
                _ if outcome.now => After::Now,
                Some(interval) => After::Again(shared.jitter.around(interval)),
                None => After::Rest,
            }
        }
        Err(failure) => {
            tracing::info!(reason = failure.reason, message = failure.message(), next = ?failure.next, "not ready");
            let after = after_failure(failure.next);
            report(cx, failure);
            after
        }
    };
    match written {
        Ok(()) => after,
        Err(error) => {
            tracing::warn!(%error, "cannot write the status");
            After::Backoff
        }
    }
}

fn fail(draft: &mut crate::status::Draft, failure: &Failure) {
    let message = failure.message();
    draft.set(READY, "False", &failure.reason, &message);
    if failure.next == Next::Stall {
        draft.mark_stalled(&failure.reason, &message);
        draft.observe_generation();
        return;
    }
    draft.remove(STALLED);
    if let Some(text) = draft.condition_text(RECONCILING, "message").map(str::to_owned) {
        draft.set(RECONCILING, "True", PROGRESSING_WITH_RETRY, &text);
    }
}

fn after_failure(next: Next) -> After {
    match next {
        Next::Retry => After::Backoff,
        Next::RetryIn(delay) => After::Again(delay),
        Next::Wait(limit) => After::Park(limit),
        Next::Stall => After::Rest,
    }
}

fn report<R: Reconciler>(cx: &Context<R>, failure: Failure) {
    match failure.report {
        Report::Silent => {}
        Report::Warning => {
            let message = failure.message();
            cx.event(Event::error(failure.reason, message));
        }
        Report::Other(event) => cx.event(*event),
    }
}
