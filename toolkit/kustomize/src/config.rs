// SPDX-License-Identifier: Apache-2.0

//! Which fields the transformers of a kustomization change: defaults, configuration files, definitions.

use std::cmp::Ordering;
use std::sync::OnceLock;

use serde_json::Value;

use crate::decode::{Decoder, Fields};
use crate::error::{Error, ErrorKind};
use crate::fieldspec::{FieldSpec, FieldSpecs};
use crate::id::Gvk;

mod defaults;

/// Field specs by transformer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) name_prefix: FieldSpecs,
    pub(crate) name_suffix: FieldSpecs,
    pub(crate) namespace: FieldSpecs,
    pub(crate) common_labels: FieldSpecs,
    pub(crate) labels: FieldSpecs,
    pub(crate) template_labels: FieldSpecs,
    pub(crate) common_annotations: FieldSpecs,
    pub(crate) references: Vec<Reference>,
    pub(crate) variables: FieldSpecs,
    pub(crate) images: FieldSpecs,
    pub(crate) replicas: FieldSpecs,
}

/// The fields that hold names of one kind of object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reference {
    pub(crate) target: Gvk,
    pub(crate) referrers: FieldSpecs,
}

impl Config {
    /// The built-in configuration, made once.
    pub(crate) fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Config> = OnceLock::new();
        BUILTIN.get_or_init(defaults::config)
    }

    /// Adds another configuration.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), Error> {
        let step = |name: &'static str| {
            move |error: Error| error.within(format!("failed to merge {name} fieldSpec"))
        };
        self.name_prefix.add_all(&other.name_prefix).map_err(step("NamePrefix"))?;
        self.name_suffix.add_all(&other.name_suffix).map_err(step("NameSuffix"))?;
        self.namespace.add_all(&other.namespace).map_err(step("NameSpace"))?;
        self.common_annotations.add_all(&other.common_annotations).map_err(step("CommonAnnotations"))?;
        self.common_labels.add_all(&other.common_labels).map_err(step("CommonLabels"))?;
        self.labels.add_all(&other.labels).map_err(step("Labels"))?;
        self.template_labels.add_all(&other.template_labels).map_err(step("TemplateLabels"))?;
        self.variables.add_all(&other.variables).map_err(step("VarReference"))?;
        self.merge_references(&other.references).map_err(step("NameReference"))?;
        self.images.add_all(&other.images).map_err(step("Images"))?;
        self.replicas.add_all(&other.replicas).map_err(step("Replicas"))?;
        self.sort();
        Ok(())
    }

    fn merge_references(&mut self, other: &[Reference]) -> Result<(), Error> {
        if self.references.is_empty() {
            self.references = other.to_vec();
            return Ok(());
        }
        if self.references == other {
            return Ok(());
        }
        for reference in other {
            match self.references.iter_mut().find(|own| own.target == reference.target) {
                Some(own) => own.referrers.add_all(&reference.referrers)?,
                None => self.references.push(reference.clone()),
            }
        }
        Ok(())
    }

    fn lists(&mut self) -> [&mut FieldSpecs; 10] {
        [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.variables,
            &mut self.images,
            &mut self.replicas,
        ]
    }

    fn sort(&mut self) {
        for list in self.lists() {
            list.0.sort_by(|a, b| compare(&a.gvk, &b.gvk));
        }
        self.references.sort_by(|a, b| compare(&a.target, &b.target));
    }

    /// Reads a configuration file, unknown fields and repeated keys refused.
    pub(crate) fn parse(bytes: &[u8], limits: &gitops_yaml::Limits) -> Result<Self, Error> {
        let documents = gitops_yaml::read_documents(bytes, limits)
            .map_err(|error| Error::from(error).within("error converting YAML to JSON"))?;
        let value = match documents.first() {
            Some(document) => document
                .root
                .to_value_strict(gitops_yaml::Dialect::V2)
                .map_err(|error| Error::from(error).within("error converting YAML to JSON"))?,
            None => Value::Null,
        };
        let step = |error: Error| error.within("error unmarshaling JSON: while decoding JSON");
        let mut config = Self::decode(&value).map_err(step)?;
        config.sort();
        Ok(config)
    }

    fn decode(value: &Value) -> Result<Self, Error> {
        let mut fields = Fields::new(value, "TransformerConfig", Decoder::STRICT_TEXT)?;
        let config = Self {
            name_prefix: specs(fields.take("namePrefix"))?,
            name_suffix: specs(fields.take("nameSuffix"))?,
            namespace: specs(fields.take("namespace"))?,
            common_labels: specs(fields.take("commonLabels"))?,
            labels: specs(fields.take("labels"))?,
            template_labels: specs(fields.take("templateLabels"))?,
            common_annotations: specs(fields.take("commonAnnotations"))?,
            references: match fields.take("nameReference") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(items)) => items.iter().map(reference).collect::<Result<_, _>>()?,
                Some(_) => return Err(wrong("nameReference")),
            },
            variables: specs(fields.take("varReference"))?,
            images: specs(fields.take("images"))?,
            replicas: specs(fields.take("replicas"))?,
        };
        fields.finish()?;
        Ok(config)
    }

    /// Adds what the definitions of custom resources say about their fields.
    pub(crate) fn add_definitions(&mut self, document: &Value) -> Result<(), Error> {
        let definitions = document.as_object().ok_or_else(|| {
            Error::new(ErrorKind::Kustomization, "json: cannot unmarshal into nameToApiMap")
        })?;
        for definition in definitions.values() {
            check_definition(definition)?;
        }
        let mut names: Vec<&String> = definitions.keys().collect();
        names.sort();
        for name in names {
            let properties = properties_of(&definitions[name]);
            let looks_like_a_kind = ["kind", "apiVersion", "metadata"]
                .iter()
                .all(|field| properties.is_some_and(|properties| properties.contains_key(*field)));
            if looks_like_a_kind {
                let kind = name.rsplit('.').next().unwrap_or(name);
                let mut path = Vec::new();
                self.add_definition(&Gvk::new("", "", kind), document, name, &mut path)?;
            }
        }
        Ok(())
    }

    fn add_definition(
        &mut self,
        gvk: &Gvk,
        definitions: &Value,
        name: &str,
        path: &mut Vec<String>,
    ) -> Result<(), Error> {
        if path.len() > 64 {
            return Err(Error::new(ErrorKind::Kustomization, "definitions contain each other"));
        }
        let properties = properties_of(&definitions[name]);
        for (field, property) in properties.into_iter().flatten() {
            path.push(field.clone());
            let spec = |extra: Option<&str>| FieldSpec {
                gvk: gvk.clone(),
                path: path.iter().map(String::as_str).chain(extra).collect::<Vec<_>>().join("/"),
                create: false,
            };
            let text = |name: &str| property.get(name).and_then(Value::as_str);
            if text("x-kubernetes-annotation").is_some() {
                self.common_annotations.add(spec(None))?;
            }
            if text("x-kubernetes-label-selector").is_some() {
                self.common_labels.add(spec(None))?;
            }
            if text("x-kubernetes-identity").is_some() {
                self.name_prefix.add(spec(None))?;
            }
            if let (Some(version), Some(kind)) =
                (text("x-kubernetes-object-ref-api-version"), text("x-kubernetes-object-ref-kind"))
            {
                let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
                self.merge_references(&[Reference {
                    target: Gvk::new("", version, kind),
                    referrers: FieldSpecs(vec![spec(Some(key))]),
                }])?;
            }
            if let Some(reference) = text("$ref") {
                let reference = reference.to_owned();
                self.add_definition(gvk, definitions, &reference, path)?;
            }
            path.pop();
        }
        Ok(())
    }
}

/// Refuses what Go's decoder would not take for a definition.
fn check_definition(definition: &Value) -> Result<(), Error> {
    let wrong = |field: &str| {
        Error::new(
            ErrorKind::Kustomization,
            format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go struct field OpenAPIDefinition.{field}"
            ),
        )
    };
    let fields = match definition {
        Value::Object(fields) => fields,
        Value::Null => return Ok(()),
        _ => return Err(wrong("Schema")),
    };
    for (name, value) in fields {
        let fits = match name.to_ascii_lowercase().as_str() {
            "dependencies" => {
                let is_text = |item: &Value| !(item.is_object() || item.is_array());
                value.is_null() || value.as_array().is_some_and(|items| items.iter().all(is_text))
            }
            "schema" => is_schema(value),
            _ => true,
        };
        if !fits {
            return Err(wrong(name));
        }
    }
    Ok(())
}

fn is_schema(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => match fields.get("properties") {
            None | Some(Value::Null) => true,
            Some(Value::Object(properties)) => properties.values().all(is_schema),
            Some(_) => false,
        },
        _ => false,
    }
}

/// The properties of a definition; Go's decoder takes the field of the schema in any case.
fn properties_of(definition: &Value) -> Option<&serde_json::Map<String, Value>> {
    let (_, schema) =
        definition.as_object()?.iter().find(|(field, _)| field.eq_ignore_ascii_case("schema"))?;
    schema.get("properties")?.as_object()
}

fn wrong(field: &str) -> Error {
    Error::new(
        ErrorKind::Kustomization,
        format!("json: cannot unmarshal into Go struct field TransformerConfig.{field}"),
    )
}

fn specs(value: Option<&Value>) -> Result<FieldSpecs, Error> {
    match value {
        None => Ok(FieldSpecs::default()),
        Some(value) => field_specs(value, Decoder::STRICT_TEXT).map(FieldSpecs),
    }
}

fn gvk(fields: &mut Fields<'_>) -> Result<Gvk, Error> {
    Ok(Gvk::new(&fields.plain_text("group")?, &fields.plain_text("version")?, &fields.plain_text("kind")?))
}

/// Reads a list of field specs.
pub(crate) fn field_specs(value: &Value, decoder: Decoder) -> Result<Vec<FieldSpec>, Error> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(|item| field_spec(item, decoder)).collect(),
        _ => Err(Error::new(
            ErrorKind::Kustomization,
            "json: cannot unmarshal into Go value of type []types.FieldSpec",
        )),
    }
}

fn field_spec(value: &Value, decoder: Decoder) -> Result<FieldSpec, Error> {
    let mut fields = Fields::new(value, "FieldSpec", decoder)?;
    let spec =
        FieldSpec { gvk: gvk(&mut fields)?, path: fields.text("path")?, create: fields.bool("create")? };
    fields.finish()?;
    Ok(spec)
}

fn reference(value: &Value) -> Result<Reference, Error> {
    let mut fields = Fields::new(value, "NameBackReferences", Decoder::STRICT_TEXT)?;
    let reference = Reference { target: gvk(&mut fields)?, referrers: specs(fields.take("fieldSpecs"))? };
    fields.finish()?;
    Ok(reference)
}

/// The kinds that come first and last, in upstream's default order.
pub(crate) const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
pub(crate) const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

fn compare(a: &Gvk, b: &Gvk) -> Ordering {
    let rank = |gvk: &Gvk| {
        let first = FIRST.iter().position(|kind| **kind == *gvk.kind).map(|at| at as i64 - 22);
        let last = LAST.iter().position(|kind| **kind == *gvk.kind).map(|at| at as i64 + 1);
        first.or(last).unwrap_or(0)
    };
    rank(a).cmp(&rank(b)).then_with(|| sort_text(a).cmp(&sort_text(b)))
}

/// Group, version and kind as one text, with marks for what is missing.
pub(crate) fn sort_text(gvk: &Gvk) -> String {
    let or = |mark: &'static str, text: &str| if text.is_empty() { mark.to_owned() } else { text.to_owned() };
    format!("{}_{}_{}", or("~G", &gvk.group), or("~V", &gvk.version), or("~K", &gvk.kind))
}
