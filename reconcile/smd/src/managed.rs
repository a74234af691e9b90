// SPDX-License-Identifier: Apache-2.0

//! `metadata.managedFields`, read and written.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::set::FieldSet;
use crate::value::{equal, write_json, write_quoted};

/// How fields came to be owned.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By create, replace or patch.
    Update,
}

impl Operation {
    /// Returns the wire form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// Who owns fields: one entry of `managedFields` has one identity.
///
/// `Display` prints it as messages name it: `"m" with subresource "scale" using apps/v1`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct ManagerId {
    /// The name of the manager.
    pub manager: String,
    /// How it wrote.
    pub operation: Operation,
    /// The version it wrote at; empty for [`Operation::Apply`], where one entry serves all versions.
    pub api_version: String,
    /// The subresource it wrote to; empty for the main resource.
    pub subresource: String,
}

impl ManagerId {
    /// Returns the identity of a manager; an empty name becomes `unknown`.
    pub fn new(manager: &str, operation: Operation, api_version: &str, subresource: &str) -> Self {
        let api_version = if operation == Operation::Apply { "" } else { api_version };
        Self {
            manager: if manager.is_empty() { "unknown".to_owned() } else { manager.to_owned() },
            operation,
            api_version: api_version.to_owned(),
            subresource: subresource.to_owned(),
        }
    }

    /// The JSON form, whose order is that of groups in messages.
    pub(crate) fn identifier(&self) -> String {
        let mut parts = Vec::new();
        for (name, text) in [
            ("manager", self.manager.as_str()),
            ("operation", self.operation.as_str()),
            ("apiVersion", &self.api_version),
            ("subresource", &self.subresource),
        ] {
            if !text.is_empty() {
                let mut part = format!("\"{name}\":");
                write_json(&mut part, &Value::String(text.to_owned()));
                parts.push(part);
            }
        }
        format!("{{{}}}", parts.join(","))
    }
}

impl fmt::Display for ManagerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_quoted(f, &self.manager)?;
        if !self.subresource.is_empty() {
            f.write_str(" with subresource ")?;
            write_quoted(f, &self.subresource)?;
        }
        if self.operation == Operation::Update {
            write!(f, " using {}", self.api_version)?;
        }
        Ok(())
    }
}

/// What one manager owns, and at which version that was written down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ownership {
    pub(crate) set: FieldSet,
    pub(crate) api_version: String,
    pub(crate) applied: bool,
}

pub(crate) type Managers = BTreeMap<ManagerId, Ownership>;

/// The decoded `managedFields` of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ManagedFields {
    pub(crate) managers: Managers,
    pub(crate) times: BTreeMap<ManagerId, String>,
}

impl ManagedFields {
    /// Reads the `metadata.managedFields` of an object; an object without them gives none.
    ///
    /// # Errors
    /// When an entry has no operation, version or fields type that is known, or its fields are malformed.
    pub fn of(object: &Value) -> Result<Self, Error> {
        entries_of(object).map_or_else(|| Ok(Self::default()), Self::from_entries)
    }

    /// Reads a list of entries.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn from_entries(entries: &[Value]) -> Result<Self, Error> {
        let mut out = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let operation = match text("operation") {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => return Err(Error::malformed("operation must be `Apply` or `Update`")),
            };
            let api_version = text("apiVersion");
            if api_version.is_empty() {
                return Err(Error::malformed("apiVersion must not be empty"));
            }
            match text("fieldsType") {
                "FieldsV1" => {}
                "" => {
                    return Err(Error::malformed(format!(
                        "missing fieldsType in managed fields entry {index}"
                    )));
                }
                other => {
                    return Err(Error::malformed(format!(
                        "invalid fieldsType {other:?} in managed fields entry {index}"
                    )));
                }
            }
            let set = match entry.get("fieldsV1") {
                None | Some(Value::Null) => FieldSet::default(),
                Some(fields) => FieldSet::from_value(fields)?,
            };
            let mut id = ManagerId::new("", operation, api_version, text("subresource"));
            text("manager").clone_into(&mut id.manager);
            if let Some(time) = entry.get("time").and_then(Value::as_str) {
                out.times.insert(id.clone(), time.to_owned());
            }
            let applied = operation == Operation::Apply;
            out.managers.insert(id, Ownership { set, api_version: api_version.to_owned(), applied });
        }
        Ok(out)
    }

    /// Returns the fields of one manager.
    pub fn fields(&self, id: &ManagerId) -> Option<&FieldSet> {
        self.managers.get(id).map(|ownership| &ownership.set)
    }

    /// Returns every manager with its fields.
    pub fn iter(&self) -> impl Iterator<Item = (&ManagerId, &FieldSet)> {
        self.managers.iter().map(|(id, ownership)| (id, &ownership.set))
    }

    /// Returns whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.managers.is_empty()
    }

    /// Returns the entries: those of apply first, then by time, manager, version and subresource.
    pub fn to_entries(&self) -> Vec<Value> {
        let mut rows: Vec<_> = self.managers.iter().collect();
        let time = |id: &ManagerId| self.times.get(id).map(|time| seconds(time)).unwrap_or_default();
        rows.sort_by(|(l, lo), (r, ro)| {
            let left = (l.operation, time(l), &l.manager, &lo.api_version, &l.subresource);
            left.cmp(&(r.operation, time(r), &r.manager, &ro.api_version, &r.subresource))
        });
        rows.into_iter().map(|(id, ownership)| self.entry(id, ownership)).collect()
    }

    fn entry(&self, id: &ManagerId, ownership: &Ownership) -> Value {
        let operation = if ownership.applied { Operation::Apply } else { id.operation };
        let mut entry = Map::new();
        if !id.manager.is_empty() {
            entry.insert("manager".into(), json!(id.manager));
        }
        entry.insert("operation".into(), json!(operation.as_str()));
        entry.insert("apiVersion".into(), json!(ownership.api_version));
        if let Some(time) = self.times.get(id) {
            entry.insert("time".into(), json!(time));
        }
        entry.insert("fieldsType".into(), json!("FieldsV1"));
        entry.insert("fieldsV1".into(), ownership.set.to_value());
        if !id.subresource.is_empty() {
            entry.insert("subresource".into(), json!(id.subresource));
        }
        Value::Object(entry)
    }

    /// Writes the entries into the object's metadata; none at all removes the field.
    pub fn write_to(&self, object: &mut Value) {
        let entries = self.to_entries();
        if entries.is_empty() {
            remove(object);
        } else if let Some(metadata) = metadata_mut(object) {
            metadata.insert("managedFields".into(), Value::Array(entries));
        }
    }
}

fn metadata_mut(object: &mut Value) -> Option<&mut Map<String, Value>> {
    let metadata = object.as_object_mut()?.entry("metadata").or_insert_with(|| json!({}));
    if metadata.is_null() {
        *metadata = json!({});
    }
    metadata.as_object_mut()
}

pub(crate) fn entries_of(object: &Value) -> Option<&[Value]> {
    object.get("metadata")?.get("managedFields")?.as_array().map(Vec::as_slice)
}

/// Removes `metadata.managedFields`.
pub(crate) fn remove(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}

/// Whole seconds of a time, in a form that sorts: what the API server writes is UTC and ends in `Z`.
fn seconds(time: &str) -> &str {
    time.split_once('.').map_or(time.trim_end_matches('Z'), |(whole, _)| whole)
}

/// Puts the old times back where a write changed nothing but the times in `managedFields`, so that it is no write at all.
///
/// Call it with the object that is about to be stored, before anything else is derived from it. Returns whether the two are equal now,
/// apart from `resourceVersion`, which is not looked at.
pub fn keep_times_of(live: &Value, new: &mut Value) -> bool {
    let old_entries = entries_of(live).unwrap_or_default();
    let same = {
        let new_entries = entries_of(new).unwrap_or_default();
        old_entries.len() == new_entries.len()
            && old_entries.iter().zip(new_entries).all(|(old, new)| same_but_time(old, new))
            && same_but_managed(live, new)
    };
    if same
        && !old_entries.is_empty()
        && let Some(metadata) = metadata_mut(new)
    {
        metadata.insert("managedFields".into(), Value::Array(old_entries.to_vec()));
    }
    same
}

fn same_but_time(old: &Value, new: &Value) -> bool {
    let strip = |entry: &Value| {
        let mut entry = entry.clone();
        if let Some(entry) = entry.as_object_mut() {
            entry.remove("time");
        }
        entry
    };
    strip(old) == strip(new)
}

fn same_but_managed(old: &Value, new: &Value) -> bool {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return false };
    let metadata = |object: &Map<String, Value>| {
        let mut metadata = object.get("metadata").cloned().unwrap_or_default();
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.remove("managedFields");
            metadata.remove("resourceVersion");
        }
        metadata
    };
    old.len() == new.len()
        && old
            .iter()
            .filter(|(key, _)| *key != "metadata")
            .all(|(key, old)| new.get(key).is_some_and(|new| equal(old, new)))
        && equal(&metadata(old), &metadata(new))
}
