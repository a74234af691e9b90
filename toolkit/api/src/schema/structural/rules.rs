// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use super::{children, text};
use crate::schema::expression::Expression;
use crate::schema::violation::Violation;

const MESSAGE_LIMIT: usize = 2048;
const REASONS: [&str; 4] =
    ["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"];

/// Checks the rules of a schema. `uncorrelated` is the list or map below which no value has a partner in the stored
/// object.
pub(super) fn check(
    fields: &Map<String, Value>,
    path: &str,
    uncorrelated: Option<&str>,
    out: &mut Vec<Violation>,
) {
    let rules = fields.get("x-kubernetes-validations").and_then(Value::as_array);
    for (index, rule) in rules.into_iter().flatten().enumerate() {
        if let Some(rule) = rule.as_object() {
            check_rule(rule, &format!("{path}.x-kubernetes-validations[{index}]"), uncorrelated, out);
        }
    }
    let keyed = text(fields, "x-kubernetes-list-type") == "map";
    let items = uncorrelated.or((!keyed).then_some(path));
    for (child_path, child) in children(fields, path, &["items"]) {
        check(child, &child_path, items, out);
    }
    let atomic = text(fields, "x-kubernetes-map-type") == "atomic";
    let entries = uncorrelated.or(atomic.then_some(path));
    for (child_path, child) in children(fields, path, &["properties", "additionalProperties"]) {
        check(child, &child_path, entries, out);
    }
}

fn check_rule(rule: &Map<String, Value>, path: &str, uncorrelated: Option<&str>, out: &mut Vec<Violation>) {
    let source = text(rule, "rule");
    let message = text(rule, "message");
    if source.trim().is_empty() {
        out.push(Violation::required(&format!("{path}.rule"), "rule is not specified"));
    }
    if rule.contains_key("message") && !message.is_empty() {
        let field = format!("{path}.message");
        let mut refuse = |detail: &str| out.push(Violation::invalid(&field, &Value::from(message), detail));
        if message.trim().is_empty() {
            refuse("message must be non-empty if specified");
        } else if message.contains('\n') {
            refuse("message must not contain line breaks");
        } else if message.len() > MESSAGE_LIMIT {
            refuse("message must have a maximum length of 2048 characters");
        }
    } else if source.trim().contains('\n') && text(rule, "messageExpression").is_empty() {
        let detail = "message must be specified if rule contains line breaks";
        out.push(Violation::required(&format!("{path}.message"), detail));
    }
    let reason = text(rule, "reason");
    if !reason.is_empty() && !REASONS.contains(&reason) {
        let field = format!("{path}.reason");
        out.push(Violation::not_supported(&field, &Value::from(reason), REASONS.into_iter()));
    }
    for key in ["rule", "messageExpression"] {
        let source = text(rule, key);
        if source.trim().is_empty() {
            continue;
        }
        let field = format!("{path}.{key}");
        match Expression::parse(source) {
            Err(problem) => {
                let detail = format!("compilation failed: {problem}");
                out.push(Violation::invalid(&field, &Value::from(source), &detail));
            }
            Ok(expression) => {
                if let Some(place) = uncorrelated.filter(|_| key == "rule" && expression.uses_old_self()) {
                    let detail = format!(
                        "oldSelf cannot be used on the uncorrelatable portion of the schema within {place}"
                    );
                    out.push(Violation::invalid(&field, &Value::from(source), &detail));
                }
            }
        }
    }
}
