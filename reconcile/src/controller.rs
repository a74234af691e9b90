// SPDX-License-Identifier: Apache-2.0

//! A controller: one kind, its reconciler, what it watches and how it runs.

pub(crate) mod cache;
pub(crate) mod index;
pub(crate) mod run;
pub(crate) mod shared;
pub(crate) mod watch;
pub(crate) mod write;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::manager::Environment;
use crate::queue::Backoff;
use crate::{Error, Reconciler, Watch};

/// Runs a [`Reconciler`] over every object of its kind.
///
/// The queue holds each object once. Objects that somebody changed go before objects whose interval is over. A failed object
/// is tried again after a delay of its own that grows from `min` to `max`. An object that waits holds no worker.
#[must_use]
pub struct Controller<R: Reconciler> {
    pub(crate) reconciler: Arc<R>,
    pub(crate) settings: Settings,
    pub(crate) watches: Vec<Watch>,
}

/// The plain options of a controller.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) finalizer: Option<String>,
    pub(crate) field_manager: Option<String>,
    pub(crate) concurrency: usize,
    pub(crate) backoff: Backoff,
    pub(crate) labels: Option<String>,
    pub(crate) ready_follows_suspension: bool,
}

impl<R: Reconciler> std::fmt::Debug for Controller<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Controller")
            .field("settings", &self.settings)
            .field("watches", &self.watches)
            .finish_non_exhaustive()
    }
}

impl<R: Reconciler> Controller<R> {
    /// A controller with the usual settings: four workers, delays from 750 ms to 15 min, no finalizer.
    pub fn new(reconciler: R) -> Self {
        Self {
            reconciler: Arc::new(reconciler),
            settings: Settings {
                finalizer: None,
                field_manager: None,
                concurrency: 4,
                backoff: Backoff { min: Duration::from_millis(750), max: Duration::from_mins(15) },
                labels: None,
                ready_follows_suspension: false,
            },
            watches: Vec::new(),
        }
    }

    /// Puts a finalizer on every object and calls [`Reconciler::finalize`] before it goes.
    pub fn finalizer(mut self, finalizer: impl Into<String>) -> Self {
        self.settings.finalizer = Some(finalizer.into());
        self
    }

    /// Writes status and finalizers under this field manager; by default the manager's name.
    pub fn field_manager(mut self, name: impl Into<String>) -> Self {
        self.settings.field_manager = Some(name.into());
        self
    }

    /// Runs at most this many objects at the same time; at least one.
    pub fn concurrency(mut self, workers: usize) -> Self {
        self.settings.concurrency = workers.max(1);
        self
    }

    /// Sets the first and the longest delay after failures.
    pub fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.settings.backoff = Backoff { min, max };
        self
    }

    /// Takes only objects that match a label selector, so that several processes can share the work.
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        let selector = selector.into();
        self.settings.labels = (!selector.is_empty()).then_some(selector);
        self
    }

    /// Watches another kind; its changes wake the objects that refer to it.
    pub fn watch(mut self, watch: Watch) -> Self {
        self.watches.push(watch);
        self
    }

    /// Moves the observed generation of the Ready condition too when a suspended object's spec changes.
    pub fn ready_follows_suspension(mut self) -> Self {
        self.settings.ready_follows_suspension = true;
        self
    }
}

/// A controller of any kind, as the manager holds it.
#[async_trait]
pub(crate) trait Runnable: Send + Sync {
    async fn run(self: Box<Self>, environment: Environment) -> Result<(), Error>;
}

#[async_trait]
impl<R: Reconciler> Runnable for Controller<R> {
    async fn run(self: Box<Self>, environment: Environment) -> Result<(), Error> {
        run::run(*self, environment).await
    }
}
