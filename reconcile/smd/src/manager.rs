// SPDX-License-Identifier: Apache-2.0

//! What an API server does with `managedFields` on every write.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::managed::{self, ManagedFields, ManagerId, Operation, Ownership};
use crate::path::Path;
use crate::set::FieldSet;
use crate::typed::Typed;
use crate::updater::{Filter, Updater, Versions};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const BEFORE_FIRST_APPLY: &str = "before-first-apply";
const ANCIENT_CHANGES: &str = "ancient-changes";
const UPDATE_MANAGERS: usize = 10;

/// Fields that nobody owns.
static STRIPPED: LazyLock<FieldSet> = LazyLock::new(|| {
    let metadata = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let top = ["apiVersion", "kind", "metadata"].map(|name| Path::fields([name]));
    top.into_iter().chain(metadata.map(|name| Path::fields(["metadata", name]))).collect()
});

/// Keeps `managedFields` right for the objects of one endpoint: a kind at a version, or one of its subresources.
///
/// ```
/// use gitops_smd::{FieldManager, SameShape, builtin};
/// use serde_json::json;
///
/// let of = builtin().object_type("v1", "ConfigMap").expect("ConfigMap is built in");
/// let versions = SameShape::one("v1", of);
/// let endpoint = FieldManager::new(&versions, "v1", "ConfigMap");
/// let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"color": "blue"}});
///
/// let created = endpoint.apply(&endpoint.empty(), &config, "alice", false, "2026-01-01T00:00:00Z")?;
/// let mut other = config.clone();
/// other["data"]["color"] = json!("red");
/// let error = endpoint.apply(&created, &other, "bob", false, "2026-01-01T00:00:01Z").unwrap_err();
/// assert_eq!(error.to_string(), r#"Apply failed with 1 conflict: conflict with "alice": .data.color"#);
/// # Ok::<(), gitops_smd::Error>(())
/// ```
#[derive(Clone)]
pub struct FieldManager<'a> {
    versions: &'a dyn Versions,
    api_version: String,
    kind: String,
    subresource: String,
    filters: BTreeMap<String, Filter>,
}

impl<'a> FieldManager<'a> {
    /// Returns the manager of a kind's main endpoint.
    pub fn new(versions: &'a dyn Versions, api_version: &str, kind: &str) -> Self {
        Self {
            versions,
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            subresource: String::new(),
            filters: BTreeMap::new(),
        }
    }

    /// Makes it the manager of a subresource.
    #[must_use]
    pub fn subresource(mut self, name: &str) -> Self {
        name.clone_into(&mut self.subresource);
        self
    }

    /// Sets which fields can be owned through this endpoint, for ownership written at `api_version`.
    #[must_use]
    pub fn filter(mut self, api_version: &str, filter: Filter) -> Self {
        self.filters.insert(api_version.to_owned(), filter);
        self
    }

    /// Returns the object to name as the live one when something is created.
    pub fn empty(&self) -> Value {
        self.versions.empty().unwrap_or_else(|| json!({"apiVersion": self.api_version, "kind": self.kind}))
    }

    /// Returns `new` with its `managedFields` set after a create, replace or patch by `manager`.
    ///
    /// `live` is the stored object at this version, with its `managedFields`; for a creation, [`empty`](Self::empty). The entries in `new` are
    /// what the client sent: an empty list, or one empty entry, resets tracking; absent or unreadable ones count as those of `live`. `now` is the
    /// time in whole seconds, UTC (`2026-01-01T00:00:00Z`).
    ///
    /// # Errors
    /// When an object does not fit its schema or cannot be converted. An API server does not fail a write for that: it keeps the
    /// live entries, as [`update_or_keep`](Self::update_or_keep) does.
    pub fn update(&self, live: &Value, new: &Value, manager: &str, now: &str) -> Result<Value, Error> {
        let managed = self.decode(live, new);
        let mut new = new.clone();
        managed::remove(&mut new);
        let created = live.pointer("/metadata/uid").and_then(Value::as_str).is_none_or(str::is_empty);
        let managed = if managed.is_empty() && !created {
            managed
        } else {
            let mut live = live.clone();
            managed::remove(&mut live);
            self.track(&live, &new, managed, manager, now)?
        };
        managed.write_to(&mut new);
        Ok(new)
    }

    /// Like [`update`](Self::update), but keeps the live entries when that fails.
    pub fn update_or_keep(&self, live: &Value, new: &Value, manager: &str, now: &str) -> Value {
        self.update(live, new, manager, now).unwrap_or_else(|_| {
            let mut new = new.clone();
            ManagedFields::of(live).unwrap_or_default().write_to(&mut new);
            new
        })
    }

    /// Returns the live object with `config` applied to it, `managedFields` included.
    ///
    /// `live` is the stored object at this version; for a creation, [`empty`](Self::empty).
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when others own what `config` changes and `force` is off; otherwise when `config` is of another kind,
    /// names `managedFields`, or does not fit the schema.
    pub fn apply(
        &self,
        live: &Value,
        config: &Value,
        manager: &str,
        force: bool,
        now: &str,
    ) -> Result<Value, Error> {
        let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default();
        if (text("apiVersion"), text("kind")) != (self.api_version.as_str(), self.kind.as_str()) {
            return Err(Error::bad_request(format!(
                "invalid object type: {}",
                gvk(text("apiVersion"), text("kind"))
            )));
        }
        let managed =
            ManagedFields::of(live).map_err(|error| error.context("failed to decode managed fields"))?;
        let mut live = live.clone();
        managed::remove(&mut live);
        let (mut object, managed) = self.apply_as_kubectl(&live, config, managed, manager, force, now)?;
        if manager == "kubectl" && last_applied(&object).is_some() {
            set_last_applied(&mut object, config);
        }
        managed.write_to(&mut object);
        Ok(object)
    }

    /// Which ownership counts before an update: what the client sent, if it makes sense, else what is stored.
    fn decode(&self, live: &Value, new: &Value) -> ManagedFields {
        let stored = || ManagedFields::of(live).unwrap_or_default();
        if !self.subresource.is_empty() {
            return stored();
        }
        let sent = managed::entries_of(new);
        let empty_entry = |entry: &Value| entry.as_object().is_some_and(|entry| entry.values().all(is_zero));
        if sent.is_some_and(|sent| sent.is_empty() || matches!(sent, [only] if empty_entry(only))) {
            return ManagedFields::default();
        }
        match sent.map(ManagedFields::from_entries) {
            Some(Ok(managed)) if !managed.is_empty() => managed,
            _ => stored(),
        }
    }

    /// A conflict about nothing but what the last-applied annotation records is kubectl's own older self.
    fn apply_as_kubectl(
        &self,
        live: &Value,
        config: &Value,
        managed: ManagedFields,
        manager: &str,
        force: bool,
        now: &str,
    ) -> Result<(Value, ManagedFields), Error> {
        if manager != "kubectl" {
            return self.apply_tracked(live, config, managed, manager, force, now);
        }
        let error = match self.apply_tracked(live, config, managed.clone(), manager, force, now) {
            Err(error) => error,
            done => return done,
        };
        let conflicts = error.into_conflicts()?;
        let Some(allowed) = self.last_applied_fields(live) else { return Err(Error::conflict(conflicts)) };
        if !conflicts.to_set().difference(&allowed).is_empty() {
            return Err(Error::conflict(conflicts.without(&allowed)));
        }
        self.apply_tracked(live, config, managed, manager, true, now)
    }

    /// Fields of the last-applied annotation whose values are still the live ones.
    fn last_applied_fields(&self, live: &Value) -> Option<FieldSet> {
        let last: Value = serde_json::from_str(last_applied(live)?).ok()?;
        if last.get("apiVersion").and_then(Value::as_str) != Some(&self.api_version) {
            return None;
        }
        let of = self.versions.object_type(&self.api_version).ok()?;
        let live = Typed::checked(live, &of).ok()?;
        let last = Typed::checked(&last, &of).ok()?;
        let comparison = last.compare(&live).ok()?;
        let set = last.field_set().ok()?;
        Some(
            set.difference(&comparison.modified)
                .difference(&comparison.added)
                .difference(&comparison.removed),
        )
    }

    /// Before the first apply to an object that nobody tracked, all it holds goes to one manager.
    fn apply_tracked(
        &self,
        live: &Value,
        config: &Value,
        managed: ManagedFields,
        manager: &str,
        force: bool,
        now: &str,
    ) -> Result<(Value, ManagedFields), Error> {
        let managed = if managed.is_empty() {
            self.track(&self.empty(), live, managed, BEFORE_FIRST_APPLY, now)
                .map_err(|error| error.context("failed to create manager for existing fields"))?
        } else {
            managed
        };
        self.apply_merged(live, config, managed, manager, force, now)
    }

    fn apply_merged(
        &self,
        live: &Value,
        config: &Value,
        managed: ManagedFields,
        manager: &str,
        force: bool,
        now: &str,
    ) -> Result<(Value, ManagedFields), Error> {
        if config
            .get("metadata")
            .and_then(|metadata| metadata.get("managedFields"))
            .is_some_and(|sent| !sent.is_null())
        {
            return Err(Error::bad_request("metadata.managedFields must be nil"));
        }
        let of = self.versions.object_type(&self.api_version)?;
        let describe = |what: &str, object: &Value| {
            format!("failed to create typed {what} object ({})", self.describe(object))
        };
        let config = Typed::checked(config, &of).map_err(|error| error.context(describe("patch", config)))?;
        let typed = Typed::checked_live(live, &of).map_err(|error| error.context(describe("live", live)))?;
        let id = ManagerId::new(manager, Operation::Apply, &self.api_version, &self.subresource);
        let ManagedFields { managers, mut times } = managed;
        let (object, mut managers) =
            self.updater().apply(&typed, &config, &self.api_version, managers, &id, force)?;
        strip(&mut managers, &id);
        let object = match object {
            Some(mut object) => {
                self.versions.complete(&mut object);
                times.insert(id, now.to_owned());
                object
            }
            None => live.clone(),
        };
        Ok((object, ManagedFields { managers, times }))
    }

    /// Moves ownership after an update, under the cap on update managers.
    fn track(
        &self,
        live: &Value,
        new: &Value,
        managed: ManagedFields,
        manager: &str,
        now: &str,
    ) -> Result<ManagedFields, Error> {
        let of = self.versions.object_type(&self.api_version)?;
        let describe = |what: &str, object: &Value| {
            format!("failed to convert {what} object ({}) to smd typed", self.describe(object))
        };
        let typed_new = Typed::checked_live(new, &of).map_err(|error| error.context(describe("new", new)))?;
        let typed_live =
            Typed::checked_live(live, &of).map_err(|error| error.context(describe("live", live)))?;
        // Run under a name of its own, so that what the manager owned before is no part of what it wrote now.
        let current = ManagerId::new("current-operation", Operation::Update, "", "");
        let ManagedFields { managers, mut times } = managed;
        let mut managers = self
            .updater()
            .update(&typed_live, &typed_new, &self.api_version, managers, &current)
            .map_err(|error| {
                error.context(format_args!("failed to update ManagedFields ({})", self.describe(new)))
            })?;
        strip(&mut managers, &current);
        if let Some(mut written) = managers.remove(&current) {
            let id = ManagerId::new(manager, Operation::Update, &self.api_version, &self.subresource);
            if let Some(previous) = managers.remove(&id) {
                written.set.extend(previous.set);
            }
            managers.insert(id.clone(), written);
            times.insert(id, now.to_owned());
        }
        let mut managed = ManagedFields { managers, times };
        cap(&mut managed);
        Ok(managed)
    }

    fn updater(&self) -> Updater<'_> {
        Updater { versions: self.versions, filters: &self.filters }
    }

    fn describe(&self, object: &Value) -> String {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        format!("{namespace}/{name}; {}", gvk(text("/apiVersion"), text("/kind")))
    }
}

impl std::fmt::Debug for FieldManager<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldManager")
            .field("api_version", &self.api_version)
            .field("kind", &self.kind)
            .field("subresource", &self.subresource)
            .finish_non_exhaustive()
    }
}

/// The form in which messages name a kind: `apps/v1, Kind=Deployment`, `/v1, Kind=ConfigMap`.
fn gvk(api_version: &str, kind: &str) -> String {
    let slash = if api_version.contains('/') { "" } else { "/" };
    format!("{slash}{api_version}, Kind={kind}")
}

fn is_zero(value: &Value) -> bool {
    value.is_null() || value == "" || value.as_object().is_some_and(Map::is_empty)
}

fn strip(managers: &mut BTreeMap<ManagerId, Ownership>, id: &ManagerId) {
    if let Some(ownership) = managers.get_mut(id) {
        ownership.set = ownership.set.difference(&STRIPPED);
        if ownership.set.is_empty() {
            managers.remove(id);
        }
    }
}

/// Merges the oldest update managers of a version into one while there are more than ten.
fn cap(managed: &mut ManagedFields) {
    let mut updaters: Vec<ManagerId> = managed
        .managers
        .iter()
        .filter(|(_, ownership)| !ownership.applied)
        .map(|(id, _)| id.clone())
        .collect();
    let mut count = updaters.len();
    if count <= UPDATE_MANAGERS {
        return;
    }
    updaters.sort_by_cached_key(|id| (managed.times.get(id).cloned().unwrap_or_default(), id.identifier()));
    let mut first_at: BTreeMap<String, ManagerId> = BTreeMap::new();
    for id in updaters {
        if count <= UPDATE_MANAGERS {
            break;
        }
        let Some(version) = managed.managers.get(&id).map(|ownership| ownership.api_version.clone()) else {
            continue;
        };
        let Some(first) = first_at.get(&version) else {
            first_at.insert(version, id);
            continue;
        };
        let bucket = ManagerId::new(ANCIENT_CHANGES, Operation::Update, &version, "");
        if !managed.managers.contains_key(&bucket)
            && let Some(ownership) = managed.managers.remove(first)
        {
            managed.managers.insert(bucket.clone(), ownership);
        }
        if let Some(ownership) = managed.managers.remove(&id) {
            match managed.managers.get_mut(&bucket) {
                Some(known) => known.set.extend(ownership.set),
                None => {
                    managed.managers.insert(bucket.clone(), ownership);
                }
            }
        }
        count -= 1;
        if let Some(time) = managed.times.get(&id).cloned() {
            managed.times.insert(bucket, time);
        }
    }
}

fn last_applied(object: &Value) -> Option<&str> {
    object.get("metadata")?.get("annotations")?.get(LAST_APPLIED)?.as_str().filter(|text| !text.is_empty())
}

/// Keeps the annotation of client-side apply in step, so that a client that still uses it prunes rightly.
fn set_last_applied(object: &mut Value, config: &Value) {
    let mut config = config.clone();
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
        if annotations.is_empty()
            && let Some(metadata) = config.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.remove("annotations");
        }
    }
    let mut text = String::new();
    crate::value::write_json(&mut text, &config);
    text.push('\n');
    if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        // Beyond the limit of annotations the server leaves it out rather than fail.
        if text.len() + annotations.values().map(|v| v.as_str().map_or(0, str::len)).sum::<usize>()
            > 256 * 1024
        {
            annotations.remove(LAST_APPLIED);
        } else {
            annotations.insert(LAST_APPLIED.to_owned(), Value::String(text));
        }
    }
}
