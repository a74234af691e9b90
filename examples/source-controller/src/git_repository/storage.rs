// SPDX-License-Identifier: Apache-2.0

//! The check of what is stored before anything is fetched.

use std::time::Duration;

use gitops_api::source::v1::reason;
use gitops_artifact::Digest;
use gitops_artifact::store::{ArtifactPath, Presence, Store};
use gitops_reconcile::{Event, Failure};

use super::{Run, condition};

/// How long the removal of old artifacts may take.
const PRUNE: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Removes old artifacts, and verifies that the current one is there with the right bytes.
    pub(crate) async fn check_storage(&mut self) -> Result<(), Failure> {
        let Some(artifact) = self.artifact.clone() else {
            self.no_artifact("building artifact");
            return Ok(());
        };
        let store = &self.owner.store;
        if let Ok(path) = artifact.path.parse::<ArtifactPath>() {
            let removed = tokio::time::timeout(PRUNE, store.prune(&path, &self.owner.retention)).await;
            if let Ok(Ok(removed)) = removed
                && !removed.is_empty()
            {
                let message = format!("garbage collected {} artifacts", removed.len());
                self.cx.event(Event::trace(reason::GARBAGE_COLLECTION_SUCCEEDED, message));
            }
            match artifact.digest.parse::<Digest>() {
                Ok(digest) => match store.verify(&path, &digest).await {
                    Ok(Presence::Intact) => {
                        self.refresh_url(&path);
                        return Ok(());
                    }
                    Ok(Presence::Missing) => {}
                    Ok(_) => self.tampered(&format!("computed digest doesn't match '{digest}'")),
                    Err(error) => {
                        return Err(self.storage_failed(reason::STAT_OPERATION_FAILED, error.to_string()));
                    }
                },
                Err(error) => {
                    self.tampered(&format!("failed to parse artifact digest '{}': {error}", artifact.digest));
                }
            }
        }
        self.no_artifact("building artifact: disappeared from storage");
        Ok(())
    }

    fn tampered(&self, what: &str) {
        let message = format!("failed to verify integrity of artifact: {what}");
        self.cx.event(Event::error("ArtifactVerificationFailed", message));
    }

    fn no_artifact(&mut self, message: &str) {
        if self.artifact.take().is_some() {
            self.cx.edit_status(|status| status.artifact = None);
        }
        let tried = self.cx.condition("Ready").is_some_and(|(status, ..)| status == "False");
        match tried {
            // A failing object stays False until there is news: flapping tells nobody anything.
            true => self.cx.note(message),
            false => self.cx.doubt(message, message),
        }
        self.cx.remove_condition(condition::ARTIFACT_IN_STORAGE);
    }

    /// The process may serve under another address than the one before it.
    fn refresh_url(&mut self, path: &ArtifactPath) {
        let url = path.url(&self.owner.advertised);
        if let Some(artifact) = &mut self.artifact
            && artifact.url != url
        {
            artifact.url = url;
            let artifact = artifact.clone();
            self.cx.edit_status(|status| status.artifact = Some(artifact));
        }
    }
}
