// SPDX-License-Identifier: Apache-2.0

//! What has to be done, found out without writing anything.

use std::collections::HashSet;

use futures::stream::{self, StreamExt};
use gitops_manifest::order::{Stage, stages};
use gitops_manifest::{Manifest, ManifestSet};

use crate::change::{Action, Change, ChangeSet};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::inventory::{Entry, Inventory};
use crate::normalize::normalize;
use crate::options::Options;
use crate::prepare::{State, Step};

/// What has to be done to make a cluster hold a set of objects. Data: print it, test it, throw it away, or [`run`](crate::run) it.
#[derive(Debug)]
pub struct Plan {
    pub(crate) options: Options,
    pub(crate) stages: Vec<(Stage, Vec<Step>)>,
    pub(crate) previous: Inventory,
}

/// Finds out what has to be done so that the cluster holds exactly `set`, of which `inventory` lists what was there before.
///
/// Every object is tried on the server without effect, unless it is known to be as desired. An object that the server refuses is no error
/// here, but part of the plan ([`Plan::problems`]); objects whose kind or namespace is itself part of the plan are tried when the plan runs.
///
/// # Errors
/// None today; kept for what may be checked up front.
pub async fn plan(
    cluster: &Cluster,
    set: &ManifestSet,
    inventory: &Inventory,
    options: &Options,
) -> Result<Plan, Error> {
    let desired: Vec<Manifest> = set.iter().cloned().map(|manifest| ready(manifest, options)).collect();
    let custom: Vec<(&str, &str)> =
        options.first.iter().map(|(group, kind)| (group.as_str(), kind.as_str())).collect();
    let options_digest = format!("{:?}{:?}", options.cleanup, options.ignore);
    let mut planned = Plan { options: options.clone(), stages: Vec::new(), previous: inventory.clone() };
    let mut pending = Pending::default();
    for (stage, members) in stages(&desired, &custom) {
        let steps = members.into_iter().map(|member| Step::new(member.clone(), options, &options_digest));
        let steps = prepare(cluster, options, steps.collect(), &pending).await;
        pending.note(&steps);
        planned.stages.push((stage, steps));
    }
    Ok(planned)
}

fn ready(mut manifest: Manifest, options: &Options) -> Manifest {
    normalize(&mut manifest, options.drop_unknown);
    if let Some(owner) = &options.owner {
        owner.label(&mut manifest);
    }
    manifest
}

/// Tries objects at the same time; the order of the steps stays.
pub(crate) async fn prepare(
    cluster: &Cluster,
    options: &Options,
    steps: Vec<Step>,
    pending: &Pending,
) -> Vec<Step> {
    let tried = steps.into_iter().map(|mut step| async move {
        if pending.concerns(&step) {
            step.state = State::Deferred;
        } else {
            step.prepare(cluster, options).await;
        }
        step
    });
    stream::iter(tried).buffered(options.concurrency.max(1)).collect().await
}

/// What earlier stages of a plan will bring: nothing that depends on it can be tried before.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    namespaces: HashSet<String>,
    groups: HashSet<String>,
}

impl Pending {
    fn note(&mut self, steps: &[Step]) {
        for step in steps.iter().filter(|step| matches!(step.state, State::Write(_) | State::Deferred)) {
            match step.id.kind.as_str() {
                "Namespace" if step.action() == Action::Created => {
                    self.namespaces.insert(step.id.name.clone());
                }
                "CustomResourceDefinition" => {
                    self.groups.extend(step.id.name.split_once('.').map(|(_, group)| group.to_owned()));
                }
                _ => {}
            }
        }
    }

    fn concerns(&self, step: &Step) -> bool {
        self.namespaces.contains(&step.id.namespace) || self.groups.contains(&step.id.group)
    }
}

impl Plan {
    /// Returns what will be done, in order: objects of the set by stage, then what is no longer desired.
    pub fn changes(&self) -> ChangeSet {
        let applied =
            self.steps().map(|step| Change::new(step.id.clone(), step.desired.version(), step.action()));
        let stale = self.stale();
        let deleted = stale
            .iter()
            .filter(|_| self.options.prune)
            .filter_map(|entry| Some(Change::new(entry.object()?, entry.v.clone(), Action::Deleted)));
        applied.chain(deleted).collect()
    }

    /// Returns the objects that the server refuses, and why.
    pub fn problems(&self) -> impl Iterator<Item = &Error> {
        self.steps().filter_map(|step| match &step.state {
            State::Failed(error) => Some(error),
            _ => None,
        })
    }

    /// Returns whether running the plan would write nothing.
    pub fn is_empty(&self) -> bool {
        let settled = self.steps().all(|step| matches!(step.state, State::Unchanged(_) | State::Skipped));
        settled && (!self.options.prune || self.stale().is_empty())
    }

    /// Returns the inventory of the set: everything desired, in the order of the plan.
    pub fn inventory(&self) -> Inventory {
        self.steps().map(|step| Entry::new(&step.id, step.desired.version())).collect()
    }

    /// Returns the inventory to write down **before** the plan runs, if it lists anything new: what was there before, and everything desired.
    ///
    /// With it a crash in the middle leaves nothing behind that nobody remembers.
    pub fn inventory_before_run(&self) -> Option<Inventory> {
        let desired = self.inventory();
        if desired.minus(&self.previous).is_empty() {
            return None;
        }
        let mut all = self.previous.clone();
        all.merge(desired.iter().cloned());
        Some(all)
    }

    /// Returns what was there before and is no longer desired.
    pub fn stale(&self) -> Inventory {
        self.previous.minus(&self.inventory())
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.stages.iter().flat_map(|(_, steps)| steps)
    }
}
