// SPDX-License-Identifier: Apache-2.0

//! Reading request bodies: JSON with its key order and duplicates, and YAML.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A JSON document that remembers the order of keys and duplicate ones.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::List(items) => Value::Array(items.iter().map(Node::value).collect()),
            Self::Map(entries) => {
                Value::Object(entries.iter().map(|(key, node)| (key.clone(), node.value())).collect())
            }
        }
    }

    /// Returns the value as a typed reader sees it, to whom a repeated object adds to the first one.
    pub(crate) fn merged(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::List(items) => Value::Array(items.iter().map(Node::merged).collect()),
            Self::Map(entries) => {
                let mut map = Map::new();
                for (key, node) in entries {
                    match (map.get_mut(key), node.merged()) {
                        (Some(Value::Object(first)), Value::Object(second)) => first.extend(second),
                        (_, value) => {
                            map.insert(key.clone(), value);
                        }
                    }
                }
                Value::Object(map)
            }
        }
    }

    pub(crate) fn from_value(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::from_value).collect()),
            Value::Object(map) => {
                Self::Map(map.iter().map(|(key, value)| (key.clone(), Self::from_value(value))).collect())
            }
            scalar => Self::Scalar(scalar.clone()),
        }
    }

    /// Returns the paths of keys that occur more than once in their object.
    pub(crate) fn duplicates(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_duplicates("", &mut found);
        found
    }

    fn collect_duplicates(&self, path: &str, found: &mut Vec<String>) {
        match self {
            Self::Scalar(_) => {}
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.collect_duplicates(&format!("{path}[{index}]"), found);
                }
            }
            Self::Map(entries) => {
                for (index, (key, node)) in entries.iter().enumerate() {
                    let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    if entries[..index].iter().any(|(earlier, _)| earlier == key) && !found.contains(&at) {
                        found.push(at.clone());
                    }
                    node.collect_duplicates(&at, found);
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Value::String(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, node)) = access.next_entry()? {
            entries.push((key, node));
        }
        Ok(Node::Map(entries))
    }
}

/// Parses JSON; the error reads like Go's.
pub(crate) fn json(bytes: &[u8]) -> Result<Node, String> {
    serde_json::from_slice(bytes).map_err(|error| {
        if error.is_eof() {
            "unexpected end of JSON input".to_owned()
        } else {
            "invalid character in JSON input".to_owned()
        }
    })
}

/// Writes integral floats as integers, as untyped objects are written by the API server.
pub(crate) fn integral(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(integral),
        Value::Object(map) => map.values_mut().for_each(integral),
        Value::Number(number) => {
            if let Some(float) = number.as_f64()
                && number.is_f64()
                && float.fract() == 0.0
                && float.abs() < 9.0e18
            {
                *number = Number::from(float as i64);
            }
        }
        _ => {}
    }
}

/// Writes YAML.
pub(crate) fn to_yaml(value: &Value) -> String {
    gitops_yaml::emit::to_yaml(value)
}

/// Reads the first YAML document.
pub(crate) fn yaml(bytes: &[u8]) -> Result<Node, String> {
    let limits = gitops_yaml::Limits::default();
    let wrap = |error: gitops_yaml::Error| format!("yaml: {error}");
    let documents = gitops_yaml::read_documents(bytes, &limits).map_err(wrap)?;
    let Some(document) = documents.first() else { return Ok(Node::Scalar(Value::Null)) };
    yaml_node(&document.root).map_err(wrap)
}

fn yaml_node(node: &gitops_yaml::Node) -> Result<Node, gitops_yaml::Error> {
    match node.kind() {
        gitops_yaml::Kind::Mapping(_) => {
            let entries = node.entries().iter().map(|(key, value)| {
                let key = match key.to_value(gitops_yaml::Dialect::V2)? {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                Ok((key, yaml_node(value)?))
            });
            Ok(Node::Map(entries.collect::<Result<_, _>>()?))
        }
        gitops_yaml::Kind::Sequence(_) => {
            Ok(Node::List(node.items().iter().map(yaml_node).collect::<Result<_, _>>()?))
        }
        _ => Ok(Node::Scalar(node.to_value(gitops_yaml::Dialect::V2)?)),
    }
}
