// SPDX-License-Identifier: Apache-2.0

//! The process around controllers: lease, probes, metrics, events, orderly end.

pub(crate) mod serve;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kube::Client;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use url::Url;

use crate::controller::{Controller, Runnable};
use crate::error::{Error, ErrorKind};
use crate::event::{Announcer, cluster, sink};
use crate::jitter::Jitter;
use crate::lease::{Candidate, Lease};
use crate::metrics::Metrics;
use crate::reconciler::Reconciler;

/// Events that may wait to be sent.
const BACKLOG: usize = 1024;
/// How long the sending of events may go on when the process ends.
const FLUSH: Duration = Duration::from_secs(5);

/// Runs controllers in one process.
///
/// ```no_run
/// # use gitops_reconcile::{Manager, Controller, Reconciler};
/// # async fn f<R: Reconciler>(client: kube::Client, reconciler: R) -> Result<(), gitops_reconcile::Error> {
/// Manager::new(client, "site-controller")
///     .probes("0.0.0.0:9440")
///     .with(Controller::new(reconciler).finalizer("site.example/finalizer"))
///     .run(std::future::pending())
///     .await
/// # }
/// ```
#[must_use]
pub struct Manager {
    client: Client,
    name: String,
    instance: String,
    namespace: Option<String>,
    labels: Option<String>,
    lease: Option<Lease>,
    events: Option<Url>,
    probes: Option<String>,
    metrics: Option<String>,
    jitter: u8,
    controllers: Vec<Box<dyn Runnable>>,
}

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manager").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the manager gives to its controllers.
#[derive(Clone)]
pub(crate) struct Environment {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) labels: Option<String>,
    pub(crate) announcer: Announcer,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) jitter: Arc<Jitter>,
    pub(crate) pending: Arc<AtomicUsize>,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Environment {
    /// Waits until the process shall end.
    pub(crate) async fn stopped(&mut self) {
        // A sender that is gone means the same.
        let _ = self.stop.wait_for(|stop| *stop).await;
    }

    /// Notes that one controller has seen all its objects.
    pub(crate) fn synced(&self) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Manager {
    /// A manager that reports events and metrics as `name` and writes under that field manager.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            client,
            instance: name.clone(),
            name,
            namespace: None,
            labels: None,
            lease: None,
            events: None,
            probes: None,
            metrics: None,
            jitter: 5,
            controllers: Vec::new(),
        }
    }

    /// Names this process among its replicas, such as by its host name.
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = instance.into();
        self
    }

    /// Watches one namespace only.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Takes only objects that match a label selector, in every controller that has none of its own.
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        let selector = selector.into();
        self.labels = (!selector.is_empty()).then_some(selector);
        self
    }

    /// Works only while it holds a lease.
    pub fn lease(mut self, lease: Lease) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Posts events to this address, besides writing them to the cluster.
    pub fn events_to(mut self, address: Url) -> Self {
        self.events = Some(address);
        self
    }

    /// Serves `/healthz` and `/readyz` on this address (`host:port`, or `:port` for every interface).
    pub fn probes(mut self, address: impl Into<String>) -> Self {
        self.probes = Some(address.into());
        self
    }

    /// Serves `/metrics` on this address.
    pub fn metrics(mut self, address: impl Into<String>) -> Self {
        self.metrics = Some(address.into());
        self
    }

    /// Moves intervals by up to this percentage to either side; 5 by default, 0 turns it off.
    pub fn jitter(mut self, percent: u8) -> Self {
        self.jitter = percent;
        self
    }

    /// Adds a controller.
    pub fn with<R: Reconciler>(mut self, controller: Controller<R>) -> Self {
        self.controllers.push(Box::new(controller));
        self
    }

    /// Runs until `shutdown` is over, then ends in order: no new runs, a short grace for those under way, events sent, lease
    /// released. Dropping the future ends everything at once; the next start takes up where this one left.
    ///
    /// # Errors
    /// An address that cannot be bound, a lost lease, or a controller that ended by itself.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let metrics = Arc::new(Metrics::new());
        let pending = Arc::new(AtomicUsize::new(self.controllers.len()));
        let mut servers = JoinSet::new();
        self.listen(&metrics, &pending, &mut servers).await?;
        let (announcer, mut senders) = self.announcers()?;
        let (stop, stopped) = watch::channel(false);
        let environment = Environment {
            client: self.client.clone(),
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            labels: self.labels.clone(),
            announcer,
            metrics,
            jitter: Arc::new(Jitter::new(self.jitter)),
            pending,
            stop: stopped,
        };
        let mut candidate = self.lease.take().map(|lease| {
            let identity = format!("{}_{:x}", self.instance, jiff::Timestamp::now().as_nanosecond());
            Candidate::new(self.client.clone(), lease, identity)
        });
        let shutdown = std::pin::pin!(shutdown);
        let result = self.lead(candidate.as_mut(), environment, &stop, shutdown).await;
        let _ = tokio::time::timeout(FLUSH, async { while senders.join_next().await.is_some() {} }).await;
        if let Some(candidate) = &mut candidate
            && result.is_ok()
        {
            candidate.release().await;
        }
        result
    }

    async fn lead(
        &mut self,
        mut candidate: Option<&mut Candidate>,
        environment: Environment,
        stop: &watch::Sender<bool>,
        mut shutdown: std::pin::Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Result<(), Error> {
        if let Some(candidate) = candidate.as_mut() {
            tokio::select! {
                () = candidate.acquire() => {}
                () = shutdown.as_mut() => return Ok(()),
            }
        }
        let mut controllers = JoinSet::new();
        for controller in self.controllers.drain(..) {
            controllers.spawn(controller.run(environment.clone()));
        }
        drop(environment);
        let lost = async {
            match candidate {
                Some(candidate) => candidate.keep().await,
                None => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            () = shutdown.as_mut() => Ok(()),
            () = lost => Err(Error::new(ErrorKind::LeaseLost, self.name.clone())),
            Some(ended) = controllers.join_next() => match ended {
                Ok(Ok(())) => Err(Error::new(ErrorKind::Internal, "a controller ended")),
                Ok(Err(error)) => Err(error),
                Err(error) => Err(Error::new(ErrorKind::Internal, "a controller failed").with(error)),
            },
        };
        stop.send_replace(true);
        // After a lost lease nothing may go on: another replica works already.
        if result.is_ok() {
            while controllers.join_next().await.is_some() {}
        }
        result
    }

    async fn listen(
        &self,
        metrics: &Arc<Metrics>,
        pending: &Arc<AtomicUsize>,
        servers: &mut JoinSet<()>,
    ) -> Result<(), Error> {
        if let Some(address) = &self.probes {
            let ready = Arc::clone(pending);
            serve::start(address, serve::probes(ready, self.lease.is_some()), servers).await?;
        }
        if let Some(address) = &self.metrics {
            serve::start(address, serve::metrics(Arc::clone(metrics)), servers).await?;
        }
        Ok(())
    }

    fn announcers(&self) -> Result<(Announcer, JoinSet<()>), Error> {
        let mut senders = JoinSet::new();
        let (outlet, inbox) = mpsc::channel(BACKLOG);
        let mut outlets = vec![outlet];
        let (name, instance) = (self.name.clone(), self.instance.clone());
        senders.spawn(cluster::run(self.client.clone(), name.clone(), instance.clone(), inbox));
        if let Some(address) = &self.events {
            let client = sink::client()
                .map_err(|error| Error::new(ErrorKind::InvalidOption, "event address").with(error))?;
            let (outlet, inbox) = mpsc::channel(BACKLOG);
            outlets.push(outlet);
            senders.spawn(sink::run(client, address.clone(), name, instance, inbox));
        }
        Ok((Announcer::new(outlets), senders))
    }
}
