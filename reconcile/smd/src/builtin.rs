// SPDX-License-Identifier: Apache-2.0

//! The types that Kubernetes itself ships.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, LazyLock, OnceLock};

use serde_json::{Map, Value};

use crate::schema::{ObjectType, Schema};

const DATA: &[u8] = include_bytes!("../data/kubernetes-1.37.json.gz");

/// The OpenAPI definitions of the kinds built into Kubernetes 1.37, without descriptions.
///
/// A definition holds `type`, `format`, `properties`, `required`, `items`, `additionalProperties`, `default`, `enum`, and the
/// `x-kubernetes-*` annotations (list and map types, patch strategies and merge keys, group-version-kinds, unions). References
/// have the form `#/components/schemas/NAME`.
#[derive(Debug)]
pub struct Builtin {
    version: String,
    definitions: Map<String, Value>,
    kinds: BTreeMap<(String, String), String>,
    schema: OnceLock<Arc<Schema>>,
}

/// Returns the built-in types; they are decompressed on first use and never change.
///
/// ```
/// let service = gitops_smd::builtin().definition_of("v1", "Service").expect("Service is built in");
/// assert_eq!(service["properties"]["spec"]["$ref"], "#/components/schemas/io.k8s.api.core.v1.ServiceSpec");
/// ```
pub fn builtin() -> &'static Builtin {
    static BUILTIN: LazyLock<Builtin> = LazyLock::new(Builtin::load);
    &BUILTIN
}

impl Builtin {
    fn load() -> Self {
        let mut text = Vec::new();
        let read = flate2::read::GzDecoder::new(DATA).read_to_end(&mut text);
        read.expect("because the data is compiled in and covered by tests");
        let mut data: Value =
            serde_json::from_slice(&text).expect("because the data is compiled in and covered by tests");
        let definitions = match data["definitions"].take() {
            Value::Object(definitions) => definitions,
            _ => Map::new(),
        };
        let version = data["version"].as_str().unwrap_or_default().to_owned();
        let kinds = kinds_of(&definitions);
        Self { version, definitions, kinds, schema: OnceLock::new() }
    }

    /// Returns the Kubernetes version, `1.37.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns all definitions by name (`io.k8s.api.apps.v1.Deployment`).
    pub fn definitions(&self) -> &Map<String, Value> {
        &self.definitions
    }

    /// Returns the definition called `name`, or what a `$ref` points to.
    pub fn definition(&self, name: &str) -> Option<&Value> {
        self.definitions.get(name.rsplit_once('/').map_or(name, |(_, name)| name))
    }

    /// Returns the name of a kind's definition: `apps/v1`, `Deployment` gives `io.k8s.api.apps.v1.Deployment`.
    pub fn name_of(&self, api_version: &str, kind: &str) -> Option<&str> {
        self.kinds.get(&(api_version.to_owned(), kind.to_owned())).map(String::as_str)
    }

    /// Returns a kind's definition.
    pub fn definition_of(&self, api_version: &str, kind: &str) -> Option<&Value> {
        self.definition(self.name_of(api_version, kind)?)
    }

    /// Returns every kind as (apiVersion, kind, definition name), sorted.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.kinds
            .iter()
            .map(|((api_version, kind), name)| (api_version.as_str(), kind.as_str(), name.as_str()))
    }

    /// Returns the merge types of all definitions.
    pub fn schema(&self) -> &Arc<Schema> {
        self.schema.get_or_init(|| {
            let definitions = self.definitions.iter().map(|(name, definition)| (name.as_str(), definition));
            Arc::new(Schema::from_definitions(definitions))
        })
    }

    /// Returns the merge type of a kind.
    pub fn object_type(&self, api_version: &str, kind: &str) -> Option<ObjectType> {
        ObjectType::named(self.schema(), self.name_of(api_version, kind)?)
    }
}

fn kinds_of(definitions: &Map<String, Value>) -> BTreeMap<(String, String), String> {
    let mut kinds = BTreeMap::new();
    for (name, definition) in definitions {
        let Some(listed) = definition.get("x-kubernetes-group-version-kind").and_then(Value::as_array) else {
            continue;
        };
        for gvk in listed {
            let part = |key: &str| gvk.get(key).and_then(Value::as_str).unwrap_or_default();
            let api_version = match part("group") {
                "" => part("version").to_owned(),
                group => format!("{group}/{}", part("version")),
            };
            kinds.insert((api_version, part("kind").to_owned()), name.clone());
        }
    }
    kinds
}
