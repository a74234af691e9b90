// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::format::Format;
use super::names;
use super::pattern::Pattern;
use super::rules::Rule;
use super::violation::Violation;

/// One node of a compiled schema: structure, constraints and rules of one place.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) types: Vec<Type>,
    pub(super) format: Option<Format>,
    pub(super) nullable: bool,
    pub(super) int_or_string: bool,
    pub(super) embedded: bool,
    pub(super) preserve: bool,
    pub(super) default: Option<Value>,
    pub(super) properties: BTreeMap<String, Node>,
    pub(super) additional: Additional,
    pub(super) items: Option<Box<Node>>,
    pub(super) required: Vec<String>,
    pub(super) allowed: Vec<Value>,
    pub(super) pattern: Option<Pattern>,
    pub(super) bounds: Bounds,
    pub(super) all_of: Vec<Node>,
    pub(super) any_of: Vec<Node>,
    pub(super) one_of: Vec<Node>,
    pub(super) not: Option<Box<Node>>,
    pub(super) list_type: ListType,
    pub(super) rules: Vec<Rule>,
    /// What CEL calls the properties.
    pub(super) cel_names: BTreeMap<String, String>,
    pub(super) has_rules: bool,
    pub(super) has_defaults: bool,
    pub(super) has_lists: bool,
    pub(super) has_embedded: bool,
}

/// A JSON type as a schema names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Type {
    Array,
    Boolean,
    Integer,
    Null,
    Number,
    Object,
    String,
}

impl Type {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Null => "null",
            Self::Number => "number",
            Self::Object => "object",
            Self::String => "string",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Array, Self::Boolean, Self::Integer, Self::Null, Self::Number, Self::Object, Self::String]
            .into_iter()
            .find(|candidate| candidate.as_str() == text)
    }
}

/// What a map may hold beside the declared properties.
#[derive(Debug, Default)]
pub(super) enum Additional {
    #[default]
    Undeclared,
    Allowed(bool),
    Schema(Box<Node>),
}

/// How the items of a list are told apart.
#[derive(Debug, Default)]
pub(super) enum ListType {
    #[default]
    Atomic,
    Set,
    Map(Vec<String>),
}

/// Numeric constraints.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) minimum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<f64>,
    pub(super) min_length: Option<i64>,
    pub(super) max_length: Option<i64>,
    pub(super) min_items: Option<i64>,
    pub(super) max_items: Option<i64>,
    pub(super) min_properties: Option<i64>,
    pub(super) max_properties: Option<i64>,
    pub(super) unique_items: bool,
}

impl Node {
    /// Compiles the schema of a whole object. The server declares type and metadata itself.
    pub(super) fn root(json: &Value) -> Result<Self, Vec<Violation>> {
        let mut problems = Vec::new();
        let node = Self::parse(json, "spec.validation.openAPIV3Schema", &mut problems);
        if problems.is_empty() { Ok(node) } else { Err(problems) }
    }

    /// Returns the schema of a field or map entry.
    pub(super) fn child(&self, key: &str) -> Option<&Self> {
        self.properties.get(key).or(match &self.additional {
            Additional::Schema(entry) => Some(entry),
            _ => None,
        })
    }

    fn parse(json: &Value, path: &str, problems: &mut Vec<Violation>) -> Self {
        let Some(fields) = json.as_object() else { return Self::default() };
        let int_or_string = flag(fields, "x-kubernetes-int-or-string");
        let embedded = flag(fields, "x-kubernetes-embedded-resource");
        let types = match text(fields, "type").and_then(Type::parse) {
            _ if int_or_string => vec![Type::Integer, Type::String],
            Some(kind) => vec![kind],
            None => Vec::new(),
        };
        let default = fields.get("default").filter(|default| !default.is_null()).cloned();
        let branches = |key: &str, problems: &mut Vec<Violation>| match fields.get(key) {
            Some(Value::Array(list)) => list
                .iter()
                .enumerate()
                .map(|(index, json)| Self::parse(json, &format!("{path}.{key}[{index}]"), problems))
                .collect(),
            _ => Vec::new(),
        };
        let single = |key: &str, problems: &mut Vec<Violation>| {
            let json = fields.get(key).filter(|json| json.is_object())?;
            Some(Box::new(Self::parse(json, &format!("{path}.{key}"), problems)))
        };
        let additional = match fields.get("additionalProperties") {
            Some(Value::Bool(allowed)) => Additional::Allowed(*allowed),
            Some(json @ Value::Object(_)) => Additional::Schema(Box::new(Self::parse(
                json,
                &format!("{path}.additionalProperties"),
                problems,
            ))),
            _ => Additional::Undeclared,
        };
        let properties: BTreeMap<String, Self> = objects(fields, "properties")
            .map(|(key, json)| {
                (key.clone(), Self::parse(json, &format!("{path}.properties[{key}]"), problems))
            })
            .collect();
        let pattern = text(fields, "pattern").filter(|pattern| !pattern.is_empty()).and_then(|pattern| {
            Pattern::compile(pattern).map_err(|problem| problems.push(problem.violation(path, pattern))).ok()
        });
        let mut node = Self {
            types,
            format: text(fields, "format").and_then(Format::parse),
            nullable: flag(fields, "nullable"),
            int_or_string,
            embedded,
            preserve: flag(fields, "x-kubernetes-preserve-unknown-fields"),
            default,
            cel_names: properties.keys().filter_map(|key| Some((key.clone(), names::escape(key)?))).collect(),
            properties,
            additional,
            items: single("items", problems),
            required: texts(fields, "required"),
            allowed: fields.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            pattern,
            bounds: Bounds::parse(fields),
            all_of: branches("allOf", problems),
            any_of: branches("anyOf", problems),
            one_of: branches("oneOf", problems),
            not: single("not", problems),
            list_type: match text(fields, "x-kubernetes-list-type") {
                Some("set") => ListType::Set,
                Some("map") => ListType::Map(texts(fields, "x-kubernetes-list-map-keys")),
                _ => ListType::Atomic,
            },
            rules: Rule::parse_all(fields, path, problems),
            ..Self::default()
        };
        node.sum_up();
        node
    }

    /// Notes what is found anywhere below, so that walks can skip what has none.
    fn sum_up(&mut self) {
        let additional = match &self.additional {
            Additional::Schema(entry) => Some(entry),
            _ => None,
        };
        let children: Vec<&Self> = self
            .properties
            .values()
            .chain(self.items.as_deref())
            .chain(additional.map(Box::as_ref))
            .collect();
        let has_rules = children.iter().any(|child| child.has_rules);
        let has_defaults = children.iter().any(|child| child.has_defaults || child.default.is_some());
        let has_lists = children.iter().any(|child| child.has_lists);
        let has_embedded = children.iter().any(|child| child.has_embedded || child.embedded);
        self.has_rules = has_rules || !self.rules.is_empty();
        self.has_defaults = has_defaults;
        self.has_lists = has_lists || !matches!(self.list_type, ListType::Atomic);
        self.has_embedded = has_embedded;
    }
}

impl Bounds {
    fn parse(fields: &Map<String, Value>) -> Self {
        let float = |key| fields.get(key).and_then(Value::as_f64);
        let int = |key| fields.get(key).and_then(Value::as_i64);
        Self {
            minimum: float("minimum"),
            exclusive_minimum: flag(fields, "exclusiveMinimum"),
            maximum: float("maximum"),
            exclusive_maximum: flag(fields, "exclusiveMaximum"),
            multiple_of: float("multipleOf"),
            min_length: int("minLength"),
            max_length: int("maxLength"),
            min_items: int("minItems"),
            max_items: int("maxItems"),
            min_properties: int("minProperties"),
            max_properties: int("maxProperties"),
            unique_items: flag(fields, "uniqueItems"),
        }
    }
}

fn flag(fields: &Map<String, Value>, key: &str) -> bool {
    fields.get(key) == Some(&Value::Bool(true))
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    fields.get(key).and_then(Value::as_str)
}

fn texts(fields: &Map<String, Value>, key: &str) -> Vec<String> {
    let list = fields.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn objects<'a>(fields: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    fields.get(key).and_then(Value::as_object).into_iter().flatten()
}
