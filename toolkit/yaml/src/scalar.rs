// SPDX-License-Identifier: Apache-2.0

use crate::error::{Error, ErrorKind};
use crate::number::{self, Literal};
use crate::timestamp;

/// Which of Go's two YAML libraries decides what a plain scalar means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// YAML 1.1 as `sigs.k8s.io/yaml` (kubectl, Helm, the Kubernetes libraries) reads it: `yes`, `on` and `y`
    /// are booleans, dates are strings, the last of two equal keys wins, keys may be numbers or booleans.
    V2,
    /// What kustomize's `kyaml` reads: only `true` and `false` are booleans, dates are times, equal keys and
    /// keys that are not strings are errors.
    V3,
}

/// What a scalar resolves to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Number(Literal),
    /// A time; the text is its RFC 3339 form.
    Time(String),
    /// The text itself.
    Text,
    /// Decoded `!!binary`.
    Binary(String),
}

impl Resolved {
    pub(crate) fn tag(&self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Number(Literal::Float(_)) => "!!float",
            Self::Number(_) => "!!int",
            Self::Time(_) => "!!timestamp",
            Self::Text => "!!str",
            Self::Binary(_) => "!!binary",
        }
    }
}

/// Resolves an untagged plain scalar.
pub(crate) fn resolve_plain(text: &str, dialect: Dialect) -> Resolved {
    let Some(&first) = text.as_bytes().first() else { return Resolved::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' | b'.' | b'+' | b'-' => {
            if let Some(resolved) = lookup(text, dialect) {
                return resolved;
            }
            match first {
                b'.' => number::parse_fraction(text)
                    .map_or(Resolved::Text, |f| Resolved::Number(Literal::Float(f))),
                b'+' | b'-' => numeric(text, dialect),
                _ => Resolved::Text,
            }
        }
        b'0'..=b'9' => numeric(text, dialect),
        _ => Resolved::Text,
    }
}

fn numeric(text: &str, dialect: Dialect) -> Resolved {
    if let Some(time) = timestamp::parse(text) {
        return Resolved::Time(time);
    }
    number::parse(text, dialect == Dialect::V3).map_or(Resolved::Text, Resolved::Number)
}

fn lookup(text: &str, dialect: Dialect) -> Option<Resolved> {
    Some(match text {
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => Resolved::Number(Literal::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Resolved::Number(Literal::Float(f64::INFINITY))
        }
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Number(Literal::Float(f64::NEG_INFINITY)),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if dialect == Dialect::V2 => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if dialect == Dialect::V2 => {
            Resolved::Bool(false)
        }
        _ => return None,
    })
}

/// Resolves a scalar with an explicit tag, in short form.
pub(crate) fn resolve_tagged(tag: &str, text: &str, dialect: Dialect) -> Result<Resolved, Error> {
    match tag {
        "!!str" => return Ok(Resolved::Text),
        "!!binary" => return binary(text),
        "!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp" => {}
        _ => return Ok(Resolved::Text),
    }
    let mut resolved = resolve_plain(text, dialect);
    if matches!(resolved, Resolved::Time(_)) && tag != "!!timestamp" {
        resolved = number::parse(text, dialect == Dialect::V3).map_or(Resolved::Text, Resolved::Number);
    }
    if resolved.tag() == tag {
        return Ok(resolved);
    }
    if let ("!!float", Resolved::Number(Literal::Int(int))) = (tag, &resolved) {
        return Ok(Resolved::Number(Literal::Float(*int as f64)));
    }
    Err(Error::new(ErrorKind::Value, None, format!("cannot decode {} `{text}` as a {tag}", resolved.tag())))
}

fn binary(text: &str) -> Result<Resolved, Error> {
    let bytes = decode_base64(text)
        .ok_or_else(|| Error::new(ErrorKind::Value, None, "!!binary value contains invalid base64 data"))?;
    Ok(Resolved::Binary(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Standard base64 with padding, line breaks ignored, as Go's decoder reads it.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0u32, 0u32, 0u32);
    for byte in text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(digit);
        count += 1;
        if count.is_multiple_of(4) {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            bits = 0;
        }
    }
    match (count % 4, padding) {
        (0, 0) => {}
        (2, 2) => out.push((bits >> 4) as u8),
        (3, 1) => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => return None,
    }
    Some(out)
}

/// Whether YAML 1.1 readers take the text for a number in base 60, which Go quotes for their sake.
///
/// `[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?`
pub(crate) fn is_base60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').map_or((text, ""), |(whole, fraction)| (whole, fraction));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let mut sixties = 0;
    for part in parts {
        let valid = match part.as_bytes() {
            [d] => d.is_ascii_digit(),
            [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
            _ => false,
        };
        if !valid {
            return false;
        }
        sixties += 1;
    }
    sixties > 0
        && first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit() || b == b'_')
}
