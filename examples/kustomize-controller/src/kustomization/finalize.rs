// SPDX-License-Identifier: Apache-2.0

//! The end of an object: what becomes of the objects that it applied.

use gitops_api::kustomize::v1::{DeletionPolicy, Kustomization};
use gitops_api::meta::{Duration, condition, reason};
use gitops_apply::{DeleteOptions, delete, wait_until_gone};
use gitops_reconcile::{Context, Event, Failure, Next, Outcome};
use k8s_openapi::api::core::v1::ServiceAccount;

use super::{COMMIT_STATUS, Kustomizations, REVISION, apply};

impl Kustomizations {
    /// Deletes what the deletion policy says, then lets the object go.
    pub(crate) async fn remove(
        &self,
        object: &Kustomization,
        cx: &Context<Self>,
    ) -> Result<Outcome, Failure> {
        let inventory = apply::inventory(object);
        let deletes = match object.deletion_policy() {
            DeletionPolicy::MirrorPrune => object.spec.prune,
            DeletionPolicy::Delete | DeletionPolicy::WaitForTermination => true,
            _ => false,
        };
        if object.spec.suspend || inventory.is_empty() || !deletes {
            return Ok(finished(object, cx));
        }
        if !self.account_exists(object, cx).await? {
            let list: Vec<_> =
                inventory.iter().filter_map(|entry| entry.object()).map(|id| id.subject()).collect();
            let message = format!("unable to prune objects: \n{}", list.join("\n"));
            cx.event(event(object, Event::error(ready_reason(cx), message)));
            return Ok(finished(object, cx));
        }
        let failed = |message: String| {
            let event = event(object, Event::error(ready_reason(cx), "pruning for deleted resource failed"));
            Failure::text(reason::PRUNE_FAILED, Next::Retry, message).announce(event)
        };
        let cluster = self.cluster(object, cx).await.map_err(failed)?;
        let options = apply::options(object, &self.settings).map_err(|error| failed(error.to_string()))?;
        let changes = delete(&cluster, &inventory, &DeleteOptions::from(&options))
            .await
            .map_err(|error| failed(error.to_string()))?;
        if !changes.is_empty() {
            let lines: Vec<_> = changes.iter().map(ToString::to_string).collect();
            cx.event(event(object, Event::info(ready_reason(cx), lines.join("\n"))));
        }
        if object.deletion_policy() == DeletionPolicy::WaitForTermination {
            let gone = wait_until_gone(&cluster, &changes, object.timeout().into());
            // A wait holds no worker; an interruption changes nothing about an object that is on its way out.
            if let Ok(Err(error)) = cx.wait(gone).await {
                let message = format!("failed to wait for resources termination: {error}");
                cx.event(event(object, Event::error(ready_reason(cx), message)));
            }
        }
        Ok(finished(object, cx))
    }

    async fn account_exists(&self, object: &Kustomization, cx: &Context<Self>) -> Result<bool, Failure> {
        let account =
            object.spec.service_account_name.as_ref().or(self.settings.default_service_account.as_ref());
        let Some(account) = account.filter(|_| object.spec.kube_config.is_none()) else { return Ok(true) };
        match cx.get_live::<ServiceAccount>(cx.key().namespace(), account).await {
            Ok(found) => Ok(found.is_some()),
            Err(error) => Err(Failure::new(reason::PRUNE_FAILED, Next::Retry, error)),
        }
    }
}

fn ready_reason(cx: &Context<Kustomizations>) -> String {
    cx.condition(condition::READY).map_or_else(|| "info".to_owned(), |(_, reason, _)| reason)
}

fn event(object: &Kustomization, event: Event) -> Event {
    let revision = object.status.as_ref().and_then(|status| status.last_applied_revision.clone());
    match revision {
        Some(revision) => event.with(REVISION, revision),
        None => event,
    }
}

fn finished(object: &Kustomization, cx: &Context<Kustomizations>) -> Outcome {
    let ready = cx.condition(condition::READY).is_some_and(|(status, ..)| status == "True");
    if object.spec.suspend || !ready {
        return Outcome::done();
    }
    let (took, interval) = (Duration::from(cx.elapsed()).canonical(), object.spec.interval.canonical());
    let message = format!("Reconciliation finished in {took}, next run in {interval}");
    Outcome::done()
        .announce(event(object, Event::info(ready_reason(cx), message)).with(COMMIT_STATUS, "update"))
}
