// SPDX-License-Identifier: Apache-2.0

use std::fmt;

use serde_json::Value;

use super::gotext::{display_value, quote};

/// Why a value was refused, as a `Status` cause names it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Reason {
    /// `FieldValueDuplicate`: an item of a set or a key of a keyed list occurs twice.
    Duplicate,
    /// `FieldValueForbidden`: the field may not be set.
    Forbidden,
    /// `FieldValueInvalid`: the value breaks a constraint or a rule.
    Invalid,
    /// `FieldValueNotSupported`: the value is none of the enumerated ones.
    NotSupported,
    /// `FieldValueRequired`: a required field is missing.
    Required,
    /// `FieldValueTooLong`: the text is longer than allowed.
    TooLong,
    /// `FieldValueTooMany`: the list or map has more entries than allowed.
    TooMany,
    /// `FieldValueTypeInvalid`: the value has another type or is not in the declared format.
    TypeInvalid,
}

impl Reason {
    /// Returns the wire text, for example `FieldValueInvalid`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Required => "FieldValueRequired",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::TypeInvalid => "FieldValueTypeInvalid",
        }
    }

    /// Returns whether a violation of this kind keeps the rules of an object from being evaluated.
    pub(super) fn blocks_rules(self) -> bool {
        matches!(
            self,
            Self::NotSupported | Self::Required | Self::TooLong | Self::TooMany | Self::TypeInvalid
        )
    }
}

/// One cause of a refusal: what is wrong with which field.
///
/// `Display` prints what a `Status` message lists: the field, a colon, the message.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Violation {
    /// Path of the field, for example `spec.ref.tag` or `spec.items[2]`; `<nil>` where the server names none.
    pub field: String,
    /// The message, for example `Required value`.
    pub message: String,
    /// The machine-readable reason.
    pub reason: Reason,
}

impl Violation {
    pub(super) fn new(reason: Reason, field: &str, message: impl Into<String>) -> Self {
        let field = if field.is_empty() { "<nil>" } else { field };
        Self { field: field.to_owned(), message: message.into(), reason }
    }

    pub(super) fn invalid(field: &str, value: &Value, detail: &str) -> Self {
        Self::new(Reason::Invalid, field, format!("Invalid value: {}: {detail}", display_value(value)))
    }

    pub(super) fn required(field: &str, detail: &str) -> Self {
        let colon = if detail.is_empty() { "" } else { ": " };
        Self::new(Reason::Required, field, format!("Required value{colon}{detail}"))
    }

    pub(super) fn forbidden(field: &str, detail: &str) -> Self {
        Self::new(Reason::Forbidden, field, format!("Forbidden: {detail}"))
    }

    pub(super) fn duplicate(field: &str, value: &Value) -> Self {
        Self::new(Reason::Duplicate, field, format!("Duplicate value: {}", display_value(value)))
    }

    pub(super) fn not_supported<'a>(
        field: &str,
        value: &Value,
        supported: impl Iterator<Item = &'a str>,
    ) -> Self {
        let list: Vec<String> = supported.map(quote).collect();
        let message =
            format!("Unsupported value: {}: supported values: {}", display_value(value), list.join(", "));
        Self::new(Reason::NotSupported, field, message)
    }

    /// The note that stands in for rules which were not evaluated.
    pub(super) fn rules_not_checked() -> Self {
        Self::invalid(
            "",
            &Value::Null,
            "some validation rules were not checked because the object was invalid; correct the existing errors to \
             complete validation",
        )
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}
