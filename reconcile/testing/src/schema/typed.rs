// SPDX-License-Identifier: Apache-2.0

//! Built-in kinds, as a typed server reads and writes them.

use gitops_smd::builtin;
use serde_json::{Map, Value, json};

use super::quantity;
use crate::decode::Node;
use crate::registry::Resource;

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const INT_OR_STRING: &str = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const MICRO_TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
const TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
/// Types whose content the definitions do not describe.
const OPEN: [&str; 4] = ["FieldsV1", "RawExtension", "JSON", "JSONSchemaPropsOrBool"];

fn definition(resource: &Resource) -> Option<&'static Value> {
    builtin().definition_of(&resource.api_version(), &resource.kind)
}

/// A node of the definitions, with the name that a reference gave it.
#[derive(Clone, Copy)]
struct Type {
    name: &'static str,
    schema: &'static Value,
}

impl Type {
    fn of(schema: &'static Value) -> Self {
        let target = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
        match target.and_then(|target| target.rsplit('/').next()) {
            Some(name) => Self { name, schema: builtin().definition(name).unwrap_or(&Value::Null) },
            None => Self { name: "", schema },
        }
    }

    fn properties(self) -> Option<&'static Map<String, Value>> {
        self.schema["properties"].as_object()
    }

    fn property(self, key: &str) -> Option<Self> {
        self.properties()?.get(key).map(Self::of)
    }

    fn values(self) -> Option<Self> {
        self.schema.get("additionalProperties").filter(|schema| schema.is_object()).map(Self::of)
    }

    fn items(self) -> Option<Self> {
        self.schema.get("items").map(Self::of)
    }

    fn is_open(self) -> bool {
        OPEN.iter().any(|open| self.name.ends_with(open) && self.name.rsplit('.').next() == Some(open))
    }

    fn kind(self) -> &'static str {
        self.schema["type"].as_str().unwrap_or_default()
    }
}

/// Collects the paths of fields that the kind does not have, in document order.
pub(super) fn unknown(resource: &Resource, node: &Node, paths: &mut Vec<String>) {
    if let Some(schema) = definition(resource) {
        collect_unknown(Type { name: "", schema }, node, "", paths);
    }
}

fn collect_unknown(of: Type, node: &Node, path: &str, paths: &mut Vec<String>) {
    if of.is_open() {
        return;
    }
    match node {
        Node::Scalar(_) => {}
        Node::List(items) => {
            let Some(item_type) = of.items() else { return };
            for (index, item) in items.iter().enumerate() {
                collect_unknown(item_type, item, &format!("{path}[{index}]"), paths);
            }
        }
        Node::Map(entries) => {
            for (key, value) in entries {
                let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match (of.properties(), of.property(key), of.values()) {
                    (_, Some(property), _) => collect_unknown(property, value, &at, paths),
                    (_, None, Some(values)) => collect_unknown(values, value, &at, paths),
                    (Some(_), None, None) => {
                        if !paths.contains(&at) {
                            paths.push(at);
                        }
                    }
                    (None, None, None) => {}
                }
            }
        }
    }
}

/// Checks that every value has the type of its field.
pub(super) fn check(resource: &Resource, object: &Value) -> Result<(), String> {
    let Some(schema) = definition(resource) else { return Ok(()) };
    check_node(Type { name: "", schema }, object, &resource.kind)
}

fn mismatch(found: &Value, wanted: &str, owner: &str) -> String {
    let shown = match found {
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) if wanted == "integer" => format!("number {number}"),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        _ => "object".to_owned(),
    };
    format!("json: cannot unmarshal {shown} into Go struct field {owner} of type {wanted}")
}

fn check_node(of: Type, value: &Value, owner: &str) -> Result<(), String> {
    if value.is_null() || of.is_open() {
        return Ok(());
    }
    match of.name {
        QUANTITY => return check_quantity(value),
        INT_OR_STRING => {
            return if value.is_i64() || value.is_string() {
                Ok(())
            } else {
                Err(mismatch(value, "integer", owner))
            };
        }
        TIME => return check_time(value, owner),
        MICRO_TIME => return check_micro_time(value),
        _ => {}
    }
    let bad = || Err(mismatch(value, of.kind(), owner));
    match of.kind() {
        "string" => {
            let Some(text) = value.as_str() else { return bad() };
            if of.schema["format"] == "byte" { check_base64(text) } else { Ok(()) }
        }
        "integer" if value.is_i64() || value.is_u64() => check_range(of, value, owner),
        "integer" => bad(),
        "number" if !value.is_number() => bad(),
        "boolean" if !value.is_boolean() => bad(),
        "array" => {
            let Some(items) = value.as_array() else { return bad() };
            let Some(item_type) = of.items() else { return Ok(()) };
            items.iter().try_for_each(|item| check_node(item_type, item, owner))
        }
        "object" => {
            let Some(map) = value.as_object() else { return bad() };
            map.iter().try_for_each(|(key, value)| match of.property(key).or_else(|| of.values()) {
                Some(of) => check_node(of, value, key),
                None => Ok(()),
            })
        }
        _ => Ok(()),
    }
}

fn check_range(of: Type, value: &Value, owner: &str) -> Result<(), String> {
    let fits = match of.schema["format"].as_str() {
        Some("int32") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        _ => value.is_i64(),
    };
    if fits { Ok(()) } else { Err(mismatch(value, "integer", owner)) }
}

fn check_quantity(value: &Value) -> Result<(), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::from("?"),
    };
    quantity::canonical(&text).map(drop).ok_or_else(|| {
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            .to_owned()
    })
}

fn check_time(value: &Value, owner: &str) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Err(mismatch(value, "string", owner)) };
    if text.parse::<jiff::Timestamp>().is_ok() {
        return Ok(());
    }
    let quoted = crate::refusal::quote(text);
    Err(format!("parsing time {quoted} as \"2006-01-02T15:04:05Z07:00\": cannot parse {quoted} as \"2006\""))
}

fn check_micro_time(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let fraction =
        text.split_once('.').map_or("", |(_, rest)| rest.trim_end_matches(|c: char| !c.is_ascii_digit()));
    let digits = fraction.chars().take_while(char::is_ascii_digit).count();
    if text.parse::<jiff::Timestamp>().is_ok() && digits == 6 {
        return Ok(());
    }
    let quoted = crate::refusal::quote(text);
    let rest = text.get(19..).unwrap_or_default();
    Err(format!(
        "parsing time {quoted} as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse {} as \".000000\"",
        crate::refusal::quote(rest)
    ))
}

fn check_base64(text: &str) -> Result<(), String> {
    use base64::Engine;
    let alphabet = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/');
    let bad = text.bytes().position(|c| !alphabet(c) && c != b'=' && c != b'\n' && c != b'\r');
    match (bad, base64::engine::general_purpose::STANDARD.decode(text)) {
        (Some(at), _) => Err(format!("illegal base64 data at input byte {at}")),
        (None, Err(_)) => {
            Err(format!("illegal base64 data at input byte {}", text.len().saturating_sub(text.len() % 4)))
        }
        (None, Ok(_)) => Ok(()),
    }
}

/// Brings an object into the form in which a typed server writes it.
pub(super) fn normalize(resource: &Resource, object: &mut Value) {
    if let Some(schema) = definition(resource) {
        normalize_node(Type { name: "", schema }, object);
    }
}

fn normalize_node(of: Type, value: &mut Value) {
    if of.is_open() {
        return;
    }
    match of.name {
        QUANTITY => {
            let text = match &*value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return,
            };
            if let Some(canonical) = quantity::canonical(&text) {
                *value = json!(canonical);
            }
            return;
        }
        TIME => {
            if let Some(time) = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
                *value = json!(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            }
            return;
        }
        _ => {}
    }
    match value {
        Value::Array(items) => {
            if let Some(item_type) = of.items() {
                items.iter_mut().for_each(|item| normalize_item(item_type, item));
            }
        }
        Value::Object(map) => match of.properties() {
            Some(properties) => {
                let required: Vec<&str> = of.schema["required"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                map.retain(|key, value| {
                    properties.get(key).is_some_and(|schema| {
                        required.contains(&key.as_str()) || !omitted(of.name, key, Type::of(schema), value)
                    })
                });
                for (key, value) in map {
                    if let Some(schema) = properties.get(key) {
                        normalize_node(Type::of(schema), value);
                    }
                }
            }
            None => {
                if let Some(values) = of.values() {
                    map.values_mut().for_each(|value| normalize_item(values, value));
                }
            }
        },
        _ => {}
    }
}

/// Writes empty lists that are always written as null.
pub(super) fn settle(resource: &Resource, object: &mut Value) {
    if let Some(schema) = definition(resource) {
        settle_node(Type { name: "", schema }, object);
    }
}

fn settle_node(of: Type, value: &mut Value) {
    if of.is_open() {
        return;
    }
    match value {
        Value::Array(items) => {
            if let Some(item_type) = of.items() {
                items.iter_mut().for_each(|item| settle_node(item_type, item));
            }
        }
        Value::Object(map) => {
            let required = of.schema["required"].as_array();
            for (key, value) in map {
                let always = key == "rules" || required.is_some_and(|keys| keys.iter().any(|one| one == key));
                if always && value.as_array().is_some_and(Vec::is_empty) {
                    *value = Value::Null;
                } else if let Some(of) = of.property(key).or_else(|| of.values()) {
                    settle_node(of, value);
                }
            }
        }
        _ => {}
    }
}

/// Null entries of maps and lists become the zero value of their type.
fn normalize_item(of: Type, value: &mut Value) {
    if value.is_null() {
        *value = match of.kind() {
            "string" => json!(""),
            "integer" | "number" => json!(0),
            "object" => json!({}),
            _ => return,
        };
    }
    normalize_node(of, value);
}

/// Fields that are pointers in the server, so that a zero value says something.
const POINTERS: [&str; 10] = [
    "holderIdentity",
    "storageClassName",
    "service",
    "ingressClassName",
    "loadBalancerClass",
    "volumeAttributesClassName",
    "claimName",
    "runtimeClassName",
    "reinvocationPolicy",
    "storageVersionHash",
];
/// Lists and maps that are written even when they are empty.
const KEPT_EMPTY: [&str; 8] =
    ["rules", "values", "matchExpressions", "conditions", "podSelector", "ingress", "egress", "hard"];
/// Flags that are no pointers, so that false is not written.
const PLAIN_FLAGS: [&str; 9] = [
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "stdin",
    "stdinOnce",
    "tty",
    "paused",
    "readOnly",
    "publishNotReadyAddresses",
];
/// Numbers that are no pointers, so that 0 is not written.
const PLAIN_NUMBERS: [&str; 9] = [
    "minReadySeconds",
    "hostPort",
    "nodePort",
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
    "observedGeneration",
];

fn omitted(owner: &str, key: &str, of: Type, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() && !POINTERS.contains(&key),
        Value::Array(items) => items.is_empty() && !(KEPT_EMPTY.contains(&key) && key == "rules"),
        Value::Object(map) => map.is_empty() && of.values().is_some() && !KEPT_EMPTY.contains(&key),
        Value::Bool(flag) => !flag && PLAIN_FLAGS.contains(&key),
        Value::Number(number) => {
            number.as_i64() == Some(0) && PLAIN_NUMBERS.contains(&key) && !owner.ends_with("WebhookX")
        }
    }
}
