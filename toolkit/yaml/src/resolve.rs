// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::number::{self, Literal};
use crate::scalar::{Dialect, Resolved, resolve_plain, resolve_tagged};

/// Returns the tag that a plain scalar without one has by its text: `!!int`, `!!str`, …
///
/// ```
/// assert_eq!(gitops_yaml::plain_tag("0x1F", gitops_yaml::Dialect::V3), "!!int");
/// ```
#[must_use]
pub fn plain_tag(text: &str, dialect: Dialect) -> &'static str {
    resolve_plain(text, dialect).tag()
}

/// Returns what a plain scalar means, by its tag or, without one, by its text.
///
/// ```
/// use gitops_yaml::{Dialect, resolve};
///
/// assert_eq!(resolve("0x1F", None, Dialect::V3)?, 31);
/// assert_eq!(resolve("0x1F", Some("!!str"), Dialect::V3)?, "0x1F");
/// # Ok::<(), gitops_yaml::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Value`] for infinities, and where the tag does not fit the text.
pub fn resolve(text: &str, tag: Option<&str>, dialect: Dialect) -> Result<Value, Error> {
    let resolved = match tag {
        Some(tag) => resolve_tagged(tag, text, dialect)?,
        None => resolve_plain(text, dialect),
    };
    Ok(match resolved {
        Resolved::Null => Value::Null,
        Resolved::Bool(bool) => Value::Bool(bool),
        Resolved::Number(Literal::Int(int)) => Value::from(int),
        Resolved::Number(Literal::Uint(int)) => Value::from(int),
        Resolved::Number(Literal::Float(float)) if float.is_finite() => number::float_value(float),
        Resolved::Number(Literal::Float(float)) => {
            let name = if float.is_nan() { "NaN" } else { ["-Inf", "+Inf"][usize::from(float > 0.0)] };
            return Err(Error::new(ErrorKind::Value, None, format!("json: unsupported value: {name}")));
        }
        Resolved::Time(time) if dialect == Dialect::V3 => Value::String(time),
        Resolved::Time(_) | Resolved::Text => Value::String(text.to_owned()),
        Resolved::Binary(text) => Value::String(text),
    })
}
