// SPDX-License-Identifier: Apache-2.0

//! Objects that are no longer desired, deleted.

use gitops_manifest::{Manifest, ObjectId, order};
use serde_json::{Value, json};

use crate::change::{Action, Change, ChangeSet};
use crate::cluster::Cluster;
use crate::error::{Error, ErrorKind, code_of};
use crate::inventory::{Entry, Inventory};
use crate::options::{Options, Owner, Selector};

/// What may be deleted.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DeleteOptions {
    /// Whose objects they must be, by their labels at this moment; none stands for anybody's.
    pub owner: Option<Owner>,
    /// Objects that stay, by their metadata at this moment.
    pub kept: Selector,
}

impl From<&Options> for DeleteOptions {
    fn from(options: &Options) -> Self {
        Self { owner: options.owner.clone(), kept: options.kept.clone() }
    }
}

/// Deletes the listed objects in the reverse of the apply order, all of them even when some fail.
///
/// Each is read first, and only what was read is deleted: by UID and resourceVersion. An object that is gone counts as deleted; one that belongs to
/// another owner by now, or wants to be kept, is skipped. Dependents go in the background.
///
/// # Errors
/// [`ErrorKind::Delete`] with all messages; [`Error::survivors`] lists what could not be deleted, [`Error::changes`] what was.
pub async fn delete(
    cluster: &Cluster,
    inventory: &Inventory,
    options: &DeleteOptions,
) -> Result<ChangeSet, Error> {
    let mut changes = ChangeSet::default();
    let mut survivors = Vec::new();
    let mut messages = Vec::new();
    let mut transient = true;
    for (entry, id, api_version) in in_order(inventory) {
        match delete_one(cluster, &id, &api_version, options).await {
            Ok(action) => {
                cluster.verified().remove(&id);
                changes.push(Change::new(id, entry.v, action));
            }
            Err(error) => {
                transient &= error.is_transient();
                messages.push(error.to_string());
                survivors.push(entry);
            }
        }
    }
    if messages.is_empty() {
        return Ok(changes);
    }
    let text = messages.iter().map(|message| format!("{message};")).collect::<String>();
    let error = Error::new(ErrorKind::Delete, format!("delete failed, errors: {text}"));
    let error = if transient { error.transient() } else { error };
    Err(error.with_changes(changes).with_survivors(survivors))
}

/// The entries in the order in which they are deleted; text that names no object is passed over.
fn in_order(inventory: &Inventory) -> Vec<(Entry, ObjectId, String)> {
    let mut listed: Vec<(Manifest, Entry, ObjectId, String)> = inventory
        .iter()
        .filter_map(|entry| {
            let (id, api_version) = (entry.object()?, entry.api_version()?);
            let stand_in = json!({
                "apiVersion": api_version,
                "kind": id.kind,
                "metadata": {"name": id.name, "namespace": id.namespace},
            });
            Some((Manifest::from_value(stand_in).ok()?, entry.clone(), id, api_version))
        })
        .collect();
    listed.sort_by(|(left, ..), (right, ..)| order::compare(right, left));
    listed.into_iter().map(|(_, entry, id, api_version)| (entry, id, api_version)).collect()
}

/// How often a deletion is tried on an object that others write to at the same time.
const TRIES: usize = 5;

async fn delete_one(
    cluster: &Cluster,
    id: &ObjectId,
    api_version: &str,
    options: &DeleteOptions,
) -> Result<Action, Error> {
    let subject = id.subject();
    let failed = |error| Error::failed(ErrorKind::Delete, &subject, "delete", error);
    // A kind that is gone took its objects along.
    let Some(kind) = cluster.kind(api_version, &id.kind).await.map_err(failed)? else {
        return Ok(Action::Deleted);
    };
    let _busy = cluster.verified().busy(id);
    let mut tries = 0;
    loop {
        tries += 1;
        let Some(live) = cluster.get(&kind, &id.namespace, &id.name).await.map_err(failed)? else {
            return Ok(Action::Deleted);
        };
        if options.owner.as_ref().is_some_and(|owner| !owner.owns(&live)) || options.kept.matches(&live) {
            return Ok(Action::Skipped);
        }
        if live.pointer("/metadata/deletionTimestamp").is_some_and(Value::is_string) {
            return Ok(Action::Deleted);
        }
        match cluster.delete(&kind, &live).await {
            Ok(()) => return Ok(Action::Deleted),
            Err(error) if code_of(&error) == 409 && tries < TRIES => {}
            Err(error) => return Err(failed(error)),
        }
    }
}
