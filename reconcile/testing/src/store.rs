// SPDX-License-Identifier: Apache-2.0

//! The state of the cluster: one table of serialized objects per resource, one version counter for all, and the
//! latest changes of every table, from which watches are replayed and older states are rebuilt.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

/// Where an object lives in its table: namespace (empty for cluster-scoped kinds) and name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Key {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

/// A stored object: its bytes, without `apiVersion` and `kind`, and what is asked of it without parsing them.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) key: Key,
    pub(crate) revision: u64,
    pub(crate) uid: String,
    /// The uids of the owners.
    pub(crate) owners: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) fields: BTreeMap<String, String>,
    /// The schema generation that wrote the bytes; reads under another one convert.
    pub(crate) schema: u64,
    pub(crate) bytes: Bytes,
}

impl Record {
    /// Parses the object, without `apiVersion` and `kind`.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
}

/// One change of one object.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) key: Key,
    pub(crate) before: Option<Arc<Record>>,
    /// The new state, or for a deletion the last state with the version of the deletion.
    pub(crate) after: Arc<Record>,
    pub(crate) deleted: bool,
}

/// An object to be stored; the store fills in its version.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) object: Value,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) schema: u64,
}

/// Why a write did not happen.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Clash {
    Exists,
    Missing,
    Modified,
}

/// What a write expects to find.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect {
    Absent,
    Revision(u64),
}

#[derive(Default)]
struct Table {
    objects: BTreeMap<Key, Arc<Record>>,
    changes: VecDeque<Arc<Change>>,
    /// Changes at or below this version are forgotten.
    compacted: u64,
    /// The version of the newest change of this table.
    latest: u64,
    watchers: Vec<mpsc::Sender<Arc<Change>>>,
}

struct Inner {
    revision: u64,
    floor: u64,
    tables: HashMap<String, Table>,
}

/// The versioned store; see the module's documentation.
pub(crate) struct Store {
    inner: Mutex<Inner>,
    history: usize,
    revision: watch::Sender<u64>,
}

/// A state of a table.
pub(crate) struct Snapshot {
    pub(crate) revision: u64,
    pub(crate) records: Vec<Arc<Record>>,
}

/// A registered watch: what to replay and where later changes arrive.
pub(crate) struct Subscription {
    pub(crate) revision: u64,
    pub(crate) initial: Vec<Arc<Record>>,
    pub(crate) replay: Vec<Arc<Change>>,
    pub(crate) live: mpsc::Receiver<Arc<Change>>,
}

/// A version that is no longer, or not yet, known.
#[derive(Debug)]
pub(crate) enum Unknown {
    TooOld,
    TooLarge { current: u64 },
}

const FIRST_REVISION: u64 = 100;
const WATCH_QUEUE: usize = 16_384;

impl Store {
    pub(crate) fn new(history: usize) -> Self {
        let inner = Inner { revision: FIRST_REVISION, floor: FIRST_REVISION, tables: HashMap::new() };
        Self {
            inner: Mutex::new(inner),
            history: history.max(1),
            revision: watch::Sender::new(FIRST_REVISION),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn revision(&self) -> u64 {
        self.lock().revision
    }

    /// Returns a receiver that always holds the current version.
    pub(crate) fn revisions(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Returns the version of the newest change of a table.
    pub(crate) fn latest(&self, table: &str) -> u64 {
        self.lock().tables.get(table).map_or(0, |table| table.latest)
    }

    pub(crate) fn get(&self, table: &str, key: &Key) -> Option<Arc<Record>> {
        self.lock().tables.get(table)?.objects.get(key).cloned()
    }

    pub(crate) fn count(&self, table: &str) -> usize {
        self.lock().tables.get(table).map_or(0, |table| table.objects.len())
    }

    /// Returns the current state of a namespace, or of all when it is empty.
    pub(crate) fn list(&self, table: &str, namespace: &str) -> Snapshot {
        let inner = self.lock();
        let records = inner.tables.get(table).map_or_else(Vec::new, |table| {
            let all = table.objects.values();
            all.filter(|record| namespace.is_empty() || record.key.namespace == namespace).cloned().collect()
        });
        Snapshot { revision: inner.revision, records }
    }

    /// Returns the state as of a version.
    pub(crate) fn list_at(&self, table: &str, namespace: &str, revision: u64) -> Result<Snapshot, Unknown> {
        let inner = self.lock();
        if revision > inner.revision {
            return Err(Unknown::TooLarge { current: inner.revision });
        }
        let floor = inner.floor;
        let Some(table) = inner.tables.get(table) else {
            return Ok(Snapshot { revision, records: Vec::new() });
        };
        if revision < table.compacted.max(floor) {
            return Err(Unknown::TooOld);
        }
        let mut objects = table.objects.clone();
        for change in table.changes.iter().rev().take_while(|change| change.revision > revision) {
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), Arc::clone(before)),
                None => objects.remove(&change.key),
            };
        }
        let records = objects
            .into_values()
            .filter(|record| namespace.is_empty() || record.key.namespace == namespace)
            .collect();
        Ok(Snapshot { revision, records })
    }

    /// Registers a watch. Without a version the current state comes first.
    pub(crate) fn subscribe(&self, table: &str, from: Option<u64>) -> Result<Subscription, Unknown> {
        let mut inner = self.lock();
        let revision = inner.revision;
        let floor = inner.floor;
        let table = inner.tables.entry(table.to_owned()).or_default();
        if let Some(from) = from
            && from < table.compacted.max(floor)
        {
            return Err(Unknown::TooOld);
        }
        let (sender, live) = mpsc::channel(WATCH_QUEUE);
        table.watchers.retain(|watcher| !watcher.is_closed());
        table.watchers.push(sender);
        let (initial, replay) = match from {
            None => (table.objects.values().cloned().collect(), Vec::new()),
            Some(from) => {
                let newer = table.changes.partition_point(|change| change.revision <= from);
                (Vec::new(), table.changes.iter().skip(newer).cloned().collect())
            }
        };
        Ok(Subscription { revision, initial, replay, live })
    }

    /// Stores an object.
    pub(crate) fn put(
        &self,
        table: &str,
        key: &Key,
        expect: Expect,
        draft: Draft,
    ) -> Result<Arc<Record>, Clash> {
        let mut inner = self.lock();
        let revision = inner.revision + 1;
        let entry = inner.tables.entry(table.to_owned()).or_default();
        let before = check(entry, key, expect)?;
        let record = Arc::new(record(key, revision, draft));
        entry.objects.insert(key.clone(), Arc::clone(&record));
        let change =
            Change { revision, key: key.clone(), before, after: Arc::clone(&record), deleted: false };
        self.publish(&mut inner, table, change);
        Ok(record)
    }

    /// Removes an object; the draft is its last state, as the deletion event shows it.
    pub(crate) fn remove(
        &self,
        table: &str,
        key: &Key,
        expect: u64,
        last: Draft,
    ) -> Result<Arc<Record>, Clash> {
        let mut inner = self.lock();
        let revision = inner.revision + 1;
        let entry = inner.tables.entry(table.to_owned()).or_default();
        let before = check(entry, key, Expect::Revision(expect))?;
        entry.objects.remove(key);
        let record = Arc::new(record(key, revision, last));
        let change = Change { revision, key: key.clone(), before, after: Arc::clone(&record), deleted: true };
        self.publish(&mut inner, table, change);
        Ok(record)
    }

    /// Returns the objects that name an owner.
    pub(crate) fn dependents(&self, owner: &str) -> Vec<(String, Arc<Record>)> {
        self.search(|record| record.owners.iter().any(|uid| uid == owner))
    }

    /// Returns the object with a uid.
    pub(crate) fn find(&self, uid: &str) -> Option<(String, Arc<Record>)> {
        self.search(|record| record.uid == uid).pop()
    }

    fn search(&self, fits: impl Fn(&Record) -> bool) -> Vec<(String, Arc<Record>)> {
        let inner = self.lock();
        let tables = inner.tables.iter();
        let all = tables.flat_map(|(name, table)| table.objects.values().map(move |record| (name, record)));
        all.filter(|(_, record)| fits(record))
            .map(|(name, record)| (name.clone(), Arc::clone(record)))
            .collect()
    }

    /// Returns the state before the latest change of an object, if it is still known.
    pub(crate) fn before(&self, table: &str, key: &Key) -> Option<Arc<Record>> {
        let inner = self.lock();
        let changes = &inner.tables.get(table)?.changes;
        changes.iter().rev().find(|change| change.key == *key)?.before.clone()
    }

    /// Forgets the history of a table, so that watches from older versions are answered with 410.
    pub(crate) fn compact(&self, table: &str) {
        let mut inner = self.lock();
        let revision = inner.revision;
        if let Some(table) = inner.tables.get_mut(table) {
            table.changes.clear();
            table.compacted = revision;
        }
    }

    /// Ends all watches of a table.
    pub(crate) fn disconnect(&self, table: &str) {
        if let Some(table) = self.lock().tables.get_mut(table) {
            table.watchers.clear();
        }
    }

    fn publish(&self, inner: &mut Inner, table: &str, change: Change) {
        inner.revision = change.revision;
        self.revision.send_replace(change.revision);
        let Some(table) = inner.tables.get_mut(table) else { return };
        table.latest = change.revision;
        let change = Arc::new(change);
        table.watchers.retain(|watcher| watcher.try_send(Arc::clone(&change)).is_ok());
        table.changes.push_back(change);
        while table.changes.len() > self.history {
            if let Some(forgotten) = table.changes.pop_front() {
                table.compacted = forgotten.revision;
            }
        }
    }
}

fn check(table: &Table, key: &Key, expect: Expect) -> Result<Option<Arc<Record>>, Clash> {
    match (table.objects.get(key), expect) {
        (None, Expect::Absent) => Ok(None),
        (Some(_), Expect::Absent) => Err(Clash::Exists),
        (None, Expect::Revision(_)) => Err(Clash::Missing),
        (Some(live), Expect::Revision(revision)) if live.revision == revision => Ok(Some(Arc::clone(live))),
        (Some(_), Expect::Revision(_)) => Err(Clash::Modified),
    }
}

fn record(key: &Key, revision: u64, draft: Draft) -> Record {
    let Draft { mut object, fields, schema } = draft;
    if let Some(map) = object.as_object_mut() {
        map.remove("apiVersion");
        map.remove("kind");
    }
    object["metadata"]["resourceVersion"] = Value::String(revision.to_string());
    let metadata = &object["metadata"];
    let uid = metadata["uid"].as_str().unwrap_or_default().to_owned();
    let labels = metadata["labels"].as_object().map_or_else(BTreeMap::new, |labels| {
        labels
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect()
    });
    let owners = metadata["ownerReferences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|owner| owner["uid"].as_str().map(str::to_owned))
        .collect();
    let bytes = Bytes::from(object.to_string());
    Record { key: key.clone(), revision, uid, owners, labels, fields, schema, bytes }
}
