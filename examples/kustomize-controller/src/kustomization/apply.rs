// SPDX-License-Identifier: Apache-2.0

//! From objects to the cluster: plan, write down, apply, prune, announce.

use gitops_api::kustomize::v1::{Inventory as WireInventory, Kustomization, ResourceRef, Selector};
use gitops_api::meta::reason;
use gitops_apply::{
    Action, Applied, ChangeSet, Cleanup, Entry, Error, ErrorKind, IgnoreRule, Inventory, ObjectPattern,
    Options, OtherManager, Owner, PatternParts, plan, run,
};
use gitops_manifest::{Manifest, ManifestSet};
use gitops_reconcile::{Event, Failure};

use super::build::Built;
use super::{Run, Settings, name};
use crate::{NAME, Progress};

impl Run<'_> {
    /// Makes the cluster hold what was built.
    pub(crate) async fn apply(&self, built: &Built) -> Result<Applied, Failure> {
        let failed = |message: String| self.fail(reason::RECONCILIATION_FAILED, message);
        self.note("Detecting drift");
        let set = self.decorated(&built.objects).map_err(|message| {
            self.record(&built.digest, reason::RECONCILIATION_FAILED);
            failed(message)
        })?;
        let cluster = self.owner.cluster(self.object, self.cx).await.map_err(failed)?;
        let options =
            options(self.object, &self.owner.settings).map_err(|error| failed(error.to_string()))?;
        let previous = inventory(self.object);
        let plan =
            plan(&cluster, &set, &previous, &options).await.map_err(|error| failed(error.to_string()))?;
        if let Some(before) = plan.inventory_before_run() {
            // From here on a crash leaves nothing behind that nobody remembers.
            self.write_down(&before);
            self.cx.persist().await?;
        }
        match run(&cluster, plan).await {
            Ok(applied) => {
                self.write_down(&applied.inventory);
                self.announce(&applied.changes);
                Ok(applied)
            }
            Err(error) => Err(self.refused(&error, previous, built)),
        }
    }

    /// Adds the metadata that all objects of the spec share, and refuses what must not be applied as it is.
    fn decorated(&self, objects: &ManifestSet) -> Result<ManifestSet, String> {
        let common = self.object.spec.common_metadata.clone().unwrap_or_default();
        let mut set = ManifestSet::new();
        for object in objects.iter() {
            let mut object = object.clone();
            if object.kind() == "Kustomization" && object.group() == "kustomize.config.k8s.io" {
                continue;
            }
            if is_encrypted(&object) {
                let what = "configuring decryption is required for this secret to be reconciled";
                return Err(format!("{} is SOPS encrypted, {what}", object.id().subject()));
            }
            for (key, value) in &common.labels {
                object.set_label(key, value);
            }
            for (key, value) in &common.annotations {
                object.set_annotation(key, value);
            }
            set.insert(object);
        }
        Ok(set)
    }

    fn refused(&self, error: &Error, mut inventory: Inventory, built: &Built) -> Failure {
        let done = error.changes();
        if error.kind() == ErrorKind::Delete {
            let applied = done.iter().filter(|change| change.action != Action::Deleted);
            let kept: Inventory = applied
                .map(|change| Entry::new(&change.id, change.version.clone()))
                .chain(error.survivors().iter().cloned())
                .collect();
            self.write_down(&kept);
            self.announce(done);
            self.record(&built.digest, reason::PRUNE_FAILED);
            return self.fail(reason::PRUNE_FAILED, error.to_string());
        }
        let written = done.iter().filter(|change| change.action != Action::Skipped);
        inventory.merge(written.map(|change| Entry::new(&change.id, change.version.clone())));
        self.write_down(&inventory);
        self.record(&built.digest, reason::RECONCILIATION_FAILED);
        let mut message = format!("{error}\n");
        for change in done.iter().filter(|change| change.action != Action::Unchanged) {
            message.push_str(&format!("{change}\n"));
        }
        self.fail(reason::RECONCILIATION_FAILED, message)
    }

    /// Puts an inventory into the status.
    fn write_down(&self, inventory: &Inventory) {
        let entries: Vec<_> = inventory
            .iter()
            .map(|entry| ResourceRef { id: entry.id.clone(), version: entry.v.clone() })
            .collect();
        let had = self.object.status.as_ref().is_some_and(|status| status.inventory.is_some());
        self.cx.edit_status(|status| {
            status.inventory = (had || !entries.is_empty()).then_some(WireInventory { entries });
        });
    }

    /// Tells what changed; a run that changed nothing is silent.
    fn announce(&self, changes: &ChangeSet) {
        let (object, revision) = (name(self.cx), self.source.artifact.revision.clone());
        let lines = |actions: &[Action]| -> Vec<String> {
            let chosen = changes.iter().filter(|change| actions.contains(&change.action));
            chosen.map(ToString::to_string).collect()
        };
        let applied = lines(&[Action::Created, Action::Configured]);
        let stale = self.stale_lines(changes);
        let (created, configured) = (changes.count(Action::Created), changes.count(Action::Configured));
        self.owner.observe(Progress::Applied {
            object: object.clone(),
            revision: revision.clone(),
            created,
            configured,
            unchanged: changes.count(Action::Unchanged),
            changes: applied.clone(),
        });
        for lines in [&applied, &stale].into_iter().filter(|lines| !lines.is_empty()) {
            self.cx.event(self.event(Event::info(self.ready_reason(), lines.join("\n"))));
        }
        if !stale.is_empty() {
            let deleted = changes.count(Action::Deleted);
            self.owner.observe(Progress::Pruned { object, revision, deleted, changes: stale });
        }
    }

    /// What happened to objects that are no longer desired: those after the last applied one.
    fn stale_lines(&self, changes: &ChangeSet) -> Vec<String> {
        let desired =
            |action: Action| matches!(action, Action::Created | Action::Configured | Action::Unchanged);
        let list: Vec<_> = changes.iter().collect();
        let start = match list.iter().position(|change| change.action == Action::Deleted) {
            Some(_) => list.iter().rposition(|change| desired(change.action)).map_or(0, |last| last + 1),
            None => return Vec::new(),
        };
        list[start..].iter().map(ToString::to_string).collect()
    }
}

/// Reads the inventory of the status.
pub(crate) fn inventory(object: &Kustomization) -> Inventory {
    let entries = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    let value = serde_json::to_value(entries).unwrap_or_default();
    serde_json::from_value(value).unwrap_or_default()
}

/// How the objects of a Kustomization are applied.
pub(crate) fn options(object: &Kustomization, settings: &Settings) -> Result<Options, Error> {
    let namespace = object.metadata.namespace.clone().unwrap_or_default();
    let name = object.metadata.name.clone().unwrap_or_default();
    let owner = Owner::new(Kustomization::GROUP, namespace, name);
    let mut options = Options::new(NAME)
        .owner(owner)
        .take_over_from_kubectl()
        .prune(object.spec.prune)
        .force(object.spec.force);
    let cleanup: &mut Cleanup = &mut options.cleanup;
    cleanup
        .annotations
        .extend(["kustomize.toolkit.fluxcd.io/checksum", "fluxcd.io/sync-checksum"].map(ToOwned::to_owned));
    cleanup.labels.push("fluxcd.io/sync-gc-mark".to_owned());
    for manager in &settings.override_managers {
        cleanup.managers.push(OtherManager::applying(manager.clone()));
        cleanup.managers.push(OtherManager::updating(manager.clone()));
    }
    options.first.clone_from(&settings.custom_stage_kinds);
    options.concurrency = settings.concurrent_ssa;
    for rule in &object.spec.ignore {
        let target = rule.target.as_ref().map(pattern).transpose()?;
        options.ignore.push(IgnoreRule::new(rule.paths.iter().cloned(), target)?);
    }
    Ok(options)
}

fn pattern(selector: &Selector) -> Result<ObjectPattern, Error> {
    let parts = PatternParts {
        group: selector.group.as_deref().unwrap_or_default(),
        version: selector.version.as_deref().unwrap_or_default(),
        kind: selector.kind.as_deref().unwrap_or_default(),
        namespace: selector.namespace.as_deref().unwrap_or_default(),
        name: selector.name.as_deref().unwrap_or_default(),
        labels: selector.label_selector.as_deref().unwrap_or_default(),
        annotations: selector.annotation_selector.as_deref().unwrap_or_default(),
    };
    ObjectPattern::new(&parts)
}

/// An encrypted object must never be applied: its ciphertext would become the content.
fn is_encrypted(object: &Manifest) -> bool {
    let off = object
        .annotation(gitops_api::meta::annotation::DECRYPT)
        .is_some_and(|value| value.eq_ignore_ascii_case("disabled"));
    !off && object.kind() == "Secret" && object.group().is_empty() && object.value().get("sops").is_some()
}
