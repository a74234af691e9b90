// SPDX-License-Identifier: Apache-2.0

//! JSON Patch (RFC 6902) with the liberties of the API server.

use serde_json::Value;

use crate::refusal::Refusal;

const OPERATIONS: usize = 10_000;

fn failed() -> Refusal {
    let mut refusal =
        Refusal::new(422, Some("Invalid"), "the server rejected our request due to an error in our request");
    refusal.details = Some(serde_json::json!({}));
    refusal
}

/// Carries out a patch.
pub(crate) fn apply(object: &mut Value, body: &[u8]) -> Result<(), Refusal> {
    let patch: Value =
        serde_json::from_slice(body).map_err(|_| Refusal::bad_request("invalid JSON patch"))?;
    let Some(operations) = patch.as_array() else {
        return Err(Refusal::bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
        ));
    };
    if operations.len() > OPERATIONS {
        let text = format!(
            "The allowed maximum operations in a JSON patch is {OPERATIONS}, got {}",
            operations.len()
        );
        let mut refusal =
            Refusal::new(413, Some("RequestEntityTooLarge"), format!("Request entity too large: {text}"));
        refusal.details = Some(serde_json::json!({}));
        return Err(refusal);
    }
    operations.iter().try_for_each(|operation| step(object, operation).ok_or_else(failed))
}

fn step(object: &mut Value, operation: &Value) -> Option<()> {
    let path = pointer(operation["path"].as_str()?);
    let value = Some(operation.get("value").unwrap_or(&Value::Null));
    match operation["op"].as_str()? {
        "add" => add(object, &path, value?.clone()),
        "remove" => take(object, &path).map(drop),
        "replace" => replace(object, &path, value?.clone()),
        "test" => {
            let found = find(object, &path).cloned().unwrap_or(Value::Null);
            (found == value.cloned().unwrap_or(Value::Null)).then_some(())
        }
        "move" => {
            let moved = take(object, &pointer(operation["from"].as_str()?))?;
            add(object, &path, moved)
        }
        "copy" => {
            let copied = find(object, &pointer(operation["from"].as_str()?))?.clone();
            add(object, &path, copied)
        }
        _ => None,
    }
}

fn pointer(text: &str) -> Vec<String> {
    let text = text.split_once('/').map_or(text, |(_, rest)| rest);
    text.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn find<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    if matches!(path, [only] if only.is_empty()) {
        return Some(object);
    }
    path.iter().try_fold(object, |value, part| match value {
        Value::Object(map) => map.get(part),
        Value::Array(items) => items.get(index(part, items.len())?),
        _ => None,
    })
}

fn parent<'a, 'p>(object: &'a mut Value, path: &'p [String]) -> Option<(&'a mut Value, &'p str)> {
    let (last, head) = path.split_last()?;
    let parent = head.iter().try_fold(object, |value, part| match value {
        Value::Object(map) => map.get_mut(part),
        Value::Array(items) => {
            let at = index(part, items.len())?;
            items.get_mut(at)
        }
        _ => None,
    })?;
    Some((parent, last))
}

/// Reads a position in a list; negative ones count from the end.
fn index(part: &str, length: usize) -> Option<usize> {
    match part.parse::<i64>().ok()? {
        at if at < 0 => length.checked_sub(usize::try_from(-at).ok()?),
        at => usize::try_from(at).ok(),
    }
}

fn add(object: &mut Value, path: &[String], value: Value) -> Option<()> {
    if matches!(path, [only] if only.is_empty()) {
        *object = value;
        return Some(());
    }
    let (parent, last) = parent(object, path)?;
    match parent {
        Value::Object(map) => {
            map.insert(last.to_owned(), value);
            Some(())
        }
        Value::Array(items) if last == "-" => {
            items.push(value);
            Some(())
        }
        Value::Array(items) => {
            let at = index(last, items.len() + 1)?;
            (at <= items.len()).then(|| items.insert(at, value))
        }
        _ => None,
    }
}

fn replace(object: &mut Value, path: &[String], value: Value) -> Option<()> {
    if matches!(path, [only] if only.is_empty()) {
        *object = value;
        return Some(());
    }
    let (parent, last) = parent(object, path)?;
    match parent {
        Value::Object(map) => {
            map.insert(last.to_owned(), value);
            Some(())
        }
        Value::Array(items) => {
            let at = index(last, items.len())?;
            *items.get_mut(at)? = value;
            Some(())
        }
        _ => None,
    }
}

fn take(object: &mut Value, path: &[String]) -> Option<Value> {
    let (parent, last) = parent(object, path)?;
    match parent {
        Value::Object(map) => map.remove(last),
        Value::Array(items) => {
            let at = index(last, items.len())?;
            (at < items.len()).then(|| items.remove(at))
        }
        _ => None,
    }
}
