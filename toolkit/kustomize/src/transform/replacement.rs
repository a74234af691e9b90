// SPDX-License-Identifier: Apache-2.0

//! Replacements: a value of one resource, or a text, copied into fields of others.

use crate::error::{Error, ErrorKind};
use crate::id::Id;
use crate::kustomization::{FieldOptions, Replacement, Source, Target};
use crate::node::{Kind, Node, PathError, Scalar, Style, lookup, matching, smart_split};
use crate::resource::{Resource, ResourceList};
use crate::schema::Schema;
use crate::selector::{Matcher, Requirements, Selector};
use crate::structured;

const DEFAULT_PATH: &str = "metadata.name";

fn fail<T>(text: impl Into<String>) -> Result<T, Error> {
    Err(Error::new(ErrorKind::Transform, text))
}

pub(crate) fn apply(
    replacements: &[Replacement],
    list: &mut ResourceList,
    schema: &Schema,
) -> Result<(), Error> {
    for replacement in replacements {
        let Some(targets) = &replacement.targets else {
            return fail("replacements must specify a source and at least one target");
        };
        let value = match (&replacement.source, &replacement.source_value) {
            (None, None) => return fail("replacements must specify a source and at least one target"),
            (Some(_), Some(_)) => return fail("value and resource selectors are mutually exclusive"),
            (None, Some(text)) => Node::untyped(text),
            (Some(source), None) => source_value(source, list)?,
        };
        for target in targets {
            apply_target(target, &value, list, schema)?;
        }
    }
    Ok(())
}

fn source_value(source: &Source, list: &ResourceList) -> Result<Node, Error> {
    let mut found: Option<&Resource> = None;
    for resource in list.iter() {
        if ids(resource).any(|id| source.id.selects(&id)) {
            if found.is_some() {
                return fail(format!("multiple matches for selector {}", describe(source)));
            }
            found = Some(resource);
        }
    }
    let Some(resource) = found else { return fail(format!("nothing selected by {}", describe(source))) };
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let node = lookup(&resource.node, &smart_split(path))
        .map_err(|error| Error::from(error).within("error looking up replacement source"))?;
    let Some(node) = node.filter(|node| !node.is_empty()) else {
        return fail(format!("fieldPath `{path}` is missing for replacement source {}", source.id));
    };
    let Some(options) = source.options.as_ref().filter(|options| !options.delimiter.is_empty()) else {
        return Ok(node.clone());
    };
    let Node::Scalar(scalar) = node else {
        return fail("delimiter option can only be used with scalar nodes");
    };
    let part = usize::try_from(options.index)
        .ok()
        .and_then(|index| scalar.text.split(options.delimiter.as_str()).nth(index));
    match part {
        Some(part) => Ok(Node::Scalar(Scalar { text: part.into(), ..scalar.clone() })),
        None => fail(format!("options.index {} is out of bounds for value {}", options.index, scalar.text)),
    }
}

fn describe(source: &Source) -> String {
    let mut out = source.id.to_string();
    if !source.field_path.is_empty() {
        out.push(':');
        out.push_str(&source.field_path);
    }
    if let Some(options) = &source.options
        && (!options.delimiter.is_empty() || options.create)
    {
        out.push_str(&format!(":{}({}), create={}", options.delimiter, options.index, options.create));
    }
    out
}

/// The ids of a resource as replacements see them: nothing is known to be without namespaces.
fn ids(resource: &Resource) -> impl Iterator<Item = Id> + '_ {
    resource.all_ids().map(|id| Id { cluster_scoped: false, ..id })
}

struct Rule<'t> {
    select: Matcher,
    reject: Vec<Matcher>,
    select_by: (Requirements, Requirements),
    reject_by: Vec<(Requirements, Requirements)>,
    target: &'t Target,
}

fn requirements(selector: &Selector) -> Result<(Requirements, Requirements), Error> {
    Ok((Requirements::parse(&selector.annotations)?, Requirements::parse(&selector.labels)?))
}

impl<'t> Rule<'t> {
    fn new(target: &'t Target) -> Result<Self, Error> {
        let Some(select) = &target.select else { return fail("target must specify resources to select") };
        let step = |error: Error| error.within("error creating target selector");
        Ok(Self {
            select: select.compile().map_err(step)?,
            reject: target
                .reject
                .iter()
                .filter(|selector| !selector.has_no_id())
                .map(|selector| selector.compile().map_err(step))
                .collect::<Result<_, _>>()?,
            select_by: requirements(select)?,
            reject_by: target
                .reject
                .iter()
                .filter(|selector| !selector.annotations.is_empty() || !selector.labels.is_empty())
                .map(requirements)
                .collect::<Result<_, _>>()?,
            target,
        })
    }

    fn fits(&self, resource: &Resource) -> bool {
        let by = |(annotations, labels): &(Requirements, Requirements)| {
            annotations.matches(resource.annotations()) && labels.matches(resource.labels())
        };
        ids(resource).any(|id| self.select.id(&id))
            && by(&self.select_by)
            && !self.reject_by.iter().any(by)
            && !ids(resource).any(|id| self.reject.iter().any(|reject| reject.id(&id)))
    }
}

fn apply_target(
    target: &Target,
    value: &Node,
    list: &mut ResourceList,
    schema: &Schema,
) -> Result<(), Error> {
    let rule = Rule::new(target)?;
    let default = [DEFAULT_PATH.to_owned()];
    let paths: &[String] = if target.field_paths.is_empty() { &default } else { &rule.target.field_paths };
    for at in 0..list.len() {
        if !rule.fits(list.get(at)) {
            continue;
        }
        list.change(at, schema, |resource| {
            paths.iter().try_for_each(|path| copy(&mut resource.node, path, value, target.options.as_ref()))
        })?;
    }
    Ok(())
}

fn copy(node: &mut Node, path: &str, value: &Node, options: Option<&FieldOptions>) -> Result<(), Error> {
    let parts = smart_split(path);
    let create = options.is_some_and(|options| options.create).then(|| value.kind());
    if set_structured(node, &parts, value, create) {
        return Ok(());
    }
    let retrieval = || {
        let verb = if create.is_some() { "find or create" } else { "find" };
        format!("unable to {verb} field \"{path}\" in replacement target")
    };
    let mut problem = None;
    let found = matching(node, &parts, create, &mut |field| {
        if let Err(error) = set_field(field, value, options) {
            problem = Some(error);
        }
        Ok(())
    });
    match (problem, found) {
        (Some(error), _) => Err(error),
        (None, Ok(0)) => fail(retrieval()),
        (None, Ok(_)) => Ok(()),
        (None, Err(error)) => Err(Error::from(error).within(retrieval())),
    }
}

fn set_field(field: &mut Node, value: &Node, options: Option<&FieldOptions>) -> Result<(), Error> {
    let mut value = value.clone();
    if let Some(options) = options.filter(|options| !options.delimiter.is_empty()) {
        let Node::Scalar(old) = &*field else {
            return fail("delimiter option can only be used with scalar nodes");
        };
        let mut parts: Vec<&str> = old.text.split(options.delimiter.as_str()).collect();
        let text = if value.is_null() { "" } else { value.text() };
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, text),
            Ok(index) if index >= parts.len() => parts.push(text),
            Ok(index) => parts[index] = text,
        }
        let joined = parts.join(&options.delimiter);
        if let Node::Scalar(scalar) = &mut value {
            scalar.text = joined.into();
        } else {
            value = Node::untyped(&joined);
        }
    }
    assign(field, value);
    Ok(())
}

/// A scalar takes the text and keeps its type; anything else becomes the value.
fn assign(field: &mut Node, value: Node) {
    match field {
        Node::Scalar(scalar) => scalar.text = value.text().into(),
        other => *other = value,
    }
}

/// Sets a value inside a text that is a document of its own, if the path leads into one.
fn set_structured(node: &mut Node, parts: &[String], value: &Node, create: Option<Kind>) -> bool {
    let split = (1..parts.len()).find(|&at| match lookup(node, &parts[..at]) {
        Ok(Some(Node::Scalar(scalar))) => structured::is_document(&scalar.text),
        _ => false,
    });
    let Some(split) = split else { return false };
    let Ok(Some(Node::Scalar(scalar))) = lookup(node, &parts[..split]) else { return false };
    let changed = structured::edit(&scalar.text, |inner| {
        let count = matching(inner, &parts[split..], create, &mut |field| {
            assign(field, value.clone());
            Ok(())
        })?;
        if count == 0 {
            return Err(PathError::Other("unable to find field in structured data".to_owned()));
        }
        Ok(())
    });
    let Ok(text) = changed else { return false };
    // The field is there, and keeps its type: only its text changes.
    let replaced = matching(node, &parts[..split], None, &mut |field| {
        if let Node::Scalar(scalar) = field {
            scalar.text = text.as_str().into();
        }
        Ok(())
    });
    replaced.is_ok_and(|count| count > 0) || replace_exact(node, &parts[..split], &text)
}

/// `-` names the last element in a lookup, but is no path of the other grammar.
fn replace_exact(node: &mut Node, parts: &[String], text: &str) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        if let Node::Scalar(scalar) = node {
            *scalar = Scalar { text: text.into(), style: Style::Plain, ..scalar.clone() };
            return true;
        }
        return false;
    };
    let next = match part.as_str() {
        "-" => node.items_mut().and_then(|items| items.last_mut()),
        name => match name.parse::<usize>() {
            Ok(index) => node.items_mut().and_then(|items| items.get_mut(index)),
            Err(_) => node.get_mut(name),
        },
    };
    next.is_some_and(|next| replace_exact(next, rest, text))
}
