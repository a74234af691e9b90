// SPDX-License-Identifier: Apache-2.0

//! A plan, carried out.

use gitops_manifest::order::Stage;

use crate::change::{Change, ChangeSet};
use crate::cluster::Cluster;
use crate::delete::{DeleteOptions, delete};
use crate::error::Error;
#[cfg(doc)]
use crate::error::ErrorKind;
use crate::inventory::{Entry, Inventory};
use crate::plan::{Pending, Plan, prepare};
use crate::prepare::{State, Step, is_simple};
use crate::target::Target;
use crate::wait::{WaitOptions, wait};

/// What running a plan led to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Applied {
    /// What was done, in order.
    pub changes: ChangeSet,
    /// What is ours now; to be written down.
    pub inventory: Inventory,
    objects: Vec<Target>,
    applied: usize,
}

impl Applied {
    /// Returns what was done to desired objects.
    pub fn applied(&self) -> ChangeSet {
        self.changes.iter().take(self.applied).cloned().collect()
    }

    /// Returns what was done to objects that are no longer desired.
    pub fn pruned(&self) -> ChangeSet {
        self.changes.iter().skip(self.applied).cloned().collect()
    }

    /// Returns the objects that were applied, to [`wait`] for; those left alone are not among them.
    pub fn objects(&self) -> &[Target] {
        &self.objects
    }
}

/// Applies stage after stage, then deletes what is no longer desired if the options say so.
///
/// Before a stage writes anything, all its objects have passed a dry run. Definitions and namespaces must be there before the next stage
/// begins. Objects are written one after the other, in apply order.
///
/// # Errors
/// [`ErrorKind::DryRun`] or [`ErrorKind::Apply`] with the first object that failed, [`ErrorKind::Delete`] when all were applied but some could not be deleted
/// ([`Error::survivors`]); [`Error::changes`] lists what was done before.
pub async fn run(cluster: &Cluster, plan: Plan) -> Result<Applied, Error> {
    let stale = plan.stale();
    let Plan { options, stages, .. } = plan;
    let mut changes = ChangeSet::default();
    let mut objects = Vec::new();
    for (stage, steps) in stages {
        let steps = match settle(cluster, &options, steps).await {
            Ok(steps) => steps,
            Err(error) => return Err(error.with_changes(changes)),
        };
        let mut written = Vec::new();
        for mut step in steps {
            let version = match step.write(cluster, &options).await {
                Ok(version) => version,
                Err(error) => return Err(error.with_changes(changes)),
            };
            changes.push(Change::new(step.id.clone(), step.desired.version(), step.action()));
            let target = Target::new(step.id.clone(), step.desired.api_version());
            match &step.state {
                State::Skipped => {}
                State::Write(_) => {
                    written.push((target.clone().at(version.clone()), is_simple(&step.desired)));
                    objects.push(target.at(version));
                }
                State::Unchanged(version) => objects.push(target.at(version.clone())),
                State::Deferred | State::Failed(_) => {}
            }
        }
        if let Err(error) = settled(cluster, stage, &written, options.stage_timeout).await {
            return Err(error.with_changes(changes));
        }
    }
    // What was renamed on the way (a namespace given to an object of the cluster) has its final id only now.
    let inventory: Inventory =
        changes.iter().map(|change| Entry::new(&change.id, change.version.clone())).collect();
    let applied = changes.len();
    if options.prune {
        let of = DeleteOptions { owner: options.owner.clone(), kept: options.kept.clone() };
        let stale = stale.minus(&inventory);
        match delete(cluster, &stale, &of).await {
            Ok(deleted) => changes.extend(deleted),
            Err(error) => {
                let mut all = changes;
                all.extend(error.changes().clone());
                return Err(error.with_changes(all));
            }
        }
    }
    Ok(Applied { changes, inventory, objects, applied })
}

/// Tries what could not be tried before, and fails with the first object that the server refuses.
async fn settle(cluster: &Cluster, options: &crate::Options, steps: Vec<Step>) -> Result<Vec<Step>, Error> {
    let steps = if steps.iter().any(|step| matches!(step.state, State::Deferred)) {
        let mut tried = Vec::with_capacity(steps.len());
        let mut deferred = Vec::new();
        for (index, step) in steps.into_iter().enumerate() {
            if matches!(step.state, State::Deferred) {
                deferred.push((index, step))
            } else {
                tried.push((index, step))
            }
        }
        let (places, waiting): (Vec<_>, Vec<_>) = deferred.into_iter().unzip();
        let prepared = prepare(cluster, options, waiting, &Pending::default()).await;
        tried.extend(places.into_iter().zip(prepared));
        tried.sort_by_key(|(index, _)| *index);
        tried.into_iter().map(|(_, step)| step).collect()
    } else {
        steps
    };
    let mut out = Vec::with_capacity(steps.len());
    for mut step in steps {
        match std::mem::replace(&mut step.state, State::Skipped) {
            State::Failed(error) => return Err(error),
            state => step.state = state,
        }
        out.push(step);
    }
    Ok(out)
}

/// Waits for what later stages need: definitions that were written, and kinds that have a state of their own.
async fn settled(
    cluster: &Cluster,
    stage: Stage,
    written: &[(Target, bool)],
    timeout: std::time::Duration,
) -> Result<(), Error> {
    let definitions: Vec<_> = written
        .iter()
        .map(|(target, _)| target)
        .filter(|target| target.id.kind == "CustomResourceDefinition")
        .collect();
    for target in &definitions {
        cluster.verified().schema_changed(target.id.name.split_once('.').map_or("", |(_, group)| group));
    }
    if stage.waits() {
        let targets: Vec<Target> =
            written.iter().filter(|(_, simple)| !simple).map(|(target, _)| target.clone()).collect();
        if !targets.is_empty() {
            let options = WaitOptions { timeout, fail_fast: false, ..WaitOptions::default() };
            wait(cluster, &targets, &options).await?;
        }
    }
    if !definitions.is_empty() {
        cluster.forget_kinds().await;
    }
    Ok(())
}
