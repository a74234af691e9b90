// SPDX-License-Identifier: Apache-2.0

use regex::Regex;

use super::{Compiled, failure};
use crate::error::{Error, ErrorKind};
use crate::kustomization::Image;
use crate::node::{Kind, Node, Scalar, WrongKind};
use crate::resource::Resource;
use crate::selector::compile;

/// Changes name, tag or digest of the images that an expression matches.
#[derive(Debug)]
pub(crate) struct ImageTag {
    image: Image,
    pattern: Regex,
    specs: Compiled,
}

impl ImageTag {
    pub(crate) fn new(image: Image, specs: Compiled) -> Result<Self, Error> {
        let pattern =
            compile(&format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", image.name))?;
        Ok(Self { image, pattern, specs })
    }

    pub(crate) fn apply(&self, resource: &mut Resource) -> Result<(), Error> {
        let id = resource.id().clone();
        if &*id.gvk.kind == "CustomResourceDefinition" {
            return Ok(());
        }
        let wrong = |wrong: WrongKind| Error::new(ErrorKind::Transform, wrong.to_string());
        if names_containers(&resource.node) {
            self.walk(&mut resource.node).map_err(wrong)?;
        }
        for (_, path) in self.specs.iter().filter(|(spec, _)| spec.selects(&id)) {
            path.visit(&mut resource.node, &id, None, &mut |node| Ok(self.update(node)?))
                .map_err(|problem| failure(&problem))?;
        }
        Ok(())
    }

    /// Every list called `containers` or `initContainers`, at any depth.
    fn walk(&self, node: &mut Node) -> Result<(), WrongKind> {
        if let Some(items) = node.items_mut() {
            return items.iter_mut().try_for_each(|item| self.walk(item));
        }
        for entry in node.entries_mut().into_iter().flatten() {
            self.walk(&mut entry.value)?;
            if !matches!(&*entry.key.text, "containers" | "initContainers") {
                continue;
            }
            for item in entry.value.items_mut().into_iter().flatten() {
                if item.is_null() {
                    continue;
                }
                if item.kind() != Kind::Map {
                    return Err(WrongKind { expected: Kind::Map, found: item.kind() });
                }
                if let Some(image) = item.get_mut("image") {
                    self.update(image)?;
                }
            }
        }
        Ok(())
    }

    fn update(&self, node: &mut Node) -> Result<(), WrongKind> {
        if node.is_null() {
            return Ok(());
        }
        if node.kind() != Kind::Scalar {
            return Err(WrongKind { expected: Kind::Scalar, found: node.kind() });
        }
        if !self.pattern.is_match(node.text()) {
            return Ok(());
        }
        let (name, tag, digest) = split(node.text());
        let wanted = &self.image;
        let name = if wanted.new_name.is_empty() { name } else { &wanted.new_name };
        let (tag, digest) = match (wanted.new_tag.as_str(), wanted.digest.as_str()) {
            ("", "") if wanted.tag_suffix.is_empty() => (tag.to_owned(), digest),
            ("", "") => (format!("{tag}{}", wanted.tag_suffix), ""),
            (tag, digest) => (tag.to_owned(), digest),
        };
        let mut image = name.to_owned();
        if !tag.is_empty() {
            image.push(':');
            image.push_str(&tag);
        }
        if !digest.is_empty() {
            image.push('@');
            image.push_str(digest);
        }
        node.set_scalar(Scalar::untyped(&image))
    }
}

/// Whether a walk would find containers, so that shared nodes are not copied for nothing.
fn names_containers(node: &Node) -> bool {
    node.items().iter().any(names_containers)
        || node.entries().iter().any(|entry| {
            matches!(&*entry.key.text, "containers" | "initContainers") || names_containers(&entry.value)
        })
}

/// Name, tag and digest. A colon before the first slash belongs to the name.
fn split(image: &str) -> (&str, &str, &str) {
    let start = image.find('/').unwrap_or(0);
    let rest = &image[start..];
    let (at, colon) = (rest.find('@').map(|i| i + start), rest.find(':').map(|i| i + start));
    match (at, colon) {
        (None, None) => (image, "", ""),
        (Some(at), colon) if colon.is_none_or(|colon| at < colon) => (&image[..at], "", &image[at + 1..]),
        (Some(at), Some(colon)) => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (_, Some(colon)) => (&image[..colon], &image[colon + 1..], ""),
        (Some(_), None) => (image, "", ""),
    }
}
