// SPDX-License-Identifier: Apache-2.0

//! Which lists merge by which keys, and which kinds have no namespace.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, ErrorKind};

mod table;

/// A field whose type holds no list that merges.
const NONE: u16 = u16::MAX;

/// A field that is a merging list, or leads to one.
#[derive(Debug)]
pub(crate) struct Field {
    name: &'static str,
    target: u16,
    list: bool,
    /// Keys of a list that merges; none for a list of scalars.
    merge: Option<&'static [&'static str]>,
}

/// The schema of a build: the built-in table, one read from a file, or both.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    custom: Option<Arc<Custom>>,
    keep_builtin: bool,
}

/// The type of a node during a merge.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Type<'s> {
    Object(u16),
    List(&'static Field),
    Custom(&'s Custom, &'s Value),
}

/// A schema read from a file.
#[derive(Debug)]
pub(crate) struct Custom {
    definitions: Value,
    kinds: HashMap<(String, String), String>,
    /// Whether a kind has a namespace, where the paths of the document tell.
    namespaced: HashMap<(String, String), bool>,
}

impl Schema {
    /// Makes a schema of an OpenAPI v2 document.
    pub(crate) fn custom(document: Value, keep_builtin: bool) -> Result<Self, Error> {
        let Value::Object(mut document) = document else {
            return Err(Error::new(ErrorKind::Kustomization, "invalid schema file: not an object"));
        };
        let definitions = document.remove("definitions").unwrap_or(Value::Null);
        let mut kinds = HashMap::new();
        for (name, definition) in definitions.as_object().into_iter().flatten() {
            for gvk in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
                kinds.insert(gvk_key(gvk), name.clone());
            }
        }
        let mut namespaced: HashMap<(String, String), bool> = HashMap::new();
        for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let gvk = &item["get"]["x-kubernetes-group-version-kind"];
            if gvk.is_object() {
                let entry = namespaced.entry(gvk_key(gvk)).or_default();
                *entry |= path.contains("namespaces/{namespace}");
            }
        }
        Ok(Self { custom: Some(Arc::new(Custom { definitions, kinds, namespaced })), keep_builtin })
    }

    /// Whether a kind is known to have no namespace.
    pub(crate) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        if let Ok(_at) = table::CLUSTER_SCOPED.binary_search(&(api_version, kind)) {
            return true;
        }
        self.custom.as_ref().is_some_and(|custom| {
            custom.namespaced.get(&(api_version.to_owned(), kind.to_owned())) == Some(&false)
        })
    }

    /// The type of a whole object.
    pub(crate) fn of_kind(&self, api_version: &str, kind: &str) -> Option<Type<'_>> {
        if let Some(custom) = &self.custom {
            let name = custom.kinds.get(&(api_version.to_owned(), kind.to_owned()));
            if let Some(definition) = name.and_then(|name| custom.definitions.get(name)) {
                return Some(Type::Custom(custom, definition));
            }
            if !self.keep_builtin {
                return None;
            }
        }
        let at = table::KINDS.binary_search_by(|&(v, k, _)| (v, k).cmp(&(api_version, kind))).ok()?;
        Some(Type::Object(table::KINDS[at].2))
    }
}

fn gvk_key(gvk: &Value) -> (String, String) {
    let text = |name: &str| gvk[name].as_str().unwrap_or_default();
    let api_version = match text("group") {
        "" => text("version").to_owned(),
        group => format!("{group}/{}", text("version")),
    };
    (api_version, text("kind").to_owned())
}

impl<'s> Type<'s> {
    /// The type of a field.
    pub(crate) fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::Object(at) => {
                let fields = table::TYPES[usize::from(at)];
                let field = fields.iter().find(|field| field.name == name)?;
                if field.list {
                    return Some(Self::List(field));
                }
                (field.target != NONE).then_some(Self::Object(field.target))
            }
            Self::List(_) => None,
            Self::Custom(custom, schema) => {
                let property = schema["properties"]
                    .get(name)
                    .or_else(|| schema.get("additionalProperties").filter(|schema| schema.is_object()))?;
                Some(Self::Custom(custom, custom.resolve(property)?))
            }
        }
    }

    /// The type of the elements of a list.
    pub(crate) fn elements(self) -> Option<Self> {
        match self {
            Self::Object(_) => None,
            Self::List(field) => (field.target != NONE).then_some(Self::Object(field.target)),
            Self::Custom(custom, schema) => {
                if schema["type"] != "array" {
                    return None;
                }
                Some(Self::Custom(custom, custom.resolve(schema.get("items")?)?))
            }
        }
    }

    /// The keys by which a list merges, if it does.
    pub(crate) fn merge_keys(self) -> Option<Vec<String>> {
        match self {
            Self::Object(_) => None,
            Self::List(field) => field.merge.map(|keys| keys.iter().map(|&key| key.to_owned()).collect()),
            Self::Custom(_, schema) => {
                let strategy = schema["x-kubernetes-patch-strategy"].as_str()?;
                if !strategy.split(',').any(|strategy| strategy == "merge") {
                    return None;
                }
                let strings = |value: &Value| -> Vec<String> {
                    value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|v| v.as_str().map(str::to_owned))
                        .collect()
                };
                match schema.get("x-kubernetes-list-map-keys") {
                    Some(keys) => Some(strings(keys)),
                    None => Some(
                        schema["x-kubernetes-patch-merge-key"]
                            .as_str()
                            .map(str::to_owned)
                            .into_iter()
                            .collect(),
                    ),
                }
            }
        }
    }
}

impl Custom {
    fn resolve<'s>(&'s self, schema: &'s Value) -> Option<&'s Value> {
        let mut schema = schema;
        // A chain of references longer than this is a circle.
        for _ in 0..32 {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(schema) };
            schema = self.definitions.get(reference.rsplit('/').next()?)?;
        }
        None
    }
}
