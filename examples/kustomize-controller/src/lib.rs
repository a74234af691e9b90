// SPDX-License-Identifier: Apache-2.0

//! The reference kustomize controller as a library, so that other programs can start it in process.

mod expression;
mod flags;
mod kustomization;
mod progress;

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use gitops_api::kustomize::v1::Kustomization;
use gitops_api::meta::finalizer::FINALIZER;
use gitops_api::source::v1::GitRepository;
use gitops_artifact::fetch::{Client as FetchClient, ClientOptions};
use gitops_artifact::{Cache, UnpackLimits};
use gitops_reconcile::{Controller, Manager, Watch};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Client;
use kube::api::{ApiResource, GroupVersionKind};

pub use flags::Arguments;
pub use progress::Progress;

/// The name under which the controller announces, applies and elects.
pub const NAME: &str = "kustomize-controller";

/// The name under which the controller writes the status of its objects.
const STATUS_MANAGER: &str = "gotk-kustomize-controller";

/// What a kustomize controller needs to know.
#[non_exhaustive]
pub struct Config {
    /// The manager with its probes, metrics, events and lease.
    pub manager: Manager,
    /// How many objects are reconciled at the same time.
    pub concurrent: usize,
    /// How many objects of one Kustomization are applied at the same time.
    pub concurrent_ssa: usize,
    /// The first and the longest delay after unexpected failures.
    pub retry_delay: (Duration, Duration),
    /// The time after which a missing dependency is looked for again.
    pub requeue_dependency: Duration,
    /// How often a download is tried again.
    pub http_retry: usize,
    /// A host, with or without port, that takes the place of that in artifact addresses.
    pub source_host: Option<String>,
    /// The directory for unpacked artifacts.
    pub work_dir: PathBuf,
    /// The service account that objects without one are applied as.
    pub default_service_account: Option<String>,
    /// Refuses sources and dependencies in other namespaces.
    pub no_cross_namespace_refs: bool,
    /// Label selector of the ConfigMaps and Secrets whose changes cause a run; `None` watches none.
    pub watch_configs: Option<String>,
    /// Interrupts a health check as soon as there is a newer revision.
    pub cancel_health_check_on_new_revision: bool,
    /// Fails on variables without a value.
    pub strict_substitutions: bool,
    /// Asks for both the expression and the usual readiness of a dependency.
    pub additive_cel_dependency_check: bool,
    /// Allows objects of the kind ExternalArtifact as sources.
    pub external_artifact: bool,
    /// Kinds that are applied right after definitions and namespaces, as group and kind.
    pub custom_stage_kinds: Vec<(String, String)>,
    /// Other field managers whose fields are taken over.
    pub override_managers: Vec<String>,
    /// Kubeconfigs may skip the check of the server's certificate.
    pub insecure_kubeconfig_tls: bool,
    /// Where to tell about progress, for programs that show it to people.
    pub observer: Option<tokio::sync::mpsc::UnboundedSender<Progress>>,
}

impl Config {
    /// The usual values around a manager, unpacking below `work_dir`.
    pub fn new(client: Client, work_dir: impl Into<PathBuf>) -> Self {
        Self {
            manager: Manager::new(client, NAME),
            concurrent: 4,
            concurrent_ssa: 4,
            retry_delay: (Duration::from_millis(750), Duration::from_mins(15)),
            requeue_dependency: Duration::from_secs(30),
            http_retry: 9,
            source_host: None,
            work_dir: work_dir.into(),
            default_service_account: None,
            no_cross_namespace_refs: false,
            watch_configs: Some("reconcile.fluxcd.io/watch=Enabled".to_owned()),
            cancel_health_check_on_new_revision: false,
            strict_substitutions: true,
            additive_cel_dependency_check: false,
            external_artifact: false,
            custom_stage_kinds: Vec::new(),
            override_managers: Vec::new(),
            insecure_kubeconfig_tls: false,
            observer: None,
        }
    }
}

/// What keeps the controller from running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The directory for unpacked artifacts or the download client cannot be set up.
    #[error("cannot set up the artifact cache")]
    Cache(#[source] gitops_artifact::Error),
    /// The manager ended with an error.
    #[error("the manager ended")]
    Manager(#[from] gitops_reconcile::Error),
}

/// How many unpacked artifacts are kept at hand.
const CACHED_TREES: usize = 32;

/// Runs the controller until `shutdown` is over.
///
/// # Errors
/// The cache cannot be set up, or the manager ended with an error.
pub async fn run(config: Config, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
    let options = ClientOptions::default().retries(config.http_retry).host(config.source_host.clone());
    let fetch = FetchClient::new(options).map_err(Error::Cache)?;
    let cache = Cache::new(&config.work_dir, CACHED_TREES, UnpackLimits::default()).map_err(Error::Cache)?;
    let (min, max) = config.retry_delay;
    let (manager, settings) = kustomization::Settings::split(config);
    let mut controller = Controller::new(kustomization::Kustomizations::new(fetch, cache, settings.clone()))
        .finalizer(FINALIZER)
        .field_manager(STATUS_MANAGER)
        .concurrency(settings.concurrent)
        .backoff(min, max)
        .watch(Watch::of::<GitRepository>().when_artifact_changes());
    for kind in ["OCIRepository", "Bucket"] {
        controller = controller.watch(Watch::dynamic(source(kind)).when_artifact_changes());
    }
    if settings.external_artifact {
        controller = controller.watch(Watch::dynamic(source("ExternalArtifact")).when_artifact_changes());
    }
    if let Some(labels) = &settings.watch_configs {
        controller = controller
            .watch(Watch::of::<ConfigMap>().metadata_only().labels(labels.clone()))
            .watch(Watch::of::<Secret>().metadata_only().labels(labels.clone()));
    }
    manager.with(controller).run(shutdown).await?;
    Ok(())
}

/// A source kind by name; not all of them have a type of their own yet.
pub(crate) fn source(kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(GitRepository::GROUP, GitRepository::VERSION, kind))
}

/// The kind itself, for references to others of it.
pub(crate) fn own_kind() -> (&'static str, &'static str) {
    (Kustomization::GROUP, Kustomization::KIND)
}
