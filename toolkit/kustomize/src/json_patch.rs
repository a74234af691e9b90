// SPDX-License-Identifier: Apache-2.0

//! JSON patches (RFC 6902) with the leniency of the Go library that kustomize uses.

use gitops_yaml::{Dialect, Limits};
use serde_json::Value;

use crate::error::{Error, ErrorKind};

/// A parsed patch; what its operations lack shows when it is applied.
#[derive(Clone, Debug)]
pub(crate) struct JsonPatch(Vec<Value>);

impl JsonPatch {
    /// Reads a patch: strict JSON if it begins with a bracket, YAML otherwise.
    pub(crate) fn parse(text: &str, limits: &Limits) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::new(ErrorKind::Patch, "empty json patch operations"));
        }
        let value: Value = if text.starts_with('[') {
            serde_json::from_str(text).map_err(|error| Error::new(ErrorKind::Patch, error.to_string()))?
        } else {
            gitops_yaml::read_value(text.as_bytes(), Dialect::V2, limits)?
        };
        match value {
            Value::Null => Ok(Self(Vec::new())),
            Value::Array(operations)
                if operations.iter().all(|operation| operation.is_object() || operation.is_null()) =>
            {
                Ok(Self(operations.into_iter().map(with_floats).collect()))
            }
            _ => Err(Error::new(
                ErrorKind::Patch,
                "json: cannot unmarshal into Go value of type jsonpatch.Patch",
            )),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Applies all operations in order.
    pub(crate) fn apply(&self, document: Value) -> Result<Value, Error> {
        let mut document = with_floats(document);
        for operation in &self.0 {
            apply(&mut document, operation)?;
        }
        Ok(document)
    }
}

/// Makes every number what Go's decoder makes it.
fn with_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            number.as_f64().and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(with_floats).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, with_floats(value))).collect())
        }
        other => other,
    }
}

fn fail<T>(text: String) -> Result<T, Error> {
    Err(Error::new(ErrorKind::Patch, text))
}

fn apply(document: &mut Value, operation: &Value) -> Result<(), Error> {
    let kind = operation["op"].as_str().unwrap_or("unknown");
    let pointer = |name: &str| match operation.get(name) {
        Some(Value::String(path)) => Ok(path.as_str()),
        _ => fail(format!("{kind} operation failed to decode {name}: missing value")),
    };
    let missing = |path: &str| {
        format!("{kind} operation does not apply: doc is missing path: \"{path}\": missing value")
    };
    match kind {
        "add" => add(document, pointer("path")?, value_of(operation, kind)?),
        "remove" => remove(document, pointer("path")?, kind).map(drop),
        "replace" => {
            let (path, value) = (pointer("path")?, value_of(operation, kind)?);
            if path.is_empty() {
                *document = value;
                return Ok(());
            }
            let Some((parent, key)) = parent(document, path) else { return fail(missing(path)) };
            match parent {
                Value::Object(map) => {
                    map.insert(key, value);
                    Ok(())
                }
                Value::Array(items) => match index(&key, items.len()) {
                    Some(at) => {
                        items[at] = value;
                        Ok(())
                    }
                    None => fail(format!(
                        "replace operation does not apply: doc is missing key: {path}: missing value"
                    )),
                },
                _ => fail(missing(path)),
            }
        }
        "move" => {
            let (from, path) = (pointer("from")?, pointer("path")?);
            let value = remove(document, from, kind)?;
            add(document, path, value)
        }
        "copy" => {
            let (from, path) = (pointer("from")?, pointer("path")?);
            let Some((parent, key)) = parent(document, from) else {
                return fail(format!(
                    "copy operation does not apply: doc is missing from path: \"{from}\": missing value"
                ));
            };
            let value = match get(parent, &key) {
                Some(value) => value.clone(),
                None => {
                    return fail(format!(
                        "copy operation does not apply: doc is missing key at from path: {from}: missing value"
                    ));
                }
            };
            add(document, path, value)
        }
        "test" => test(document, pointer("path")?, operation.get("value").unwrap_or(&Value::Null)),
        other => fail(format!("Unexpected kind: {other}")),
    }
}

fn value_of(operation: &Value, _kind: &str) -> Result<Value, Error> {
    Ok(operation.get("value").cloned().unwrap_or(Value::Null))
}

fn test(document: &mut Value, path: &str, wanted: &Value) -> Result<(), Error> {
    let found = if path.is_empty() {
        Some(document.clone())
    } else {
        let Some((parent, key)) = parent(document, path) else {
            return fail(format!("test operation does not apply: is missing path: {path}: missing value"));
        };
        match parent {
            Value::Array(items) if index(&key, items.len()).is_none() => {
                return fail(format!(
                    "error in test for path: '{path}': Unable to access invalid index: {key}"
                ));
            }
            parent => get(parent, &key).cloned(),
        }
    };
    // Null and nothing are the same here.
    if found.unwrap_or(Value::Null) == *wanted {
        return Ok(());
    }
    fail(format!("testing value {path} failed: test failed"))
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn parent<'d>(document: &'d mut Value, path: &str) -> Option<(&'d mut Value, String)> {
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.len() < 2 {
        return None;
    }
    let key = unescape(parts.pop()?);
    let mut node = document;
    for part in &parts[1..] {
        let part = unescape(part);
        node = match node {
            Value::Object(map) => map.get_mut(&part)?,
            Value::Array(items) => {
                let at = index(&part, items.len())?;
                items.get_mut(at)?
            }
            _ => return None,
        };
    }
    (node.is_object() || node.is_array()).then_some((node, key))
}

fn get<'d>(parent: &'d Value, key: &str) -> Option<&'d Value> {
    match parent {
        Value::Object(map) => map.get(key),
        Value::Array(items) => items.get(index(key, items.len())?),
        _ => None,
    }
}

/// An index into an array of that length; negative ones count from the end.
fn index(key: &str, length: usize) -> Option<usize> {
    let at: i64 = key.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let at = if at < 0 { at + length } else { at };
    (0..length).contains(&at).then(|| usize::try_from(at).ok()).flatten()
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), Error> {
    let Some((parent, key)) = parent(document, path) else {
        return fail(format!("add operation does not apply: doc is missing path: \"{path}\": missing value"));
    };
    match parent {
        Value::Object(map) => {
            map.insert(key, value);
        }
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => match index(&key, items.len() + 1) {
            Some(at) => items.insert(at, value),
            None => {
                return fail(format!(
                    "error in add for path: '{path}': Unable to access invalid index: {key}: invalid index referenced"
                ));
            }
        },
        _ => {}
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str, kind: &str) -> Result<Value, Error> {
    let Some((parent, key)) = parent(document, path) else {
        return fail(format!(
            "{kind} operation does not apply: doc is missing path: \"{path}\": missing value"
        ));
    };
    let removed = match parent {
        Value::Object(map) => map.remove(&key),
        Value::Array(items) => index(&key, items.len()).map(|at| items.remove(at)),
        _ => None,
    };
    match removed {
        Some(value) => Ok(value),
        None => fail(format!(
            "error in {kind} for path: '{path}': Unable to remove nonexistent key: {key}: missing value"
        )),
    }
}
