// SPDX-License-Identifier: Apache-2.0

//! Names that resources call each other by, brought up to date after prefixes, suffixes, hashes and patches.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use crate::config::Reference;
use crate::error::{Error, ErrorKind};
use crate::fieldspec::{FieldPath, Problem};
use crate::id::{Gvk, Id, NOT_A_NAMESPACE};
use crate::node::{Kind, Node, Scalar, to_value};
use crate::resource::{Resource, ResourceList};
use crate::schema::Schema;

/// A field that may hold names of one kind.
struct Rule<'c> {
    target: &'c Gvk,
    referrer: &'c Gvk,
    path: FieldPath,
}

/// Kind, name and namespace.
type Place = (Arc<str>, Arc<str>, Arc<str>);

/// Where resources are found by an earlier name and kind, within a namespace or in all.
struct Index {
    by_namespace: HashMap<Place, Vec<u32>>,
    anywhere: HashMap<(Arc<str>, Arc<str>), Vec<u32>>,
    by_name: HashMap<Arc<str>, Vec<u32>>,
    /// Pairs of current and original namespace that occur.
    origins: HashSet<(Arc<str>, Arc<str>)>,
}

impl Index {
    fn new(list: &[Resource]) -> Self {
        let mut index = Self {
            by_namespace: HashMap::new(),
            anywhere: HashMap::new(),
            by_name: HashMap::new(),
            origins: HashSet::new(),
        };
        let mut names: HashMap<String, Arc<str>> = HashMap::new();
        let mut intern = |text: &str| match names.get(text) {
            Some(known) => known.clone(),
            None => {
                let known: Arc<str> = text.into();
                names.insert(text.to_owned(), known.clone());
                known
            }
        };
        for (at, resource) in list.iter().enumerate() {
            let place = u32::try_from(at).unwrap_or(u32::MAX);
            let namespace = intern(resource.id().effective_namespace());
            index.origins.insert((namespace.clone(), intern(resource.original_name().1)));
            let all_kinds: HashSet<&str> = resource.previous_names().map(|(_, kind)| kind).collect();
            let all_names: HashSet<&str> = resource.previous_names().map(|(name, _)| name).collect();
            for name in all_names {
                let name = intern(name);
                index.by_name.entry(name.clone()).or_default().push(place);
                for kind in &all_kinds {
                    let kind = intern(kind);
                    index.anywhere.entry((kind.clone(), name.clone())).or_default().push(place);
                    index
                        .by_namespace
                        .entry((kind, name.clone(), namespace.clone()))
                        .or_default()
                        .push(place);
                }
            }
        }
        index
    }

    /// Places of resources that had a name, and a kind if one is wanted, in order.
    fn candidates(&self, name: &str, kind: &str, scope: &Scope) -> Vec<usize> {
        let name: Arc<str> = name.into();
        let kind: Arc<str> = kind.into();
        let mut places: Vec<u32> = match scope {
            _ if kind.is_empty() => self.by_name.get(&name).cloned().unwrap_or_default(),
            Scope::All => self.anywhere.get(&(kind, name)).cloned().unwrap_or_default(),
            Scope::Namespaces(namespaces) => namespaces
                .iter()
                .filter_map(|namespace| {
                    self.by_namespace.get(&(kind.clone(), name.clone(), namespace.clone()))
                })
                .flatten()
                .copied()
                .collect(),
        };
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| place as usize).collect()
    }
}

/// The namespaces whose resources a referrer can mean.
enum Scope {
    All,
    Namespaces(Vec<Arc<str>>),
}

impl Scope {
    fn of(resource: &Resource) -> Result<Self, Error> {
        let id = resource.id();
        if id.cluster_scoped {
            return Ok(Self::All);
        }
        let mut namespaces: Vec<Arc<str>> = vec![id.effective_namespace().into(), NOT_A_NAMESPACE.into()];
        if &*id.gvk.kind == "RoleBinding" {
            for subject in resource.node.get("subjects").map_or(&[][..], Node::items) {
                let is_account = subject.get("kind").is_some_and(|kind| kind.text() == "ServiceAccount");
                let Some(namespace) = subject.get("namespace").filter(|_| is_account) else { continue };
                if !matches!(to_value(namespace), Ok(Value::String(_))) {
                    return Err(Error::new(
                        ErrorKind::Resource,
                        format!("Invalid Input: namespace is blank for resource \"{id}\"\n"),
                    ));
                }
                if !namespace.text().is_empty() {
                    let namespace: Arc<str> = namespace.text().into();
                    if !namespaces.contains(&namespace) {
                        namespaces.push(namespace);
                    }
                }
            }
        }
        Ok(Self::Namespaces(namespaces))
    }

    fn holds(&self, candidate: &Id) -> bool {
        match self {
            Self::All => true,
            Self::Namespaces(namespaces) => {
                namespaces.iter().any(|namespace| **namespace == *candidate.effective_namespace())
            }
        }
    }
}

/// Updates all references.
pub(crate) fn update(
    list: &mut ResourceList,
    references: &[Reference],
    schema: &Schema,
) -> Result<(), Error> {
    let mut by_kind: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut rules: Vec<Rule<'_>> = Vec::new();
    for reference in references {
        for spec in reference.referrers.iter() {
            by_kind.entry(&spec.gvk.kind).or_default().push(rules.len());
            rules.push(Rule { target: &reference.target, referrer: &spec.gvk, path: spec.path() });
        }
    }
    let index = Index::new(list.resources());
    let facts: Vec<Facts> = list.iter().map(Facts::of).collect();
    for at in 0..list.len() {
        let original = list.get(at).original_id();
        let mut wanted: Vec<usize> = [&*original.gvk.kind, ""]
            .iter()
            .filter_map(|kind| by_kind.get(kind))
            .flatten()
            .copied()
            .collect();
        wanted.sort_unstable();
        wanted.retain(|&rule| original.gvk.is_selected(rules[rule].referrer));
        if wanted.is_empty() {
            continue;
        }
        let scope = Scope::of(list.get(at))?;
        let finder = Finder { referrer: &facts[at].resource, facts: &facts, index: &index, scope };
        list.change(at, schema, |resource| {
            for rule in wanted {
                finder.apply(&rules[rule], resource)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// What of a resource decides whether it is meant.
struct Facts {
    resource: Resource,
}

impl Facts {
    fn of(resource: &Resource) -> Self {
        let mut resource = resource.clone();
        resource.node = Node::map();
        Self { resource }
    }
}

struct Finder<'f> {
    referrer: &'f Resource,
    facts: &'f [Facts],
    index: &'f Index,
    scope: Scope,
}

impl Finder<'_> {
    fn apply(&self, rule: &Rule<'_>, resource: &mut Resource) -> Result<(), Error> {
        let id = resource.id().clone();
        let role = rule.path.text().ends_with("roleRef/name").then(|| role_kind(&resource.node)).flatten();
        rule.path
            .visit(&mut resource.node, &id, None, &mut |node| self.set(node, rule, role.as_ref()))
            .map_err(|problem| {
                Error::new(ErrorKind::Transform, problem.to_string())
                    .within(format!("updating name reference in '{}' field of '{id}'", rule.path.text()))
            })
    }

    fn set(&self, node: &mut Node, rule: &Rule<'_>, role: Option<&Gvk>) -> Result<(), Problem> {
        if node.is_null() {
            return Ok(());
        }
        match node.kind() {
            Kind::Scalar => self.set_name(node, rule, role),
            Kind::Map => self.set_object(node, rule, role),
            Kind::Seq => {
                for item in node.items_mut().into_iter().flatten() {
                    if item.is_null() {
                        continue;
                    }
                    match item.kind() {
                        Kind::Scalar => self.set_name(item, rule, role)?,
                        Kind::Map => self.set_object(item, rule, role)?,
                        Kind::Seq => {
                            return Err(Problem::Other(
                                "is expected to be either a string or a map of string".to_owned(),
                            ));
                        }
                    }
                }
                Ok(())
            }
        }
    }

    fn set_name(&self, node: &mut Node, rule: &Rule<'_>, role: Option<&Gvk>) -> Result<(), Problem> {
        let candidates = self.index.candidates(node.text(), &rule.target.kind, &self.scope);
        let Some(found) = self.select(candidates, node.text(), rule, role, false)? else { return Ok(()) };
        let name = &found.id().name;
        if **name != *node.text() {
            node.set_scalar(Scalar::untyped(name))?;
        }
        Ok(())
    }

    fn set_object(&self, node: &mut Node, rule: &Rule<'_>, role: Option<&Gvk>) -> Result<(), Problem> {
        let Some(name) = node.get("name").map(|name| name.text().to_owned()) else {
            return Err(Problem::Other("path config error; no 'name' field in node".to_owned()));
        };
        let mut candidates = self.index.candidates(&name, &rule.target.kind, &self.scope);
        if let Some(namespace) = node.get("namespace") {
            let wanted = namespace.text();
            if self.has_origin(wanted) {
                candidates.retain(|&at| self.facts[at].resource.original_name().1 == wanted);
            } else {
                candidates.retain(|&at| {
                    wanted != NOT_A_NAMESPACE && self.facts[at].resource.id().effective_namespace() == wanted
                });
            }
        }
        let Some(found) = self.select(candidates, &name, rule, role, true)? else { return Ok(()) };
        let id = found.id();
        if *id.name == *name && id.namespace.is_empty() {
            return Ok(());
        }
        node.set("name", Node::untyped(&id.name));
        if !id.namespace.is_empty() {
            node.set("namespace", Node::untyped(&id.namespace));
        }
        Ok(())
    }

    /// Whether any resource in scope was in a namespace at first.
    fn has_origin(&self, original: &str) -> bool {
        if original == NOT_A_NAMESPACE {
            return false;
        }
        let original: Arc<str> = original.into();
        match &self.scope {
            Scope::All => self.index.origins.iter().any(|(_, origin)| *origin == original),
            Scope::Namespaces(namespaces) => namespaces
                .iter()
                .any(|namespace| self.index.origins.contains(&(namespace.clone(), original.clone()))),
        }
    }

    fn select(
        &self,
        candidates: Vec<usize>,
        name: &str,
        rule: &Rule<'_>,
        role: Option<&Gvk>,
        compare_namespaces: bool,
    ) -> Result<Option<&Resource>, Problem> {
        let mut found: Vec<&Resource> = candidates
            .into_iter()
            .map(|at| &self.facts[at].resource)
            .filter(|candidate| self.scope.holds(candidate.id()))
            .filter(|candidate| candidate.previous_names().any(|(previous, _)| previous == name))
            .filter(|candidate| candidate.previous_ids().any(|id| id.gvk.is_selected(rule.target)))
            .filter(|candidate| {
                role.is_none_or(|role| candidate.previous_ids().any(|id| id.gvk.is_selected(role)))
            })
            .filter(|candidate| self.in_reach(candidate))
            .collect();
        if found.len() > 1 || found.is_empty() {
            found.retain(|candidate| candidate.same_affixes(self.referrer, true));
            if found.len() > 1 {
                found.retain(|candidate| candidate.same_affixes(self.referrer, false));
            }
        }
        let [first, rest @ ..] = found.as_slice() else { return Ok(None) };
        let same = rest.iter().all(|other| {
            other.id().name == first.id().name
                && (!compare_namespaces || other.id().namespace == first.id().namespace)
        });
        if same {
            return Ok(Some(first));
        }
        let ids: Vec<String> = found.iter().map(|found| found.id().to_string()).collect();
        Err(Problem::Other(format!("found multiple possible referrals: {}", ids.join(", "))))
    }

    fn in_reach(&self, candidate: &Resource) -> bool {
        let (referrer, id) = (self.referrer.id(), candidate.id());
        referrer.cluster_scoped
            || id.cluster_scoped
            || &*id.gvk.kind == "ServiceAccount"
            || referrer.effective_namespace() == id.effective_namespace()
    }
}

/// Group and kind of what a role binding refers to, if it says both.
fn role_kind(node: &Node) -> Option<Gvk> {
    let role = node.get("roleRef")?;
    let group = role.get("apiGroup")?;
    let kind = role.get("kind")?;
    Some(Gvk::new(group.text(), "", kind.text()))
}
