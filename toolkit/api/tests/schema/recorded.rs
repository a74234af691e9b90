// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use gitops_api::schema::{Admission, FieldValidation, Schema, Violation, check_crd, to_json};
use serde_json::{Value, json};

/// A cause as the recordings hold it: reason, field, message.
type Cause = (String, String, String);

fn definition(case: &Value) -> Value {
    let mut version = json!({
        "name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": case["schema"]}, "subresources": {"status": {}}
    });
    for (key, value) in case["version"].as_object().into_iter().flatten() {
        version[key] = value.clone();
    }
    json!({
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"}, "versions": [version]
        }
    })
}

fn recorded_causes(causes: &Value) -> Vec<Cause> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let causes = causes.as_array().into_iter().flatten();
    let mut causes: Vec<Cause> =
        causes.map(|cause| (text(&cause[0]), text(&cause[1]), text(&cause[2]))).collect();
    causes.sort();
    causes
}

fn causes(violations: &[Violation]) -> Vec<Cause> {
    let mut causes: Vec<Cause> = violations
        .iter()
        .map(|violation| {
            (violation.reason.as_str().to_owned(), violation.field.clone(), violation.message.clone())
        })
        .collect();
    causes.sort();
    causes
}

/// What of an answer is compared: code, text of a 400, causes, warnings.
#[derive(Debug, PartialEq)]
struct Answer {
    code: i64,
    message: Option<String>,
    causes: Vec<Cause>,
    warnings: Vec<String>,
}

impl Answer {
    fn recorded(answer: &Value) -> Self {
        let mut warnings: Vec<String> = answer["warnings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|warning| warning.as_str().map(str::to_owned))
            .collect();
        warnings.sort();
        Self {
            code: answer["code"].as_i64().expect("a recorded write has a code"),
            message: answer["message"].as_str().map(str::to_owned),
            causes: recorded_causes(&answer["causes"]),
            warnings,
        }
    }

    fn ours(admission: &Admission, created: bool) -> Self {
        let message = admission.decoding_error(&[]);
        let code = match (&message, admission.is_accepted()) {
            (Some(_), _) => 400,
            (None, false) => 422,
            (None, true) if created => 201,
            (None, true) => 200,
        };
        let mut warnings = admission.warnings.clone();
        warnings.sort();
        Self { code, message, causes: causes(&admission.violations), warnings }
    }
}

fn replay(case: &Value) {
    let name = case["name"].as_str().expect("a case has a name");
    let crd = definition(case);
    let registration = recorded_causes(&case["registration"]);
    assert_eq!(causes(&check_crd(&crd)), registration, "{name}: registration");
    if !registration.is_empty() {
        return;
    }
    let schema = Schema::for_crd(&crd, "v1").expect("a definition that is registered compiles");
    let mut store: BTreeMap<String, Value> = BTreeMap::new();
    for (index, write) in case["writes"].as_array().into_iter().flatten().enumerate() {
        let mut object = write["object"].clone();
        object["apiVersion"] = json!("example.com/v1");
        object["kind"] = json!("Widget");
        let id = object["metadata"]["name"].as_str().expect("an object has a name").to_owned();
        let fields = match write["fieldValidation"].as_str() {
            Some("Strict") => FieldValidation::Strict,
            Some("Ignore") => FieldValidation::Ignore,
            _ => FieldValidation::Warn,
        };
        let verb = write["verb"].as_str().expect("a write has a verb");
        let admission = match (verb, store.get(&id)) {
            ("plant", _) => {
                schema.read(&mut object);
                store.insert(id, object);
                continue;
            }
            ("create", _) => schema.admit_create(&mut object, fields),
            ("update", Some(old)) => schema.admit_update(&mut object, old, fields),
            ("status", Some(old)) => schema.admit_status(&mut object, old, fields),
            _ => {
                assert!(store.contains_key(&id), "{name}: write {index} needs a stored object");
                continue;
            }
        };
        let recorded = Answer::recorded(&write["answer"]);
        assert_eq!(Answer::ours(&admission, verb == "create"), recorded, "{name}: write {index}");
        if recorded.code < 300 {
            let mut shown = object.clone();
            let fields = shown.as_object_mut().expect("an object is an object");
            fields.retain(|key, _| !matches!(key.as_str(), "apiVersion" | "kind"));
            assert_eq!(to_json(&shown), to_json(&write["answer"]["stored"]), "{name}: write {index}");
            store.insert(id, object);
        }
    }
}

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("the recording is JSON")
}

#[test]
fn values_are_judged_as_by_a_server() {
    cases(include_str!("../oracle/schema/values.json")).iter().for_each(replay);
}

#[test]
fn objects_are_pruned_defaulted_and_decoded_as_by_a_server() {
    cases(include_str!("../oracle/schema/structure.json")).iter().for_each(replay);
}

#[test]
fn rules_are_evaluated_as_by_a_server() {
    cases(include_str!("../oracle/schema/rules.json")).iter().for_each(replay);
}

#[test]
fn what_did_not_change_is_excused_as_by_a_server() {
    cases(include_str!("../oracle/schema/ratchet.json")).iter().for_each(replay);
}

#[test]
fn definitions_are_judged_as_by_a_server() {
    cases(include_str!("../oracle/schema/registration.json")).iter().for_each(replay);
}

#[test]
fn random_schemas_and_objects_are_judged_as_by_a_server() {
    cases(include_str!("../oracle/schema/random.json")).iter().for_each(replay);
}

/// Rules are parsed but not type-checked, and their cost is not estimated: COMPATIBILITY.md, "Custom resource schemas".
#[test]
fn rules_that_only_a_type_checker_refuses_are_accepted() {
    for case in cases(include_str!("../oracle/schema/gaps.json")) {
        let found = causes(&check_crd(&definition(&case)));
        let recorded = recorded_causes(&case["registration"]);
        assert!(!recorded.is_empty(), "{}: a server refuses it", case["name"]);
        assert_eq!(found, [], "{}: we do not", case["name"]);
    }
}
