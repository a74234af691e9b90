// SPDX-License-Identifier: Apache-2.0

//! Objects made up from the definitions.

use proptest::{
    collection::vec,
    prelude::*,
    strategy::{BoxedStrategy, Union},
    string::string_regex,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};

use crate::{kinds, validation::full_rules};

/// Makes values that fit a schema, its rules aside.
fn values(schema: &Value) -> BoxedStrategy<Value> {
    if let Some(choices) = schema["enum"].as_array() {
        return proptest::sample::select(choices.clone()).boxed();
    }
    match schema["type"].as_str() {
        Some("object") if schema["properties"].is_object() => object(schema),
        Some("object") => vec(("[a-z]{1,5}", values(&schema["additionalProperties"])), 0..3)
            .prop_map(|entries| Value::Object(entries.into_iter().collect()))
            .boxed(),
        Some("array") => {
            let least = schema["minItems"].as_u64().unwrap_or(0) as usize;
            let unique = schema["x-kubernetes-list-type"] == "map";
            let most = if unique { 1 } else { least + 2 };
            vec(values(&schema["items"]), least..=most).prop_map(Value::Array).boxed()
        }
        Some("boolean") => any::<bool>().prop_map(Value::Bool).boxed(),
        Some("integer") => {
            let least = schema["minimum"].as_i64().unwrap_or(-9);
            (least..1_000_000).prop_map(|number| json!(number)).boxed()
        }
        Some("string") => text(schema),
        _ => prop_oneof![
            Just(json!({ "a": [1, "b", null] })),
            Just(json!({})),
            Just(json!({ "x": { "y": 1.5 } }))
        ]
        .boxed(),
    }
}

fn text(schema: &Value) -> BoxedStrategy<Value> {
    if schema["format"] == "date-time" {
        return (0..60).prop_map(|second| json!(format!("2026-01-02T03:04:{second:02}Z"))).boxed();
    }
    let least = schema["minLength"].as_u64().unwrap_or(0) as usize;
    let most = schema["maxLength"].as_u64().unwrap_or(40).min(40) as usize;
    let strategy = match schema["pattern"].as_str() {
        // Long numbers would overflow what a duration can hold, which no pattern says.
        Some(pattern) if pattern.ends_with("(ms|s|m|h))+$") => {
            r"([0-9]{1,4}(\.[0-9]{1,3})?(ms|s|m|h)){1,3}".to_owned()
        }
        Some(pattern) if pattern.ends_with("(ms|s|m))+$") => {
            r"([0-9]{1,4}(\.[0-9]{1,3})?(ms|s|m)){1,3}".to_owned()
        }
        Some(pattern) => pattern.trim_start_matches('^').trim_end_matches('$').replace(".*", "[a-z./*]{0,9}"),
        None => format!("[ -~é]{{{least},{most}}}"),
    };
    let fits = move |text: &String| (least..=most).contains(&text.chars().count());
    string_regex(&strategy)
        .unwrap()
        .prop_filter("its length is within the limits", fits)
        .prop_map(Value::String)
        .boxed()
}

fn object(schema: &Value) -> BoxedStrategy<Value> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut whole: BoxedStrategy<Map<String, Value>> = Just(Map::new()).boxed();
    for (name, child) in schema["properties"].as_object().into_iter().flatten() {
        // The length of a run has no pattern in the definition, and Go reads it as a duration.
        let field = if name.ends_with("Duration") { Just(json!("1m30s")).boxed() } else { values(child) };
        let field = if required.contains(&name.as_str()) {
            field.prop_map(Some).boxed()
        } else {
            Union::new_weighted(vec![(2, Just(None).boxed()), (1, field.prop_map(Some).boxed())]).boxed()
        };
        let name = name.clone();
        whole = (whole, field)
            .prop_map(move |(mut map, value)| {
                if let Some(value) = value {
                    map.insert(name.clone(), value);
                }
                map
            })
            .boxed();
    }
    whole.prop_map(Value::Object).boxed()
}

#[test]
fn a_made_up_object_is_read_written_and_valid_but_for_rules() {
    for kind in kinds::all() {
        let schema = kind.open_api();
        let rules = full_rules(&schema);
        let full = kind.full();
        let parts = (values(&schema["properties"]["spec"]), values(&schema["properties"]["status"]));
        let mut runner = TestRunner::new_with_rng(
            Config {
                cases: 24,
                max_local_rejects: 1_000_000,
                failure_persistence: None,
                ..Config::default()
            },
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let outcome = runner.run(&parts, |(spec, status)| {
            let mut made = json!({
                "apiVersion": full["apiVersion"], "kind": full["kind"],
                "metadata": { "name": "made-up", "namespace": "team" }, "spec": spec,
            });
            if schema["properties"]["status"].is_object() {
                made["status"] = status;
            }
            let written =
                (kind.pass)(made.clone()).map_err(|e| TestCaseError::fail(format!("{e} in {made}")))?;
            prop_assert_eq!(&(kind.pass)(written.clone()).unwrap(), &written);
            for violation in (kind.validate)(written) {
                let is_rule = rules.iter().any(|rule| violation.message.ends_with(rule.as_str()));
                prop_assert!(is_rule, "{} in {}", violation, made);
            }
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", full["kind"]));
    }
}
