// SPDX-License-Identifier: Apache-2.0

//! Objects as rows, for `kubectl get`.

use serde_json::{Value, json};

use crate::refusal::{Cause, Refusal};
use crate::rest::Call;

/// Returns a Table of objects that come without `apiVersion` and `kind`.
pub(crate) fn table(call: &Call, objects: &[Value], metadata: Value, beta: bool) -> Result<Value, Refusal> {
    let include = call.query.text("includeObject");
    if !matches!(include, "" | "Metadata" | "Object" | "None") {
        let cause =
            Cause::invalid_text("includeObject", include, "must be 'Metadata', 'Object', 'None', or empty");
        let text = format!("Unable to convert to Table as requested: {}: {}", cause.field, cause.message);
        return Err(Refusal::bad_request(text));
    }
    let columns = columns();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let cells = json!([object["metadata"]["name"], age(call, object)]);
            let mut row = json!({"cells": cells});
            match include {
                "None" => {}
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
        "kind": "Table", "apiVersion": version, "metadata": metadata, "columnDefinitions": columns, "rows": rows,
    }))
}

fn columns() -> Value {
    json!([
        {"name": "Name", "type": "string", "format": "name", "description": "The name of the object.", "priority": 0},
        {"name": "Age", "type": "string", "format": "", "description": "How long ago it was made.", "priority": 0},
    ])
}

/// Returns the age of an object as kubectl shows it.
fn age(call: &Call, object: &Value) -> String {
    let created = object["metadata"]["creationTimestamp"].as_str().unwrap_or_default();
    ago(call, created)
}

/// Returns how long ago a time was.
pub(crate) fn ago(call: &Call, time: &str) -> String {
    let Ok(time) = time.parse::<jiff::Timestamp>() else { return "<unknown>".to_owned() };
    duration(call.cluster.clock.now().as_second() - time.as_second())
}

/// Writes seconds in the two largest units that matter to a reader.
pub(crate) fn duration(seconds: i64) -> String {
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
