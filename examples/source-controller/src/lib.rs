// SPDX-License-Identifier: Apache-2.0

//! The reference source controller as a library, so that other programs can start it in process.

mod flags;
mod git_repository;
mod progress;
mod storage;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gitops_api::meta::finalizer::FINALIZER;
use gitops_artifact::store::{Local, Retention};
use gitops_reconcile::{Controller, Manager};
use kube::Client;

pub use flags::Arguments;
pub use progress::Progress;

/// The name under which the controller writes, announces and elects.
pub const NAME: &str = "source-controller";

/// What a source controller needs to know.
#[non_exhaustive]
pub struct Config {
    /// The manager with its probes, metrics, events and lease.
    pub manager: Manager,
    /// The directory that holds the artifacts.
    pub storage_path: PathBuf,
    /// The address at which artifacts are served; port 0 takes a free one.
    pub storage_addr: String,
    /// The address that consumers are told; by default that at which artifacts are served.
    pub storage_adv_addr: String,
    /// How long artifacts that are no longer current are kept.
    pub retention: Retention,
    /// How many objects are reconciled at the same time.
    pub concurrent: usize,
    /// The first and the longest delay after failures.
    pub retry_delay: (Duration, Duration),
    /// The time after which a missing dependency is looked for again.
    pub requeue_dependency: Duration,
    /// Where to tell about progress, for programs that show it to people.
    pub observer: Option<tokio::sync::mpsc::UnboundedSender<Progress>>,
}

impl Config {
    /// The usual values around a manager, with artifacts in `storage_path` and served on a free port of the loopback interface.
    pub fn new(client: Client, storage_path: impl Into<PathBuf>) -> Self {
        Self {
            manager: Manager::new(client, NAME),
            storage_path: storage_path.into(),
            storage_addr: "127.0.0.1:0".to_owned(),
            storage_adv_addr: String::new(),
            retention: Retention::default(),
            concurrent: 2,
            retry_delay: (Duration::from_millis(750), Duration::from_mins(15)),
            requeue_dependency: Duration::from_secs(30),
            observer: None,
        }
    }
}

/// What keeps the controller from running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The storage directory cannot be used.
    #[error("cannot use the storage directory")]
    Storage(#[source] gitops_artifact::Error),
    /// The storage address cannot be bound.
    #[error("cannot serve artifacts on {0}")]
    Serve(String, #[source] std::io::Error),
    /// The manager ended with an error.
    #[error("the manager ended")]
    Manager(#[from] gitops_reconcile::Error),
}

/// Runs the controller until `shutdown` is over.
///
/// # Errors
/// The storage cannot be used or served, or the manager ended with an error.
pub async fn run(config: Config, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
    let store = Arc::new(Local::open(&config.storage_path).map_err(Error::Storage)?);
    let (listener, advertised) = storage::bind(&config.storage_addr, &config.storage_adv_addr).await?;
    let mut server = tokio::task::JoinSet::new();
    server.spawn(storage::serve(listener, Arc::clone(&store)));
    let reconciler = git_repository::GitRepositories::new(
        store,
        advertised,
        config.retention,
        config.requeue_dependency,
        config.observer,
    );
    let (min, max) = config.retry_delay;
    let controller = Controller::new(reconciler)
        .finalizer(FINALIZER)
        .concurrency(config.concurrent)
        .backoff(min, max)
        .ready_follows_suspension();
    config.manager.with(controller).run(shutdown).await?;
    Ok(())
}
