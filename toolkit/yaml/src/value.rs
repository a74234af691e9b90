// SPDX-License-Identifier: Apache-2.0

//! From nodes to JSON values.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};
use crate::node::{Kind, Node, Scalar, ScalarStyle};
use crate::number::{self, Literal};
use crate::scalar::{Dialect, Resolved, resolve_plain, resolve_tagged};

impl Node {
    /// Converts the node to a JSON value, merge keys followed, as Go's library for the dialect does.
    ///
    /// Whole floats become integers, because that is what they are after one turn through JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DuplicateKey`] under [`Dialect::V3`], [`ErrorKind::Value`] for infinities, keys that JSON
    /// cannot hold, tags that do not fit their scalar and merges of something else than mappings.
    pub fn to_value(&self, dialect: Dialect) -> Result<Value, Error> {
        Converter { dialect, strict: dialect == Dialect::V3 }.convert(self)
    }

    /// Converts as [`to_value`](Node::to_value), with equal keys an error in both dialects.
    ///
    /// # Errors
    ///
    /// As [`to_value`](Node::to_value), and [`ErrorKind::DuplicateKey`].
    pub fn to_value_strict(&self, dialect: Dialect) -> Result<Value, Error> {
        Converter { dialect, strict: true }.convert(self)
    }
}

#[derive(Clone, Copy)]
struct Converter {
    dialect: Dialect,
    strict: bool,
}

impl Converter {
    fn convert(self, node: &Node) -> Result<Value, Error> {
        match node.kind() {
            Kind::Scalar(scalar) => self.scalar(node, scalar),
            Kind::Sequence(sequence) => sequence
                .items
                .iter()
                .map(|item| self.convert(item))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Kind::Mapping(mapping) => {
                let mut out = Map::new();
                self.mapping(&mapping.entries, &mut out)?;
                Ok(Value::Object(out))
            }
        }
    }

    fn resolve(self, node: &Node, scalar: &Scalar) -> Result<Resolved, Error> {
        match node.tag() {
            Some(tag) => resolve_tagged(tag, &scalar.value, self.dialect),
            None if scalar.style == ScalarStyle::Plain => Ok(resolve_plain(&scalar.value, self.dialect)),
            None => Ok(Resolved::Text),
        }
    }

    fn scalar(self, node: &Node, scalar: &Scalar) -> Result<Value, Error> {
        Ok(match self.resolve(node, scalar)? {
            Resolved::Null => Value::Null,
            Resolved::Bool(bool) => Value::Bool(bool),
            Resolved::Number(Literal::Int(int)) => Value::from(int),
            Resolved::Number(Literal::Uint(int)) => Value::from(int),
            Resolved::Number(Literal::Float(float)) => self.float(float)?,
            Resolved::Time(time) if self.dialect == Dialect::V3 => Value::String(time),
            Resolved::Time(_) | Resolved::Text => Value::String(scalar.value.clone()),
            Resolved::Binary(text) => Value::String(text),
        })
    }

    fn float(self, float: f64) -> Result<Value, Error> {
        if float.is_finite() {
            return Ok(number::float_value(float));
        }
        let name = if float.is_nan() {
            "NaN"
        } else if float > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        Err(Error::new(ErrorKind::Value, None, format!("json: unsupported value: {name}")))
    }

    fn mapping(self, entries: &[(Node, Node)], out: &mut Map<String, Value>) -> Result<(), Error> {
        if self.strict {
            self.check_unique(entries)?;
        }
        let mut merges = Vec::new();
        for (key, value) in entries {
            if self.is_merge(key) {
                match self.dialect {
                    Dialect::V2 => self.merge(value, out, true)?,
                    Dialect::V3 => merges.push(value),
                }
                continue;
            }
            let name = self.key(key)?;
            out.insert(name, self.convert(value)?);
        }
        for value in merges {
            self.merge(value, out, false)?;
        }
        Ok(())
    }

    fn is_merge(self, key: &Node) -> bool {
        let Kind::Scalar(scalar) = key.kind() else { return false };
        scalar.value == "<<"
            && match key.tag() {
                None => scalar.style == ScalarStyle::Plain,
                Some(tag) => tag == "!!merge",
            }
    }

    /// Follows a merge key. The older library lets merged entries replace the ones before them.
    fn merge(self, value: &Node, out: &mut Map<String, Value>, replace: bool) -> Result<(), Error> {
        match value.kind() {
            Kind::Mapping(mapping) => {
                let mut merged = Map::new();
                self.mapping(&mapping.entries, &mut merged)?;
                for (name, value) in merged {
                    if replace || !out.contains_key(&name) {
                        out.insert(name, value);
                    }
                }
                Ok(())
            }
            Kind::Sequence(sequence) => {
                let mut merged = Map::new();
                for item in sequence.items.iter().rev() {
                    if !matches!(item.kind(), Kind::Mapping(_)) {
                        return Err(not_mergeable());
                    }
                    self.merge(item, &mut merged, true)?;
                }
                for (name, value) in merged {
                    if replace || !out.contains_key(&name) {
                        out.insert(name, value);
                    }
                }
                Ok(())
            }
            Kind::Scalar(_) => Err(not_mergeable()),
        }
    }

    fn key(self, key: &Node) -> Result<String, Error> {
        let Kind::Scalar(scalar) = key.kind() else {
            let found = if matches!(key.kind(), Kind::Mapping(_)) {
                "map[interface {}]interface {}"
            } else {
                "[]interface {}"
            };
            return Err(Error::new(ErrorKind::Value, None, format!("invalid map key: {found}")));
        };
        let resolved = self.resolve(key, scalar)?;
        match (self.dialect, resolved) {
            (_, Resolved::Text) | (Dialect::V2, Resolved::Time(_)) => Ok(scalar.value.clone()),
            (_, Resolved::Binary(text)) => Ok(text),
            (Dialect::V3, _) => Err(Error::new(
                ErrorKind::Value,
                None,
                "json: unsupported type: map[interface {}]interface {}",
            )),
            (Dialect::V2, Resolved::Bool(bool)) => Ok(bool.to_string()),
            (Dialect::V2, Resolved::Number(Literal::Int(int))) => Ok(int.to_string()),
            (Dialect::V2, Resolved::Number(Literal::Float(float))) => Ok(number::format_float32(float)),
            (Dialect::V2, Resolved::Number(Literal::Uint(int))) => Err(Error::new(
                ErrorKind::Value,
                None,
                format!("unsupported map key of type: uint64, key: {int}"),
            )),
            (Dialect::V2, Resolved::Null) => {
                Err(Error::new(ErrorKind::Value, None, "unsupported map key of type: %!s(<nil>), key: <nil>"))
            }
        }
    }

    fn check_unique(self, entries: &[(Node, Node)]) -> Result<(), Error> {
        let mut seen = HashMap::with_capacity(entries.len());
        let mut problems = Vec::new();
        let mut first_line = None;
        for (key, _) in entries {
            let Some(text) = key.as_str() else { continue };
            let line = key.span().line;
            // The newer library compares before it follows aliases.
            let aliased = self.dialect == Dialect::V3 && key.alias().is_some();
            let Some(before) = seen.insert((text, aliased), line) else { continue };
            first_line.get_or_insert(line);
            problems.push(match self.dialect {
                Dialect::V3 => format!("line {line}: mapping key {text:?} already defined at line {before}"),
                Dialect::V2 => format!("line {line}: key {text:?} already set in map"),
            });
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::unmarshal(ErrorKind::DuplicateKey, first_line, &problems))
    }
}

fn not_mergeable() -> Error {
    Error::new(ErrorKind::Value, None, "map merge requires map or sequence of maps as the value")
}
