// SPDX-License-Identifier: Apache-2.0

//! The `FieldsV1` form of a field set.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::path::Element;
use crate::set::{FieldSet, Node};

/// Deepest nesting that is read; ownership nested deeper than any API object can be is refused.
const DEPTH: usize = 256;

impl FieldSet {
    /// Reads the `fieldsV1` value of a `managedFields` entry. Elements with an unknown prefix are skipped.
    ///
    /// # Errors
    /// When it is no object, an element is malformed, or it is nested beyond any real object.
    pub fn from_value(fields: &Value) -> Result<Self, Error> {
        read(fields, DEPTH).map(|node| node.below)
    }

    /// Reads the JSON text form; see [`from_value`](Self::from_value).
    ///
    /// # Errors
    /// When the text is no JSON, and as [`from_value`](Self::from_value).
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text).map_err(|error| Error::malformed(error.to_string()))?;
        Self::from_value(&value)
    }

    /// Returns the `fieldsV1` value.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        for (element, node) in &self.nodes {
            let mut inner = node.below.to_value();
            if let (true, false, Some(inner)) = (node.member, node.below.is_empty(), inner.as_object_mut()) {
                inner.insert(".".to_owned(), Value::Object(Map::new()));
            }
            map.insert(element.serialize(), inner);
        }
        Value::Object(map)
    }

    /// Returns the JSON text, byte for byte as the API server writes it.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(false, &mut out);
        out
    }

    fn write(&self, member: bool, out: &mut String) {
        out.push('{');
        let mut separator = "";
        if member && !self.is_empty() {
            out.push_str(r#"".":{}"#);
            separator = ",";
        }
        for (element, node) in &self.nodes {
            out.push_str(separator);
            separator = ",";
            out.push_str(&Value::String(element.serialize()).to_string());
            out.push(':');
            node.below.write(node.member, out);
        }
        out.push('}');
    }
}

fn read(fields: &Value, depth: usize) -> Result<Node, Error> {
    if depth == 0 {
        return Err(Error::malformed("field set nested too deeply"));
    }
    let Value::Object(map) = fields else {
        return Err(Error::malformed("field set: expected an object"));
    };
    let mut node = Node { member: map.is_empty(), below: FieldSet::default() };
    for (text, inner) in map {
        if text == "." {
            node.member = true;
        } else if let Some(element) = Element::parse(text)? {
            node.below.put(element, read(inner, depth - 1)?);
        }
    }
    Ok(node)
}

impl Serialize for FieldSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FieldSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
