// SPDX-License-Identifier: Apache-2.0

//! The wait for what was applied, by watch, without a worker.

use std::time::Duration;

use gitops_api::meta::{Duration as WireDuration, condition, reason};
use gitops_apply::{Action, Applied, Target, WaitOptions, wait};
use gitops_manifest::ObjectId;
use gitops_reconcile::{Event, Failure, Outcome};

use super::build::Built;
use super::check::Checks;
use super::{Run, name};
use crate::Progress;

/// A wait shorter than this is not worth a status of its own.
const PATIENCE: Duration = Duration::from_millis(300);

/// Why a wait ended without success.
pub(crate) enum Stop {
    /// The objects are not healthy.
    Failed(Box<Failure>),
    /// Something newer has come: this run is over, the next one follows at once.
    Interrupted(Box<Outcome>),
}

impl Run<'_> {
    /// Waits until the objects are healthy.
    pub(crate) async fn wait(
        &self,
        checks: &Checks,
        built: &Built,
        applied: &Applied,
        new_revision: bool,
    ) -> Result<(), Stop> {
        let targets = self.targets(applied);
        if targets.is_empty() {
            self.cx.remove_condition(condition::HEALTHY);
            return Ok(());
        }
        let healthy_before =
            self.cx.condition(condition::HEALTHY).is_some_and(|(status, ..)| status == "True");
        let started = tokio::time::Instant::now();
        let step = self.step("Running health checks");
        self.owner.observe(Progress::Waiting {
            object: name(self.cx),
            revision: self.source.artifact.revision.clone(),
            objects: targets.len(),
        });
        let cluster = self.owner.cluster(self.object, self.cx).await;
        let failed = |message| Stop::Failed(Box::new(self.fail(reason::RECONCILIATION_FAILED, message)));
        let cluster = cluster.map_err(failed)?;
        let mut options = WaitOptions::new(self.object.timeout().into());
        options.checks = checks.0.clone();
        options.may_vanish = vanishing(built);
        let waiting = wait(&cluster, &targets, &options);
        let mut waiting = std::pin::pin!(waiting);
        let result = match tokio::time::timeout(PATIENCE, waiting.as_mut()).await {
            Ok(result) => result,
            Err(_) => {
                self.cx.doubt(&step, "Reconciliation in progress");
                self.cx.set_condition_unknown(condition::HEALTHY, reason::PROGRESSING, &step);
                self.cx.progress().await;
                match self.cx.wait(waiting).await {
                    Ok(result) => result,
                    Err(interrupted) => return Err(self.interrupted(&interrupted.cause.to_string())),
                }
            }
        };
        let took = WireDuration::from(started.elapsed()).canonical();
        self.note("Running health checks");
        match result {
            Ok(_) => {
                let changed = applied.changes.iter().any(|change| {
                    matches!(change.action, Action::Created | Action::Configured | Action::Deleted)
                });
                self.healthy(&took, !healthy_before || (new_revision && changed));
                Ok(())
            }
            Err(error) => {
                let text = error.to_string();
                self.cx.set_condition(condition::HEALTHY, false, reason::HEALTH_CHECK_FAILED, &text);
                self.record(&built.digest, reason::HEALTH_CHECK_FAILED);
                let message = format!("health check failed after {took}: {text}");
                Err(Stop::Failed(Box::new(self.fail(reason::HEALTH_CHECK_FAILED, message))))
            }
        }
    }

    fn healthy(&self, took: &str, news: bool) {
        let message = format!("Health check passed in {took}");
        if news {
            self.cx.event(self.event(Event::info(self.ready_reason(), message.clone())));
        }
        self.cx.set_condition(condition::HEALTHY, true, reason::SUCCEEDED, &message);
    }

    fn interrupted(&self, cause: &str) -> Stop {
        let outcome = Outcome::done().now();
        if !self.owner.settings.announce_cancellation {
            return Stop::Interrupted(Box::new(outcome));
        }
        let message = format!("New reconciliation triggered by {cause}");
        self.cx.set_condition(condition::READY, false, reason::HEALTH_CHECK_CANCELED, &message);
        let event = self.event(Event::info(reason::HEALTH_CHECK_CANCELED, message));
        Stop::Interrupted(Box::new(outcome.announce(event)))
    }

    /// What is waited for: everything applied, or what the spec names, but never the object itself.
    fn targets(&self, applied: &Applied) -> Vec<Target> {
        let mut targets: Vec<Target> = if self.object.spec.wait {
            applied.objects().to_vec()
        } else {
            let own = self.cx.key().namespace();
            let named = self.object.spec.health_checks.iter().map(|check| {
                let api_version =
                    check.api_version.as_deref().filter(|text| !text.is_empty()).unwrap_or("apps/v1");
                let group = api_version.split_once('/').map_or("", |(group, _)| group);
                let namespace = check.namespace.as_deref().filter(|text| !text.is_empty()).unwrap_or(own);
                Target::new(ObjectId::new(namespace, &check.name, group, &check.kind), api_version)
            });
            named.collect()
        };
        let key = self.cx.key();
        targets.retain(|target| {
            let id = &target.id;
            (id.group.as_str(), id.kind.as_str()) != crate::own_kind()
                || (id.namespace.as_str(), id.name.as_str()) != (key.namespace(), key.name())
        });
        targets
    }
}

/// Jobs that delete themselves when they are done.
fn vanishing(built: &Built) -> std::collections::HashSet<ObjectId> {
    let jobs = built.objects.iter().filter(|object| object.kind() == "Job" && object.group() == "batch");
    jobs.filter(|job| job.value().pointer("/spec/ttlSecondsAfterFinished").is_some())
        .map(gitops_manifest::Manifest::id)
        .collect()
}
