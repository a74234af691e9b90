// SPDX-License-Identifier: Apache-2.0

//! A resource with its history, and the list of resources a build works on.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::id::{Gvk, Id, Key};
use crate::node::{Kind, Node, Scalar};
use crate::schema::Schema;

/// What a generated resource does to one with the same id.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Behavior {
    #[default]
    Create,
    Replace,
    Merge,
}

/// An object with what upstream keeps about it in annotations.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) node: Node,
    id: Id,
    history: Vec<Past>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    pub(crate) behavior: Behavior,
    pub(crate) generated: bool,
    pub(crate) needs_hash: bool,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
    pub(crate) variables: Vec<String>,
    /// The scalar that each group of scalars holds, by number less one.
    groups: Vec<Scalar>,
}

/// A name, namespace and kind that a resource had before.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Past {
    name: Arc<str>,
    namespace: Arc<str>,
    kind: Arc<str>,
}

impl Resource {
    pub(crate) fn new(node: Node, schema: &Schema) -> Self {
        let id = read_id(&node, schema);
        Self {
            node,
            id,
            history: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behavior: Behavior::Create,
            generated: false,
            needs_hash: false,
            allow_name_change: false,
            allow_kind_change: false,
            variables: Vec::new(),
            groups: Vec::new(),
        }
    }

    pub(crate) fn id(&self) -> &Id {
        &self.id
    }

    /// Reads the id again after the node changed.
    pub(crate) fn refresh(&mut self, schema: &Schema) {
        let same = field_text(&self.node, "kind") == &*self.id.gvk.kind
            && field_text(&self.node, "apiVersion") == self.id.gvk.api_version()
            && meta_text(&self.node, "name") == &*self.id.name
            && meta_text(&self.node, "namespace") == &*self.id.namespace;
        if !same {
            self.id = read_id(&self.node, schema);
        }
    }

    /// Makes a new group of scalars that are one.
    pub(crate) fn new_group(&mut self, scalar: Scalar) -> u32 {
        self.groups.push(scalar);
        u32::try_from(self.groups.len()).unwrap_or(0)
    }

    /// Carries a change of one scalar of a group to the others. Upstream puts one node in several places.
    fn sync_groups(&mut self) {
        if self.groups.is_empty() {
            return;
        }
        let groups = &mut self.groups;
        let mut changes: Vec<Scalar> = Vec::new();
        let mut node = std::mem::replace(&mut self.node, Node::map());
        node.visit_groups(&mut |scalar| {
            let known = groups.get(scalar.group as usize - 1);
            if known.is_some_and(|known| known.text != scalar.text || known.tag != scalar.tag) {
                changes.push(scalar.clone());
            }
        });
        if !changes.is_empty() {
            for change in changes {
                let at = change.group as usize - 1;
                groups[at] = change;
            }
            node.visit_groups(&mut |scalar| {
                if let Some(known) = groups.get(scalar.group as usize - 1) {
                    *scalar = known.clone();
                }
            });
        }
        self.node = node;
    }

    /// Remembers the current name, namespace and kind.
    pub(crate) fn remember(&mut self) {
        let past = Past {
            name: self.id.name.clone(),
            namespace: self.id.effective_namespace().into(),
            kind: self.id.gvk.kind.clone(),
        };
        self.history.push(past);
    }

    /// Earlier ids, oldest first. Their group and version are the current ones.
    pub(crate) fn previous_ids(&self) -> impl Iterator<Item = Id> + '_ {
        self.history.iter().map(|past| Id {
            gvk: Gvk { kind: past.kind.clone(), ..self.id.gvk.clone() },
            name: past.name.clone(),
            namespace: past.namespace.clone(),
            cluster_scoped: false,
        })
    }

    pub(crate) fn previous_names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.history.iter().map(|past| (&*past.name, &*past.kind))
    }

    /// The current id and all earlier ones.
    pub(crate) fn all_ids(&self) -> impl Iterator<Item = Id> + '_ {
        std::iter::once(self.id.clone()).chain(self.previous_ids())
    }

    pub(crate) fn original_id(&self) -> Id {
        self.previous_ids().next().unwrap_or_else(|| self.id.clone())
    }

    /// Original name and effective namespace.
    pub(crate) fn original_name(&self) -> (&str, &str) {
        match self.history.first() {
            Some(past) => (&past.name, if past.namespace.is_empty() { "default" } else { &past.namespace }),
            None => (&self.id.name, self.id.effective_namespace()),
        }
    }

    /// Whether upstream would hold annotations of its own on it at this point.
    pub(crate) fn has_internal_annotations(&self) -> bool {
        self.generated
            || !self.history.is_empty()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
            || self.needs_hash
    }

    pub(crate) fn labels(&self) -> Option<&Node> {
        self.node.get("metadata")?.get("labels")
    }

    pub(crate) fn annotations(&self) -> Option<&Node> {
        self.node.get("metadata")?.get("annotations")
    }

    pub(crate) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations()?.get(name).map(Node::text)
    }

    pub(crate) fn set_name(&mut self, name: &str) {
        if let Some(metadata) = self.node.get_or_create("metadata", Kind::Map) {
            metadata.set("name", Node::untyped(name));
        }
    }

    pub(crate) fn set_namespace(&mut self, namespace: &str) {
        if namespace.is_empty() {
            if let Some(metadata) = self.node.get_mut("metadata") {
                metadata.remove("namespace");
            }
        } else if let Some(metadata) = self.node.get_or_create("metadata", Kind::Map) {
            metadata.set("namespace", Node::untyped(namespace));
        }
    }

    pub(crate) fn set_kind(&mut self, kind: &str) {
        self.node.set("kind", Node::untyped(kind));
    }

    /// Rewrites labels or annotations as strings, sorted; none at all removes the field.
    pub(crate) fn set_strings(&mut self, field: &str, mut pairs: Vec<(Arc<str>, Arc<str>)>) {
        let Some(metadata) = self.node.get_or_create("metadata", Kind::Map) else { return };
        metadata.remove(field);
        if pairs.is_empty() {
            return;
        }
        pairs.sort();
        let Some(map) = metadata.get_or_create(field, Kind::Map) else { return };
        let Some(entries) = map.entries_mut() else { return };
        for (key, value) in pairs {
            entries.push(crate::node::Entry {
                key: Scalar::untyped(&key),
                value: Node::Scalar(Scalar { text: value.clone(), ..Scalar::string(&value) }),
            });
        }
    }

    /// Labels or annotations by their text.
    pub(crate) fn strings(&self, field: &str) -> Vec<(Arc<str>, Arc<str>)> {
        let Some(map) = self.node.get("metadata").and_then(|metadata| metadata.get(field)) else {
            return Vec::new();
        };
        let mut out: Vec<(Arc<str>, Arc<str>)> = Vec::with_capacity(map.entries().len());
        for entry in map.entries() {
            let value = entry.value.scalar().map_or_else(|| "".into(), |scalar| scalar.text.clone());
            match out.iter_mut().find(|(key, _)| *key == entry.key.text) {
                Some(old) => old.1 = value,
                None => out.push((entry.key.text.clone(), value)),
            }
        }
        out
    }

    /// Sets one annotation, all others turned into strings.
    pub(crate) fn set_annotation(&mut self, name: &str, value: &str) {
        let mut all = self.strings("annotations");
        match all.iter_mut().find(|(key, _)| &**key == name) {
            Some(old) => old.1 = value.into(),
            None => all.push((name.into(), value.into())),
        }
        self.set_strings("annotations", all);
    }

    /// Takes over name, namespace, history and, where it has no own, labels and annotations of another resource.
    pub(crate) fn inherit_metadata(&mut self, other: &Self) {
        for field in ["labels", "annotations"] {
            let mut merged = other.strings(field);
            for (key, value) in self.strings(field) {
                match merged.iter_mut().find(|(old, _)| *old == key) {
                    Some(old) => old.1 = value,
                    None => merged.push((key, value)),
                }
            }
            self.set_strings(field, merged);
        }
        self.history.clone_from(&other.history);
        self.prefixes.clone_from(&other.prefixes);
        self.suffixes.clone_from(&other.suffixes);
        self.behavior = other.behavior;
        self.generated = other.generated;
        // The suffix is wanted only if both want it.
        self.needs_hash = self.needs_hash && other.needs_hash;
        self.variables.clone_from(&other.variables);
        let (name, namespace) = (other.id.name.clone(), other.id.namespace.clone());
        self.set_name(&name);
        self.set_namespace(&namespace);
    }

    /// Whether prefixes and suffixes end the same way; with `lax`, having none fits anything.
    pub(crate) fn same_affixes(&self, other: &Self, lax: bool) -> bool {
        let fits = |a: &[String], b: &[String]| {
            if a.is_empty() || b.is_empty() {
                return lax || a.len() == b.len();
            }
            let shared = a.len().min(b.len());
            a[a.len() - shared..] == b[b.len() - shared..]
        };
        fits(&self.prefixes, &other.prefixes) && fits(&self.suffixes, &other.suffixes)
    }
}

fn field_text<'n>(node: &'n Node, name: &str) -> &'n str {
    node.get(name).map_or("", Node::text)
}

fn meta_text<'n>(node: &'n Node, name: &str) -> &'n str {
    let metadata = node.get("metadata").filter(|metadata| !metadata.is_empty());
    metadata.and_then(|metadata| metadata.get(name)).filter(|value| !value.is_empty()).map_or("", Node::text)
}

fn read_id(node: &Node, schema: &Schema) -> Id {
    let (api_version, kind) = (field_text(node, "apiVersion"), field_text(node, "kind"));
    Id {
        gvk: Gvk::parse(api_version, kind),
        name: meta_text(node, "name").into(),
        namespace: meta_text(node, "namespace").into(),
        cluster_scoped: schema.is_cluster_scoped(api_version, kind),
    }
}

/// Resources in order, found by current and earlier ids without a search.
#[derive(Debug, Default)]
pub(crate) struct ResourceList {
    list: Vec<Resource>,
    /// Places where a resource with this id is or was; checked on use.
    index: HashMap<Key, Vec<u32>>,
}

impl ResourceList {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.list.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn get(&self, at: usize) -> &Resource {
        &self.list[at]
    }

    pub(crate) fn resources(&self) -> &[Resource] {
        &self.list
    }

    /// Changes a resource; its id is read again and found under the new one.
    pub(crate) fn change<T>(
        &mut self,
        at: usize,
        schema: &Schema,
        change: impl FnOnce(&mut Resource) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let resource = &mut self.list[at];
        let known = (resource.id.clone(), resource.history.len());
        let result = change(resource);
        resource.sync_groups();
        resource.refresh(schema);
        if known.0 != resource.id || known.1 != resource.history.len() {
            self.enter(at);
        }
        result
    }

    /// Changes every resource in order, but those that a patch deleted.
    pub(crate) fn change_all(
        &mut self,
        schema: &Schema,
        mut change: impl FnMut(&mut Resource) -> Result<(), Error>,
    ) -> Result<(), Error> {
        (0..self.list.len())
            .filter(|&at| !self.list[at].node.is_empty())
            .collect::<Vec<_>>()
            .into_iter()
            .try_for_each(|at| self.change(at, schema, &mut change))
    }

    fn enter(&mut self, at: usize) {
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        let resource = &self.list[at];
        for id in resource.all_ids() {
            let places = self.index.entry(id.key()).or_default();
            if places.last() != Some(&place) && !places.contains(&place) {
                places.push(place);
            }
        }
    }

    fn places(&self, id: &Id) -> impl Iterator<Item = usize> + '_ {
        self.index.get(&id.key()).into_iter().flatten().map(|&place| place as usize)
    }

    /// Places whose current id equals.
    pub(crate) fn find_current(&self, id: &Id) -> Vec<usize> {
        self.places(id).filter(|&at| self.list[at].id.same(id)).collect()
    }

    /// Places whose current or an earlier id equals, in order.
    pub(crate) fn find_any(&self, id: &Id) -> Vec<usize> {
        let mut found: Vec<usize> = self
            .places(id)
            .filter(|&at| !self.list[at].node.is_empty() && self.list[at].all_ids().any(|own| own.same(id)))
            .collect();
        found.sort_unstable();
        found
    }

    /// The one place that a patch for an id goes to.
    pub(crate) fn find_one(&self, id: &Id) -> Result<usize, Error> {
        let problem = match self.find_any(id).as_slice() {
            [at] => return Ok(*at),
            [] => "no",
            _ => "multiple",
        };
        Err(Error::new(
            ErrorKind::Id,
            format!("{problem} matches for Id {id}; failed to find unique target for patch {id}"),
        ))
    }

    pub(crate) fn push(&mut self, resource: Resource) -> Result<(), Error> {
        if !self.find_current(&resource.id).is_empty() {
            return Err(Error::new(
                ErrorKind::Id,
                format!("may not add resource with an already registered id: {}", resource.id),
            ));
        }
        self.list.push(resource);
        self.enter(self.list.len() - 1);
        Ok(())
    }

    pub(crate) fn append(&mut self, other: Self) -> Result<(), Error> {
        if self.list.is_empty() {
            *self = other;
            return Ok(());
        }
        other.list.into_iter().try_for_each(|resource| self.push(resource))
    }

    /// Adds a generated resource by its behavior.
    pub(crate) fn absorb(&mut self, mut resource: Resource, schema: &Schema) -> Result<(), Error> {
        let id = resource.id.clone();
        let at = match self.find_any(&id).as_slice() {
            [] if resource.behavior == Behavior::Create => return self.push(resource),
            [] => {
                return Err(Error::new(
                    ErrorKind::Id,
                    format!("id {} does not exist; cannot merge or replace", id.go_syntax()),
                ));
            }
            [at] => *at,
            _ => {
                return Err(Error::new(
                    ErrorKind::Id,
                    format!("found multiple objects that could accept merge of {id}"),
                ));
            }
        };
        let old = &self.list[at];
        match resource.behavior {
            Behavior::Create => {
                return Err(Error::new(
                    ErrorKind::Id,
                    format!(
                        "id {} exists; can not use behavior: 'create', behavior must be merge or replace",
                        id.go_syntax()
                    ),
                ));
            }
            Behavior::Replace => resource.inherit_metadata(old),
            Behavior::Merge => {
                let origin = old.annotation(crate::origin::ORIGIN).map(str::to_owned);
                resource.inherit_metadata(old);
                crate::generator::merge_data(&mut resource.node, &old.node);
                if let Some(origin) = origin {
                    resource.set_annotation(crate::origin::ORIGIN, &origin);
                }
            }
        }
        resource.refresh(schema);
        self.list[at] = resource;
        self.enter(at);
        Ok(())
    }

    /// Drops what a patch deleted. Places change, so the index is made anew.
    pub(crate) fn drop_empty(&mut self) {
        if self.list.iter().any(|resource| resource.node.is_empty()) {
            self.list.retain(|resource| !resource.node.is_empty());
            self.reindex();
        }
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Resource) -> bool) {
        self.list.retain(keep);
        self.reindex();
    }

    fn reindex(&mut self) {
        self.index.clear();
        (0..self.list.len()).for_each(|at| self.enter(at));
    }

    /// The place of a second resource with the same current id, if there is one.
    pub(crate) fn duplicate(&self) -> Option<&Resource> {
        self.list.iter().find(|resource| self.find_current(&resource.id).len() > 1)
    }

    /// Reorders by a key.
    pub(crate) fn sort_by_key<K: Ord>(&mut self, key: impl FnMut(&Resource) -> K) {
        self.list.sort_by_cached_key(key);
        self.reindex();
    }

    pub(crate) fn into_resources(self) -> Vec<Resource> {
        self.list
    }
}
