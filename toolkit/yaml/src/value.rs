// SPDX-License-Identifier: Apache-2.0

//! From nodes to JSON values.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};
use crate::node::{Kind, Node, ScalarStyle};
use crate::number::{self, Literal};
use crate::quote::quote;
use crate::scalar::{Dialect, Resolved, resolve_plain, resolve_tagged};

/// Pairs of equal keys that are listed; a file full of them need not become a message of its size squared.
const MOST_PROBLEMS: usize = 100;

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
        self.clone().into_value(dialect)
    }

    /// Converts as [`to_value`](Node::to_value), without copying texts.
    ///
    /// # Errors
    ///
    /// As [`to_value`](Node::to_value).
    pub fn into_value(mut self, dialect: Dialect) -> Result<Value, Error> {
        Converter::new(dialect, false).run(&mut self)
    }

    /// Converts as [`to_value`](Node::to_value), with equal keys an error in both dialects.
    ///
    /// # Errors
    ///
    /// As [`to_value`](Node::to_value), and [`ErrorKind::DuplicateKey`].
    pub fn to_value_strict(&self, dialect: Dialect) -> Result<Value, Error> {
        Converter::new(dialect, true).run(&mut self.clone())
    }
}

struct Converter {
    dialect: Dialect,
    strict: bool,
    /// Equal keys, which are all reported, and the line of the first.
    problems: Vec<String>,
    first_line: Option<u32>,
    /// What Go notices only when it prints JSON, behind everything else.
    late: Option<Error>,
}

/// A key with its type, because `1` and `"1"` are two keys for the older library until they are printed.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Text(String),
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(u64),
    Null,
}

impl Converter {
    fn new(dialect: Dialect, strict: bool) -> Self {
        Self { dialect, strict, problems: Vec::new(), first_line: None, late: None }
    }

    fn run(mut self, node: &mut Node) -> Result<Value, Error> {
        let value = self.convert(node)?;
        if !self.problems.is_empty() {
            return Err(Error::unmarshal(ErrorKind::DuplicateKey, self.first_line, &self.problems));
        }
        self.late.map_or(Ok(value), Err)
    }

    fn late(&mut self, message: impl Into<String>) {
        if self.late.is_none() {
            self.late = Some(Error::new(ErrorKind::Value, None, message));
        }
    }

    /// Converts a node, taking its texts out of it.
    fn convert(&mut self, node: &mut Node) -> Result<Value, Error> {
        match &mut node.kind {
            Kind::Scalar(_) => self.scalar(node),
            Kind::Sequence(sequence) => sequence
                .items
                .iter_mut()
                .map(|item| self.convert(item))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Kind::Mapping(mapping) => {
                let mut out = Map::new();
                match self.dialect {
                    Dialect::V2 => self.mapping_v2(&mut mapping.entries, &mut out, &mut HashSet::new())?,
                    Dialect::V3 => self.mapping_v3(&mut mapping.entries, &mut out, false)?,
                }
                Ok(Value::Object(out))
            }
        }
    }

    fn resolve(&self, node: &Node) -> Result<Resolved, Error> {
        let Kind::Scalar(scalar) = node.kind() else { return Ok(Resolved::Null) };
        match node.tag() {
            // The newer library takes no notice of the non-specific tag.
            Some(tag) if tag != "!" || self.dialect == Dialect::V2 => {
                resolve_tagged(tag, &scalar.value, self.dialect)
            }
            _ if scalar.style == ScalarStyle::Plain => Ok(resolve_plain(&scalar.value, self.dialect)),
            _ => Ok(Resolved::Text),
        }
    }

    fn scalar(&mut self, node: &mut Node) -> Result<Value, Error> {
        let resolved = self.resolve(node)?;
        Ok(match resolved {
            Resolved::Null => Value::Null,
            Resolved::Bool(bool) => Value::Bool(bool),
            Resolved::Number(Literal::Int(int)) => Value::from(int),
            Resolved::Number(Literal::Uint(int)) => Value::from(int),
            Resolved::Number(Literal::Float(float)) => self.float(float),
            Resolved::Time(time) if self.dialect == Dialect::V3 => Value::String(time),
            Resolved::Time(_) | Resolved::Text => Value::String(take_text(node)),
            Resolved::Binary(text) => Value::String(text),
        })
    }

    fn float(&mut self, float: f64) -> Value {
        if float.is_finite() {
            return number::float_value(float);
        }
        let name = if float.is_nan() {
            "NaN"
        } else if float > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        self.late(format!("json: unsupported value: {name}"));
        Value::Null
    }

    /// Entries in order, merged ones among them: what comes later replaces what came before, or is an error.
    fn mapping_v2(
        &mut self,
        entries: &mut [(Node, Node)],
        out: &mut Map<String, Value>,
        seen: &mut HashSet<Key>,
    ) -> Result<(), Error> {
        for (key, value) in entries.iter_mut() {
            if is_merge(key) {
                for source in merge_sources(value)?.into_iter().rev() {
                    self.mapping_v2(source, out, seen)?;
                }
                continue;
            }
            let key = self.key(key)?;
            let converted = self.convert(value)?;
            let name = match &key {
                Key::Text(text) => text.clone(),
                Key::Bool(bool) => bool.to_string(),
                Key::Int(int) => int.to_string(),
                Key::Float(bits) => number::format_float32(f64::from_bits(*bits)),
                Key::Uint(int) => {
                    self.late(format!("unsupported map key of type: uint64, key: {int:#x}"));
                    continue;
                }
                Key::Null => {
                    let shown = go_value(&converted, self.dialect);
                    self.late(format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {shown}"));
                    continue;
                }
            };
            if self.strict {
                if seen.contains(&key) {
                    let shown = if let Key::Text(text) = &key { quote(text) } else { name };
                    self.problem(value.span().line, &format!("key {shown} already set in map"));
                    continue;
                }
                seen.insert(key);
            }
            out.insert(name, converted);
        }
        Ok(())
    }

    /// Own entries first, then what is merged, wherever the merge key stands.
    fn mapping_v3(
        &mut self,
        entries: &mut [(Node, Node)],
        out: &mut Map<String, Value>,
        merged: bool,
    ) -> Result<(), Error> {
        if !self.check_unique(entries) {
            return Ok(());
        }
        let mut merge = None;
        for (key, value) in entries.iter_mut() {
            if is_merge(key) {
                merge = Some(value);
                continue;
            }
            let key = self.key(key)?;
            let value = self.convert(value)?;
            match key {
                Key::Text(name) if !merged || !out.contains_key(&name) => {
                    out.insert(name, value);
                }
                Key::Text(_) => {}
                _ => self.late("json: unsupported type: map[interface {}]interface {}"),
            }
        }
        if let Some(value) = merge {
            for source in merge_sources(value)? {
                self.mapping_v3(source, out, true)?;
            }
        }
        Ok(())
    }

    fn key(&mut self, key: &mut Node) -> Result<Key, Error> {
        let Kind::Scalar(_) = key.kind() else {
            let value = self.convert(key)?;
            let message = format!("invalid map key: {}", go_value(&value, self.dialect));
            return Err(Error::new(ErrorKind::Value, None, message));
        };
        let resolved = self.resolve(key)?;
        if self.dialect == Dialect::V3
            && key.tag().is_some_and(|tag| !matches!(tag, "!" | "!!str" | "!!merge"))
        {
            // A key of any other type makes a map that Go cannot print as JSON.
            return Ok(Key::Null);
        }
        Ok(match resolved {
            Resolved::Time(_) if self.dialect == Dialect::V3 => Key::Null,
            Resolved::Text | Resolved::Time(_) => Key::Text(take_text(key)),
            Resolved::Binary(text) => Key::Text(text),
            Resolved::Bool(bool) => Key::Bool(bool),
            Resolved::Number(Literal::Int(int)) => Key::Int(int),
            Resolved::Number(Literal::Uint(int)) => Key::Uint(int),
            Resolved::Number(Literal::Float(float)) => Key::Float(float.to_bits()),
            Resolved::Null => Key::Null,
        })
    }

    fn problem(&mut self, line: u32, message: &str) {
        self.first_line.get_or_insert(line);
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(format!("line {line}: {message}"));
        }
    }

    /// Reports equal keys pair by pair; the newer library compares them as they are written.
    fn check_unique(&mut self, entries: &[(Node, Node)]) -> bool {
        let written = |key: &Node| match (key.alias(), key.kind()) {
            (Some(name), _) => (0, name.to_owned()),
            (None, Kind::Scalar(scalar)) => (1, scalar.value.clone()),
            (None, Kind::Mapping(_)) => (2, String::new()),
            (None, Kind::Sequence(_)) => (3, String::new()),
        };
        // Most mappings are small, and all their keys differ.
        let plain = |key: &Node| key.alias().is_none() && key.as_str().is_some();
        if entries.len() <= 16 && entries.iter().all(|(key, _)| plain(key)) {
            let equal =
                |at: usize| entries[..at].iter().any(|(key, _)| key.as_str() == entries[at].0.as_str());
            if !(0..entries.len()).any(equal) {
                return true;
            }
        }
        let mut seen: HashSet<(u8, &str)> = HashSet::with_capacity(entries.len());
        let distinct = entries.iter().all(|(key, _)| match (key.alias(), key.as_str()) {
            (Some(name), _) => seen.insert((0, name)),
            (None, Some(text)) => seen.insert((1, text)),
            (None, None) => seen.insert((if key.items().is_empty() { 2 } else { 3 }, "")),
        });
        if distinct {
            return true;
        }
        let before = self.problems.len();
        let mut places: HashMap<(u8, String), Vec<usize>> = HashMap::new();
        for (at, (key, _)) in entries.iter().enumerate() {
            places.entry(written(key)).or_default().push(at);
        }
        let mut pairs = Vec::new();
        for places in places.into_values() {
            for (n, first) in places.iter().enumerate().take(MOST_PROBLEMS) {
                pairs.extend(places[n + 1..].iter().take(MOST_PROBLEMS).map(|second| (*first, *second)));
            }
        }
        pairs.sort_unstable();
        for (first, second) in pairs {
            let (first, second) = (&entries[first].0, &entries[second].0);
            let text = quote(second.alias().or(second.as_str()).unwrap_or_default());
            let line = first.span().line;
            self.problem(second.span().line, &format!("mapping key {text} already defined at line {line}"));
        }
        self.problems.len() == before && before == 0
    }
}

fn take_text(node: &mut Node) -> String {
    match &mut node.kind {
        Kind::Scalar(scalar) => std::mem::take(&mut scalar.value),
        _ => String::new(),
    }
}

fn entries_mut(node: &mut Node) -> Option<&mut [(Node, Node)]> {
    match &mut node.kind {
        Kind::Mapping(mapping) => Some(&mut mapping.entries),
        _ => None,
    }
}

fn is_merge(key: &Node) -> bool {
    let Kind::Scalar(scalar) = key.kind() else { return false };
    scalar.value == "<<"
        && key.alias().is_none()
        && match key.tag() {
            None => scalar.style == ScalarStyle::Plain,
            Some(tag) => tag == "!!merge",
        }
}

/// The mappings a merge key names, the one that takes precedence first.
fn merge_sources(value: &mut Node) -> Result<Vec<&mut [(Node, Node)]>, Error> {
    let aliased = value.alias().is_some();
    let sources = match &mut value.kind {
        Kind::Mapping(mapping) => Some(vec![mapping.entries.as_mut_slice()]),
        Kind::Sequence(sequence) if !aliased => {
            let all = sequence.items.iter().all(|item| matches!(item.kind(), Kind::Mapping(_)));
            all.then(|| sequence.items.iter_mut().filter_map(entries_mut).collect())
        }
        _ => None,
    };
    sources.ok_or_else(|| {
        Error::new(ErrorKind::Value, None, "map merge requires map or sequence of maps as the value")
    })
}

/// A value as Go's `%#v` prints it, as far as messages need it.
fn go_value(value: &Value, dialect: Dialect) -> String {
    let element = |value: &Value| match value {
        Value::Null => "interface {}(nil)".to_owned(),
        value => go_value(value, dialect),
    };
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => quote(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(element).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(map) => {
            let mut entries: Vec<_> =
                map.iter().map(|(k, v)| format!("{}:{}", quote(k), element(v))).collect();
            entries.sort();
            let key = if dialect == Dialect::V2 { "interface {}" } else { "string" };
            format!("map[{key}]interface {{}}{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}
