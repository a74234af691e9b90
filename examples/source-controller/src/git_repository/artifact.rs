// SPDX-License-Identifier: Apache-2.0

//! The local side: pack, publish, record.

use std::time::Duration;

use gitops_api::meta::{Artifact, Time, reason as common};
use gitops_api::source::v1::reason;
use gitops_artifact::store::Store;
use gitops_artifact::{Archive, IgnoreRules, PackOptions, Revision};
use gitops_git as git;
use gitops_reconcile::{Event, Failure, Outcome};

use super::include::Composed;
use super::{Run, condition};
use crate::Progress;

/// The metadata keys of this kind's events.
const REVISION: &str = "source.toolkit.fluxcd.io/revision";
const DIGEST: &str = "source.toolkit.fluxcd.io/digest";

impl Run<'_> {
    /// Nothing to do: confirms what is stored.
    pub(crate) fn unchanged(&self, revision: &Revision, cheap: bool, failed_before: bool) -> Outcome {
        self.owner
            .observe(Progress::Unchanged { object: super::name(self.cx), revision: revision.to_string() });
        let trace = match cheap {
            true => Event::trace(
                reason::GIT_OPERATION_SUCCEEDED,
                format!("no changes since last reconciliation: observed revision '{revision}'"),
            ),
            false => Event::trace(
                reason::ARTIFACT_UP_TO_DATE,
                format!("artifact up-to-date with remote revision: '{revision}'"),
            ),
        };
        let outcome = self.ready(revision).announce(trace);
        match (&self.artifact, failed_before) {
            (Some(artifact), true) => {
                outcome.announce(stored(common::SUCCEEDED, revision.as_str(), artifact))
            }
            _ => outcome,
        }
    }

    /// Packs the files, publishes the archive and records the artifact.
    pub(crate) async fn publish(
        &self,
        revision: &Revision,
        tree: git::Tree,
        includes: Vec<Artifact>,
        failed_before: bool,
    ) -> Result<Outcome, Failure> {
        let spec = &self.repo.spec;
        let subject = shortened(&tree.subject());
        let commit = revision.hex().unwrap_or_default().to_owned();
        let path = self
            .directory
            .file(&format!("{commit}.tar.gz"))
            .map_err(|error| self.storage_failed(common::INVALID_PATH, error.to_string()))?;
        let rules = IgnoreRules::default().extra(spec.ignore.clone());
        let staging = self.owner.store.staging().to_owned();
        let (store, list, artifacts) =
            (std::sync::Arc::clone(&self.owner.store), spec.include.clone(), includes.clone());
        let packed = tokio::task::spawn_blocking(move || {
            let tree = Composed::new(tree, &list, &artifacts, &store, &staging)?;
            Ok(Archive::create(&tree, &rules, &PackOptions::default(), &staging))
        });
        let archive = match packed.await {
            Ok(Ok(Ok(archive))) => archive,
            Ok(Ok(Err(error))) => return Err(self.archive_failed(&error)),
            Ok(Err(message)) => return Err(self.storage_failed(reason::COPY_FAILURE, message)),
            Err(error) => return Err(self.archive_failed(&error)),
        };
        let (digest, size) = (archive.digest().to_string(), archive.size());
        self.owner.store.publish(&path, archive).await.map_err(|error| self.archive_failed(&error))?;
        let artifact = Artifact {
            path: path.to_string(),
            url: path.url(&self.owner.advertised),
            revision: revision.to_string(),
            digest: digest.clone(),
            last_update_time: Time(now()),
            size: i64::try_from(size).ok(),
            metadata: Default::default(),
        };
        let new = self.artifact.as_ref().is_none_or(|old| old.digest != digest);
        let (current, observed) = (artifact.clone(), spec.clone());
        self.cx.edit_status(|status| {
            status.artifact = Some(current);
            status.included_artifacts = includes;
            status.observed_ignore = observed.ignore;
            status.observed_recurse_submodules = observed.recurse_submodules;
            status.observed_include = observed.include;
            status.observed_sparse_checkout = observed.sparse_checkout;
        });
        self.owner.observe(Progress::Stored {
            object: super::name(self.cx),
            revision: revision.to_string(),
            digest,
            size,
        });
        let outcome = self.ready(revision);
        Ok(match (new, failed_before) {
            (true, _) => outcome.announce(stored(reason::NEW_ARTIFACT, &subject, &artifact)),
            (false, true) => outcome.announce(stored(common::SUCCEEDED, &subject, &artifact)),
            (false, false) => outcome,
        })
    }

    fn archive_failed(&self, error: &(dyn std::error::Error + 'static)) -> Failure {
        let mut message = format!("unable to archive artifact to storage: {error}");
        if let Some(cause) = error.source() {
            message = format!("{message}: {cause}");
        }
        self.storage_failed(reason::ARCHIVE_OPERATION_FAILED, message)
    }

    fn ready(&self, revision: &Revision) -> Outcome {
        let message = format!("stored artifact for revision '{revision}'");
        for kind in [
            condition::FETCH_FAILED,
            condition::INCLUDE_UNAVAILABLE,
            condition::STORAGE_OPERATION_FAILED,
            condition::ARTIFACT_OUTDATED,
        ] {
            self.cx.remove_condition(kind);
        }
        self.cx.set_condition(condition::ARTIFACT_IN_STORAGE, true, common::SUCCEEDED, &message);
        Outcome::ready(message).again(Duration::from(self.repo.spec.interval.clone()))
    }
}

fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    now.round(jiff::Unit::Second).unwrap_or(now)
}

fn stored(reason: &str, commit: &str, artifact: &Artifact) -> Event {
    Event::info(reason, format!("stored artifact for commit '{commit}'"))
        .with(REVISION, artifact.revision.clone())
        .with(DIGEST, artifact.digest.clone())
}

/// The first 50 characters of a subject line.
fn shortened(subject: &str) -> String {
    match subject.char_indices().nth(50) {
        Some((end, _)) => format!("{}...", &subject[..end]),
        None => subject.to_owned(),
    }
}
