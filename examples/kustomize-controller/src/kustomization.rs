// SPDX-License-Identifier: Apache-2.0

//! Kustomization: fetch, build, substitute, apply, prune, wait.

mod apply;
mod build;
mod check;
mod dependencies;
mod finalize;
mod health;
mod history;
mod source;
mod target;
mod variables;

use std::time::Duration;

use async_trait::async_trait;
use gitops_api::kustomize::v1::{Kustomization, KustomizationStatus, SubstituteKind};
use gitops_api::meta::{condition, reason};
use gitops_artifact::Cache;
use gitops_artifact::fetch::Client as FetchClient;
use gitops_reconcile::{Context, Event, Failure, Manager, Next, Outcome, Reconciler, Reference};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::DynamicObject;
use tokio::sync::mpsc::UnboundedSender;

use crate::{Config, Progress};
use source::Source;

/// The metadata keys of this kind's events.
const REVISION: &str = "kustomize.toolkit.fluxcd.io/revision";
const ORIGIN_REVISION: &str = "kustomize.toolkit.fluxcd.io/originRevision";
const COMMIT_STATUS: &str = "kustomize.toolkit.fluxcd.io/commit_status";

/// The options of the controller, without the manager.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) concurrent: usize,
    pub(crate) concurrent_ssa: usize,
    pub(crate) requeue_dependency: Duration,
    pub(crate) default_service_account: Option<String>,
    pub(crate) no_cross_namespace_refs: bool,
    pub(crate) watch_configs: Option<String>,
    pub(crate) announce_cancellation: bool,
    pub(crate) strict_substitutions: bool,
    pub(crate) additive_cel_dependency_check: bool,
    pub(crate) external_artifact: bool,
    pub(crate) custom_stage_kinds: Vec<(String, String)>,
    pub(crate) override_managers: Vec<String>,
    pub(crate) insecure_kubeconfig_tls: bool,
    pub(crate) observer: Option<UnboundedSender<Progress>>,
}

impl Settings {
    pub(crate) fn split(config: Config) -> (Manager, Self) {
        let settings = Self {
            concurrent: config.concurrent,
            concurrent_ssa: config.concurrent_ssa,
            requeue_dependency: config.requeue_dependency,
            default_service_account: config.default_service_account,
            no_cross_namespace_refs: config.no_cross_namespace_refs,
            watch_configs: config.watch_configs,
            announce_cancellation: config.cancel_health_check_on_new_revision,
            strict_substitutions: config.strict_substitutions,
            additive_cel_dependency_check: config.additive_cel_dependency_check,
            external_artifact: config.external_artifact,
            custom_stage_kinds: config.custom_stage_kinds,
            override_managers: config.override_managers,
            insecure_kubeconfig_tls: config.insecure_kubeconfig_tls,
            observer: config.observer,
        };
        (config.manager, settings)
    }
}

/// Reconciles Kustomization objects.
pub(crate) struct Kustomizations {
    pub(crate) fetch: FetchClient,
    pub(crate) cache: Cache,
    pub(crate) settings: Settings,
    pub(crate) clusters: target::Clusters,
}

/// What one run works with, once its source is known.
pub(crate) struct Run<'a> {
    pub(crate) owner: &'a Kustomizations,
    pub(crate) object: &'a Kustomization,
    pub(crate) cx: &'a Context<Kustomizations>,
    pub(crate) source: Source,
}

impl Kustomizations {
    pub(crate) fn new(fetch: FetchClient, cache: Cache, settings: Settings) -> Self {
        Self { fetch, cache, settings, clusters: target::Clusters::default() }
    }

    pub(crate) fn observe(&self, progress: Progress) {
        if let Some(observer) = &self.settings.observer {
            // Nobody looks any more: that is no trouble of ours.
            let _ = observer.send(progress);
        }
    }
}

#[async_trait]
impl Reconciler for Kustomizations {
    type Kind = Kustomization;

    async fn reconcile(&self, object: &Kustomization, cx: &Context<Self>) -> Result<Outcome, Failure> {
        let result = Box::pin(self.run(object, cx)).await;
        if let Err(failure) = &result {
            let (reason, message) = (failure.reason.clone(), failure.message());
            self.observe(Progress::Failed { object: name(cx), reason, message });
        }
        result
    }

    async fn finalize(&self, object: &Kustomization, cx: &Context<Self>) -> Result<Outcome, Failure> {
        Box::pin(self.remove(object, cx)).await
    }

    fn references(&self, object: &Kustomization) -> Vec<Reference> {
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        let spec = &object.spec;
        let mut references = vec![source::reference(object)];
        let (group, kind) = crate::own_kind();
        for dependency in &spec.depends_on {
            let namespace = dependency.namespace.as_ref().filter(|n| !n.is_empty()).unwrap_or(&namespace);
            references.push(Reference::new(group, kind, namespace.clone(), dependency.name.clone()));
        }
        for from in spec.post_build.iter().flat_map(|post| &post.substitute_from) {
            references.push(match from.kind {
                SubstituteKind::Secret => Reference::to::<Secret>(namespace.clone(), from.name.clone()),
                _ => Reference::to::<ConfigMap>(namespace.clone(), from.name.clone()),
            });
        }
        if let Some(config) = &spec.kube_config {
            if let Some(secret) = &config.secret_ref {
                references.push(Reference::to::<Secret>(namespace.clone(), secret.name.clone()));
            }
            if let Some(map) = &config.config_map_ref {
                references.push(Reference::to::<ConfigMap>(namespace.clone(), map.name.clone()));
            }
        }
        if let Some(secret) = spec.decryption.as_ref().and_then(|decryption| decryption.secret_ref.as_ref()) {
            references.push(Reference::to::<Secret>(namespace, secret.name.clone()));
        }
        references
    }

    /// An object that has seen the revision and is content with it, or at work on it, needs no run.
    fn concerns(&self, object: &Kustomization, cause: &DynamicObject) -> bool {
        let Some(revision) = cause.data.pointer("/status/artifact/revision").and_then(|value| value.as_str())
        else {
            return true;
        };
        let Some(status) = &object.status else { return true };
        let settled = condition::is_true(&status.conditions, condition::READY)
            || condition::is_true(&status.conditions, condition::RECONCILING);
        !(settled && status.last_attempted_revision.as_deref() == Some(revision))
    }
}

impl Kustomizations {
    async fn run(&self, object: &Kustomization, cx: &Context<Self>) -> Result<Outcome, Failure> {
        let checks = check::compile(object)?;
        check::gates(object)?;
        let source = self.source(object, cx).await?;
        self.dependencies(object, cx, &source).await?;
        let run = Run { owner: self, object, cx, source };
        run.all(&checks).await
    }
}

impl Run<'_> {
    async fn all(&self, checks: &check::Checks) -> Result<Outcome, Failure> {
        let revision = self.source.artifact.revision.clone();
        self.note("Fetching manifests");
        let changed =
            self.cx.status::<KustomizationStatus>().last_applied_revision.as_deref() != Some(&revision);
        if self.cx.observed_generation() != self.object.metadata.generation
            || self.cx.is_requested()
            || changed
        {
            self.cx.doubt(&self.step("Fetching manifests"), "Reconciliation in progress");
        }
        let built = self.build().await?;
        let applied = self.apply(&built).await?;
        if let Err(failure) = self.wait(checks, &built, &applied, changed).await {
            return match failure {
                health::Stop::Failed(failure) => Err(*failure),
                health::Stop::Interrupted(outcome) => Ok(*outcome),
            };
        }
        let origin = self.source.origin_revision();
        self.cx.edit_status(|status| {
            status.last_applied_revision = Some(revision.clone());
            status.last_applied_origin_revision = origin;
        });
        self.record(&built.digest, reason::RECONCILIATION_SUCCEEDED);
        self.owner.observe(Progress::Ready { object: name(self.cx), revision: revision.clone() });
        let interval = &self.object.spec.interval;
        let took = gitops_api::meta::Duration::from(self.cx.elapsed()).canonical();
        let finished = format!("Reconciliation finished in {took}, next run in {}", interval.canonical());
        let event = self.event(Event::info(reason::RECONCILIATION_SUCCEEDED, finished));
        Ok(Outcome::ready(format!("Applied revision: {revision}"))
            .because(reason::RECONCILIATION_SUCCEEDED)
            .again(Duration::from(interval.clone()))
            .announce(event.with(COMMIT_STATUS, "update")))
    }

    /// Adds the metadata that all events of a run carry.
    pub(crate) fn event(&self, event: Event) -> Event {
        let event = event.with(REVISION, self.source.artifact.revision.clone());
        match self.source.origin_revision() {
            Some(origin) => event.with(ORIGIN_REVISION, origin),
            None => event,
        }
    }

    /// Fails this run and tries again after the object's retry interval.
    pub(crate) fn fail(&self, reason: &str, message: impl Into<String>) -> Failure {
        let message = message.into();
        let event = self.event(Event::error(reason, message.clone()));
        let retry = Next::RetryIn(self.object.retry_interval().into());
        Failure::text(reason, retry, message).announce(event)
    }

    /// The text of a step for the Reconciling condition.
    pub(crate) fn step(&self, what: &str) -> String {
        let timeout = self.object.timeout().canonical();
        format!("{what} for revision {} with a timeout of {timeout}", self.source.artifact.revision)
    }

    /// Notes the step in memory.
    pub(crate) fn note(&self, what: &str) {
        self.cx.note(&self.step(what));
    }

    /// The reason of the Ready condition, which events about changes carry.
    pub(crate) fn ready_reason(&self) -> String {
        match self.cx.condition(condition::READY) {
            Some((_, reason, _)) => reason,
            None => reason::PROGRESSING.to_owned(),
        }
    }
}

/// `namespace/name`, for people.
pub(crate) fn name(cx: &Context<Kustomizations>) -> String {
    format!("{}/{}", cx.key().namespace(), cx.key().name())
}
