// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use super::{children, text};
use crate::schema::expression::Expression;
use crate::schema::gotext::display_json;
use crate::schema::violation::{Reason, Violation};

const REASONS: [&str; 4] =
    ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// Checks the rules of a schema. `uncorrelated` is the list below which no value has a partner in the stored object.
pub(super) fn check(
    fields: &Map<String, Value>,
    path: &str,
    uncorrelated: Option<&str>,
    out: &mut Vec<Violation>,
) {
    let rules = fields.get("x-kubernetes-validations").and_then(Value::as_array);
    for (index, rule) in rules.into_iter().flatten().enumerate() {
        if let Some(rule) = rule.as_object() {
            let path = format!("{path}.x-kubernetes-validations[{index}]");
            let known = out.len();
            check_texts(rule, fields, &path, out);
            if out.len() == known {
                check_expressions(rule, &path, uncorrelated, out);
            }
        }
    }
    let keyed = text(fields, "x-kubernetes-list-type") == "map";
    let items = uncorrelated.or((!keyed).then_some(path));
    for (child_path, child) in children(fields, path, &["items"]) {
        check(child, &child_path, items, out);
    }
    for (child_path, child) in children(fields, path, &["properties", "additionalProperties"]) {
        check(child, &child_path, uncorrelated, out);
    }
}

/// Checks what a rule says about itself.
fn check_texts(rule: &Map<String, Value>, schema: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let source = text(rule, "rule");
    let message = text(rule, "message");
    if source.trim().is_empty() {
        out.push(Violation::required(&format!("{path}.rule"), "rule is not specified"));
    }
    if !message.is_empty() {
        let field = format!("{path}.message");
        let mut refuse = |detail: &str| out.push(Violation::invalid(&field, &Value::from(message), detail));
        if message.trim().is_empty() {
            refuse("must be non-empty if specified");
        } else if message.contains('\n') {
            refuse("must not contain line breaks");
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
    let field_path = text(rule, "fieldPath");
    if !field_path.is_empty() && !resolves(field_path, schema) {
        let field = format!("{path}.fieldPath");
        out.push(Violation::invalid(&field, &Value::from(field_path), "must be a valid path"));
    }
}

/// Returns whether a path such as `.a['b']` leads through declared fields and maps.
fn resolves(path: &str, schema: &Map<String, Value>) -> bool {
    let mut rest = path;
    let mut node = schema;
    while !rest.is_empty() {
        let (name, after) = if let Some(inner) = rest.strip_prefix("['") {
            let Some(found) = inner.split_once("']") else { return false };
            found
        } else if let Some(inner) = rest.strip_prefix('.') {
            inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()))
        } else {
            return false;
        };
        let property = node.get("properties").and_then(|properties| properties.get(name));
        let Some(next) = property.or(node.get("additionalProperties")).and_then(Value::as_object) else {
            return false;
        };
        (node, rest) = (next, after);
    }
    true
}

fn check_expressions(
    rule: &Map<String, Value>,
    path: &str,
    uncorrelated: Option<&str>,
    out: &mut Vec<Violation>,
) {
    let shown = shown(rule);
    let source = text(rule, "rule");
    match Expression::parse(source) {
        Err(problem) => {
            let message = format!("Invalid value: {shown}: compilation failed: {problem}");
            out.push(Violation::new(Reason::Invalid, &format!("{path}.rule"), message));
        }
        Ok(expression) => {
            if !expression.uses_old_self() && rule.get("optionalOldSelf").is_some_and(Value::is_boolean) {
                let field = format!("{path}.optionalOldSelf");
                let detail = "may not be set if oldSelf is not used in rule";
                out.push(Violation::invalid(&field, &rule["optionalOldSelf"], detail));
            }
            if let Some(place) = uncorrelated.filter(|_| expression.uses_old_self()) {
                let detail = format!(
                    "oldSelf cannot be used on the uncorrelatable portion of the schema within {place}"
                );
                out.push(Violation::invalid(&format!("{path}.rule"), &Value::from(source), &detail));
            }
        }
    }
    let source = text(rule, "messageExpression");
    if source.trim().is_empty() {
        return;
    }
    if let Err(problem) = Expression::parse(source) {
        let message = format!("Invalid value: {shown}: messageExpression compilation failed: {problem}");
        out.push(Violation::new(Reason::Invalid, &format!("{path}.messageExpression"), message));
    }
}

/// A rule as the server prints it, in the order of its own declaration.
fn shown(rule: &Map<String, Value>) -> String {
    let value = |key: &str| display_json(rule.get(key).unwrap_or(&Value::Null));
    let quoted = |key: &str| display_json(&Value::from(text(rule, key)));
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        quoted("rule"),
        quoted("message"),
        quoted("messageExpression"),
        value("reason"),
        quoted("fieldPath"),
        value("optionalOldSelf"),
    )
}
