// SPDX-License-Identifier: Apache-2.0

//! The values that field selectors compare.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::registry::Resource;

/// Returns the selectable values of an object.
pub(crate) fn fields(resource: &Resource, object: &Value) -> BTreeMap<String, String> {
    resource.fields.iter().map(|field| (field.clone(), value_of(resource, field, object))).collect()
}

fn value_of(resource: &Resource, field: &str, object: &Value) -> String {
    let event = resource.plural == "events" && resource.table == "/events";
    match field {
        "source" if event => match text(&object["source"]["component"]) {
            component if component.is_empty() => text(&object["reportingComponent"]),
            component => component,
        },
        "reportingComponent" if event => match text(&object["reportingComponent"]) {
            component if component.is_empty() => text(&object["source"]["component"]),
            component => component,
        },
        "spec.hostNetwork" | "spec.unschedulable" => match &object["spec"][&field[5..]] {
            Value::Null => "false".to_owned(),
            value => text(value),
        },
        "status.successful" => match &object["status"]["succeeded"] {
            Value::Null => "0".to_owned(),
            value => text(value),
        },
        "status.replicas" if resource.fields.len() == 1 => match &object["status"]["replicas"] {
            Value::Null => "0".to_owned(),
            value => text(value),
        },
        path => text(at(object, path)),
    }
}

/// Returns the value at a dotted path.
pub(crate) fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.trim_start_matches('.').split('.').fold(object, |value, key| &value[key])
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
