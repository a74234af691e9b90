// SPDX-License-Identifier: Apache-2.0

use gitops_yaml::{Dialect, Limits, emit, read_value, read_value_strict};
use serde_json::Value;

/// A time zone that Go reads and then cannot print, one whose minutes it carries over, and the non-specific tag on
/// nothing, which the older library takes for an empty string; a key that Go prints in the error.
const KNOWN: [&str; 4] = ["? a: 1\n: b\n", "2001-01-01T10:20:30+24:00", "2001-01-01T10:20:30+01:60", "!"];

fn vectors(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

/// Numbers as Go prints them: whole floats below 10^21 are integers.
fn canonical(value: &Value) -> String {
    emit::to_yaml(value)
}

fn read(text: &str, dialect: Dialect, strict: bool) -> Result<Value, String> {
    let limits = Limits::default();
    let value = if strict {
        read_value_strict(text.as_bytes(), dialect, &limits)
    } else {
        read_value(text.as_bytes(), dialect, &limits)
    };
    value.map_err(|error| error.to_string())
}

/// Compares what is read from every vector; returns the differences that `known` does not list.
fn check_read(vectors_text: &str, known: &[&str], errors_too: bool) -> Vec<String> {
    let mut problems = Vec::new();
    for vector in vectors(vectors_text) {
        let text = vector["in"].as_str().unwrap();
        if known.contains(&text) {
            continue;
        }
        for (name, dialect, strict) in
            [("v2", Dialect::V2, false), ("strict", Dialect::V2, true), ("v3", Dialect::V3, false)]
        {
            let ours = read(text, dialect, strict);
            let theirs = &vector[name];
            match (ours, theirs["error"].as_str()) {
                (Err(ours), Some(theirs)) if !errors_too || ours == theirs => {}
                (Ok(ours), None) if canonical(&ours) == canonical(&theirs["json"]) => {}
                (ours, Some(theirs)) => problems.push(format!("{text:?} {name}: ours {ours:?}, Go {theirs}")),
                (ours, None) => {
                    problems.push(format!("{text:?} {name}: ours {ours:?}, Go {}", theirs["json"]))
                }
            }
        }
    }
    problems
}

#[test]
fn scalars_resolve_as_in_go() {
    let problems = check_read(include_str!("../oracle/scalars.jsonl"), &KNOWN, true);
    assert!(problems.is_empty(), "{} differences\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn random_values_print_as_in_go() {
    let mut problems = Vec::new();
    for vector in vectors(include_str!("../oracle/emit-random.jsonl")) {
        let (ours, theirs) = (emit::to_yaml(&vector["json"]), vector["yaml"].as_str().unwrap());
        if ours != theirs {
            problems.push(format!("{}\nours:\n{ours}\nGo:\n{theirs}\n", vector["json"]));
        }
    }
    assert!(
        problems.is_empty(),
        "{} differences\n{}",
        problems.len(),
        problems[..problems.len().min(6)].join("\n")
    );
}

#[test]
fn documents_read_as_in_go() {
    let problems = check_read(include_str!("../oracle/values.jsonl"), &KNOWN, true);
    assert!(
        problems.is_empty(),
        "{} differences\n{}",
        problems.len(),
        problems[..problems.len().min(20)].join("\n")
    );
}
