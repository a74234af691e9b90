// SPDX-License-Identifier: Apache-2.0

//! The source of the manifests.

use gitops_api::kustomize::v1::{Kustomization, SourceKind};
use gitops_api::meta::{Artifact, annotation, reason};
use gitops_api::source::v1::GitRepository;
use gitops_reconcile::{Context, Event, Failure, Next, Reference};

use super::Kustomizations;

/// A source that has an artifact.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) artifact: Artifact,
}

impl Source {
    /// The revision that the artifact's content had before it was packaged, if the source knows.
    pub(crate) fn origin_revision(&self) -> Option<String> {
        self.artifact.metadata.get(annotation::ORIGIN_REVISION).cloned()
    }
}

/// Names the source of an object.
pub(crate) fn reference(object: &Kustomization) -> Reference {
    let source = &object.spec.source_ref;
    let namespace = object.source_namespace().unwrap_or_default();
    Reference::new(GitRepository::GROUP, source.kind.to_string(), namespace, source.name.clone())
}

impl Kustomizations {
    /// Finds the source; waits for it without a worker when it is not there or has nothing to give yet.
    pub(crate) async fn source(&self, object: &Kustomization, cx: &Context<Self>) -> Result<Source, Failure> {
        let reference = reference(object);
        self.check_access(object, &reference)?;
        let resource = crate::source(reference.kind());
        let retry = object.retry_interval().into();
        let found = match cx.get_dynamic(&resource, reference.namespace(), reference.name()).await {
            Ok(found) => found,
            // A kind that the API server does not know is as absent as the object.
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => return Err(Failure::new(reason::ARTIFACT_FAILED, Next::Retry, error)),
        };
        let Some(found) = found else {
            let message =
                format!("{}.{} \"{}\" not found", reference.kind(), reference.group(), reference.name());
            return Err(Failure::text(reason::ARTIFACT_FAILED, Next::Wait(retry), message).silent());
        };
        let artifact = found
            .data
            .pointer("/status/artifact")
            .cloned()
            .and_then(|value| serde_json::from_value(value).ok());
        match artifact {
            Some(artifact) => Ok(Source { artifact }),
            None => {
                let wait = self.settings.requeue_dependency;
                let text = gitops_api::meta::Duration::from(wait).canonical();
                let message = format!("Source artifact not found, retrying in {text}");
                Err(Failure::text(reason::ARTIFACT_FAILED, Next::Wait(wait), message).silent())
            }
        }
    }

    fn check_access(&self, object: &Kustomization, reference: &Reference) -> Result<(), Failure> {
        let own = object.metadata.namespace.as_deref().unwrap_or_default();
        let why = if self.settings.no_cross_namespace_refs && reference.namespace() != own {
            "cross-namespace references have been blocked"
        } else if object.spec.source_ref.kind == SourceKind::ExternalArtifact
            && !self.settings.external_artifact
        {
            "ExternalArtifact feature gate is disabled"
        } else {
            return Ok(());
        };
        let message = format!("can't access '{reference}', {why}");
        let event = Event::error(reason::ACCESS_DENIED, message.clone());
        Err(Failure::text(reason::ACCESS_DENIED, Next::Stall, message).announce(event))
    }
}
