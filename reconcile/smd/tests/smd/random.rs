// SPDX-License-Identifier: Apache-2.0

//! Random sequences of writes, recorded from k8s.io/apimachinery v0.37.2 (structured-merge-diff v6.4) by `xtask/oracle/smd`.

use std::io::Read;

use gitops_smd::{FieldManager, ObjectType, SameShape, Schema};
use serde_json::{Value, json};

const VECTORS: &[u8] = include_bytes!("random.jsonl.gz");
const WIDGET: &str = include_str!("widget.json");

fn vectors() -> Vec<Value> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(VECTORS)
        .read_to_string(&mut text)
        .expect("because the vectors are committed");
    text.lines().map(|line| serde_json::from_str(line).expect("because the vectors are committed")).collect()
}

/// Times are not part of the comparison, their presence is; nor is the Go spelling of a wrong value.
fn timeless(mut object: Value) -> Value {
    if let Some(entries) = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut) {
        for entry in entries {
            if entry.get("time").is_some() {
                entry["time"] = json!("T");
            }
        }
    }
    sorted(object)
}

/// The order of entries depends on the clock of the recording.
fn sorted(mut object: Value) -> Value {
    if let Some(entries) = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut) {
        entries.sort_by_key(|entry| {
            format!("{}{}{}", entry["operation"], entry["manager"], entry["apiVersion"])
        });
    }
    object
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn random_sequences_give_what_go_gives() {
    let widget: Value = serde_json::from_str(WIDGET).expect("because the schema is committed");
    let schema = std::sync::Arc::new(Schema::from_definitions([("Widget", &widget)]));
    let of = ObjectType::named(&schema, "Widget").expect("because it is defined above");
    let versions = SameShape::one("example.test/v1", of.clone()).with("example.test/v2", of);
    let (mut same, mut total) = (0, 0);
    let mut first = None;
    for (number, sequence) in vectors().iter().enumerate() {
        let mut live = json!({"apiVersion": "example.test/v1", "kind": "Widget"});
        for (step, op) in sequence["ops"].as_array().into_iter().flatten().enumerate() {
            let version = format!("example.test/{}", op["version"].as_str().unwrap_or_default());
            let endpoint = FieldManager::new(&versions, &version, "Widget");
            live["apiVersion"] = json!(version);
            let manager = op["manager"].as_str().unwrap_or_default();
            let now = format!("2026-01-01T00:00:{step:02}Z");
            let out = match op["op"].as_str() {
                Some("apply") => endpoint.apply(&live, &op["object"], manager, op["force"] == true, &now),
                _ => endpoint.update(&live, &op["object"], manager, &now),
            };
            total += 1;
            let fits = match (&out, op["error"].as_str()) {
                (Ok(out), None) => {
                    let mut out = out.clone();
                    out["metadata"]["uid"] = json!("u");
                    timeless(out) == sorted(op["out"].clone())
                }
                (Err(error), Some(expected)) => lines(&error.to_string()) == lines(expected),
                _ => false,
            };
            same += usize::from(fits);
            if !fits && first.is_none() {
                first = Some(format!("sequence {number} step {step}\nlive {live}\nop {op}\ngot {out:?}"));
            }
            if op["error"].is_null() {
                live = op["out"].clone();
            }
        }
    }
    assert_eq!(same, total, "{}", first.unwrap_or_default());
}
