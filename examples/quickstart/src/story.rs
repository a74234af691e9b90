// SPDX-License-Identifier: Apache-2.0

use std::time::Duration;

use gitops_api::kustomize::v1::{CrossNamespaceSourceReference, Kustomization, KustomizationSpec};
use gitops_api::meta::{self, annotation};
use gitops_api::source::v1::{GitReference, GitRepository, GitRepositorySpec};
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Resource as _};
use serde_json::json;

use crate::timeline::{Timeline, Tone};
use crate::watch::{Watch, ready};
use crate::{Failed, MANAGER, NAMESPACE};

/// Name of the GitRepository.
pub(crate) const SOURCE: &str = "sample";

/// What is applied from where.
pub(crate) struct Plan {
    pub(crate) url: String,
    pub(crate) branch: String,
    /// Name and path of each Kustomization.
    pub(crate) paths: Vec<(String, String)>,
    pub(crate) wait: bool,
}

/// Creates the namespace, the GitRepository and one Kustomization per path.
pub(crate) async fn apply(client: &Client, plan: &Plan) -> Result<(), Failed> {
    let params = PatchParams::apply(MANAGER).force();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(client.clone());
    namespaces.patch(NAMESPACE, &params, &Patch::Apply(&namespace)).await?;

    let source = GitRepository::new(
        SOURCE,
        GitRepositorySpec {
            url: plan.url.clone(),
            interval: meta::Duration::from_mins(10),
            reference: Some(GitReference { branch: Some(plan.branch.clone()), ..Default::default() }),
            ..Default::default()
        },
    );
    let sources: Api<GitRepository> = Api::namespaced(client.clone(), NAMESPACE);
    sources.patch(SOURCE, &params, &Patch::Apply(&source)).await?;

    let kustomizations: Api<Kustomization> = Api::namespaced(client.clone(), NAMESPACE);
    for (name, path) in &plan.paths {
        let kustomization = Kustomization::new(
            name,
            KustomizationSpec {
                interval: meta::Duration::from_mins(10),
                path: Some(path.clone()),
                prune: true,
                wait: plan.wait,
                timeout: Some(meta::Duration::from_mins(2)),
                source_ref: CrossNamespaceSourceReference {
                    kind: "GitRepository".into(),
                    name: SOURCE.into(),
                    ..Default::default()
                },
                ..Default::default()
            },
        );
        kustomizations.patch(name, &params, &Patch::Apply(&kustomization)).await?;
    }
    Ok(())
}

/// Waits until the source has an artifact of a commit and every Kustomization has applied it.
pub(crate) async fn all_ready(
    watch: &mut Watch<'_>,
    plan: &Plan,
    commit: Option<&str>,
    deadline: Duration,
) -> Result<(), Failed> {
    let paths = plan.paths.len();
    watch
        .until("waiting until everything is Ready", deadline, move |seen| {
            let revision = seen
                .repositories
                .get(SOURCE)
                .and_then(|source| source.status.as_ref()?.artifact.as_ref())
                .map(|artifact| artifact.revision.as_str());
            let Some(revision) =
                revision.filter(|revision| commit.is_none_or(|commit| revision.ends_with(commit)))
            else {
                return false;
            };
            seen.kustomizations.len() == paths
                && seen.kustomizations.values().all(|object| applied(object, revision))
        })
        .await
}

/// Asks for a reconciliation now, as a webhook receiver or `flux reconcile` would.
pub(crate) async fn request<K>(client: &Client, name: &str) -> Result<String, Failed>
where
    K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let now = k8s_openapi::jiff::Timestamp::now().to_string();
    let patch = json!({"metadata": {"annotations": {annotation::REQUESTED_AT: now}}});
    let api: Api<K> = Api::namespaced(client.clone(), NAMESPACE);
    api.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
    Ok(now)
}

/// Changes a Deployment behind the controller's back and waits until it is corrected.
pub(crate) async fn drift(
    client: &Client,
    watch: &mut Watch<'_>,
    timeline: &Timeline,
    deadline: Duration,
) -> Result<(), Failed> {
    const OVERLAY: &str = "staging";
    const REPLICAS: i32 = 7;
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), "podinfo-staging");
    let before = replicas(&deployments).await?;
    let patch = json!({"spec": {"replicas": REPLICAS}});
    deployments
        .patch(
            "podinfo",
            &PatchParams { field_manager: Some("somebody".into()), ..Default::default() },
            &Patch::Merge(&patch),
        )
        .await?;
    timeline.say(
        Tone::Step,
        "somebody",
        &format!("scaled    Deployment/podinfo-staging/podinfo from {before} to {REPLICAS}"),
    );
    let requested = request::<Kustomization>(client, OVERLAY).await?;
    watch
        .until("waiting until the drift is corrected", deadline, |seen| {
            seen.kustomizations.get(OVERLAY).is_some_and(|object| {
                let handled =
                    object.status.as_ref().and_then(|status| status.last_handled_reconcile_at.as_deref());
                handled == Some(&requested) && object.is_ready()
            })
        })
        .await?;
    let after = replicas(&deployments).await?;
    if after != before {
        return Err(Failed::new(format!(
            "the drift was not corrected: {after} replicas instead of {before}"
        )));
    }
    timeline.say(
        Tone::Done,
        "apply/staging",
        &format!("corrected Deployment/podinfo-staging/podinfo back to {after}"),
    );
    Ok(())
}

async fn replicas(deployments: &Api<Deployment>) -> Result<i32, Failed> {
    let deployment = deployments.get("podinfo").await?;
    Ok(deployment.spec.replicas.unwrap_or(1))
}

fn applied(object: &Kustomization, revision: &str) -> bool {
    use gitops_api::meta::Conditions as _;
    let status = object.status.as_ref();
    status.and_then(|status| status.last_applied_revision.as_deref()) == Some(revision)
        && status.is_some_and(|status| Some(status.observed_generation) == object.meta().generation)
        && matches!(ready(object.conditions()), Some(("True", ..)))
}
