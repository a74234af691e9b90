// SPDX-License-Identifier: Apache-2.0

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Checker, Outcome};
use crate::schema::gotext::float_v;
use crate::schema::node::{Node, Type};
use crate::schema::path::Path;
use crate::schema::violation::Violation;

impl Checker<'_> {
    pub(super) fn check_number(&self, node: &Node, number: &Number, path: &Path<'_>, outcome: &mut Outcome) {
        if !in_range(number, node) {
            outcome.push(self.plain(range_error("Checked", node, path)));
        }
        let bounds = &node.bounds;
        if let Some(step) = bounds.multiple_of {
            self.check_multiple(node, number, step, path, outcome);
        }
        let limits = [
            ("Maximum boundary", bounds.maximum, bounds.exclusive_maximum, Ordering::Greater, "less"),
            ("Minimum boundary", bounds.minimum, bounds.exclusive_minimum, Ordering::Less, "greater"),
        ];
        for (prefix, limit, exclusive, broken, word) in limits {
            let Some(limit) = limit else { continue };
            let value = self.comparable(prefix, limit, node, number, path, outcome);
            let ordering = value.compare(limit);
            if ordering == Some(broken) || exclusive && ordering == Some(Ordering::Equal) {
                let equal = if exclusive { "" } else { " or equal to" };
                let detail = format!("should be {word} than{equal} {}", value.show(limit));
                outcome.push(self.invalid(path, &value.json(), &detail));
            }
        }
        outcome.matches += 2;
    }

    fn check_multiple(
        &self,
        node: &Node,
        number: &Number,
        step: f64,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) {
        let value = self.comparable("MultipleOf", step, node, number, path, outcome);
        let (positive, factor) = match value {
            Comparable::Integer(value) => {
                let step = step as i64;
                (step > 0, step <= 0 || value % step == 0)
            }
            Comparable::Float(value) => (step > 0.0, is_integral(value / step)),
        };
        if !positive {
            let name = path.name();
            let text =
                format!("factor MultipleOf declared for {name} must be positive: {}", value.show(step));
            let shown = match value {
                Comparable::Integer(_) => Value::from(step as i64),
                Comparable::Float(_) => Value::from(step),
            };
            outcome.push(self.issue(&name, text, |field, text| Violation::invalid(field, &shown, text)));
        } else if !factor {
            let detail = format!("should be a multiple of {}", value.show(step));
            outcome.push(self.invalid(path, &value.json(), &detail));
        }
    }

    /// Integers are compared as integers, unless the limit does not fit the type of the field, which is an error of
    /// every value.
    fn comparable(
        &self,
        prefix: &str,
        limit: f64,
        node: &Node,
        number: &Number,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Comparable {
        let fits = node.types != [Type::Integer] || fits_integer(limit, node);
        if !fits {
            outcome.push(self.plain(range_error(prefix, node, path)));
        }
        match number.as_i64() {
            Some(value) if fits => Comparable::Integer(value),
            _ => Comparable::Float(number.as_f64().unwrap_or_default()),
        }
    }
}

/// A number as it is compared with a limit.
#[derive(Clone, Copy)]
enum Comparable {
    Integer(i64),
    Float(f64),
}

impl Comparable {
    fn compare(self, limit: f64) -> Option<Ordering> {
        match self {
            Self::Integer(value) => Some(value.cmp(&(limit as i64))),
            Self::Float(value) => value.partial_cmp(&limit),
        }
    }

    fn show(self, limit: f64) -> String {
        match self {
            Self::Integer(_) => (limit as i64).to_string(),
            Self::Float(_) => float_v(limit),
        }
    }

    fn json(self) -> Value {
        match self {
            Self::Integer(value) => Value::from(value),
            Self::Float(value) => Value::from(value),
        }
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
