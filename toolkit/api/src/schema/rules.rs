// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use super::correlate::{Pair, same_keys};
use super::expression::{Bindings, Expression};
use super::gotext::display_value;
use super::node::{Additional, ListType, Node, Type};
use super::path::Path;
use super::violation::{Reason, Violation};

/// One of the `x-kubernetes-validations` of a node.
#[derive(Debug)]
pub(super) struct Rule {
    source: String,
    expression: Expression,
    message: String,
    message_expression: Option<Expression>,
    reason: Reason,
    /// What is appended to the path of the node.
    field_path: String,
    optional_old_self: bool,
}

/// A value with what is stored in its place. The pair decides what is excused, the old value what rules see.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) value: &'a Value,
    pub(super) old: Option<&'a Value>,
    pub(super) pair: Option<Pair<'a>>,
}

/// Evaluates the rules of a value and of everything below it.
pub(super) fn check(
    node: &Node,
    scope: Scope<'_>,
    path: &Path<'_>,
    out: &mut Vec<Violation>,
    warnings: &mut Vec<String>,
) {
    if !node.has_rules || scope.value.is_null() {
        return;
    }
    if !node.rules.is_empty() {
        let bindings = Bindings::new(scope.value, scope.old, node, path.is_root() || node.embedded);
        let unchanged = scope.pair.is_some_and(|pair| pair.is_unchanged());
        for rule in &node.rules {
            rule.check(node, scope, &bindings, unchanged, path, out, warnings);
        }
    }
    match scope.value {
        Value::Object(fields) => {
            let old = scope.old.and_then(Value::as_object);
            for (key, value) in fields {
                let scope = Scope {
                    value,
                    old: old.and_then(|old| old.get(key)).filter(|old| !old.is_null()),
                    pair: scope.pair.and_then(|pair| pair.key(key)),
                };
                if let Some(property) = node.properties.get(key) {
                    check(property, scope, &Path::Field(path, key), out, warnings);
                } else if let Additional::Schema(entry) = &node.additional {
                    check(entry, scope, &Path::Entry(path, key), out, warnings);
                }
            }
        }
        Value::Array(values) => {
            let Some(items) = node.items.as_deref() else { return };
            for (index, value) in values.iter().enumerate() {
                let old = match &node.list_type {
                    ListType::Map(keys) => scope
                        .old
                        .and_then(Value::as_array)
                        .and_then(|old| old.iter().find(|old| same_keys(old, value, keys))),
                    _ => None,
                };
                let scope = Scope { value, old, pair: scope.pair.and_then(|pair| pair.index(index)) };
                check(items, scope, &Path::Index(path, index), out, warnings);
            }
        }
        _ => {}
    }
}

impl Rule {
    /// Compiles the rules of a schema node and reports those that do not parse.
    pub(super) fn parse_all(
        fields: &Map<String, Value>,
        path: &str,
        problems: &mut Vec<Violation>,
    ) -> Vec<Self> {
        let rules = fields.get("x-kubernetes-validations").and_then(Value::as_array);
        let rules = rules.into_iter().flatten().enumerate();
        rules
            .filter_map(|(index, json)| {
                Self::parse(json, &format!("{path}.x-kubernetes-validations[{index}]"), problems)
            })
            .collect()
    }

    fn parse(json: &Value, path: &str, problems: &mut Vec<Violation>) -> Option<Self> {
        let text = |key: &str| json[key].as_str().unwrap_or_default();
        let mut compile = |key: &str| {
            let source = text(key);
            Expression::parse(source)
                .map_err(|problem| {
                    let detail = format!("compilation failed: {problem}");
                    problems.push(Violation::invalid(
                        &format!("{path}.{key}"),
                        &Value::from(source),
                        &detail,
                    ));
                })
                .ok()
        };
        if text("rule").trim().is_empty() {
            problems.push(Violation::required(&format!("{path}.rule"), "rule is not specified"));
            return None;
        }
        Some(Self {
            expression: compile("rule")?,
            message_expression: if text("messageExpression").is_empty() {
                None
            } else {
                compile("messageExpression")
            },
            source: text("rule").trim().to_owned(),
            message: text("message").trim().to_owned(),
            reason: match text("reason") {
                "FieldValueRequired" => Reason::Required,
                "FieldValueForbidden" => Reason::Forbidden,
                "FieldValueDuplicate" => Reason::Duplicate,
                _ => Reason::Invalid,
            },
            field_path: plain_path(text("fieldPath")),
            optional_old_self: json["optionalOldSelf"] == true,
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the state of the walk, unpacked once per rule")]
    fn check(
        &self,
        node: &Node,
        scope: Scope<'_>,
        bindings: &Bindings,
        unchanged: bool,
        path: &Path<'_>,
        out: &mut Vec<Violation>,
        warnings: &mut Vec<String>,
    ) {
        let transition = self.expression.uses_old_self();
        if transition && scope.old.is_none() && !self.optional_old_self {
            return;
        }
        let optional = self.optional_old_self;
        let old = scope.old.filter(|_| transition);
        let outcome = match mistyped(node, scope.value).or(old.and_then(|old| mistyped(node, old))) {
            Some(problem) => Err(problem),
            None => self.expression.is_true(bindings, optional),
        };
        match outcome {
            Ok(true) => {}
            Ok(false) => {
                let violation = self.violation(node, scope.value, bindings, path);
                if unchanged && !transition {
                    warnings.push(violation.to_string());
                } else {
                    out.push(violation);
                }
            }
            Err(problem) => {
                let named = if self.message.is_empty() { &self.source } else { &self.message };
                let kind = node.types.first().map_or("", |kind| kind.as_str());
                let detail = if problem.starts_with("no such overload") {
                    format!(
                        "{problem}: call arguments did not match a supported operator, function or macro signature for \
                         rule: {named}"
                    )
                } else {
                    format!("{problem} evaluating rule: {named}")
                };
                out.push(Violation::invalid(&path.field(), &Value::from(kind), &detail));
            }
        }
    }

    /// The declared message, or the rule itself.
    fn failure(&self) -> String {
        if self.message.is_empty() { format!("failed rule: {}", self.source) } else { self.message.clone() }
    }

    fn detail(&self, bindings: &Bindings) -> String {
        const LIMIT: usize = 5 * 1024;
        let computed = self.message_expression.as_ref();
        let computed = computed.and_then(|expression| expression.text(bindings, self.optional_old_self));
        computed
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty() && !text.contains('\n') && text.len() <= LIMIT)
            .unwrap_or_else(|| self.failure())
    }

    fn violation(&self, node: &Node, value: &Value, bindings: &Bindings, path: &Path<'_>) -> Violation {
        let field = format!("{}{}", path.field(), self.field_path);
        let field = field.strip_prefix('.').unwrap_or(&field);
        let detail = self.detail(bindings);
        let composite = matches!(node.types.first(), Some(Type::Object | Type::Array));
        match self.reason {
            Reason::Required => Violation::required(field, &detail),
            Reason::Forbidden => Violation::forbidden(field, &detail),
            Reason::Duplicate if composite => Violation::new(Reason::Duplicate, field, "Duplicate value"),
            Reason::Duplicate => Violation::duplicate(field, value),
            _ if composite => Violation::new(Reason::Invalid, field, format!("Invalid value: {detail}")),
            _ => {
                let message = format!("Invalid value: {}: {detail}", display_value(value));
                Violation::new(Reason::Invalid, field, message)
            }
        }
    }
}

/// Returns why a value that is stored although it has another type cannot be seen by a rule.
fn mistyped(node: &Node, value: &Value) -> Option<String> {
    let [kind] = node.types.as_slice() else { return None };
    let found = match value {
        Value::Null => return None,
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    };
    let wanted = match (kind, value) {
        (Type::Array, Value::Array(_)) | (Type::Object, Value::Object(_)) => return None,
        (Type::Array, _) => {
            return Some(
                "invalid data, expected an array for the provided schema with type=array".to_owned(),
            );
        }
        (Type::Object, _) => {
            return Some("invalid data, expected a map for the provided schema with type=object".to_owned());
        }
        (Type::String, Value::String(_))
        | (Type::Boolean, Value::Bool(_))
        | (Type::Number, Value::Number(_)) => return None,
        // A float is no integer to a rule, be it whole or not.
        (Type::Integer, Value::Number(number)) if number.is_i64() => return None,
        (Type::String, _) => "string",
        (Type::Boolean, _) => "bool",
        (Type::Integer, _) => "int",
        (Type::Number, _) => "float",
        (Type::Null, _) => return None,
    };
    Some(format!("invalid data, expected {wanted}, got {found}"))
}

/// Turns `.a['b.c'].d` into `.a.b.c.d`, the way paths are printed.
fn plain_path(path: &str) -> String {
    path.replace("['", ".").replace("']", "")
}
