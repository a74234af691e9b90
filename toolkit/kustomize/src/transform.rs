// SPDX-License-Identifier: Apache-2.0

//! The built-in transformers, configured.

use crate::error::{Error, ErrorKind};
use crate::fieldspec::{Create, FieldPath, FieldSpec, Problem};
use crate::id::Gvk;
use crate::kustomization::{Replacement, Replica};
use crate::node::{Kind, Node, Scalar, Tag};
use crate::resource::{Resource, ResourceList};
use crate::schema::Schema;

pub(crate) mod image;
pub(crate) mod namespace;
pub(crate) mod patch;
pub(crate) mod replacement;
pub(crate) mod value_add;

/// Field specs with their paths taken apart.
pub(crate) type Compiled = Vec<(FieldSpec, FieldPath)>;

/// A step that changes resources.
#[derive(Debug)]
pub(crate) enum Transformer {
    /// `patchesStrategicMerge`
    StrategicPatches(Vec<Resource>),
    Patch(patch::Patch),
    JsonPatch(patch::TargetedJsonPatch),
    Namespace(namespace::Namespace),
    Prefix(String, Compiled),
    Suffix(String, Compiled),
    Labels(Vec<(String, String)>, Compiled),
    Annotations(Vec<(String, String)>, Compiled),
    Replica(Replica, Compiled),
    Image(image::ImageTag),
    Replacements(Vec<Replacement>),
    ValueAdd(value_add::ValueAdd),
    Hash,
    Several(Vec<Transformer>),
}

impl Transformer {
    pub(crate) fn apply(&self, list: &mut ResourceList, schema: &Schema) -> Result<(), Error> {
        match self {
            Self::StrategicPatches(patches) => patch::apply_strategic(patches, list, schema),
            Self::Patch(patch) => patch.apply(list, schema),
            Self::JsonPatch(patch) => patch.apply(list, schema),
            Self::Namespace(namespace) => namespace.apply(list, schema),
            Self::Prefix(prefix, specs) => list.change_all(schema, |resource| {
                affix(resource, schema, specs, prefix, true, |name| format!("{prefix}{name}"))
            }),
            Self::Suffix(suffix, specs) => list.change_all(schema, |resource| {
                affix(resource, schema, specs, suffix, false, |name| format!("{name}{suffix}"))
            }),
            Self::Labels(pairs, specs) | Self::Annotations(pairs, specs) => {
                list.change_all(schema, |resource| set_pairs(resource, pairs, specs))
            }
            Self::Replica(replica, specs) => apply_replica(replica, specs, list, schema),
            Self::Image(image) => list.change_all(schema, |resource| image.apply(resource)),
            Self::Replacements(replacements) => replacement::apply(replacements, list, schema),
            Self::ValueAdd(value_add) => value_add.apply(list, schema),
            Self::Hash => add_hashes(list, schema),
            Self::Several(steps) => steps.iter().try_for_each(|step| step.apply(list, schema)),
        }
    }
}

pub(crate) fn failure(problem: &Problem) -> Error {
    Error::new(ErrorKind::Transform, problem.to_string())
}

/// Adds hashes of their content to the names of generated resources.
pub(crate) fn add_hashes(list: &mut ResourceList, schema: &Schema) -> Result<(), Error> {
    list.change_all(schema, |resource| {
        if resource.needs_hash {
            let name = format!("{}-{}", resource.id().name, crate::hash::suffix(&resource.node)?);
            resource.remember();
            resource.set_name(&name);
        }
        Ok(())
    })
}

fn affix(
    resource: &mut Resource,
    schema: &Schema,
    specs: &Compiled,
    text: &str,
    is_prefix: bool,
    join: impl Fn(&str) -> String,
) -> Result<(), Error> {
    let original = resource.original_id();
    let skipped = matches!(&*original.gvk.kind, "CustomResourceDefinition" | "Namespace")
        || (&*original.gvk.kind == "APIService" && &*original.gvk.group == "apiregistration.k8s.io");
    if skipped {
        return Ok(());
    }
    for (spec, path) in specs {
        if !spec.selects(&original) {
            continue;
        }
        if spec.path == "metadata/name" && !text.is_empty() {
            let affixes = if is_prefix { &mut resource.prefixes } else { &mut resource.suffixes };
            affixes.push(text.to_owned());
            resource.refresh(schema);
            resource.remember();
        }
        let id = resource.id().clone();
        if !spec.selects(&id) {
            continue;
        }
        path.visit(&mut resource.node, &id, Some(Create::STRING), &mut |node| {
            let joined = Scalar::untyped(&join(node.text()));
            Ok(node.set_scalar(joined)?)
        })
        .map_err(|problem| failure(&problem))?;
    }
    Ok(())
}

fn set_pairs(resource: &mut Resource, pairs: &[(String, String)], specs: &Compiled) -> Result<(), Error> {
    if pairs.is_empty() {
        return Ok(());
    }
    let id = resource.id().clone();
    let values: Vec<Scalar> = pairs
        .iter()
        .map(|(_, value)| {
            let scalar = Scalar::typed(value, Tag::Str);
            Scalar { group: resource.new_group(scalar.clone()), ..scalar }
        })
        .collect();
    let node = &mut resource.node;
    for (_, path) in specs.iter().filter(|(spec, _)| spec.selects(&id)) {
        path.visit(node, &id, Some(Create::MAP), &mut |map| {
            if map.is_null() {
                return Ok(());
            }
            if map.kind() != Kind::Map {
                return Err(Problem::Kind(crate::node::WrongKind { expected: Kind::Map, found: map.kind() }));
            }
            for ((key, _), value) in pairs.iter().zip(&values) {
                map.set(key, Node::Scalar(value.clone()));
            }
            Ok(())
        })
        .map_err(|problem| failure(&problem))?;
    }
    Ok(())
}

fn apply_replica(
    replica: &Replica,
    specs: &Compiled,
    list: &mut ResourceList,
    schema: &Schema,
) -> Result<(), Error> {
    let mut found = false;
    for (spec, path) in specs {
        let places: Vec<usize> =
            (0..list.len()).filter(|&at| is_replica_of(list.get(at), replica, &spec.gvk)).collect();
        found |= !places.is_empty();
        for at in places {
            list.change(at, schema, |resource| {
                let id = resource.id().clone();
                if !spec.selects(&id) {
                    return Ok(());
                }
                let count = replica.count.to_string();
                path.visit(&mut resource.node, &id, Some(Create::INT), &mut |node| {
                    Ok(node.set_scalar(Scalar::typed(&count, Tag::Int))?)
                })
                .map_err(|problem| failure(&problem))
            })?;
        }
    }
    if found {
        return Ok(());
    }
    let kinds: Vec<String> = specs.iter().map(|(spec, _)| spec.gvk.to_string()).collect();
    Err(Error::new(
        ErrorKind::Transform,
        format!(
            "resource with name {} does not match a config with the following GVK [{}]",
            replica.name,
            kinds.join(" ")
        ),
    ))
}

fn is_replica_of(resource: &Resource, replica: &Replica, gvk: &Gvk) -> bool {
    let id = resource.id();
    let by_id = *id.name == replica.name && id.gvk.is_selected(gvk);
    by_id || resource.previous_ids().any(|id| *id.name == replica.name && id.gvk.is_selected(gvk))
}
