// SPDX-License-Identifier: Apache-2.0

//! The remote side: which revision, and its files.

use gitops_api::meta::Artifact;
use gitops_api::source::v1::reason;
use gitops_artifact::Revision;
use gitops_artifact::store::Store;
use gitops_git as git;
use gitops_reconcile::{Failure, Next};

use super::{Run, condition};
use crate::Progress;

/// The answer of the remote.
pub(crate) struct Found {
    pub(crate) request: git::Request,
    pub(crate) revision: Revision,
    /// The artifacts to include, when something has to be fetched and packed.
    pub(crate) outdated: Option<Vec<Artifact>>,
    /// Whether the question alone told that nothing is new, as upstream can for some references only.
    pub(crate) cheap: bool,
    /// Whether the revision is new and nobody has been told yet.
    pub(crate) unannounced: bool,
}

impl Run<'_> {
    /// Asks the remote for the revision and decides whether there is something to do.
    pub(crate) async fn resolve(&self) -> Result<Found, Failure> {
        let request = self.request().await.map_err(|failure| self.fetch_failed(failure))?;
        let includes = self.included().await?;
        let revision = git::resolve(&request).await.map_err(|error| self.fetch_failed(failure(&error)))?;
        let reference = self.repo.spec.reference.as_ref();
        let cheap = reference.is_none_or(|r| {
            r.commit.is_none() && (r.semver.is_none() || r.name.is_some() || r.tag.is_some())
        });
        let revision_known = self.artifact.as_ref().is_some_and(|a| a.has_revision(revision.as_str()));
        let outdated = (!revision_known || self.settings_changed(&includes)).then_some(includes);
        // A commit that is only named may not exist: it is announced once it has been fetched.
        let named = reference.is_some_and(|r| r.commit.as_ref().is_some_and(|commit| !commit.is_empty()));
        let new = outdated.is_some() && !revision_known;
        if new && !named {
            self.announce_revision(&revision).await;
        }
        Ok(Found { request, revision, outdated, cheap, unannounced: new && named })
    }

    pub(crate) async fn announce_revision(&self, revision: &Revision) {
        let what = format!("new upstream revision '{revision}'");
        if self.artifact.is_some() {
            self.cx.set_condition(condition::ARTIFACT_OUTDATED, true, reason::NEW_REVISION, &what);
        }
        self.cx.remove_condition(condition::FETCH_FAILED);
        let message = format!("building artifact: {what}");
        self.cx.doubt(&message, &message);
        self.cx.progress().await;
        self.owner.observe(Progress::Found { object: super::name(self.cx), revision: revision.to_string() });
    }

    /// Fetches the files of a revision.
    pub(crate) async fn fetch(
        &self,
        request: &git::Request,
        revision: &Revision,
    ) -> Result<git::Tree, Failure> {
        let tree = git::fetch(request, revision, self.owner.store.staging())
            .await
            .map_err(|error| self.fetch_failed(failure(&error)))?;
        Ok(tree)
    }

    /// Whether something else than the revision decides that the artifact has to be made anew.
    fn settings_changed(&self, includes: &[Artifact]) -> bool {
        let spec = &self.repo.spec;
        let status = self.repo.status.clone().unwrap_or_default();
        let includes_differ = includes.len() != status.included_artifacts.len()
            || includes
                .iter()
                .zip(&status.included_artifacts)
                .any(|(a, b)| a.revision != b.revision || a.digest != b.digest);
        spec.ignore != status.observed_ignore
            || spec.recurse_submodules != status.observed_recurse_submodules
            || spec.sparse_checkout != status.observed_sparse_checkout
            || spec.include != status.observed_include
            || includes_differ
    }
}

fn failure(error: &git::Error) -> Failure {
    if error.kind() == git::ErrorKind::EmptyRepository {
        return Failure::text(reason::EMPTY_GIT_REPOSITORY, Next::Retry, "git repository is empty");
    }
    // The first level is what upstream says; what lies below is for logs.
    let text = format!("failed to checkout and determine revision: {error}");
    Failure::text(reason::GIT_OPERATION_FAILED, Next::Retry, text)
}
