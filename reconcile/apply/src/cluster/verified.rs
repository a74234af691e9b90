// SPDX-License-Identifier: Apache-2.0

//! Which live objects are known to be as desired.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gitops_manifest::ObjectId;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::Drift;
use crate::target::at_least;

/// After this time an object is tried again even though nothing changed: admission rules and defaults may have.
const VERIFY_AFTER: Duration = Duration::from_secs(3600);

/// Remembers, per object, that applying a given desired state to a given live state changes nothing.
pub(crate) struct Verified {
    entries: Mutex<HashMap<ObjectId, Entry>>,
    schemas: Mutex<HashMap<String, u64>>,
    drifts: broadcast::Sender<Drift>,
}

struct Entry {
    desired: String,
    fingerprint: String,
    version: String,
    schema: u64,
    at: Instant,
    /// Writes of our own that are under way: what the watch says meanwhile is no drift.
    busy: u32,
    reported: bool,
}

impl Default for Verified {
    fn default() -> Self {
        Self { entries: Mutex::default(), schemas: Mutex::default(), drifts: broadcast::Sender::new(1024) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Verified {
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Drift> {
        self.drifts.subscribe()
    }

    pub(crate) fn clear(&self) {
        lock(&self.entries).clear();
    }

    /// Says that the definition of a group's kinds changed, so that nothing known of them counts.
    pub(crate) fn schema_changed(&self, group: &str) {
        *lock(&self.schemas).entry(group.to_owned()).or_default() += 1;
    }

    fn schema(&self, group: &str) -> u64 {
        lock(&self.schemas).get(group).copied().unwrap_or_default()
    }

    /// Returns the fingerprint of the live object that was found to be as desired.
    pub(crate) fn fingerprint(&self, id: &ObjectId, desired: &str) -> Option<String> {
        let schema = self.schema(&id.group);
        let entries = lock(&self.entries);
        let entry = entries.get(id).filter(|entry| entry.desired == desired && entry.schema == schema)?;
        (entry.at.elapsed() < VERIFY_AFTER).then(|| entry.fingerprint.clone())
    }

    /// Remembers that a live object is as desired.
    pub(crate) fn record(&self, id: &ObjectId, desired: &str, live: &Value) {
        let version =
            live.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let fingerprint = fingerprint(live);
        let schema = self.schema(&id.group);
        let mut entries = lock(&self.entries);
        let busy = entries.get(id).map_or(0, |entry| entry.busy);
        let entry = Entry {
            desired: desired.to_owned(),
            fingerprint,
            version,
            schema,
            at: Instant::now(),
            busy,
            reported: false,
        };
        entries.insert(id.clone(), entry);
    }

    pub(crate) fn remove(&self, id: &ObjectId) {
        lock(&self.entries).remove(id);
    }

    /// Marks a write of our own until the guard is dropped.
    pub(crate) fn busy<'a>(&'a self, id: &'a ObjectId) -> Busy<'a> {
        if let Some(entry) = lock(&self.entries).get_mut(id) {
            entry.busy += 1;
        }
        Busy { verified: self, id }
    }

    /// Takes note of what the watch says; an object that is not as it was verified any more is a drift.
    pub(crate) fn seen(&self, id: &ObjectId, version: &str, fingerprint: Option<&str>, owner: (&str, &str)) {
        let mut entries = lock(&self.entries);
        let Some(entry) = entries.get_mut(id).filter(|entry| entry.busy == 0) else { return };
        // A watch may lag behind what we know from an answer.
        if !at_least(version, &entry.version) {
            return;
        }
        if fingerprint == Some(entry.fingerprint.as_str()) {
            entry.reported = false;
        } else if !entry.reported {
            entry.reported = true;
            // Nobody may be listening.
            let _ = self.drifts.send(Drift {
                id: id.clone(),
                owner_namespace: owner.0.to_owned(),
                owner_name: owner.1.to_owned(),
            });
        }
    }
}

/// A write of our own that is under way.
pub(crate) struct Busy<'a> {
    verified: &'a Verified,
    id: &'a ObjectId,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if let Some(entry) = lock(&self.verified.entries).get_mut(self.id) {
            entry.busy = entry.busy.saturating_sub(1);
        }
    }
}

/// Returns a digest of anything that serializes, for comparison only.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The manager under which Kubernetes' own controllers write; what it owns is never ours.
const CONTROLLERS: &str = "kube-controller-manager";

/// Returns what identifies the part of a live object that an apply could change, from its metadata alone.
///
/// Whoever changes a field that was applied takes it away from the applier. So while the entries in `managedFields` are what they were, the applied
/// fields have the values that were applied, whatever else happened to the object. Writes to subresources and by Kubernetes' controllers do not
/// count; the time of an apply does, for another process that applies under the same name.
pub(crate) fn fingerprint(object: &Value) -> String {
    let metadata = object.get("metadata");
    let field = |name: &str| metadata.and_then(|metadata| metadata.get(name)).cloned().unwrap_or_default();
    let mut entries: Vec<String> = Vec::new();
    for entry in field("managedFields").as_array().into_iter().flatten() {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let applied = text("operation") == "Apply";
        if !text("subresource").is_empty() || !applied && text("manager") == CONTROLLERS {
            continue;
        }
        let time = if applied { text("time") } else { "" };
        let fields = entry.get("fieldsV1").map(canonical).unwrap_or_default();
        entries.push(digest(
            &[text("manager"), text("operation"), text("apiVersion"), time, &fields].map(str::as_bytes),
        ));
    }
    entries.sort();
    let uid = field("uid").as_str().unwrap_or_default().to_owned();
    digest(&[uid.as_bytes(), canonical(&field("labels")).as_bytes(), entries.join(" ").as_bytes()])
}

/// JSON with sorted keys, whatever order the map keeps.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            let fields =
                keys.into_iter().map(|key| format!("{}:{}", Value::from(key.as_str()), canonical(&map[key])));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_write_that_touches_ownership_changes_the_fingerprint() {
        let entry = |manager: &str, operation: &str, subresource: &str, fields: Value| json!({"manager": manager, "operation": operation, "subresource": subresource, "fieldsV1": fields});
        let object = |entries: Vec<Value>| json!({"metadata": {"uid": "u", "managedFields": entries}});
        let ours = || entry("me", "Apply", "", json!({"f:data": {"f:a": {}, "f:b": {}}}));
        let before = fingerprint(&object(vec![ours()]));
        for (other, same) in [
            (entry("kube-controller-manager", "Update", "", json!({"f:metadata": {}})), true),
            (entry("kubelet", "Update", "status", json!({"f:status": {}})), true),
            (entry("kubectl-edit", "Update", "", json!({"f:data": {"f:c": {}}})), false),
        ] {
            assert_eq!(fingerprint(&object(vec![other.clone(), ours()])) == before, same, "{other}");
        }
        let fewer = entry("me", "Apply", "", json!({"f:data": {"f:a": {}}}));
        assert_ne!(fingerprint(&object(vec![fewer])), before);
    }

    #[test]
    fn a_change_by_somebody_else_is_reported_once_and_one_of_our_own_is_not() {
        let verified = Verified::default();
        let mut drifts = verified.subscribe();
        let id = ObjectId::new("a", "b", "", "ConfigMap");
        let owner = ("ns", "owner");
        let live = |version: &str| json!({"metadata": {"uid": version, "resourceVersion": version}});
        let print = |version: &str| fingerprint(&live(version));
        verified.record(&id, "d", &live("1"));
        {
            let _busy = verified.busy(&id);
            verified.seen(&id, "3", Some(&print("3")), owner);
            verified.record(&id, "d", &live("3"));
        }
        verified.seen(&id, "2", Some(&print("2")), owner);
        verified.seen(&id, "3", Some(&print("3")), owner);
        assert!(drifts.try_recv().is_err());
        verified.seen(&id, "4", Some(&print("4")), owner);
        verified.seen(&id, "5", None, owner);
        assert_eq!(drifts.try_recv().map(|drift| drift.owner_name), Ok("owner".to_owned()));
        assert!(drifts.try_recv().is_err());
    }
}
