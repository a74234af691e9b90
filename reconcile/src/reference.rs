// SPDX-License-Identifier: Apache-2.0

use std::fmt;

use kube::api::DynamicObject;

/// Names an object of any kind: API group, kind, namespace (empty for cluster scope) and name. The version is left open.
///
/// The text form is `Kind/namespace/name`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Reference {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

impl Reference {
    /// Names an object by its parts.
    pub fn new(
        group: impl Into<String>,
        kind: impl Into<String>,
        namespace: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self { group: group.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }

    /// Names an object of a known kind.
    pub fn to<K: kube::Resource<DynamicType = ()>>(
        namespace: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self::new(K::group(&()), K::kind(&()), namespace, name)
    }

    /// The API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace; empty for cluster scope.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn of(group: &str, kind: &str, object: &DynamicObject) -> Self {
        Self::new(
            group,
            kind,
            object.metadata.namespace.clone().unwrap_or_default(),
            object.metadata.name.clone().unwrap_or_default(),
        )
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}
