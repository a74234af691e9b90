// SPDX-License-Identifier: Apache-2.0

//! What identifies a resource, and the fields of a selector that compare exactly.

use std::fmt;
use std::sync::Arc;

/// The namespace of things that have none.
pub(crate) const NOT_A_NAMESPACE: &str = "_non_namespaceable_";

/// Group, version and kind; in a selector, empty parts match anything.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Gvk {
    pub(crate) group: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) kind: Arc<str>,
}

impl Gvk {
    pub(crate) fn new(group: &str, version: &str, kind: &str) -> Self {
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    pub(crate) fn parse(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self::new(group, version, kind)
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Whether every part that the selector names is equal.
    pub(crate) fn is_selected(&self, selector: &Gvk) -> bool {
        (selector.group.is_empty() || selector.group == self.group)
            && (selector.version.is_empty() || selector.version == self.version)
            && (selector.kind.is_empty() || selector.kind == self.kind)
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &'static str, part: &Arc<str>| {
            if part.is_empty() { text.to_owned() } else { part.to_string() }
        };
        write!(
            f,
            "{}.{}.{}",
            or("[noKind]", &self.kind),
            or("[noVer]", &self.version),
            or("[noGrp]", &self.group)
        )
    }
}

/// Group, version, kind, name and namespace, with the knowledge whether the kind has namespaces.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Id {
    pub(crate) gvk: Gvk,
    pub(crate) name: Arc<str>,
    pub(crate) namespace: Arc<str>,
    pub(crate) cluster_scoped: bool,
}

impl Id {
    /// The namespace that counts in comparisons: `default` and none are the same.
    pub(crate) fn effective_namespace(&self) -> &str {
        if self.cluster_scoped {
            NOT_A_NAMESPACE
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        self.name == other.name
            && self.gvk == other.gvk
            && self.effective_namespace() == other.effective_namespace()
    }

    /// As a selector: whether it selects the other id.
    pub(crate) fn selects(&self, other: &Self) -> bool {
        (self.name.is_empty() || self.name == other.name)
            && (self.namespace.is_empty() || self.effective_namespace() == other.effective_namespace())
            && other.gvk.is_selected(&self.gvk)
    }

    /// The key under which equal ids are found.
    pub(crate) fn key(&self) -> Key {
        Key {
            kind: self.gvk.kind.clone(),
            name: self.name.clone(),
            namespace: self.effective_namespace().into(),
        }
    }

    /// As Go prints the struct, which is what some messages show.
    pub(crate) fn go_syntax(&self) -> String {
        format!(
            "resid.ResId{{Gvk:resid.Gvk{{Group:{:?}, Version:{:?}, Kind:{:?}, isClusterScoped:{}}}, Name:{:?}, Namespace:{:?}}}",
            self.gvk.group, self.gvk.version, self.gvk.kind, self.cluster_scoped, self.name, self.namespace
        )
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "[noName]" } else { &self.name };
        let namespace = if self.namespace.is_empty() { "[noNs]" } else { &self.namespace };
        write!(f, "{}/{name}.{namespace}", self.gvk)
    }
}

/// What equal ids have in common, for indexes.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key {
    kind: Arc<str>,
    name: Arc<str>,
    namespace: Arc<str>,
}
