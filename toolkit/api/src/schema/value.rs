// SPDX-License-Identifier: Apache-2.0

//! Values against the constraints of a schema, with the server's wording, double causes and ratcheting.

mod combine;
mod number;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::correlate::Pair;
use super::gotext::{quote, to_json};
use super::node::{Additional, Node, Type};
use super::path::{Path, join};
use super::violation::{Reason, Violation};

/// Checks a value, which is reported under the given prefix; with a pair, what did not change is excused.
pub(super) fn check(value: &Value, node: &Node, prefix: &str, pair: Option<Pair<'_>>) -> Vec<Violation> {
    let checker = Checker { prefix, typed: true };
    let outcome = checker.ratchet(node, value, &Path::Root(""), pair);
    outcome.issues.into_iter().map(|issue| issue.violation).collect()
}

/// Checks a default, which is looser: integers-or-texts may be anything.
pub(super) fn check_default(value: &Value, node: &Node, prefix: &str) -> Vec<Violation> {
    let checker = Checker { prefix, typed: false };
    let outcome = checker.check(node, value, &Path::Root(""), None);
    outcome.issues.into_iter().map(|issue| issue.violation).collect()
}

/// What is wrong with a value, and how many checks it went through (which picks the best of several alternatives).
#[derive(Default)]
struct Outcome {
    issues: Vec<Issue>,
    matches: usize,
}

/// A violation with the text by which equal ones are recognized.
struct Issue {
    text: String,
    violation: Violation,
}

impl Outcome {
    fn is_valid(&self) -> bool {
        self.issues.is_empty()
    }

    fn push(&mut self, issue: Issue) {
        if !self.issues.iter().any(|known| known.text == issue.text) {
            self.issues.push(issue);
        }
    }

    fn merge(&mut self, other: Self) {
        self.matches += other.matches;
        other.issues.into_iter().for_each(|issue| self.push(issue));
    }
}

struct Checker<'a> {
    prefix: &'a str,
    /// Whether integers-or-texts have these two types; in defaults they have none.
    typed: bool,
}

impl Checker<'_> {
    /// Checks a value that may have a stored partner: if it is unchanged, nothing is wrong with it.
    fn ratchet(&self, node: &Node, value: &Value, path: &Path<'_>, pair: Option<Pair<'_>>) -> Outcome {
        let mut outcome = self.check(node, value, path, pair);
        if !outcome.is_valid() && pair.is_some_and(|pair| pair.is_unchanged()) {
            outcome.issues.clear();
        }
        outcome
    }

    fn check(&self, node: &Node, value: &Value, path: &Path<'_>, pair: Option<Pair<'_>>) -> Outcome {
        let mut outcome = Outcome::default();
        if value.is_null() {
            self.check_type(node, value, path, &mut outcome);
            self.check_enum(node, value, path, &mut outcome);
            return outcome;
        }
        if !node.types.is_empty() || node.format.is_some() {
            self.check_type(node, value, path, &mut outcome);
            outcome.matches += 1;
        }
        outcome.merge(self.check_branches(node, value, path));
        outcome.matches += 1;
        match value {
            Value::String(text) => {
                self.check_text(node, text, path, &mut outcome);
                self.check_format(node, text, path, &mut outcome);
            }
            Value::Number(number) => self.check_number(node, number, path, &mut outcome),
            Value::Array(items) => self.check_items(node, items, path, pair, &mut outcome),
            Value::Object(fields) => self.check_fields(node, fields, path, pair, &mut outcome),
            _ => {}
        }
        self.check_enum(node, value, path, &mut outcome);
        outcome.matches += 3;
        outcome
    }

    fn issue(&self, name: &str, text: String, make: impl FnOnce(&str, &str) -> Violation) -> Issue {
        let trimmed = name.strip_prefix('.').unwrap_or(name);
        let field = if trimmed.is_empty() {
            Cow::Borrowed(self.prefix)
        } else {
            Cow::Owned(join(self.prefix, trimmed))
        };
        let violation = make(&field, &text);
        Issue { text, violation }
    }

    /// An error without a place of its own, which the server puts on the object.
    fn plain(&self, text: String) -> Issue {
        let violation = Violation::invalid(self.prefix, &Value::from(""), &text);
        Issue { text, violation }
    }

    fn invalid(&self, path: &Path<'_>, value: &Value, detail: &str) -> Issue {
        let name = path.name();
        self.issue(&name, format!("{name} in body {detail}"), |field, text| {
            Violation::invalid(field, value, text)
        })
    }

    fn type_invalid(&self, path: &Path<'_>, wanted: &str, found: &str) -> Issue {
        let name = path.name();
        let text = format!("{name} in body must be of type {wanted}: {}", quote(found));
        self.issue(&name, text, |field, text| {
            let message = format!("Invalid value: {}: {text}", quote(found));
            Violation::new(Reason::TypeInvalid, field, message)
        })
    }

    fn check_type(&self, node: &Node, value: &Value, path: &Path<'_>, outcome: &mut Outcome) {
        if node.int_or_string && !self.typed {
            outcome.matches += 1;
            return;
        }
        let joined = || node.types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",");
        let (kind, format) = match value {
            Value::Null if node.types.is_empty() || node.nullable || node.types.contains(&Type::Null) => {
                outcome.matches += 1;
                return;
            }
            Value::Null => return outcome.push(self.type_invalid(path, &joined(), "null")),
            Value::Bool(_) => (Type::Boolean, ""),
            Value::Number(number) if number.is_i64() => (Type::Integer, "int64"),
            Value::Number(_) => (Type::Number, "float64"),
            Value::String(_) => (Type::String, ""),
            Value::Array(_) => (Type::Array, ""),
            Value::Object(_) => (Type::Object, ""),
        };
        let has = |kind| node.types.contains(&kind);
        let fits = has(kind)
            || kind == Type::Integer && has(Type::Number)
            || kind == Type::Number
                && has(Type::Integer)
                && number::is_integral(value.as_f64().unwrap_or_default());
        let wanted = node.format.map_or("", super::format::Format::name);
        let texty = matches!(kind, Type::String | Type::Array);
        if !texty && !wanted.is_empty() && !fits && format != wanted {
            return outcome.push(self.type_invalid(path, wanted, format));
        }
        let unjudged = texty && !wanted.is_empty() && !has(Type::Number) && !has(Type::Integer);
        if fits || unjudged || node.types.is_empty() {
            outcome.matches += 1;
        } else {
            outcome.push(self.type_invalid(path, &joined(), kind.as_str()));
        }
    }

    /// Only the first of the constraints on texts that is broken counts.
    fn check_text(&self, node: &Node, text: &str, path: &Path<'_>, outcome: &mut Outcome) {
        let length = || i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        let value = || Value::from(text);
        if let Some(limit) = node.bounds.max_length.filter(|limit| length() > *limit) {
            let name = path.name();
            let error = format!("{name} in body should be at most {limit} chars long");
            outcome.push(self.issue(&name, error, |field, _| {
                let unit = if limit == 1 { "byte" } else { "bytes" };
                Violation::new(
                    Reason::TooLong,
                    field,
                    format!("Too long: may not be more than {limit} {unit}"),
                )
            }));
        } else if let Some(limit) = node.bounds.min_length.filter(|limit| length() < *limit) {
            outcome.push(self.invalid(path, &value(), &format!("should be at least {limit} chars long")));
        } else if let Some(pattern) = node.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            outcome.push(self.invalid(path, &value(), &format!("should match '{}'", pattern.source())));
        }
    }

    fn check_format(&self, node: &Node, text: &str, path: &Path<'_>, outcome: &mut Outcome) {
        let Some(format) = node.format.filter(|format| format.is_textual()) else { return };
        outcome.matches += 2;
        if !format.accepts(text) {
            outcome.push(self.type_invalid(path, format.name(), text));
        }
    }

    fn check_enum(&self, node: &Node, value: &Value, path: &Path<'_>, outcome: &mut Outcome) {
        if node.allowed.is_empty() || node.allowed.iter().any(|allowed| enum_equal(value, allowed)) {
            return;
        }
        let name = path.name();
        let texts: Vec<Cow<'_, str>> = node
            .allowed
            .iter()
            .map(|allowed| match allowed {
                Value::String(text) => Cow::Borrowed(text.as_str()),
                other => Cow::Owned(to_json(other)),
            })
            .collect();
        outcome.push(self.issue(&name, format!("{name} in body should be one of {texts:?}"), |field, _| {
            Violation::not_supported(field, value, texts.iter().map(AsRef::as_ref))
        }));
    }

    fn check_items(
        &self,
        node: &Node,
        items: &[Value],
        path: &Path<'_>,
        pair: Option<Pair<'_>>,
        outcome: &mut Outcome,
    ) {
        if let Some(node) = node.items.as_deref() {
            for (index, item) in items.iter().enumerate() {
                let pair = pair.and_then(|pair| pair.index(index));
                outcome.merge(self.ratchet(node, item, &Path::Index(path, index), pair));
            }
        }
        let size = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if let Some(limit) = node.bounds.min_items.filter(|limit| size < *limit) {
            let detail = format!("should have at least {limit} items");
            outcome.push(self.invalid(path, &Value::from(size), &detail));
        }
        if let Some(limit) = node.bounds.max_items.filter(|limit| size > *limit) {
            outcome.push(self.too_many(path, size, limit));
        }
        if node.bounds.unique_items
            && items.iter().enumerate().any(|(index, item)| items[..index].contains(item))
        {
            outcome.push(self.invalid(path, &Value::from(""), "shouldn't contain duplicates"));
        }
        outcome.matches += 2;
    }

    fn too_many(&self, path: &Path<'_>, size: i64, limit: i64) -> Issue {
        let name = path.name();
        self.issue(&name, format!("{name} in body should have at most {limit} items"), |field, _| {
            let unit = if limit == 1 { "item" } else { "items" };
            let message = format!("Too many: {size}: must have at most {limit} {unit}");
            Violation::new(Reason::TooMany, field, message)
        })
    }

    fn check_fields(
        &self,
        node: &Node,
        fields: &Map<String, Value>,
        path: &Path<'_>,
        pair: Option<Pair<'_>>,
        outcome: &mut Outcome,
    ) {
        let size = i64::try_from(fields.len()).unwrap_or(i64::MAX);
        if let Some(limit) = node.bounds.min_properties.filter(|limit| size < *limit) {
            let detail = format!("should have at least {limit} properties");
            outcome.push(self.invalid(path, &Value::from(size), &detail));
        }
        if let Some(limit) = node.bounds.max_properties.filter(|limit| size > *limit) {
            outcome.push(self.too_many(path, size, limit));
        }
        for (key, value) in fields {
            let typemeta = path.is_root() && matches!(key.as_str(), "apiVersion" | "kind" | "metadata");
            let pair = pair.filter(|_| !typemeta).and_then(|pair| pair.key(key));
            if let Some(property) = node.properties.get(key) {
                outcome.merge(self.ratchet(property, value, &Path::Field(path, key), pair));
                continue;
            }
            match &node.additional {
                Additional::Schema(entry) => {
                    outcome.merge(self.ratchet(entry, value, &Path::Entry(path, key), pair));
                }
                Additional::Allowed(false) => {
                    let name = path.name();
                    let text = format!("{name}.{key} in body is a forbidden property");
                    let shown = Value::from(key.as_str());
                    outcome
                        .push(self.issue(&name, text, |field, text| Violation::invalid(field, &shown, text)));
                }
                _ => {}
            }
        }
        for key in node.required.iter().filter(|key| !fields.contains_key(*key)) {
            let name = format!("{}.{key}", path.name());
            let text = format!("{name} in body is required");
            outcome.push(self.issue(&name, text, |field, _| Violation::required(field, "")));
        }
    }
}

/// Equality as Go's conversions between number types make it.
fn enum_equal(value: &Value, allowed: &Value) -> bool {
    match (value, allowed) {
        (_, Value::Null) => false,
        (Value::Number(value), Value::Number(allowed)) => match (value.as_i64(), allowed.as_i64()) {
            (Some(value), Some(allowed)) => value == allowed,
            (None, Some(allowed)) => value.as_f64().is_some_and(|value| value.trunc() == allowed as f64),
            _ => value.as_f64() == allowed.as_f64(),
        },
        (value, allowed) => value == allowed,
    }
}
