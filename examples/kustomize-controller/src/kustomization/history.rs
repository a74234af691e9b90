// SPDX-License-Identifier: Apache-2.0

//! What happened to the object before: one entry per built content and result.

use std::collections::BTreeMap;

use gitops_api::kustomize::v1::Snapshot;
use gitops_api::meta::{Duration, Time};

use super::Run;

/// The most entries that are kept.
const LIMIT: usize = 5;

impl Run<'_> {
    /// Notes the result of a run: same content and same result count on, anything else starts an entry.
    pub(crate) fn record(&self, digest: &str, status: &str) {
        let now = jiff::Timestamp::now();
        let now = Time(now.round(jiff::Unit::Second).unwrap_or(now));
        let mut metadata = BTreeMap::from([("revision".to_owned(), self.source.artifact.revision.clone())]);
        if let Some(origin) = self.source.origin_revision() {
            metadata.insert("originRevision".to_owned(), origin);
        }
        let took = Duration::from(self.cx.elapsed());
        self.cx.edit_status(|target| {
            let history = &mut target.history;
            let known = history
                .iter()
                .position(|entry| entry.digest == digest && entry.last_reconciled_status == status);
            let mut entry = match known {
                Some(position) => history.remove(position),
                None => Snapshot {
                    digest: digest.to_owned(),
                    first_reconciled: now.clone(),
                    last_reconciled: now.clone(),
                    last_reconciled_duration: took.clone(),
                    last_reconciled_status: status.to_owned(),
                    total_reconciliations: 0,
                    metadata: BTreeMap::new(),
                },
            };
            entry.last_reconciled = now;
            entry.last_reconciled_duration = took;
            entry.total_reconciliations += 1;
            entry.metadata = metadata;
            history.insert(0, entry);
            history.truncate(LIMIT);
        });
    }
}
