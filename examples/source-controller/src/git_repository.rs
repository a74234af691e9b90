// SPDX-License-Identifier: Apache-2.0

//! GitRepository: resolve the reference, fetch what is new, pack it, publish it.

mod artifact;
mod auth;
mod checkout;
mod include;
mod storage;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gitops_api::meta::{Artifact, Conditions, reason as common};
use gitops_api::source::v1::{GitRepository, reason};
use gitops_artifact::store::{Local, Owner, Retention, Store};
use gitops_reconcile::{Context, Event, Failure, Next, OrFail, Outcome, Reconciler, Reference};
use tokio::sync::mpsc::UnboundedSender;

use crate::Progress;

/// Condition types of this kind; all but the first two are bad when True.
pub(crate) mod condition {
    pub(crate) const ARTIFACT_IN_STORAGE: &str = "ArtifactInStorage";
    pub(crate) const ARTIFACT_OUTDATED: &str = "ArtifactOutdated";
    pub(crate) const FETCH_FAILED: &str = "FetchFailed";
    pub(crate) const INCLUDE_UNAVAILABLE: &str = "IncludeUnavailable";
    pub(crate) const STORAGE_OPERATION_FAILED: &str = "StorageOperationFailed";
}

const FAILURES: [&str; 3] =
    [condition::FETCH_FAILED, condition::INCLUDE_UNAVAILABLE, condition::STORAGE_OPERATION_FAILED];

/// Reconciles GitRepository objects.
pub(crate) struct GitRepositories {
    pub(crate) store: Arc<Local>,
    pub(crate) advertised: String,
    pub(crate) retention: Retention,
    pub(crate) requeue_dependency: Duration,
    observer: Option<UnboundedSender<Progress>>,
}

/// What a run works with.
pub(crate) struct Run<'a> {
    pub(crate) owner: &'a GitRepositories,
    pub(crate) repo: &'a GitRepository,
    pub(crate) cx: &'a Context<GitRepositories>,
    /// The artifact that is in the storage, if it is still whole.
    pub(crate) artifact: Option<Artifact>,
    /// The object's directory in the storage.
    pub(crate) directory: Owner,
}

impl GitRepositories {
    pub(crate) fn new(
        store: Arc<Local>,
        advertised: String,
        retention: Retention,
        requeue_dependency: Duration,
        observer: Option<UnboundedSender<Progress>>,
    ) -> Self {
        Self { store, advertised, retention, requeue_dependency, observer }
    }

    pub(crate) fn observe(&self, progress: Progress) {
        if let Some(observer) = &self.observer {
            // Nobody looks any more: that is no trouble of ours.
            let _ = observer.send(progress);
        }
    }
}

#[async_trait]
impl Reconciler for GitRepositories {
    type Kind = GitRepository;

    async fn reconcile(&self, repo: &GitRepository, cx: &Context<Self>) -> Result<Outcome, Failure> {
        // An artifact that nobody verified must not look like one that somebody did.
        let result = match repo.spec.verification {
            None => Box::pin(self.run(repo, cx)).await,
            Some(_) => Err(Failure::text(
                reason::VERIFICATION_ERROR,
                Next::Stall,
                "this controller cannot verify signatures yet; remove spec.verify to go without".to_owned(),
            )),
        };
        if let Err(failure) = &result {
            let (reason, message) = (failure.reason.clone(), failure.message());
            self.observe(Progress::Failed { object: name(cx), reason, message });
        }
        result
    }

    fn references(&self, object: &GitRepository) -> Vec<Reference> {
        include::references(object)
    }

    async fn finalize(&self, _: &GitRepository, cx: &Context<Self>) -> Result<Outcome, Failure> {
        let directory = directory(cx)?;
        let existed = match directory.file("any") {
            Ok(file) => self.store.path(&file).parent().is_some_and(std::path::Path::exists),
            Err(_) => false,
        };
        self.store.remove_all(&directory).await.map_err(|error| {
            Failure::text(
                reason::GARBAGE_COLLECTION_FAILED,
                Next::Retry,
                format!("garbage collection for deleted resource failed: {error}"),
            )
        })?;
        let outcome = Outcome::done();
        Ok(match existed {
            true => outcome.announce(Event::trace(
                reason::GARBAGE_COLLECTION_SUCCEEDED,
                "garbage collected artifacts for deleted resource",
            )),
            false => outcome,
        })
    }
}

impl GitRepositories {
    async fn run(&self, repo: &GitRepository, cx: &Context<Self>) -> Result<Outcome, Failure> {
        let failed_before = failed_before(repo);
        mark(repo, cx);
        let directory = directory(cx)?;
        let artifact = repo.artifact().cloned();
        let mut run = Run { owner: self, repo, cx, artifact, directory };
        run.check_storage().await?;
        if is_new(repo, cx) || cx.is_requested() {
            cx.progress().await;
        }
        let found = run.resolve().await?;
        let Some(includes) = found.outdated else {
            return Ok(run.unchanged(&found.revision, found.cheap, failed_before));
        };
        let checkout = run.fetch(&found.request, &found.revision).await?;
        if found.unannounced {
            run.announce_revision(&found.revision).await;
        }
        run.publish(&found.revision, checkout, includes, failed_before).await
    }
}

/// Says what the run is about: a new generation, or the usual.
fn mark(repo: &GitRepository, cx: &Context<GitRepositories>) {
    cx.remove_condition(condition::STORAGE_OPERATION_FAILED);
    let generation = repo.metadata.generation.unwrap_or(0);
    let observed = cx.observed_generation().unwrap_or(-1);
    if generation == observed {
        cx.note("reconciliation in progress");
    } else {
        cx.note(&format!("processing object: new generation {observed} -> {generation}"));
    }
}

/// Whether this generation has not been tried before; a failing one is not marked again at every try.
fn is_new(repo: &GitRepository, cx: &Context<GitRepositories>) -> bool {
    let generation = repo.metadata.generation.unwrap_or(0);
    cx.observed_generation() != Some(generation)
        && !repo.conditions().iter().any(|c| c.type_ == "Ready" && c.observed_generation == generation)
}

fn failed_before(repo: &GitRepository) -> bool {
    repo.conditions().iter().any(|c| c.is_true() && FAILURES.contains(&c.type_.as_str()))
}

fn directory(cx: &Context<GitRepositories>) -> Result<Owner, Failure> {
    let key = cx.key();
    Owner::new(key.kind(), key.namespace(), key.name()).or_stall(common::INVALID_PATH)
}

/// `namespace/name`, for people.
pub(crate) fn name(cx: &Context<GitRepositories>) -> String {
    format!("{}/{}", cx.key().namespace(), cx.key().name())
}

impl Run<'_> {
    /// The source cannot be had: says so with a condition of its own beside Ready.
    pub(crate) fn fetch_failed(&self, failure: Failure) -> Failure {
        self.cx.set_condition(condition::FETCH_FAILED, true, &failure.reason, &failure.message());
        failure
    }

    /// The artifact cannot be stored: says so with a condition of its own beside Ready.
    pub(crate) fn storage_failed(&self, reason: &str, message: String) -> Failure {
        self.cx.set_condition(condition::STORAGE_OPERATION_FAILED, true, reason, &message);
        Failure::text(reason, Next::Retry, message)
    }
}
