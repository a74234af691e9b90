// SPDX-License-Identifier: Apache-2.0

//! What other tools left on a live object, removed.

use gitops_smd::FieldSet;
use serde_json::{Value, json};

use crate::options::{Cleanup, OtherManager};

/// Returns the JSON patch that cleans a live object up, or `None` when it is clean.
///
/// The patch names the resourceVersion it was made for, so that it fails rather than undo somebody's write.
pub(crate) fn patch(live: &Value, field_manager: &str, cleanup: &Cleanup) -> Option<Vec<Value>> {
    let mut operations = Vec::new();
    for (field, keys) in [("annotations", &cleanup.annotations), ("labels", &cleanup.labels)] {
        let there = live.get("metadata").and_then(|metadata| metadata.get(field));
        for key in keys.iter().filter(|key| there.is_some_and(|there| there.get(key.as_str()).is_some())) {
            let key = key.replace('~', "~0").replace('/', "~1");
            operations.push(json!({"op": "remove", "path": format!("/metadata/{field}/{key}")}));
        }
    }
    if let Some(entries) = take_over(live, field_manager, &cleanup.managers) {
        operations.push(json!({"op": "replace", "path": "/metadata/managedFields", "value": entries}));
    }
    if operations.is_empty() {
        return None;
    }
    if let Some(version) = live.pointer("/metadata/resourceVersion") {
        operations.push(json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version}));
    }
    Some(operations)
}

fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn is_other(entry: &Value, managers: &[OtherManager]) -> bool {
    text(entry, "subresource").is_empty()
        && managers.iter().any(|other| {
            let name = text(entry, "manager");
            let named = if other.exact { name == other.name } else { name.starts_with(&other.name) };
            named && text(entry, "operation") == other.operation
        })
}

fn is_own(entry: &Value, field_manager: &str) -> bool {
    text(entry, "manager") == field_manager
        && text(entry, "operation") == "Apply"
        && text(entry, "subresource").is_empty()
}

/// Returns the entries with the fields of all matching managers given to ours, or `None` when none matches.
fn take_over(live: &Value, field_manager: &str, managers: &[OtherManager]) -> Option<Vec<Value>> {
    let entries = live.pointer("/metadata/managedFields")?.as_array()?;
    let taken = |entry: &Value| !is_own(entry, field_manager) && is_other(entry, managers);
    if !entries.iter().any(taken) {
        return None;
    }
    let fields =
        |entry: &Value| entry.get("fieldsV1").and_then(|f| FieldSet::from_value(f).ok()).unwrap_or_default();
    let mut union = FieldSet::default();
    for entry in entries.iter().filter(|entry| taken(entry) || is_own(entry, field_manager)) {
        union = union.union(&fields(entry));
    }
    let has_own = entries.iter().any(|entry| is_own(entry, field_manager));
    let mut heir = !has_own;
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut entry = entry.clone();
        if taken(&entry) {
            if !heir {
                continue;
            }
            heir = false;
            entry["manager"] = json!(field_manager);
            entry["operation"] = json!("Apply");
            entry["fieldsV1"] = union.to_value();
        } else if is_own(&entry, field_manager) {
            entry["fieldsV1"] = union.to_value();
        }
        out.push(entry);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    #[test]
    fn fields_of_kubectl_become_ours() {
        let live = json!({"metadata": {
            "resourceVersion": "7",
            "annotations": {"a/b": "c"},
            "managedFields": [
                entry("me", "Apply", &json!({"f:data": {"f:a": {}}})),
                entry("kubectl-edit", "Update", &json!({"f:data": {"f:b": {}}})),
                entry("someone", "Update", &json!({"f:data": {"f:c": {}}})),
            ],
        }});
        let cleanup = Cleanup {
            annotations: vec!["a/b".into()],
            managers: vec![OtherManager::updating("kubectl")],
            ..Cleanup::default()
        };
        let expected = vec![
            json!({"op": "remove", "path": "/metadata/annotations/a~1b"}),
            json!({"op": "replace", "path": "/metadata/managedFields", "value": [
                entry("me", "Apply", &json!({"f:data": {"f:a": {}, "f:b": {}}})),
                entry("someone", "Update", &json!({"f:data": {"f:c": {}}})),
            ]}),
            json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}),
        ];
        assert_eq!(patch(&live, "me", &cleanup), Some(expected));
    }

    #[test]
    fn the_first_of_them_is_renamed_when_we_have_no_entry_yet() {
        let live = json!({"metadata": {"managedFields": [
            entry("before-first-apply", "Update", &json!({"f:data": {"f:a": {}}})),
            entry("kubectl", "Update", &json!({"f:data": {"f:b": {}}})),
        ]}});
        let managers = [OtherManager::updating("kubectl"), OtherManager::updating("before-first-apply")];
        let expected = vec![entry("me", "Apply", &json!({"f:data": {"f:a": {}, "f:b": {}}}))];
        assert_eq!(take_over(&live, "me", &managers), Some(expected));
    }

    #[test]
    fn a_clean_object_needs_no_patch() {
        let live = json!({"metadata": {"managedFields": [entry("me", "Apply", &json!({}))]}});
        assert_eq!(patch(&live, "me", &Cleanup::default()), None);
    }
}
