// SPDX-License-Identifier: Apache-2.0

/// Where a value is, as a chain of borrowed steps: it costs nothing until something is wrong.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// The object itself, with the prefix under which it is reported.
    Root(&'a str),
    /// A declared property.
    Field(&'a Path<'a>, &'a str),
    /// An entry of a map.
    Entry(&'a Path<'a>, &'a str),
    /// A list item.
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// Prints the path as value validation names it: map entries are joined by a dot even at the root.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Root(prefix) => (*prefix).to_owned(),
            Self::Field(parent, key) => {
                let parent = parent.name();
                if parent.is_empty() { (*key).to_owned() } else { format!("{parent}.{key}") }
            }
            Self::Entry(parent, key) => format!("{}.{key}", parent.name()),
            Self::Index(parent, index) => format!("{}[{index}]", parent.name()),
        }
    }

    /// Prints the path as field errors name it: map entries stand in brackets.
    pub(super) fn field(&self) -> String {
        match self {
            Self::Root(prefix) => (*prefix).to_owned(),
            Self::Field(parent, key) => join(&parent.field(), key),
            Self::Entry(parent, key) => format!("{}[{key}]", parent.field()),
            Self::Index(parent, index) => format!("{}[{index}]", parent.field()),
        }
    }

    pub(super) fn is_root(&self) -> bool {
        matches!(self, Self::Root(_))
    }
}

/// Appends a field name to a path that may be empty.
pub(super) fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}
