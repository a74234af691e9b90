// SPDX-License-Identifier: Apache-2.0

use serde_json::{Number, Value};

use super::{Checker, Outcome, bound};
use crate::schema::node::{Node, Type};
use crate::schema::path::Path;

impl Checker<'_> {
    pub(super) fn check_number(&self, node: &Node, number: &Number, path: &Path<'_>, outcome: &mut Outcome) {
        let integer = number.is_i64();
        let float = number.as_f64().unwrap_or_default();
        let value = Value::Number(number.clone());
        if !in_range(number, node) {
            outcome.push(self.plain(range_error("Checked", node, path)));
        }
        if let Some(step) = node.bounds.multiple_of {
            self.check_bound_range("MultipleOf", step, node, path, outcome);
            let factor = if integer && step.fract() == 0.0 && step != 0.0 {
                // Integers are divided as integers.
                (number.as_i64().unwrap_or_default() % (step as i64)) == 0
            } else {
                is_integral(float / step)
            };
            if !factor {
                let detail =
                    format!("should be a multiple of {}", bound(step, integer && step.fract() == 0.0));
                outcome.push(self.invalid(path, &value, &detail));
            }
        }
        if let Some(limit) = node.bounds.maximum {
            self.check_bound_range("Maximum boundary", limit, node, path, outcome);
            let exclusive = node.bounds.exclusive_maximum;
            if compare(number, limit, |value, limit| value > limit || exclusive && value == limit) {
                let words = if exclusive { "less than" } else { "less than or equal to" };
                let detail = format!("should be {words} {}", bound(limit, integer));
                outcome.push(self.invalid(path, &value, &detail));
            }
        }
        if let Some(limit) = node.bounds.minimum {
            self.check_bound_range("Minimum boundary", limit, node, path, outcome);
            let exclusive = node.bounds.exclusive_minimum;
            if compare(number, limit, |value, limit| value < limit || exclusive && value == limit) {
                let words = if exclusive { "greater than" } else { "greater than or equal to" };
                let detail = format!("should be {words} {}", bound(limit, integer));
                outcome.push(self.invalid(path, &value, &detail));
            }
        }
        outcome.matches += 2;
    }

    /// A limit that does not fit the type of the field is an error of every value.
    fn check_bound_range(
        &self,
        prefix: &str,
        limit: f64,
        node: &Node,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) {
        let fits = node.types != [Type::Integer] || fits_integer(limit, node);
        if !fits {
            outcome.push(self.plain(range_error(prefix, node, path)));
        }
    }
}

/// Integers are compared as integers, everything else as floats.
fn compare(number: &Number, limit: f64, broken: impl Fn(f64, f64) -> bool) -> bool {
    match number.as_i64() {
        Some(value) => {
            let limit = limit as i64;
            let ordering = value.cmp(&limit) as i8;
            broken(f64::from(ordering), 0.0)
        }
        None => broken(number.as_f64().unwrap_or_default(), limit),
    }
}

fn in_range(number: &Number, node: &Node) -> bool {
    if node.types != [Type::Integer] {
        return true;
    }
    match number.as_i64() {
        Some(value) => !is_int32(node) || i32::try_from(value).is_ok(),
        None => fits_integer(number.as_f64().unwrap_or_default(), node),
    }
}

fn fits_integer(value: f64, node: &Node) -> bool {
    let (low, high) = if is_int32(node) {
        (f64::from(i32::MIN), f64::from(i32::MAX) + 1.0)
    } else {
        (-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0)
    };
    value.fract() == 0.0 && value >= low && value < high
}

fn is_int32(node: &Node) -> bool {
    node.format.is_some_and(|format| format.name() == "int32")
}

fn range_error(prefix: &str, node: &Node, path: &Path<'_>) -> String {
    let kind = node.types.first().map_or("", |kind| kind.as_str());
    let name = path.name();
    match node.format {
        Some(format) => {
            format!("{prefix} value must be of type {kind} with format {} in {name}", format.name())
        }
        None => format!("{prefix} value must be of type {kind} (default format) in {name}"),
    }
}

/// Whether a float counts as an integer: within what JavaScript represents exactly, and nearly whole.
pub(super) fn is_integral(value: f64) -> bool {
    const LIMIT: f64 = 9_007_199_254_740_991.0;
    const EPSILON: f64 = 1e-9;
    if !value.is_finite() || value.abs() > LIMIT {
        return false;
    }
    let whole = value.trunc();
    if value == whole {
        return true;
    }
    if whole == 0.0 {
        return false;
    }
    (value - whole).abs() / (value.abs() + whole.abs()) < EPSILON
}
