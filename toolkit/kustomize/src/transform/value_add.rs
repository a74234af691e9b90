// SPDX-License-Identifier: Apache-2.0

use super::namespace::{Namespace, Subjects};
use super::patch::select;
use crate::error::{Error, ErrorKind};
use crate::node::{Kind, Node, Scalar, split_path};
use crate::resource::{Resource, ResourceList};
use crate::schema::Schema;
use crate::selector::Selector;

/// Sets a value in fields of selected resources.
#[derive(Debug)]
pub(crate) struct ValueAdd {
    pub(crate) value: String,
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) selector: Option<Selector>,
    pub(crate) field_path: String,
    pub(crate) file_path_position: i64,
}

impl ValueAdd {
    pub(crate) fn apply(&self, list: &mut ResourceList, schema: &Schema) -> Result<(), Error> {
        for target in &self.targets {
            let places = match &target.selector {
                Some(selector) => select(list, selector)?,
                None => (0..list.len()).collect(),
            };
            for at in places {
                list.change(at, schema, |resource| self.set(target, resource))?;
            }
        }
        Ok(())
    }

    fn set(&self, target: &Target, resource: &mut Resource) -> Result<(), Error> {
        if target.field_path == "metadata/namespace" {
            let namespace = Namespace {
                namespace: self.value.clone(),
                specs: Vec::new(),
                subjects: Subjects::Default,
                unset_only: false,
            };
            return namespace.apply_one(resource);
        }
        let path = split_path(&target.field_path, '/');
        let mut node = &mut resource.node;
        for (at, part) in path.iter().filter(|part| !part.trim().is_empty()).enumerate() {
            let kind = if at + 1 == path.len() { Kind::Scalar } else { Kind::Map };
            if node.is_null() {
                return Ok(());
            }
            let found = node.kind();
            node = node.get_or_create(part.trim(), kind).ok_or_else(|| {
                Error::new(
                    ErrorKind::Transform,
                    crate::node::WrongKind { expected: Kind::Map, found }.to_string(),
                )
            })?;
        }
        let value = if target.file_path_position > 0 {
            insert_part(node.text(), target.file_path_position - 1, &self.value)
        } else {
            self.value.clone()
        };
        set_text(node, &value)
    }
}

fn set_text(node: &mut Node, text: &str) -> Result<(), Error> {
    node.set_scalar(Scalar::untyped(text))
        .map_err(|wrong| Error::new(ErrorKind::Transform, wrong.to_string()))
}

/// Inserts a part into a file path, at its end if the place is beyond it.
fn insert_part(path: &str, position: i64, part: &str) -> String {
    if path.is_empty() {
        return part.to_owned();
    }
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let at = usize::try_from(position).unwrap_or(0).min(parts.len());
    parts.insert(at, part);
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}
