// SPDX-License-Identifier: Apache-2.0

//! Other repositories' artifacts that become part of this one.

use gitops_api::meta::Artifact;
use gitops_api::source::v1::{GitRepository, reason};
use gitops_reconcile::{Event, Failure, Next};

use super::{Run, condition};

impl Run<'_> {
    /// The artifacts of the included repositories, in the order of the spec.
    pub(crate) async fn included(&self) -> Result<Vec<Artifact>, Failure> {
        let mut artifacts = Vec::new();
        for include in &self.repo.spec.include {
            let name = &include.repository.name;
            let found = self.cx.get::<GitRepository>(self.cx.key().namespace(), name).await;
            let (reason, message) = match found {
                Ok(Some(repository)) => match repository.artifact() {
                    Some(artifact) => {
                        artifacts.push(artifact.clone());
                        continue;
                    }
                    None => (reason::NO_ARTIFACT, format!("no artifact available for include '{name}'")),
                },
                Ok(None) => {
                    let missing = format!("GitRepository.source.toolkit.fluxcd.io \"{name}\" not found");
                    (reason::NOT_FOUND, format!("could not get resource for include '{name}': {missing}"))
                }
                Err(error) => {
                    (reason::NOT_FOUND, format!("could not get resource for include '{name}': {error}"))
                }
            };
            self.cx.set_condition(condition::INCLUDE_UNAVAILABLE, true, reason, &message);
            let event = Event::trace(reason, message.clone());
            let wait = Next::Wait(self.owner.requeue_dependency);
            return Err(Failure::text(reason, wait, message).announce(event));
        }
        self.cx.remove_condition(condition::INCLUDE_UNAVAILABLE);
        Ok(artifacts)
    }
}
