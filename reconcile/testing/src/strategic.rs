// SPDX-License-Identifier: Apache-2.0

//! Strategic merge patches: like merge patches, but lists are merged by the keys that the definitions name.

use gitops_smd::builtin;
use serde_json::{Map, Value, json};

use crate::refusal::Refusal;
use crate::registry::Resource;

const ORDER: &str = "$setElementOrder/";
const DROP: &str = "$deleteFromPrimitiveList/";

/// A node of the definitions.
#[derive(Clone, Copy)]
struct Type {
    schema: &'static Value,
    /// The field that refers to it, which says how to patch it.
    field: &'static Value,
}

impl Type {
    const NONE: Self = Self { schema: &Value::Null, field: &Value::Null };

    fn of(field: &'static Value) -> Self {
        let target = field["$ref"].as_str().or_else(|| field["allOf"][0]["$ref"].as_str());
        let schema = match target {
            Some(target) => builtin().definition(target).unwrap_or(&Value::Null),
            None => field,
        };
        Self { schema, field }
    }

    fn property(self, key: &str) -> Self {
        let properties = self.schema["properties"].as_object();
        let property = properties.and_then(|properties| properties.get(key));
        property.or_else(|| self.schema.get("additionalProperties")).map_or(Self::NONE, Self::of)
    }

    fn items(self) -> Self {
        self.schema.get("items").map_or(Self::NONE, Self::of)
    }

    fn says(self, strategy: &str) -> bool {
        let text = self.field["x-kubernetes-patch-strategy"].as_str().unwrap_or_default();
        text.split(',').any(|one| one == strategy)
    }

    fn key(self) -> &'static str {
        self.field["x-kubernetes-patch-merge-key"].as_str().unwrap_or_default()
    }
}

/// Returns the live object with a patch merged into it.
pub(crate) fn apply(resource: &Resource, live: &Value, patch: &Value) -> Result<Value, Refusal> {
    let Some(patch) = patch.as_object() else { return Ok(live.clone()) };
    let root = builtin().definition_of(&resource.api_version(), &resource.kind).map_or(Type::NONE, Type::of);
    let mut object = live.as_object().cloned().unwrap_or_default();
    merge_map(&mut object, patch, root)?;
    Ok(Value::Object(object))
}

fn wrong(text: impl Into<String>) -> Refusal {
    Refusal::plain_500(text)
}

fn merge_map(live: &mut Map<String, Value>, patch: &Map<String, Value>, of: Type) -> Result<(), Refusal> {
    if let Some(directive) = patch.get("$patch") {
        match directive.as_str() {
            Some("replace") => {
                live.clear();
                let rest = patch.iter().filter(|(key, _)| *key != "$patch");
                live.extend(rest.map(|(key, value)| (key.clone(), value.clone())));
                return Ok(());
            }
            Some("delete") => {
                live.clear();
                return Ok(());
            }
            _ => {
                let shown = go_map(&Value::Object(patch.clone()));
                return Err(wrong(format!("unknown patch type: {} in map: {shown}", text_of(directive))));
            }
        }
    }
    if let Some(keys) = patch.get("$retainKeys") {
        retain_keys(live, patch, keys)?;
    }
    for (key, value) in patch {
        if key == "$retainKeys" || key.starts_with(ORDER) || key.starts_with(DROP) {
            continue;
        }
        if key.starts_with('$') {
            return Err(wrong(format!("unknown directive: {key}")));
        }
        merge_field(live, patch, key, value, of.property(key))?;
    }
    for key in patch.keys() {
        let name = key.strip_prefix(ORDER).or_else(|| key.strip_prefix(DROP));
        if let Some(name) = name.filter(|name| !patch.contains_key(*name)) {
            merge_field(live, patch, name, &json!([]), of.property(name))?;
        }
    }
    Ok(())
}

/// Writes a value as Go prints maps and lists.
fn go_map(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            let shown: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}:{}", go_map(value))).collect();
            format!("map[{}]", shown.join(" "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        other => text_of(other),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn retain_keys(
    live: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    keys: &Value,
) -> Result<(), Refusal> {
    let Some(keys) = keys.as_array() else {
        return Err(Refusal::bad_request("invalid patch format of retainKeys"));
    };
    let listed = |key: &str| keys.iter().any(|one| one == key);
    if patch.iter().any(|(key, value)| !key.starts_with('$') && !value.is_null() && !listed(key)) {
        return Err(Refusal::bad_request("invalid patch format of retainKeys"));
    }
    live.retain(|key, _| listed(key));
    Ok(())
}

fn merge_field(
    live: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    key: &str,
    value: &Value,
    of: Type,
) -> Result<(), Refusal> {
    match value {
        Value::Null => {
            live.remove(key);
        }
        Value::Object(change) => {
            let old = live.remove(key);
            let mut merged = match old {
                Some(Value::Object(map)) if !of.says("replace") => map,
                _ => Map::new(),
            };
            let emptied = change.get("$patch").is_some_and(|directive| directive == "delete");
            merge_map(&mut merged, change, of)?;
            if !emptied {
                live.insert(key.to_owned(), Value::Object(merged));
            }
        }
        Value::Array(change) if of.says("merge") => {
            let old = live.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
            let order = patch.get(&format!("{ORDER}{key}"));
            let dropped = patch.get(&format!("{DROP}{key}"));
            let list = Lists { of, order: list(order, key)?, dropped: list(dropped, key)? };
            live.insert(key.to_owned(), Value::Array(list.merge(old, change)?));
        }
        Value::Array(change) => {
            let dropped = list(patch.get(&format!("{DROP}{key}")), key)?;
            match dropped {
                Some(dropped) if change.is_empty() => {
                    if let Some(items) = live.get_mut(key).and_then(Value::as_array_mut) {
                        items.retain(|item| !dropped.contains(item));
                    }
                }
                _ if change.is_empty() && patch.contains_key(&format!("{ORDER}{key}")) => {}
                _ => {
                    live.insert(key.to_owned(), value.clone());
                }
            }
        }
        scalar => {
            live.insert(key.to_owned(), scalar.clone());
        }
    }
    Ok(())
}

fn list<'a>(value: Option<&'a Value>, key: &str) -> Result<Option<&'a Vec<Value>>, Refusal> {
    match value {
        None => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(other) => {
            let _ = key;
            let kind = if other.is_string() { "string" } else { "map[string]interface {}" };
            Err(wrong(format!("expected a []interface {{}}, but received a {kind}")))
        }
    }
}

/// What is known about the merging of one list.
struct Lists<'a> {
    of: Type,
    order: Option<&'a Vec<Value>>,
    dropped: Option<&'a Vec<Value>>,
}

impl Lists<'_> {
    /// Names an item: by its key, or by itself.
    fn name(&self, item: &Value) -> Result<Value, Refusal> {
        let key = self.of.key();
        match item {
            Value::Object(map) if !key.is_empty() => {
                let text =
                    || wrong(format!("map: {} does not contain declared merge key: {key}", go_map(item)));
                map.get(key).cloned().ok_or_else(text)
            }
            other => Ok(other.clone()),
        }
    }

    fn merge(&self, old: Vec<Value>, change: &[Value]) -> Result<Vec<Value>, Refusal> {
        if change.iter().any(|item| item["$patch"] == "replace") {
            return Ok(change.iter().filter(|item| item["$patch"] != "replace").cloned().collect());
        }
        let order_before: Vec<Value> =
            old.iter().map(|item| self.name(item)).collect::<Result<_, _>>().unwrap_or_default();
        let mut items = old;
        if let Some(dropped) = self.dropped {
            items.retain(|item| !dropped.contains(item));
        }
        let mut named = Vec::new();
        for item in change {
            match item.get("$patch").and_then(Value::as_str) {
                Some("delete") => {
                    let name = self.name(item)?;
                    items.retain(|item| self.name(item).is_ok_and(|other| other != name));
                    continue;
                }
                None if item.get("$patch").is_none() => {}
                _ => {
                    let shown = go_map(item);
                    return Err(wrong(format!(
                        "unknown patch type: {} in map: {shown}",
                        text_of(&item["$patch"])
                    )));
                }
            }
            let name = self.name(item)?;
            let found = items.iter_mut().find(|item| self.name(item).is_ok_and(|other| other == name));
            match (found, item) {
                (Some(Value::Object(live)), Value::Object(change)) => {
                    merge_map(live, change, self.of.items())?
                }
                (Some(_), _) => {}
                (None, Value::Object(change)) => {
                    let mut fresh = Map::new();
                    merge_map(&mut fresh, change, self.of.items())?;
                    items.push(Value::Object(fresh));
                }
                (None, _) => items.push(item.clone()),
            }
            named.push(name);
        }
        self.sort(items, &named, &order_before, change)
    }

    /// Puts the items of the patch in the order it asks for, and the others between them as they stood.
    fn sort(
        &self,
        items: Vec<Value>,
        named: &[Value],
        before: &[Value],
        change: &[Value],
    ) -> Result<Vec<Value>, Refusal> {
        let order: Vec<Value> = match self.order {
            None => named.to_vec(),
            Some(order) => {
                let listed = go_map(&Value::Array(order.clone()));
                let order: Vec<Value> = order.iter().map(|item| self.name(item)).collect::<Result<_, _>>()?;
                if named.iter().any(|name| !order.contains(name)) {
                    let patch = go_map(&Value::Array(change.to_vec()));
                    return Err(wrong(format!(
                        "The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{listed}\n"
                    )));
                }
                order
            }
        };
        let mut patched = Vec::new();
        let mut others = Vec::new();
        for item in items {
            let name = self.name(&item)?;
            match order.iter().position(|one| *one == name) {
                Some(at) => patched.push((at, name, item)),
                None => others.push((name, item)),
            }
        }
        patched.sort_by_key(|(at, ..)| *at);
        let place = |name: &Value| before.iter().position(|one| one == name);
        let mut result = Vec::new();
        let mut others = others.into_iter().peekable();
        for (_, name, item) in patched {
            while let Some((other, _)) = others.peek() {
                match (place(other), place(&name)) {
                    (Some(left), Some(right)) if left < right => {
                        if let Some((_, other)) = others.next() {
                            result.push(other);
                        }
                    }
                    _ => break,
                }
            }
            result.push(item);
        }
        result.extend(others.map(|(_, item)| item));
        Ok(result)
    }
}
