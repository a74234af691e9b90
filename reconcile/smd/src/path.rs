// SPDX-License-Identifier: Apache-2.0

//! Steps and paths through an object.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::error::Error;
use crate::value;

/// One step of a [`Path`]: which field of a map or which item of a list.
///
/// Elements are totally ordered: fields, keys, values, indexes, and within each class by content. Numbers compare by
/// amount, so `1` and `1.0` name the same set item.
#[derive(Clone, Debug)]
#[doc(alias = "PathElement")]
#[non_exhaustive]
pub enum Element {
    /// A field of a map.
    Field(String),
    /// An item of a keyed list: its key fields, sorted by name.
    Key(Vec<(String, Value)>),
    /// An item of a set: the scalar itself.
    Value(Value),
    /// An item of a list by position; it never occurs in ownership.
    Index(i64),
}

impl Element {
    /// Returns the field called `name`.
    pub fn field(name: impl Into<String>) -> Self {
        Self::Field(name.into())
    }

    /// Returns the keyed item with these key fields; their order does not matter.
    pub fn key(fields: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut fields: Vec<_> = fields.into_iter().collect();
        fields.sort_by(|(left, _), (right, _)| left.cmp(right));
        Self::Key(fields)
    }

    /// Reads the serialized form (`f:name`, `k:{"name":"a"}`, `v:1`, `i:0`).
    ///
    /// `None` stands for a prefix that this version does not know; readers skip those.
    ///
    /// # Errors
    /// When there is no prefix at all, or what follows it is malformed.
    pub fn parse(text: &str) -> Result<Option<Self>, Error> {
        let malformed =
            |cause: &dyn fmt::Display| Error::malformed(format!("field path element {text:?}: {cause}"));
        let Some((class, rest)) = text.split_at_checked(2).filter(|(class, _)| class.ends_with(':')) else {
            return Err(malformed(&"missing colon"));
        };
        match class {
            "f:" => Ok(Some(Self::field(rest))),
            "v:" => {
                serde_json::from_str(rest).map(|value| Some(Self::Value(value))).map_err(|e| malformed(&e))
            }
            "k:" => serde_json::from_str::<serde_json::Map<String, Value>>(rest)
                .map(|map| Some(Self::key(map)))
                .map_err(|e| malformed(&e)),
            "i:" => rest.parse().map(|index| Some(Self::Index(index))).map_err(|e| malformed(&e)),
            _ => Ok(None),
        }
    }

    /// Returns the serialized form, the inverse of [`parse`](Self::parse).
    pub fn serialize(&self) -> String {
        let mut out = String::new();
        match self {
            Self::Field(name) => {
                out.push_str("f:");
                out.push_str(name);
            }
            Self::Key(fields) => {
                out.push_str("k:");
                let map = fields.iter().cloned().collect();
                value::write_json(&mut out, &Value::Object(map));
            }
            Self::Value(item) => {
                out.push_str("v:");
                value::write_json(&mut out, item);
            }
            Self::Index(index) => out.push_str(&format!("i:{index}")),
        }
        out
    }

    fn class(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(fields) => {
                f.write_str("[")?;
                for (index, (name, item)) in fields.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{name}=")?;
                    value::write_text(f, item)?;
                }
                f.write_str("]")
            }
            Self::Value(item) => {
                f.write_str("[=")?;
                value::write_text(f, item)?;
                f.write_str("]")
            }
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

fn compare_keys(left: &[(String, Value)], right: &[(String, Value)]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|((ln, lv), (rn, rv))| ln.cmp(rn).then_with(|| value::compare(lv, rv)))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

impl Ord for Element {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(left), Self::Field(right)) => left.cmp(right),
            (Self::Key(left), Self::Key(right)) => compare_keys(left, right),
            (Self::Value(left), Self::Value(right)) => value::compare(left, right),
            (Self::Index(left), Self::Index(right)) => left.cmp(right),
            _ => self.class().cmp(&other.class()),
        }
    }
}

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Element {}

/// A way from the root of an object to one of its fields.
///
/// ```
/// use gitops_smd::{Element, Path};
///
/// let path: Path = [Element::field("spec"), Element::key([("name".into(), "web".into())])].into_iter().collect();
/// assert_eq!(path.to_string(), r#".spec[name="web"]"#);
/// ```
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Path(Vec<Element>);

impl Path {
    /// Returns a path of fields only.
    pub fn fields<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().map(Element::field).collect()
    }

    /// Returns the steps, outermost first.
    pub fn elements(&self) -> &[Element] {
        &self.0
    }
}

impl FromIterator<Element> for Path {
    fn from_iter<I: IntoIterator<Item = Element>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|element| element.fmt(f))
    }
}
