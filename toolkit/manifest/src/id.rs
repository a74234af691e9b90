// SPDX-License-Identifier: Apache-2.0

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// What names an object in a cluster: namespace, name, group and kind, without the version.
///
/// The text form is that of inventories, `namespace_name_group_kind`, with empty parts kept; a `:` in a name, which
/// RBAC allows, is written `__`.
///
/// ```
/// use gitops_manifest::ObjectId;
///
/// let id: ObjectId = "apps_web_apps_Deployment".parse()?;
/// assert_eq!((id.name.as_str(), id.group.as_str()), ("web", "apps"));
/// assert_eq!(ObjectId::new("", "system__x:y", "rbac.authorization.k8s.io", "ClusterRole").to_string(),
///     "_system__x__y_rbac.authorization.k8s.io_ClusterRole");
/// # Ok::<(), gitops_manifest::Error>(())
/// ```
#[doc(alias = "ObjMetadata")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[expect(clippy::exhaustive_structs, reason = "the four parts are the definition")]
pub struct ObjectId {
    /// The namespace; empty for objects of the cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

impl ObjectId {
    /// Makes an id of its parts.
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<String>,
        group: impl Into<String>,
        kind: impl Into<String>,
    ) -> Self {
        Self { namespace: namespace.into(), name: name.into(), group: group.into(), kind: kind.into() }
    }

    /// Returns the form used in logs and events: `Kind/namespace/name`, or `Kind/name` without a namespace.
    #[doc(alias = "FmtObjMetadata")]
    #[must_use]
    pub fn subject(&self) -> String {
        if self.namespace.is_empty() {
            format!("{}/{}", self.kind, self.name)
        } else {
            format!("{}/{}/{}", self.kind, self.namespace, self.name)
        }
    }

    fn has_rbac_name(&self) -> bool {
        self.group == "rbac.authorization.k8s.io"
            && matches!(self.kind.as_str(), "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding")
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, name, group, kind } = self;
        if name.contains(':') && self.has_rbac_name() {
            return write!(f, "{namespace}_{}_{group}_{kind}", name.replace(':', "__"));
        }
        write!(f, "{namespace}_{name}_{group}_{kind}")
    }
}

impl FromStr for ObjectId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = || {
            let (namespace, rest) = text.split_once('_')?;
            let (rest, kind) = rest.rsplit_once('_')?;
            let (name, group) = rest.rsplit_once('_')?;
            Some((namespace, name, group, kind))
        };
        let (namespace, name, group, kind) = parts().ok_or_else(|| {
            Error::new(ErrorKind::InvalidId, format!("unable to parse stored object metadata: {text}"))
        })?;
        Ok(Self::new(namespace, name.replace("__", ":"), group, kind))
    }
}

impl TryFrom<String> for ObjectId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.to_string()
    }
}
