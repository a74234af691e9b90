// SPDX-License-Identifier: Apache-2.0

use super::{Compiled, failure};
use crate::error::{Error, ErrorKind};
use crate::fieldspec::{Create, Problem};
use crate::node::{Kind, Node, Scalar, Tag, WrongKind};
use crate::resource::{Resource, ResourceList};
use crate::schema::Schema;

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Subjects {
    /// Those named `default`, of whatever kind.
    Default,
    /// All service accounts.
    ServiceAccounts,
    None,
}

impl Subjects {
    pub(crate) fn parse(mode: &str) -> Result<Self, Error> {
        match mode {
            "" | "defaultOnly" => Ok(Self::Default),
            "allServiceAccounts" => Ok(Self::ServiceAccounts),
            "none" => Ok(Self::None),
            other => Err(Error::new(
                ErrorKind::Kustomization,
                format!(
                    "invalid value \"{other}\" for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \"allServiceAccounts\""
                ),
            )),
        }
    }
}

/// Puts resources into a namespace.
#[derive(Debug)]
pub(crate) struct Namespace {
    pub(crate) namespace: String,
    pub(crate) specs: Compiled,
    pub(crate) subjects: Subjects,
    pub(crate) unset_only: bool,
}

impl Namespace {
    pub(crate) fn apply(&self, list: &mut ResourceList, schema: &Schema) -> Result<(), Error> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        list.change_all(schema, |resource| {
            if resource.node.is_empty() {
                return Ok(());
            }
            resource.remember();
            self.apply_one(resource)
        })?;
        match list.duplicate() {
            Some(resource) => Err(Error::new(
                ErrorKind::Id,
                format!("namespace transformation produces ID conflict: [{}]", resource.id()),
            )),
            None => Ok(()),
        }
    }

    pub(crate) fn apply_one(&self, resource: &mut Resource) -> Result<(), Error> {
        let id = resource.id().clone();
        if !id.cluster_scoped {
            self.set_metadata(&mut resource.node)?;
        }
        let is_binding = matches!(&*id.gvk.kind, "RoleBinding" | "ClusterRoleBinding");
        if is_binding {
            self.set_subjects(&mut resource.node)?;
        }
        for (spec, path) in self.specs.iter().filter(|(spec, _)| spec.selects(&id)) {
            let elsewhere = spec.path == "metadata/namespace"
                || (spec.path == "metadata/name" && !(id.gvk.group.is_empty() && &*id.gvk.version == "v1"))
                || (is_binding
                    && spec.path == "subjects/namespace"
                    && matches!(&*spec.gvk.kind, "RoleBinding" | "ClusterRoleBinding"));
            if elsewhere {
                continue;
            }
            path.visit(&mut resource.node, &id, Some(Create::STRING), &mut |node| Ok(self.set(node)?))
                .map_err(|problem| match problem {
                    Problem::Kind(wrong) if wrong.found != Kind::Scalar => {
                        failure(&problem).within("namespace field specs must target scalar nodes")
                    }
                    problem => failure(&problem).within("namespace transformation failed"),
                })?;
        }
        Ok(())
    }

    fn set(&self, node: &mut Node) -> Result<(), WrongKind> {
        let is_set = node.kind() == Kind::Scalar && !node.is_null() && !node.text().is_empty();
        if self.unset_only && is_set {
            return Ok(());
        }
        node.set_scalar(Scalar::typed(&self.namespace, Tag::Str))
    }

    fn set_metadata(&self, node: &mut Node) -> Result<(), Error> {
        let Some(metadata) = node.get_or_create("metadata", Kind::Map) else { return Ok(()) };
        if metadata.is_null() {
            *metadata = Node::map();
        }
        if metadata.kind() != Kind::Map {
            return Err(Error::new(ErrorKind::Transform, "expected sequence or mapping node"));
        }
        let Some(namespace) = metadata.get_or_create("namespace", Kind::Scalar) else { return Ok(()) };
        self.set(namespace).map_err(|wrong| Error::new(ErrorKind::Transform, wrong.to_string()))
    }

    fn set_subjects(&self, node: &mut Node) -> Result<(), Error> {
        let wanted: (&str, &str) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::Default => ("name", "default"),
            Subjects::ServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = node.get_mut("subjects").filter(|subjects| !subjects.is_null()) else {
            return Ok(());
        };
        let wrong = |wrong: WrongKind| {
            Error::new(ErrorKind::Transform, wrong.to_string())
                .within("setting namespace on (cluster)role binding subjects")
        };
        let found = subjects.kind();
        let Some(items) = subjects.items_mut() else {
            return Err(wrong(WrongKind { expected: Kind::Seq, found }));
        };
        for subject in items {
            if let Some(field) = subject.get(wanted.0)
                && field.kind() != Kind::Scalar
            {
                return Err(wrong(WrongKind { expected: Kind::Scalar, found: field.kind() }));
            }
            let matches =
                subject.get(wanted.0).is_some_and(|field| !field.is_null() && field.text() == wanted.1);
            if !matches {
                continue;
            }
            if let Some(namespace) = subject.get_or_create("namespace", Kind::Scalar) {
                self.set(namespace).map_err(wrong)?;
            }
        }
        Ok(())
    }
}
