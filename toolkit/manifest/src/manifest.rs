// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};
use crate::id::ObjectId;

/// A Kubernetes object as data: a JSON object with `apiVersion` and `kind`.
///
/// Equality is that of the values; the order of keys means nothing.
#[doc(alias = "Unstructured")]
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest(Value);

impl Manifest {
    /// Takes a value that is an object with string fields `apiVersion` and `kind`.
    ///
    /// The name may be missing: lists and `generateName` objects have none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotAnObject`] and [`ErrorKind::MissingField`].
    pub fn from_value(value: Value) -> Result<Self, Error> {
        let Value::Object(map) = &value else {
            return Err(Error::new(
                ErrorKind::NotAnObject,
                format!("expected an object, found {}", kind_of(&value)),
            ));
        };
        for field in ["apiVersion", "kind"] {
            if map.get(field).and_then(Value::as_str).is_none_or(str::is_empty) {
                return Err(missing(field, &value));
            }
        }
        Ok(Self(value))
    }

    /// Returns the object.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Returns the object for changes.
    ///
    /// Accessors return empty texts for fields that a change has removed.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// Returns the object, owned.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.0
    }

    /// Returns `apiVersion`, such as `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.text("apiVersion")
    }

    /// Returns the API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version().split_once('/').map_or("", |(group, _)| group)
    }

    /// Returns the API version without its group.
    #[must_use]
    pub fn version(&self) -> &str {
        let api_version = self.api_version();
        api_version.split_once('/').map_or(api_version, |(_, version)| version)
    }

    /// Returns `kind`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("kind")
    }

    /// Returns `metadata.name`; empty if there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.metadata("name")
    }

    /// Returns `metadata.namespace`; empty if there is none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    /// Returns the id under which a cluster or an inventory knows the object.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        ObjectId::new(self.namespace(), self.name(), self.group(), self.kind())
    }

    /// Returns the labels, sorted by key; values that are not strings are left out.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs("labels")
    }

    /// Returns the annotations, sorted by key; values that are not strings are left out.
    pub fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs("annotations")
    }

    /// Returns one label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.0.get("metadata")?.get("labels")?.get(key)?.as_str()
    }

    /// Returns one annotation.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.0.get("metadata")?.get("annotations")?.get(key)?.as_str()
    }

    /// Sets `metadata.name`.
    pub fn set_name(&mut self, name: impl Into<String>) {
        let name = name.into();
        self.object_at(&[]).insert("name".to_owned(), Value::String(name));
    }

    /// Sets `metadata.namespace`, or removes it if empty.
    pub fn set_namespace(&mut self, namespace: impl Into<String>) {
        let namespace = namespace.into();
        let metadata = self.object_at(&[]);
        if namespace.is_empty() {
            metadata.remove("namespace");
        } else {
            metadata.insert("namespace".to_owned(), Value::String(namespace));
        }
    }

    /// Sets a label.
    pub fn set_label(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        self.object_at(&["labels"]).insert(key, Value::String(value));
    }

    /// Sets an annotation.
    pub fn set_annotation(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        self.object_at(&["annotations"]).insert(key, Value::String(value));
    }

    /// Removes an annotation, and the map when it was the last.
    pub fn remove_annotation(&mut self, key: &str) -> Option<String> {
        let metadata = self.0.get_mut("metadata")?.as_object_mut()?;
        let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
        let removed = annotations.remove(key);
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
        removed?.as_str().map(str::to_owned)
    }

    /// Returns whether this is a list of objects: `List`, or a kind that ends so and has `items`.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.kind().ends_with("List") && self.0.get("items").is_some_and(Value::is_array)
    }

    /// Returns the object as YAML, byte for byte as kustomize prints it.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        gitops_yaml::emit::to_yaml(&self.0)
    }

    /// Expands lists, also lists in lists, into what they hold.
    pub(crate) fn expand(self, into: &mut Vec<Manifest>) -> Result<(), Error> {
        if !self.is_list() {
            into.push(self);
            return Ok(());
        }
        let Value::Object(mut map) = self.0 else { return Ok(()) };
        let Some(Value::Array(items)) = map.remove("items") else { return Ok(()) };
        for item in items {
            Manifest::from_value(item)?.expand(into)?;
        }
        Ok(())
    }

    pub(crate) fn require_name(&self) -> Result<(), Error> {
        if self.name().is_empty() { Err(missing("metadata.name", &self.0)) } else { Ok(()) }
    }

    fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    fn metadata(&self, field: &str) -> &str {
        self.0
            .get("metadata")
            .and_then(|metadata| metadata.get(field))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn pairs(&self, field: &str) -> impl Iterator<Item = (&str, &str)> {
        let map = self.0.get("metadata").and_then(|metadata| metadata.get(field)).and_then(Value::as_object);
        let mut pairs: Vec<_> = map
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
            .collect();
        pairs.sort_unstable();
        pairs.into_iter()
    }

    /// The object at a path below `metadata`; what is not an object on the way is replaced by one.
    fn object_at(&mut self, path: &[&str]) -> &mut Map<String, Value> {
        let mut map = into_object(&mut self.0);
        for field in std::iter::once(&"metadata").chain(path) {
            map = into_object(map.entry(*field).or_insert(Value::Null));
        }
        map
    }
}

fn into_object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("because it was made an object above")
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The message names the object by what it has, never by its content: it may hold secrets.
fn missing(field: &str, value: &Value) -> Error {
    let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (kind, name) = (text("/kind"), text("/metadata/name"));
    let subject = match (kind, name) {
        ("", "") => String::new(),
        (kind, "") => format!(" in object of kind {kind}"),
        ("", name) => format!(" in object named {name}"),
        (kind, name) => format!(" in object {kind}/{name}"),
    };
    Error::new(ErrorKind::MissingField, format!("missing {field}{subject}"))
}
