// SPDX-License-Identifier: Apache-2.0

//! Objects as rows, for `kubectl get`.

mod builtin;
mod jsonpath;

use serde_json::{Value, json};

use crate::refusal::{Cause, Refusal};
use crate::registry::Custom;
use crate::rest::Call;

/// A column: name, type, and whether only wide output shows it.
type Column = (&'static str, &'static str, bool);

/// Returns a Table of objects that come without `apiVersion` and `kind`.
pub(crate) fn table(call: &Call, objects: &[Value], metadata: &Value, beta: bool) -> Result<Value, Refusal> {
    let include = call.query.text("includeObject");
    if !matches!(include, "" | "Metadata" | "Object" | "None") {
        let cause =
            Cause::invalid_text("includeObject", include, "must be 'Metadata', 'Object', 'None', or empty");
        let text = format!("Unable to convert to Table as requested: {}: {}", cause.field, cause.message);
        return Err(Refusal::bad_request(text));
    }
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let mut row = json!({"cells": cells(call, object)});
            match include {
                "None" => row["object"] = Value::Null,
                "Object" => {
                    let mut object = object.clone();
                    object["apiVersion"] = json!(call.resource.api_version());
                    object["kind"] = json!(call.resource.kind);
                    row["object"] = object;
                }
                _ => row["object"] = crate::rest::metadata_of(object, beta),
            }
            row
        })
        .collect();
    let version = if beta { "meta.k8s.io/v1beta1" } else { "meta.k8s.io/v1" };
    Ok(json!({
        "kind": "Table", "apiVersion": version, "metadata": metadata, "columnDefinitions": columns(call), "rows": rows,
    }))
}

fn columns(call: &Call) -> Vec<Value> {
    let name = json!({
        "name": "Name", "type": "string", "format": "name", "priority": 0,
        "description": "The name of the object, unique among those of its kind in its namespace.",
    });
    if let Some(custom) = &call.resource.custom {
        let own = printer_columns(custom).into_iter().map(|column| {
            json!({
                "name": column["name"], "type": column["type"], "format": column["format"].as_str().unwrap_or_default(),
                "description": column["description"].as_str().unwrap_or("What the definition of the kind shows."),
                "priority": column["priority"].as_i64().unwrap_or(0),
            })
        });
        return std::iter::once(name).chain(own).collect();
    }
    let plain = builtin::columns(&call.resource);
    let described = plain.iter().map(|(title, kind, wide)| {
        let format = if *title == "Name" { "name" } else { "" };
        json!({
            "name": title, "type": kind, "format": format, "priority": i32::from(*wide),
            "description": format!("{title} of the object."),
        })
    });
    described.collect()
}

/// Returns the columns of a definition; without any, the age.
fn printer_columns(custom: &Custom) -> Vec<Value> {
    if custom.columns.is_empty() {
        vec![json!({
            "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp",
            "description": "How long ago the object was made.",
        })]
    } else {
        custom.columns.clone()
    }
}

fn cells(call: &Call, object: &Value) -> Vec<Value> {
    let Some(custom) = &call.resource.custom else {
        return builtin::cells(call, object);
    };
    let own = printer_columns(custom).into_iter().map(|column| {
        let found = jsonpath::first(object, column["jsonPath"].as_str().unwrap_or_default());
        match (column["type"].as_str().unwrap_or_default(), found) {
            (_, None | Some(Value::Null)) => Value::Null,
            ("date", Some(time)) => json!(ago(call, time.as_str().unwrap_or_default())),
            ("integer", Some(value)) => value.as_i64().map_or(Value::Null, |number| json!(number)),
            ("number", Some(value)) => value.as_f64().map_or(Value::Null, |number| json!(number)),
            ("boolean", Some(value)) => value.as_bool().map_or(Value::Null, |flag| json!(flag)),
            (_, Some(Value::String(text))) => json!(text),
            (_, Some(value)) => json!(value.to_string()),
        }
    });
    std::iter::once(json!(object["metadata"]["name"].as_str().unwrap_or_default())).chain(own).collect()
}

/// Returns the age of an object as kubectl shows it.
fn age(call: &Call, object: &Value) -> String {
    ago(call, object["metadata"]["creationTimestamp"].as_str().unwrap_or_default())
}

/// Returns how long ago a time was.
fn ago(call: &Call, time: &str) -> String {
    let Ok(time) = time.parse::<jiff::Timestamp>() else { return "<unknown>".to_owned() };
    duration(call.cluster.clock.now().as_second() - time.as_second())
}

/// Writes seconds in the two largest units that matter to a reader.
fn duration(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    let with = |first: i64, unit: &str, rest: i64, small: &str| {
        if rest == 0 { format!("{first}{unit}") } else { format!("{first}{unit}{rest}{small}") }
    };
    match seconds {
        i64::MIN..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => with(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => with(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => with(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => with(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}
