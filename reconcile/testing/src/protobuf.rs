// SPDX-License-Identifier: Apache-2.0

//! Request bodies in protobuf, as Go clients send them for built-in kinds. Answers are JSON, which every client takes.

use std::collections::HashMap;
use std::io::Read;
use std::sync::LazyLock;

use base64::Engine;
use serde_json::{Map, Value, json};

const DATA: &[u8] = include_bytes!("../data/protobuf-1.37.json.gz");
const MAGIC: &[u8] = b"k8s\0";
const DEPTH: usize = 64;
const META: &str = "k8s.io.apimachinery.pkg.apis.meta.v1";

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    One,
    Repeated,
    Map,
}

struct Field {
    name: String,
    shape: Shape,
    of: String,
}

type Messages = HashMap<String, HashMap<u64, Field>>;

static MESSAGES: LazyLock<Messages> = LazyLock::new(load);

fn load() -> Messages {
    let mut text = Vec::new();
    let read = flate2::read::GzDecoder::new(DATA).read_to_end(&mut text);
    read.expect("because the data is compiled in and covered by tests");
    let data: HashMap<String, Vec<(u64, String, String, String)>> =
        serde_json::from_slice(&text).expect("because the data is compiled in and covered by tests");
    data.into_iter()
        .map(|(name, fields)| {
            let fields = fields.into_iter().map(|(number, name, shape, of)| {
                let shape = match shape.as_str() {
                    "r" => Shape::Repeated,
                    "m" => Shape::Map,
                    _ => Shape::One,
                };
                (number, Field { name, shape, of })
            });
            (name, fields.collect())
        })
        .collect()
}

/// Reads an enveloped object; `api_version` and `kind` say what it is when the envelope does not.
pub(crate) fn decode(body: &[u8], api_version: &str, kind: &str) -> Result<Value, String> {
    let body = body.strip_prefix(MAGIC).ok_or("provided data does not appear to be a protobuf message")?;
    let mut given = (String::new(), String::new());
    let mut raw: &[u8] = &[];
    for (number, wire) in wires(body)? {
        match (number, wire) {
            (1, Wire::Bytes(bytes)) => {
                for (number, wire) in wires(bytes)? {
                    match (number, wire) {
                        (1, Wire::Bytes(bytes)) => given.0 = text(bytes),
                        (2, Wire::Bytes(bytes)) => given.1 = text(bytes),
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let api_version = if given.0.is_empty() { api_version.to_owned() } else { given.0 };
    let kind = if given.1.is_empty() { kind.to_owned() } else { given.1 };
    let message =
        message_of(&api_version, &kind).ok_or_else(|| format!("no kind {kind} in {api_version}"))?;
    let mut object = decode_message(&message, raw, 0)?;
    if !object.is_object() {
        object = json!({});
    }
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    Ok(object)
}

fn message_of(api_version: &str, kind: &str) -> Option<String> {
    if matches!(kind, "DeleteOptions" | "Status") {
        return Some(format!("{META}.{kind}"));
    }
    let name =
        gitops_smd::builtin().name_of(api_version, kind).map(|name| name.replacen("io.k8s.", "k8s.io.", 1));
    name.filter(|name| MESSAGES.contains_key(name))
}

#[derive(Clone, Copy)]
enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, String> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at).ok_or("unexpected EOF")?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err("proto: integer overflow".to_owned())
}

fn wires(bytes: &[u8]) -> Result<Vec<(u64, Wire<'_>)>, String> {
    let mut found = Vec::new();
    let mut at = 0;
    let take = |at: &mut usize, length: usize| -> Result<&[u8], String> {
        let end = at.checked_add(length).ok_or("unexpected EOF")?;
        let slice = bytes.get(*at..end).ok_or("unexpected EOF")?;
        *at = end;
        Ok(slice)
    };
    while at < bytes.len() {
        let tag = varint(bytes, &mut at)?;
        let wire = match tag & 7 {
            0 => Wire::Varint(varint(bytes, &mut at)?),
            1 => {
                let slice = take(&mut at, 8)?;
                Wire::Fixed64(u64::from_le_bytes(slice.try_into().unwrap_or_default()))
            }
            2 => {
                let length = usize::try_from(varint(bytes, &mut at)?).map_err(|_| "unexpected EOF")?;
                Wire::Bytes(take(&mut at, length)?)
            }
            5 => {
                let slice = take(&mut at, 4)?;
                Wire::Fixed32(u32::from_le_bytes(slice.try_into().unwrap_or_default()))
            }
            other => return Err(format!("proto: illegal wireType {other}")),
        };
        found.push((tag >> 3, wire));
    }
    Ok(found)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Messages that are no objects in JSON.
fn special(name: &str, bytes: &[u8]) -> Option<Result<Value, String>> {
    let short = name.rsplit('.').next().unwrap_or_default();
    let fields = || wires(bytes);
    let result = match short {
        "Quantity" => fields().map(|fields| {
            let found = fields.iter().find_map(|(_, wire)| match wire {
                Wire::Bytes(bytes) => Some(text(bytes)),
                _ => None,
            });
            json!(found.unwrap_or_else(|| "0".to_owned()))
        }),
        "Time" | "MicroTime" => fields().map(|fields| time(&fields, short == "MicroTime")),
        "IntOrString" => fields().map(|fields| int_or_string(&fields)),
        "FieldsV1" | "RawExtension" | "JSON" => fields().map(|fields| {
            let raw = fields.iter().find_map(|(_, wire)| match wire {
                Wire::Bytes(bytes) => serde_json::from_slice(bytes).ok(),
                _ => None,
            });
            raw.unwrap_or(Value::Null)
        }),
        "ExtraValue" | "Verbs" => fields().map(|fields| {
            let items = fields.iter().filter_map(|(_, wire)| match wire {
                Wire::Bytes(bytes) => Some(json!(text(bytes))),
                _ => None,
            });
            items.collect()
        }),
        _ => return None,
    };
    Some(result)
}

fn number_at(fields: &[(u64, Wire<'_>)], wanted: u64) -> i64 {
    fields
        .iter()
        .find_map(|(number, wire)| match wire {
            Wire::Varint(value) if *number == wanted => Some(value.cast_signed()),
            _ => None,
        })
        .unwrap_or(0)
}

fn time(fields: &[(u64, Wire<'_>)], micro: bool) -> Value {
    let (seconds, nanos) = (number_at(fields, 1), number_at(fields, 2));
    let Ok(nanos) = i32::try_from(nanos) else { return Value::Null };
    if fields.is_empty() || seconds == -62_135_596_800 {
        return Value::Null;
    }
    let Ok(time) = jiff::Timestamp::new(seconds, nanos) else { return Value::Null };
    let format = if micro { "%Y-%m-%dT%H:%M:%S.%6fZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
    json!(time.strftime(format).to_string())
}

fn int_or_string(fields: &[(u64, Wire<'_>)]) -> Value {
    if number_at(fields, 1) == 0 {
        return json!(number_at(fields, 2));
    }
    let found = fields.iter().find_map(|(number, wire)| match wire {
        Wire::Bytes(bytes) if *number == 3 => Some(text(bytes)),
        _ => None,
    });
    json!(found.unwrap_or_default())
}

/// Tells whether the JSON form has the fields of a message in the place of the message.
fn is_inlined(owner: &str, field: &str) -> bool {
    let definition = gitops_smd::builtin().definition(&owner.replacen("k8s.io.", "io.k8s.", 1));
    definition.is_some_and(|definition| {
        definition["properties"].is_object() && definition["properties"][field].is_null()
    })
}

fn decode_message(name: &str, bytes: &[u8], depth: usize) -> Result<Value, String> {
    if depth > DEPTH {
        return Err("the message is nested too deeply".to_owned());
    }
    if let Some(value) = special(name, bytes) {
        return value;
    }
    let fields = MESSAGES.get(name).ok_or_else(|| format!("unknown message {name}"))?;
    let mut object = Map::new();
    for (number, wire) in wires(bytes)? {
        let Some(field) = fields.get(&number) else { continue };
        match field.shape {
            Shape::Map => {
                let (key, value) = entry(field, wire, depth)?;
                let map = object.entry(field.name.clone()).or_insert_with(|| json!({}));
                map[key] = value;
            }
            Shape::Repeated => {
                let value = decode_value(&field.of, wire, depth)?;
                let list = object.entry(field.name.clone()).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(value);
                }
            }
            Shape::One => {
                let value = decode_value(&field.of, wire, depth)?;
                match value {
                    Value::Object(inner) if is_inlined(name, &field.name) => object.extend(inner),
                    value if is_zero(&field.name, &value) => {}
                    value => {
                        object.insert(field.name.clone(), value);
                    }
                }
            }
        }
    }
    Ok(Value::Object(object))
}

/// Go writes zero values of fields that are no pointers; what says nothing is left out.
fn is_zero(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Bool(flag) => {
            !flag && !matches!(name, "automountServiceAccountToken" | "suspend" | "enableServiceLinks")
        }
        Value::Number(number) => {
            number.as_i64() == Some(0) && !matches!(name, "replicas" | "gracePeriodSeconds")
        }
        Value::Object(map) => {
            map.is_empty() && matches!(name, "status" | "strategy" | "updateStrategy" | "spec")
        }
        Value::Array(_) => false,
    }
}

fn entry(field: &Field, wire: Wire<'_>, depth: usize) -> Result<(String, Value), String> {
    let Wire::Bytes(bytes) = wire else { return Err("proto: a map entry is no message".to_owned()) };
    let mut key = String::new();
    let mut value = None;
    for (number, wire) in wires(bytes)? {
        match (number, wire) {
            (1, Wire::Bytes(bytes)) => key = text(bytes),
            (2, wire) => value = Some(decode_value(&field.of, wire, depth)?),
            _ => {}
        }
    }
    let empty = match field.of.as_str() {
        "string" | "bytes" => json!(""),
        _ => json!({}),
    };
    Ok((key, value.unwrap_or(empty)))
}

fn decode_value(of: &str, wire: Wire<'_>, depth: usize) -> Result<Value, String> {
    Ok(match (of, wire) {
        ("string", Wire::Bytes(bytes)) => json!(text(bytes)),
        ("bytes", Wire::Bytes(bytes)) => json!(base64::engine::general_purpose::STANDARD.encode(bytes)),
        ("bool", Wire::Varint(value)) => json!(value != 0),
        ("int32" | "int64", Wire::Varint(value)) => json!(value.cast_signed()),
        ("uint32" | "uint64", Wire::Varint(value)) => json!(value),
        ("double", Wire::Fixed64(bits)) => json!(f64::from_bits(bits)),
        ("float", Wire::Fixed32(bits)) => json!(f32::from_bits(bits)),
        (message, Wire::Bytes(bytes)) => decode_message(message, bytes, depth + 1)?,
        _ => return Err(format!("proto: wrong wireType for a field of type {of}")),
    })
}
