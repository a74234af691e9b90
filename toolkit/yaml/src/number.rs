// SPDX-License-Identifier: Apache-2.0

//! Numbers as Go parses and prints them.

use serde_json::{Number, Value};

/// Go's `strconv.FormatFloat(f, 'g', -1, 64)`, with YAML's names for what is no number.
pub(crate) fn format_float(f: f64) -> String {
    if f.is_nan() {
        return ".nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    shortest(&format!("{f:e}"), || format!("{f}"))
}

fn shortest(scientific: &str, decimal: impl FnOnce() -> String) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Go takes a precision of six for this choice when it prints the shortest form.
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    decimal()
}

/// As [`format_float`] in the precision of a 32-bit float, which is how Go prints keys.
pub(crate) fn format_float32(f: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the loss is what is mirrored")]
    let narrow = f as f32;
    if !narrow.is_finite() {
        return format_float(f64::from(narrow));
    }
    shortest(&format!("{narrow:e}"), || format!("{narrow}"))
}

/// What a float becomes on its way through Go's JSON encoder and back through its YAML decoder:
/// whole numbers are integers again where they fit.
pub(crate) fn float_value(f: f64) -> Value {
    if f.fract() == 0.0 && f.abs() < 1e21 {
        let digits = format!("{f}");
        if f == 0.0 {
            return Value::from(0);
        }
        if let Ok(int) = digits.parse::<i64>() {
            return Value::from(int);
        }
        if let Ok(int) = digits.parse::<u64>() {
            return Value::from(int);
        }
    }
    Number::from_f64(f).map_or(Value::Null, Value::Number)
}

/// An integer literal, or a float literal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Literal {
    Int(i64),
    Uint(u64),
    Float(f64),
}

/// Reads what Go's resolver takes for a number; `text` begins with a digit or a sign.
pub(crate) fn parse(text: &str, octal_marker: bool) -> Option<Literal> {
    let owned;
    let plain = if text.contains('_') {
        owned = text.replace('_', "");
        owned.as_str()
    } else {
        text
    };
    if let Some(literal) = parse_int(plain, 0) {
        return Some(literal);
    }
    if is_float(plain)
        && let Some(float) = plain.parse::<f64>().ok().filter(|f| f.is_finite())
    {
        return Some(Literal::Float(float));
    }
    // `-0b…` and `0b…` with an inner sign are the cases the general reader leaves over.
    for (prefix, radix) in [("0b", 2), ("0o", 8)] {
        if radix == 8 && !octal_marker {
            continue;
        }
        if let Some(rest) = plain.strip_prefix(prefix) {
            return parse_int(rest, radix);
        }
        if let Some(rest) = plain.strip_prefix('-').and_then(|rest| rest.strip_prefix(prefix)) {
            return parse_int(&format!("-{rest}"), radix);
        }
    }
    None
}

/// Reads a text with a leading `.`, which Go gives to its own float parser: underscores may stand between digits.
pub(crate) fn parse_fraction(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let between = |at: usize| digit(at.checked_sub(1)) && digit(Some(at + 1));
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'_' && !between(at)) {
        return None;
    }
    let plain = text.replace('_', "");
    if !is_float(&plain) {
        return None;
    }
    plain.parse().ok().filter(|f: &f64| f.is_finite())
}

/// Go's `strconv.ParseInt` and `ParseUint`; radix 0 means by prefix.
fn parse_int(text: &str, radix: u32) -> Option<Literal> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (radix, digits) = if radix == 0 { by_prefix(digits)? } else { (radix, digits) };
    let magnitude = if digits.is_empty() {
        return (radix == 8 && text.ends_with('0')).then_some(Literal::Int(0));
    } else if digits.starts_with(['+', '-']) {
        return None;
    } else {
        u64::from_str_radix(digits, radix).ok()?
    };
    if negative {
        return 0i64.checked_sub_unsigned(magnitude).map(Literal::Int);
    }
    match i64::try_from(magnitude) {
        Ok(int) => Some(Literal::Int(int)),
        // The unsigned reader knows no sign.
        Err(_) if signed => None,
        Err(_) => Some(Literal::Uint(magnitude)),
    }
}

fn by_prefix(digits: &str) -> Option<(u32, &str)> {
    let bytes = digits.as_bytes();
    if *bytes.first()? != b'0' {
        return Some((10, digits));
    }
    let radix = match bytes.get(1).map(u8::to_ascii_lowercase) {
        _ if bytes.len() < 3 => 8,
        Some(b'b') => 2,
        Some(b'o') => return Some((8, &digits[2..])),
        Some(b'x') => 16,
        _ => 8,
    };
    Some(if radix == 8 { (8, &digits[1..]) } else { (radix, &digits[2..]) })
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(at);
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if whole == 0 && fraction == 0 {
            return false;
        }
        at += 1 + fraction;
    } else if whole == 0 {
        return false;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at);
        if exponent == 0 {
            return false;
        }
        at += exponent;
    }
    at == bytes.len()
}
