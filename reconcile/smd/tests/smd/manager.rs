// SPDX-License-Identifier: Apache-2.0

//! Ownership through the front door.

use gitops_smd::{FieldManager, ObjectType, SameShape, builtin};
use serde_json::{Value, json};

const NOW: &str = "2026-01-01T00:00:00Z";

fn config_map(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
}

fn with_endpoint(check: impl FnOnce(&FieldManager<'_>)) {
    let of = builtin().object_type("v1", "ConfigMap").expect("because it is built in");
    let versions = SameShape::one("v1", of);
    check(&FieldManager::new(&versions, "v1", "ConfigMap"));
}

#[test]
fn a_field_that_is_no_longer_applied_goes_away() {
    with_endpoint(|endpoint| {
        let first = endpoint
            .apply(&endpoint.empty(), &config_map(&json!({"a": "1", "b": "2"})), "m", false, NOW)
            .unwrap();
        let second = endpoint.apply(&first, &config_map(&json!({"a": "1"})), "m", false, NOW).unwrap();
        assert_eq!(second["data"], json!({"a": "1"}));
    });
}

#[test]
fn a_value_that_two_apply_belongs_to_both_and_the_second_entry_has_no_time() {
    with_endpoint(|endpoint| {
        let config = config_map(&json!({"a": "1"}));
        let first = endpoint.apply(&endpoint.empty(), &config, "m1", false, NOW).unwrap();
        let second = endpoint.apply(&first, &config, "m2", false, NOW).unwrap();
        let entries = second["metadata"]["managedFields"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries.iter().filter(|entry| entry.get("time").is_some()).count(), 1);
    });
}

#[test]
fn several_conflicts_are_listed_by_manager() {
    with_endpoint(|endpoint| {
        let first = endpoint
            .apply(&endpoint.empty(), &config_map(&json!({"a": "1", "b": "1"})), "m1", false, NOW)
            .unwrap();
        let error =
            endpoint.apply(&first, &config_map(&json!({"a": "2", "b": "2"})), "m2", false, NOW).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Apply failed with 2 conflicts: conflicts with \"m1\":\n- .data.a\n- .data.b"
        );
    });
}

#[test]
fn list_order_follows_the_config_where_it_has_an_opinion() {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}}}}});
    let versions = SameShape::one("x/v1", ObjectType::from_structural(&schema, false));
    let endpoint = FieldManager::new(&versions, "x/v1", "Widget");
    let widget = |set: &[&str]| json!({"apiVersion": "x/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"set": set}});
    for (live, config, expected) in [
        (vec!["a", "b", "c"], vec!["b"], vec!["a", "b", "c"]),
        (vec!["a", "b", "c"], vec!["c", "a"], vec!["b", "c", "a"]),
        (vec!["a", "b"], vec!["x", "b"], vec!["a", "x", "b"]),
    ] {
        let first = endpoint.apply(&endpoint.empty(), &widget(&live), "m1", false, NOW).unwrap();
        let second = endpoint.apply(&first, &widget(&config), "m2", false, NOW).unwrap();
        assert_eq!(second["spec"]["set"], json!(expected), "{live:?} + {config:?}");
    }
}
