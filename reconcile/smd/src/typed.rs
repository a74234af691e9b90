// SPDX-License-Identifier: Apache-2.0

//! Objects together with their type.

mod collect;
mod compare;
mod item;
mod merge;
mod reconcile;
mod remove;
mod validate;

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::error::Error;
use crate::schema::ObjectType;
use crate::set::FieldSet;

/// An object with its type: what it takes to merge, compare and take apart.
///
/// ```
/// use gitops_smd::{Typed, builtin};
/// use serde_json::json;
///
/// let deployment = builtin().object_type("apps/v1", "Deployment").expect("Deployment is built in");
/// let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 2}});
/// let typed = Typed::checked(&object, &deployment)?;
/// assert_eq!(typed.field_set()?.to_json(), r#"{"f:apiVersion":{},"f:kind":{},"f:spec":{"f:replicas":{}}}"#);
/// # Ok::<(), gitops_smd::Error>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "TypedValue")]
pub struct Typed<'a> {
    pub(crate) value: Cow<'a, Value>,
    pub(crate) of: ObjectType,
}

/// How two objects differ, as sets of fields.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// Only in the old object.
    pub removed: FieldSet,
    /// In both with different values.
    pub modified: FieldSet,
    /// Only in the new object.
    pub added: FieldSet,
}

impl Comparison {
    /// Returns whether nothing differs.
    pub fn is_same(&self) -> bool {
        self.removed.is_empty() && self.modified.is_empty() && self.added.is_empty()
    }

    pub(crate) fn map(self, filter: impl Fn(&FieldSet) -> FieldSet) -> Self {
        Self { removed: filter(&self.removed), modified: filter(&self.modified), added: filter(&self.added) }
    }
}

impl<'a> Typed<'a> {
    /// Wraps an object without looking at it.
    pub fn unchecked(value: &'a Value, of: &ObjectType) -> Self {
        Self { value: Cow::Borrowed(value), of: of.clone() }
    }

    /// Wraps an object that fits its type; list items with the same key are refused, as in an applied object.
    ///
    /// # Errors
    /// With the field that is not declared, of the wrong type, without key or twice there.
    pub fn checked(value: &'a Value, of: &ObjectType) -> Result<Self, Error> {
        validate::check(value, of, false)?;
        Ok(Self::unchecked(value, of))
    }

    /// Like [`checked`](Self::checked) for objects that are stored already: the same key may occur twice in a list.
    ///
    /// # Errors
    /// As [`checked`](Self::checked), without the last case.
    pub fn checked_live(value: &'a Value, of: &ObjectType) -> Result<Self, Error> {
        validate::check(value, of, true)?;
        Ok(Self::unchecked(value, of))
    }

    pub(crate) fn owned(value: Value, of: &ObjectType) -> Self {
        Self { value: Cow::Owned(value), of: of.clone() }
    }

    /// Returns the object.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Returns the object by value.
    pub fn into_value(self) -> Value {
        self.value.into_owned()
    }

    /// Returns every field that the object has an opinion about.
    ///
    /// # Errors
    /// When the type refers to one that does not exist.
    pub fn field_set(&self) -> Result<FieldSet, Error> {
        collect::field_set(&self.value, &self.of).map_err(Error::from)
    }

    /// Returns how `new` differs from this object.
    ///
    /// # Errors
    /// When an item of a keyed list has no key.
    pub fn compare(&self, new: &Typed<'_>) -> Result<Comparison, Error> {
        compare::compare(&self.value, &new.value, &self.of).map_err(Error::from)
    }

    /// Returns this object with `config` laid over it; keyed lists and sets keep the order that both agree on.
    ///
    /// # Errors
    /// When an item of a keyed list has no key, or `config` has one twice.
    pub fn merge(&self, config: &Typed<'_>) -> Result<Typed<'static>, Error> {
        let merged = merge::merge(&self.value, &config.value, &self.of)?;
        Ok(Typed::owned(merged.unwrap_or(Value::Null), &self.of))
    }

    /// Returns the object without the members of `set`. A container that loses its last item stays behind as null.
    #[must_use]
    pub fn without(&self, set: &FieldSet) -> Typed<'static> {
        Typed::owned(remove::remove(&self.value, set, &self.of.schema, &self.of.root), &self.of)
    }

    pub(crate) fn reconciled(&self, set: &FieldSet) -> Option<FieldSet> {
        reconcile::reconcile(set, &self.of)
    }

    pub(crate) fn with_named_fields(&self, set: &FieldSet) -> FieldSet {
        set.with_named_fields(&self.of.schema, &self.of.root)
    }

    pub(crate) fn api_version(&self) -> &str {
        self.value.get("apiVersion").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Where and how an object does not fit its type.
#[derive(Debug)]
pub(crate) struct Problem {
    path: String,
    message: String,
}

#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn one(message: impl Into<String>) -> Self {
        Self(vec![Problem { path: String::new(), message: message.into() }])
    }

    pub(crate) fn at(mut self, element: &dyn fmt::Display) -> Self {
        for problem in &mut self.0 {
            problem.path = format!("{element}{}", problem.path);
        }
        self
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn take(&mut self, result: Result<(), Self>) {
        if let Err(problems) = result {
            self.add(problems);
        }
    }

    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return only.fmt(f);
        }
        f.write_str("errors:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::schema(problems.to_string())
    }
}

/// Says that a type has no alternative, or does not exist.
pub(crate) fn no_type(name: &str) -> Problems {
    Problems::one(format!("schema error: no type found matching: {name}"))
}
