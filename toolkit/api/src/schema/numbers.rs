// SPDX-License-Identifier: Apache-2.0

//! Numbers as the server holds them: integers of 64 bits and floats.

use serde_json::{Number, Value};

/// Decodes the numbers of a body: integers beyond 64 bits with a sign are floats.
pub(super) fn decode(value: &mut Value) {
    visit(value, &|number| if number.is_i64() { None } else { Number::from_f64(number.as_f64()?) });
}

/// Gives the numbers the form in which they come back from the store, where whole floats are written without a fraction.
pub(super) fn store(value: &mut Value) {
    visit(value, &|number| {
        if number.is_i64() {
            return None;
        }
        let float = number.as_f64()?;
        let limit = 9_223_372_036_854_775_808.0;
        let whole = float.fract() == 0.0 && float >= -limit && float < limit;
        if whole { Some(Number::from(float as i64)) } else { Number::from_f64(float) }
    });
}

/// Returns the value with its numbers in the stored form.
pub(super) fn stored(mut value: Value) -> Value {
    store(&mut value);
    value
}

fn visit(value: &mut Value, convert: &impl Fn(&Number) -> Option<Number>) {
    match value {
        Value::Number(number) => {
            if let Some(converted) = convert(number) {
                *number = converted;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, convert)),
        Value::Object(fields) => fields.values_mut().for_each(|field| visit(field, convert)),
        _ => {}
    }
}
