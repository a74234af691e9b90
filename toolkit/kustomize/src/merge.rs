// SPDX-License-Identifier: Apache-2.0

//! Strategic merge: a patch laid over an object, lists matched by the keys of the schema.
//!
//! The order of lists, what happens to nulls and which directives are known follow kustomize, which differs from the
//! API server in all three; `reference` tests record it.

use std::collections::{BTreeSet, HashMap};

use crate::error::{Error, ErrorKind};
use crate::node::{Entry, Kind, Node, Scalar, Style, WrongKind};
use crate::schema::{Schema, Type};

/// A merged node. A null that stood in the target survives, any other null removes its field.
struct Merged {
    node: Node,
    keep_null: bool,
}

impl From<Node> for Merged {
    fn from(node: Node) -> Self {
        Self { node, keep_null: false }
    }
}

/// Lays a patch over an object and returns the result; none if the patch deletes it.
pub(crate) fn merge(target: Node, patch: Node, schema: &Schema) -> Result<Option<Node>, Error> {
    Ok(Merger { schema }.walk(Some(target), Some(patch), None)?.map(|merged| merged.node))
}

struct Merger<'s> {
    schema: &'s Schema,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

fn given(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| !node.is_null())
}

impl<'s> Merger<'s> {
    fn walk(
        &self,
        target: Option<Node>,
        patch: Option<Node>,
        schema: Option<Type<'s>>,
    ) -> Result<Option<Merged>, Error> {
        let schema = schema.or_else(|| self.own_schema(target.as_ref(), patch.as_ref()));
        let kind = given(target.as_ref()).or(given(patch.as_ref())).map(Node::kind);
        if let (Some(expected), Some(patch)) = (kind, given(patch.as_ref()))
            && patch.kind() != expected
        {
            let wrong = WrongKind { expected, found: patch.kind() };
            return Err(Error::new(ErrorKind::Patch, wrong.to_string()));
        }
        match kind {
            Some(Kind::Map) | None => self.walk_map(target, patch, schema),
            Some(Kind::Seq) => match schema.and_then(Type::merge_keys) {
                Some(keys) => self.walk_list(target, patch, schema, &keys),
                None => Ok(patch.or(target).map(Merged::from)),
            },
            Some(Kind::Scalar) => Ok(patch.or(target).map(Merged::from)),
        }
    }

    /// The schema of an object that names its own version and kind.
    fn own_schema(&self, target: Option<&Node>, patch: Option<&Node>) -> Option<Type<'s>> {
        [target, patch].into_iter().filter_map(given).find_map(|node| {
            let text = |name: &str| node.get(name).map(Node::text).filter(|text| !text.is_empty());
            self.schema.of_kind(text("apiVersion")?, text("kind")?)
        })
    }

    fn walk_map(
        &self,
        target: Option<Node>,
        patch: Option<Node>,
        schema: Option<Type<'s>>,
    ) -> Result<Option<Merged>, Error> {
        let mut patch = patch;
        if given(target.as_ref()).is_none() {
            if let Some(patch) = patch.as_mut()
                && matches!(directive(patch), Ok(Directive::Delete))
            {
                return Ok(None);
            }
            return match (patch, target) {
                (Some(patch), _) => {
                    let own = patch.clone();
                    self.walk_fields(patch, Some(&own), schema)
                }
                (None, Some(null)) if !null.text().is_empty() => {
                    Ok(Some(Merged { node: null, keep_null: true }))
                }
                (None, _) => Ok(None),
            };
        }
        let Some(mut target) = target else { return Ok(None) };
        let Some(mut patch) = patch else {
            return self.walk_fields(target, None, schema);
        };
        if patch.is_null() {
            return Ok(None);
        }
        let found = directive(&mut patch)?;
        // A new value is merged with itself, and then the directive is in both.
        if target.get("$patch").is_some() && target.kind() == Kind::Map {
            target.remove("$patch");
        }
        match found {
            Directive::Delete => Ok(None),
            Directive::Merge => self.walk_fields(target, Some(&patch), schema),
            Directive::Replace => {
                let own = patch.clone();
                self.walk_fields(patch, Some(&own), schema)
            }
        }
    }

    /// Whether a merge with nothing leaves a node as it is: no null written as nothing, no list in which keys are
    /// missing or occur twice.
    fn is_settled(&self, node: &Node, schema: Option<Type<'s>>) -> bool {
        let schema = schema.or_else(|| self.own_schema(Some(node), None));
        match node {
            Node::Scalar(scalar) => !(scalar.is_null() && scalar.text.is_empty()),
            Node::Map(entries) => entries.iter().all(|entry| {
                self.is_settled(&entry.value, schema.and_then(|schema| schema.field(&entry.key.text)))
            }),
            Node::Seq(items) => {
                let Some(keys) = schema.and_then(Type::merge_keys) else { return true };
                let elements = schema.and_then(Type::elements);
                let mut seen = std::collections::HashSet::with_capacity(items.len());
                items.iter().all(|item| {
                    let value: Vec<&str> = if keys.is_empty() {
                        vec![item.text()]
                    } else {
                        keys.iter().map(|key| item.get(key).map_or("", Node::text)).collect()
                    };
                    value.iter().all(|text| !text.is_empty())
                        && seen.insert(value)
                        && self.is_settled(item, elements)
                })
            }
        }
    }

    fn walk_fields(
        &self,
        mut target: Node,
        patch: Option<&Node>,
        schema: Option<Type<'s>>,
    ) -> Result<Option<Merged>, Error> {
        if !matches!(target, Node::Map(_)) {
            return Ok(Some(target.into()));
        }
        // Without a patch little happens, and to most subtrees nothing.
        if patch.is_none() && self.is_settled(&target, schema) {
            return Ok(Some(target.into()));
        }
        let names: BTreeSet<std::sync::Arc<str>> = target
            .entries()
            .iter()
            .chain(patch.map_or(&[][..], Node::entries))
            .map(|entry| entry.key.text.clone())
            .collect();
        let patch_fields = Fields::new(patch);
        let mut own_fields: Vec<Entry> = target.entries_mut().map(std::mem::take).unwrap_or_default();
        let mut places: HashMap<std::sync::Arc<str>, usize> = HashMap::with_capacity(own_fields.len());
        for (at, entry) in own_fields.iter().enumerate() {
            places.entry(entry.key.text.clone()).or_insert(at);
        }
        let mut removed = vec![false; own_fields.len()];
        for name in names {
            let at = places.get(&name).copied();
            let from_patch = patch_fields.get(&name);
            let own = at.map(|at| own_fields[at].value.clone());
            let field_schema = schema.and_then(|schema| schema.field(&name));
            let merged = self.walk(own, from_patch.map(|entry| entry.value.clone()), field_schema)?;
            let value = merged.filter(|merged| merged.keep_null || !merged.node.is_null());
            match (at, value) {
                (Some(at), None) => removed[at] = true,
                (None, None) => {}
                (Some(at), Some(value)) => set(&mut own_fields[at].value, value.node),
                (None, Some(value)) => {
                    let style = from_patch.map_or(Style::Plain, |entry| entry.key.style);
                    let key = Scalar { style, ..Scalar::untyped(&name) };
                    own_fields.push(Entry { key, value: value.node });
                    removed.push(false);
                }
            }
        }
        let mut at = 0;
        own_fields.retain(|_| {
            at += 1;
            !removed[at - 1]
        });
        if let Some(entries) = target.entries_mut() {
            *entries = own_fields;
        }
        Ok(Some(target.into()))
    }

    fn walk_list(
        &self,
        target: Option<Node>,
        patch: Option<Node>,
        schema: Option<Type<'s>>,
        keys: &[String],
    ) -> Result<Option<Merged>, Error> {
        let mut patch = patch;
        let target = match (given(target.as_ref()).is_some(), patch.as_mut()) {
            (true, None) => target,
            (true, Some(patch)) if patch.is_null() => return Ok(None),
            (true, Some(patch)) => match directive(patch)? {
                Directive::Delete => return Ok(None),
                Directive::Replace => Some(patch.clone()),
                Directive::Merge => target,
            },
            (false, Some(patch)) => Some(patch.clone()),
            (false, None) => return Ok(None),
        };
        let Some(target) = target else { return Ok(None) };
        if target.is_null() {
            return Ok(Some(target.into()));
        }
        if patch.is_none() && self.is_settled(&target, schema) {
            return Ok(Some(target.into()));
        }
        let list = ListMerge { merger: self, schema: schema.and_then(Type::elements), keys };
        list.run(&target, patch.as_ref()).map(|node| Some(node.into()))
    }
}

/// A replaced field hands its style to the new value, quotes or none.
fn set(field: &mut Node, value: Node) {
    field.replace(value);
}

/// Fields of a patch by name, without a search for each.
struct Fields<'a>(HashMap<&'a str, &'a Entry>);

impl<'a> Fields<'a> {
    fn new(node: Option<&'a Node>) -> Self {
        let mut out = HashMap::new();
        for entry in node.map_or(&[][..], Node::entries) {
            out.entry(&*entry.key.text).or_insert(entry);
        }
        Self(out)
    }

    fn get(&self, name: &str) -> Option<&'a Entry> {
        self.0.get(name).copied()
    }
}

/// Reads the `$patch` directive of a mapping, or of a list that holds it as an element of its own, and removes it.
fn directive(patch: &mut Node) -> Result<Directive, Error> {
    let text = match patch {
        Node::Map(_) => patch.get("$patch").map(|value| value.text().to_owned()),
        Node::Seq(items) => items
            .iter()
            .find(|item| item.get("$patch").is_some())
            .filter(|item| item.entries().len() == 1)
            .and_then(|item| item.get("$patch"))
            .map(|value| value.text().to_owned()),
        Node::Scalar(_) => {
            return Err(Error::new(
                ErrorKind::Patch,
                format!("no implemented strategic merge patch strategy for '{}'", patch.text()),
            ));
        }
    };
    let Some(text) = text else { return Ok(Directive::Merge) };
    let directive = match text.as_str() {
        "delete" => Directive::Delete,
        "replace" => Directive::Replace,
        "merge" => Directive::Merge,
        other => {
            return Err(Error::new(ErrorKind::Patch, format!("unknown patch strategy '{other}'")));
        }
    };
    patch.remove("$patch");
    if let Some(items) = patch.items_mut() {
        items.retain(|item| !item.is_empty() && item.get("$patch").is_none_or(|value| value.text() != text));
    }
    Ok(directive)
}

/// Merges lists whose elements are told apart by keys, or by themselves where there is no key.
struct ListMerge<'m, 's> {
    merger: &'m Merger<'s>,
    schema: Option<Type<'s>>,
    keys: &'m [String],
}

/// Elements by the text of their keys.
type Values = Vec<String>;

impl ListMerge<'_, '_> {
    fn run(&self, target: &Node, patch: Option<&Node>) -> Result<Node, Error> {
        let keys: Vec<String> = if self.keys.is_empty() { vec![String::new()] } else { self.keys.to_vec() };
        let mut values = self.values(target, patch);
        if keys.len() > 1 {
            unify(&mut values);
        }
        let used = used_keys(&values);
        let mut dest = target.items().to_vec();
        let mut added: Vec<Node> = Vec::new();
        let mut last_keys: Vec<String> = Vec::new();
        for value in &values {
            let (valid_keys, valid_values) = valid(&used, value, &keys);
            // Elements are looked up once more with the keys that this one has.
            let own = used_keys(std::slice::from_ref(&valid_values));
            let (own_keys, own_values) = valid(&own, &valid_values, &valid_keys);
            let at = position(&dest, &own_keys, &own_values);
            let items = patch.map_or(&[][..], Node::items);
            let from_patch = position(items, &own_keys, &own_values).map(|at| items[at].clone());
            // To replace a matched element does nothing: the old one takes its place again below.
            let replaces =
                from_patch.as_ref().and_then(|p| p.get("$patch")).is_some_and(|v| v.text() == "replace");
            let own = at.map(|at| dest[at].clone());
            let merged = self.merger.walk(own, from_patch, self.schema)?.map(|merged| merged.node);
            last_keys.clone_from(&valid_keys);
            let Some(mut merged) = merged.filter(|merged| !merged.is_null() && !is_empty_map(merged)) else {
                set_element(&mut dest, None, &valid_keys, &valid_values);
                continue;
            };
            for (key, text) in valid_keys.iter().zip(&valid_values) {
                if !key.is_empty() && merged.get(key).is_none() && !text.is_empty() {
                    merged.set(key, Node::untyped(text));
                }
            }
            if let (Some(at), false) = (at, replaces) {
                dest[at] = merged.clone();
            }
            set_element(&mut added, Some(merged), &valid_keys, &valid_values);
        }
        if !values.is_empty() {
            append(&mut added, std::mem::take(&mut dest), &last_keys);
            dest = added;
        }
        Ok(Node::Seq(std::sync::Arc::new(dest)))
    }

    /// The values by which elements are told apart, those of the patch first.
    fn values(&self, target: &Node, patch: Option<&Node>) -> Vec<Values> {
        let mut out: Vec<Values> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for list in patch.into_iter().chain([target]) {
            for item in list.items() {
                let value: Values = if self.keys.is_empty() {
                    vec![item.text().to_owned()]
                } else {
                    self.keys
                        .iter()
                        .map(|key| {
                            item.get(key)
                                .filter(|f| !f.is_empty())
                                .map_or(String::new(), |f| f.text().to_owned())
                        })
                        .collect()
                };
                if seen.insert(value.clone()) {
                    out.push(value);
                }
            }
        }
        out
    }
}

fn is_empty_map(node: &Node) -> bool {
    matches!(node, Node::Map(entries) if entries.is_empty())
}

/// Fills gaps in keys from elements that agree in the rest.
fn unify(values: &mut [Values]) {
    for i in 0..values.len() {
        for j in 0..values.len() {
            if let Some(joined) = agree(&values[i], &values[j]) {
                values[i].clone_from(&joined);
                values[j] = joined;
            }
        }
    }
}

fn agree(a: &Values, b: &Values) -> Option<Values> {
    if a.len() != b.len() {
        return None;
    }
    let mut common = false;
    let mut out = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        if a == b {
            common = true;
        } else if !a.is_empty() && !b.is_empty() {
            return None;
        }
        out.push(if a.is_empty() { b.clone() } else { a.clone() });
    }
    common.then_some(out)
}

/// Which keys any element has.
fn used_keys(values: &[Values]) -> Vec<bool> {
    let width = values.iter().map(Vec::len).max().unwrap_or(0);
    (0..width).map(|at| values.iter().any(|value| value.get(at).is_some_and(|v| !v.is_empty()))).collect()
}

/// The keys that are in use with the values of one element; all if none is.
fn valid(used: &[bool], value: &Values, keys: &[String]) -> (Vec<String>, Values) {
    if !used.contains(&true) {
        return (keys.to_vec(), value.clone());
    }
    let is_used = |at: usize| used.get(at).copied().unwrap_or(false);
    let names = keys.iter().enumerate().filter(|(at, _)| is_used(*at)).map(|(_, k)| k.clone()).collect();
    let values = value
        .iter()
        .enumerate()
        .filter(|(at, v)| !v.is_empty() || is_used(*at))
        .map(|(_, v)| v.clone())
        .collect();
    (names, values)
}

fn position(list: &[Node], keys: &[String], values: &Values) -> Option<usize> {
    let first = values.first().map_or("", String::as_str);
    if keys.first().is_none_or(String::is_empty) {
        return list.iter().position(|item| item.text() == first);
    }
    if keys.len() != values.len() {
        return None;
    }
    list.iter().position(|item| {
        matches!(item, Node::Map(_))
            && keys
                .iter()
                .zip(values)
                .all(|(key, value)| item.get(key).is_some_and(|field| field.text() == value))
    })
}

/// Replaces, removes or adds the elements that match.
fn set_element(list: &mut Vec<Node>, element: Option<Node>, keys: &[String], values: &Values) {
    let by_field = keys.first().is_some_and(|key| !key.is_empty())
        && values.first().is_some_and(|value| !value.is_empty());
    let mut found_any = false;
    let mut out = Vec::with_capacity(list.len() + 1);
    for item in list.drain(..) {
        if item.is_null() || is_empty_map(&item) {
            continue;
        }
        if by_field && !matches!(item, Node::Map(_)) {
            out.push(item);
            continue;
        }
        let mut found = true;
        let mut last = false;
        for (at, key) in keys.iter().enumerate() {
            if let Some(value) = values.get(at) {
                last = if key.is_empty() {
                    item.text() == value && item.kind() == Kind::Scalar
                } else {
                    item.get(key).is_some_and(|field| value.is_empty() || field.text() == value)
                };
            }
            if !last {
                found = false;
                break;
            }
        }
        if !found {
            if !values.is_empty() {
                out.push(item);
            }
            continue;
        }
        found_any = true;
        if let Some(element) = &element {
            out.push(element.clone());
        }
    }
    if let (false, Some(element)) = (found_any, element) {
        out.push(element);
    }
    *list = out;
}

/// Puts the elements of the target behind those of the patch, the ones that are there already left out.
fn append(list: &mut Vec<Node>, rest: Vec<Node>, keys: &[String]) {
    for item in rest {
        if keys.first().is_none_or(String::is_empty) {
            let text = item.text().to_owned();
            set_element(list, Some(item), &[String::new()], &vec![text]);
            continue;
        }
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            match item.get(key) {
                Some(value) => values.push(value.text().to_owned()),
                None => list.push(item.clone()),
            }
        }
        if keys.len() > 1 {
            set_element(list, None, keys, &values);
        }
        set_element(list, Some(item), keys, &values);
    }
}
