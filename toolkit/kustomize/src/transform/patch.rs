// SPDX-License-Identifier: Apache-2.0

//! Strategic merge patches and JSON patches, with and without a target.

use gitops_yaml::Limits;

use crate::error::{Error, ErrorKind};
use crate::json_patch::JsonPatch;
use crate::merge::merge;
use crate::node::{Node, to_value};
use crate::reader;
use crate::resource::{Resource, ResourceList};
use crate::schema::Schema;
use crate::selector::{Requirements, Selector};

/// An entry of `patches`.
#[derive(Debug)]
pub(crate) struct Patch {
    content: Content,
    target: Option<Selector>,
    /// How messages name the patch.
    source: String,
}

#[derive(Debug)]
enum Content {
    Strategic(Vec<Resource>),
    Json(JsonPatch),
}

impl Patch {
    /// Finds out by the text which of the two kinds of patches it is.
    pub(crate) fn new(
        text: &str,
        source: String,
        target: Option<Selector>,
        (allow_name_change, allow_kind_change): (bool, bool),
        limits: &Limits,
        schema: &Schema,
    ) -> Result<Self, Error> {
        let strategic = reader::read(text.as_bytes(), limits, schema);
        let json = JsonPatch::parse(text, limits);
        let content = match (strategic, json) {
            (Ok(patches), Ok(json)) if !patches.is_empty() && !json.is_empty() => {
                return Err(Error::new(
                    ErrorKind::Patch,
                    format!("illegally qualifies as both an SM and JSON patch: {source}"),
                ));
            }
            (Ok(mut patches), _) => {
                for patch in &mut patches {
                    patch.allow_name_change = allow_name_change;
                    patch.allow_kind_change = allow_kind_change;
                }
                Content::Strategic(patches)
            }
            (Err(_), Ok(json)) => Content::Json(json),
            (Err(_), Err(_)) => {
                return Err(Error::new(
                    ErrorKind::Patch,
                    format!("unable to parse SM or JSON patch from {source}"),
                ));
            }
        };
        Ok(Self { content, target, source })
    }

    pub(crate) fn apply(&self, list: &mut ResourceList, schema: &Schema) -> Result<(), Error> {
        match &self.content {
            Content::Strategic(patches) => self.apply_strategic(patches, list, schema),
            Content::Json(json) if json.is_empty() => Ok(()),
            Content::Json(json) => {
                let Some(target) = &self.target else {
                    return Err(Error::new(
                        ErrorKind::Patch,
                        format!("must specify a target for JSON patch {}", self.source),
                    ));
                };
                for at in select(list, target)? {
                    list.change(at, schema, |resource| {
                        resource.remember();
                        apply_json(json, resource)
                    })?;
                }
                Ok(())
            }
        }
    }

    fn apply_strategic(
        &self,
        patches: &[Resource],
        list: &mut ResourceList,
        schema: &Schema,
    ) -> Result<(), Error> {
        let Some(target) = &self.target else {
            for patch in patches {
                let id = patch.original_id();
                let at = list.find_one(&id).map_err(|error| {
                    error.within(format!("no resource matches strategic merge patch \"{id}\""))
                })?;
                list.change(at, schema, |resource| lay_over(resource, patch.clone(), schema))?;
            }
            return Ok(());
        };
        let patch = match patches {
            [] => return Ok(()),
            [patch] => patch,
            _ => {
                return Err(Error::new(
                    ErrorKind::Patch,
                    format!(
                        "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: {}",
                        self.source
                    ),
                ));
            }
        };
        let places = select(list, target)
            .map_err(|error| error.within("unable to find patch target in `resources`".to_owned()))?;
        apply_at(&places, patch, list, schema)
    }
}

/// The patches of `patchesStrategicMerge`.
pub(crate) fn apply_strategic(
    patches: &[Resource],
    list: &mut ResourceList,
    schema: &Schema,
) -> Result<(), Error> {
    for patch in patches {
        let at = list.find_one(&patch.original_id())?;
        apply_at(&[at], patch, list, schema)?;
    }
    Ok(())
}

/// Patches several resources with copies of one patch, which takes their version on.
fn apply_at(
    places: &[usize],
    patch: &Resource,
    list: &mut ResourceList,
    schema: &Schema,
) -> Result<(), Error> {
    let mut copy = patch.clone();
    copy.inherit_metadata(patch);
    copy.allow_name_change = patch.allow_name_change;
    copy.allow_kind_change = patch.allow_kind_change;
    for &at in places {
        list.change(at, schema, |resource| {
            let mut patch = copy.clone();
            let api_version = resource.id().gvk.api_version();
            patch.node.set("apiVersion", Node::untyped(&api_version));
            lay_over(resource, patch, schema)
        })?;
    }
    list.drop_empty();
    let duplicate = if patch.allow_name_change || patch.allow_kind_change { list.duplicate() } else { None };
    match duplicate {
        Some(resource) => Err(Error::new(
            ErrorKind::Id,
            format!("may not add resource with an already registered id: {}", resource.id()),
        )),
        None => Ok(()),
    }
}

fn lay_over(resource: &mut Resource, patch: Resource, schema: &Schema) -> Result<(), Error> {
    let id = resource.id().clone();
    if patch.allow_name_change || patch.allow_kind_change {
        resource.remember();
    }
    let target = std::mem::replace(&mut resource.node, Node::map());
    let Some(merged) = merge(target, patch.node, schema)? else { return Ok(()) };
    resource.node = merged;
    if resource.node.is_empty() {
        resource.node = Node::map();
        return Ok(());
    }
    if !patch.allow_kind_change {
        resource.set_kind(&id.gvk.kind);
    }
    if !patch.allow_name_change {
        resource.set_name(&id.name);
    }
    resource.set_namespace(&id.namespace);
    Ok(())
}

/// The places of resources that a selector fits.
pub(crate) fn select(list: &ResourceList, selector: &Selector) -> Result<Vec<usize>, Error> {
    let matcher = selector.compile()?;
    let mut out = Vec::new();
    let labels = Requirements::parse(&selector.labels);
    let annotations = Requirements::parse(&selector.annotations);
    for (at, resource) in list.iter().enumerate() {
        if !matcher.resource(resource) {
            continue;
        }
        let fits = |requirements: &Result<Requirements, Error>, of: Option<&Node>| match requirements {
            Ok(requirements) => Ok(requirements.matches(of)),
            Err(error) => Err(error.clone()),
        };
        if fits(&labels, resource.labels())? && fits(&annotations, resource.annotations())? {
            out.push(at);
        }
    }
    Ok(out)
}

/// An entry of `patchesJson6902`, or the plugin of that name.
#[derive(Debug)]
pub(crate) struct TargetedJsonPatch {
    pub(crate) target: Selector,
    pub(crate) patch: JsonPatch,
}

impl TargetedJsonPatch {
    pub(crate) fn apply(&self, list: &mut ResourceList, schema: &Schema) -> Result<(), Error> {
        for at in select(list, &self.target)? {
            list.change(at, schema, |resource| apply_json(&self.patch, resource))?;
        }
        Ok(())
    }
}

fn apply_json(patch: &JsonPatch, resource: &mut Resource) -> Result<(), Error> {
    let mut value = to_value(&resource.node)?;
    if resource.has_internal_annotations()
        && let Some(metadata) = value.get_mut("metadata").and_then(serde_json::Value::as_object_mut)
    {
        // Upstream keeps notes of its own in annotations, so that there are some to add to.
        let annotations = metadata.entry("annotations").or_insert_with(|| serde_json::json!({}));
        if annotations.is_null() {
            *annotations = serde_json::json!({});
        }
    }
    let patched = patch.apply(value)?;
    if !patched.is_object() {
        return Err(Error::new(
            ErrorKind::Patch,
            "json: cannot unmarshal into Go value of type map[string]interface {}",
        ));
    }
    resource.node = Node::from(&patched);
    let annotations = resource.strings("annotations");
    resource.set_strings("annotations", annotations);
    Ok(())
}
