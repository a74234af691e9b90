// SPDX-License-Identifier: Apache-2.0

//! Custom resource definitions from the types: what schemars makes of a type, brought into the form in which the API
//! server takes it.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// A column that `kubectl get` prints.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) type_: &'static str,
    pub(crate) path: &'static str,
    pub(crate) priority: u8,
}

pub(crate) const AGE: Column = Column { type_: "date", ..column("Age", ".metadata.creationTimestamp") };
pub(crate) const READY: Column = column("Ready", r#".status.conditions[?(@.type=="Ready")].status"#);
pub(crate) const STATUS: Column = column("Status", r#".status.conditions[?(@.type=="Ready")].message"#);

pub(crate) const fn column(name: &'static str, path: &'static str) -> Column {
    Column { name, type_: "string", path, priority: 0 }
}

/// A column that only the wide output has.
pub(crate) const fn wide(name: &'static str, path: &'static str) -> Column {
    Column { priority: 1, ..column(name, path) }
}

/// What a definition is made of.
pub(crate) struct Definition {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) about: &'static str,
    pub(crate) short: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) columns: &'static [Column],
    pub(crate) spec: Value,
    pub(crate) status: Option<Value>,
    pub(crate) status_default: Option<Value>,
    /// Whether variables in the definition itself are substituted, for want of the annotation that forbids it.
    pub(crate) substitutable: bool,
}

impl Definition {
    pub(crate) fn build(self) -> Value {
        let singular = self.kind.to_lowercase();
        let mut names = json!({
            "kind": self.kind,
            "listKind": format!("{}List", self.kind),
            "plural": self.plural,
            "singular": singular,
        });
        insert_list(&mut names, "shortNames", self.short);
        insert_list(&mut names, "categories", self.categories);
        let columns: Vec<Value> = self
            .columns
            .iter()
            .map(|c| match c.priority {
                0 => json!({ "name": c.name, "type": c.type_, "jsonPath": c.path }),
                priority => {
                    json!({ "name": c.name, "type": c.type_, "jsonPath": c.path, "priority": priority })
                }
            })
            .collect();
        let mut properties = json!({
            "apiVersion": {
                "type": "string",
                "description": "Group and version of the schema that this object is written in.",
            },
            "kind": {
                "type": "string",
                "description": "Name of the kind of this object.",
            },
            "metadata": { "type": "object" },
            "spec": self.spec,
        });
        let has_status = self.status.is_some();
        if let Some(mut status) = self.status {
            if let (Some(default), Value::Object(schema)) = (self.status_default, &mut status) {
                schema.insert("default".to_owned(), default);
            }
            properties["status"] = status;
        }
        let mut version = json!({
            "name": self.version,
            "served": true,
            "storage": true,
            "schema": { "openAPIV3Schema": {
                "type": "object",
                "description": self.about,
                "properties": properties,
            } },
        });
        if !columns.is_empty() {
            version["additionalPrinterColumns"] = Value::Array(columns);
        }
        version["subresources"] = if has_status { json!({ "status": {} }) } else { json!({}) };
        let mut metadata = json!({ "name": format!("{}.{}", self.plural, self.group) });
        if !self.substitutable {
            metadata["annotations"] = json!({ crate::meta::annotation::SUBSTITUTE: "disabled" });
        }
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": metadata,
            "spec": {
                "group": self.group,
                "names": names,
                "scope": "Namespaced",
                "versions": [version],
            },
        })
    }
}

fn insert_list(object: &mut Value, key: &str, list: &[&str]) {
    if !list.is_empty() {
        object[key] = json!(list);
    }
}

/// Returns the structural schema of a type.
pub(crate) fn schema<T: JsonSchema>() -> Value {
    let mut generator = SchemaSettings::openapi3().with(|s| s.inline_subschemas = true).into_generator();
    let mut schema = generator.root_schema_for::<T>().to_value();
    normalize(&mut schema);
    schema
}

/// Turns what schemars writes into what the API server takes.
///
/// It goes by the positions of schemas, never into names of properties or into defaults: a field may be called `enum`.
fn normalize(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    for noise in ["$schema", "title", "nullable", "components", "definitions", "$defs"] {
        map.remove(noise);
    }
    drop_null(map);
    // An attribute of the value null takes away what the type itself says, such as the width of an integer.
    map.retain(|key, value| key == "default" || !value.is_null());
    for bound in ["minimum", "maximum"] {
        if let Some(number) = map.get_mut(bound)
            && let Some(float) = number.as_f64().filter(|f| f.fract() == 0.0)
        {
            *number = json!(float as i64);
        }
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(normalize);
    }
    for child in ["items", "additionalProperties", "not"] {
        if let Some(schema) = map.get_mut(child) {
            normalize(schema);
        }
    }
    for children in ["allOf", "anyOf", "oneOf"] {
        if let Some(Value::Array(schemas)) = map.get_mut(children) {
            schemas.iter_mut().for_each(normalize);
        }
    }
    if map.get("required").is_some_and(|r| r.as_array().is_some_and(Vec::is_empty)) {
        map.remove("required");
    }
    if let Some(Value::Array(required)) = map.get_mut("required") {
        required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
}

/// An `Option` allows null for schemars, which a custom resource does not.
fn drop_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|t| t != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|v| !v.is_null());
    }
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        let is_null =
            |v: &Value| *v == json!({ "type": "null" }) || *v == json!({ "nullable": true, "enum": [null] });
        choices.retain(|v| !is_null(v));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            map.remove("anyOf");
            for (key, value) in only {
                map.entry(key).or_insert(value);
            }
        }
    }
}

/// The label selector of Kubernetes, which is replaced as a whole by server-side apply.
pub(crate) fn label_selector(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "x-kubernetes-map-type": "atomic",
        "properties": {
            "matchExpressions": {
                "type": "array",
                "description": "Requirements, all of which must hold.",
                "x-kubernetes-list-type": "atomic",
                "items": {
                    "type": "object",
                    "description": "A requirement for one label.",
                    "required": ["key", "operator"],
                    "properties": {
                        "key": { "type": "string", "description": "Key of the label." },
                        "operator": {
                            "type": "string",
                            "description": "What must hold: In, NotIn, Exists or DoesNotExist.",
                        },
                        "values": {
                            "type": "array",
                            "description": "Values for In and NotIn.",
                            "x-kubernetes-list-type": "atomic",
                            "items": { "type": "string" },
                        },
                    },
                },
            },
            "matchLabels": {
                "type": "object",
                "description": "Labels that must be there, with their values.",
                "additionalProperties": { "type": "string" },
            },
        },
    })
}

/// Returns the definitions of all kinds, in the order of their file names.
///
/// ```
/// let names: Vec<String> = gitops_api::crds().iter().map(gitops_api::crd_file_name).collect();
/// assert!(names.is_sorted());
/// assert!(names.contains(&"source.toolkit.fluxcd.io_gitrepositories.yaml".to_owned()));
/// ```
pub fn crds() -> Vec<Value> {
    use crate::{helm, image, kustomize, notification, source, source_extensions};
    vec![
        helm::v2::HelmRelease::crd(),
        image::v1::ImagePolicy::crd(),
        image::v1::ImageRepository::crd(),
        image::v1::ImageUpdateAutomation::crd(),
        kustomize::v1::Kustomization::crd(),
        notification::v1beta3::Alert::crd(),
        notification::v1beta3::Provider::crd(),
        notification::v1::Receiver::crd(),
        source_extensions::v1beta1::ArtifactGenerator::crd(),
        source::v1::Bucket::crd(),
        source::v1::ExternalArtifact::crd(),
        source::v1::GitRepository::crd(),
        source::v1::HelmChart::crd(),
        source::v1::HelmRepository::crd(),
        source::v1::OCIRepository::crd(),
    ]
}

/// Returns the name of the file that a definition is usually kept in, `<group>_<plural>.yaml`.
pub fn crd_file_name(crd: &Value) -> String {
    let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    format!("{}_{}.yaml", text("/spec/group"), text("/spec/names/plural"))
}
