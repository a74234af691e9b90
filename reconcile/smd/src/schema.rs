// SPDX-License-Identifier: Apache-2.0

//! Types as merging sees them.

mod openapi;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::builtin::builtin;

const UNTYPED: &str = "__untyped_atomic_";
const DEDUCED: &str = "__untyped_deduced_";
pub(crate) const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The named types that the objects of an API are made of.
///
/// Built from OpenAPI documents; see [`ObjectType`] for the type of one kind.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    types: HashMap<Arc<str>, Arc<Atom>>,
}

impl Schema {
    /// Reads component schemas of OpenAPI v2 or v3 documents, by name. References are matched by their last segment.
    pub fn from_definitions<'a>(definitions: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Self {
        let mut schema = Self::default();
        for (name, definition) in definitions {
            schema.types.insert(name.into(), Arc::new(openapi::named(name, definition)));
        }
        schema.types.insert(UNTYPED.into(), Arc::new(untyped()));
        schema.types.insert(DEDUCED.into(), Arc::new(deduced()));
        schema
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }

    pub(crate) fn resolve<'a>(&'a self, reference: &'a TypeRef) -> Option<Resolved<'a>> {
        let atom = match &reference.target {
            Target::None => return None,
            Target::Named(name) => self.types.get(name)?,
            Target::Inline(atom) => atom,
        };
        Some(atom.resolved(reference.relationship))
    }
}

/// Whether a container is owned as a whole or item by item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Relationship {
    Atomic,
    Granular,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Target {
    None,
    Named(Arc<str>),
    Inline(Arc<Atom>),
}

/// A reference to a type: by name, or inlined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TypeRef {
    pub(crate) target: Target,
    pub(crate) relationship: Option<Relationship>,
}

impl TypeRef {
    pub(crate) const NONE: Self = Self { target: Target::None, relationship: None };

    pub(crate) fn named(name: &str) -> Self {
        Self { target: Target::Named(name.into()), relationship: None }
    }

    pub(crate) fn inline(atom: Atom) -> Self {
        Self { target: Target::Inline(Arc::new(atom)), relationship: None }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.target == Target::None
    }

    pub(crate) fn name(&self) -> &str {
        match &self.target {
            Target::Named(name) => name,
            _ => "inlined type",
        }
    }

    fn is_deduced(&self) -> bool {
        match &self.target {
            Target::Named(name) => &**name == DEDUCED,
            Target::Inline(atom) => atom.scalar == Some(Scalar::Untyped),
            Target::None => false,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scalar {
    Numeric,
    String,
    Boolean,
    Untyped,
}

/// Up to three alternatives of what a value may be.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Atom {
    pub(crate) scalar: Option<Scalar>,
    pub(crate) list: Option<List>,
    pub(crate) map: Option<Map>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct List {
    pub(crate) element: TypeRef,
    pub(crate) relationship: Relationship,
    pub(crate) keys: Vec<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Map {
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) element: TypeRef,
    pub(crate) relationship: Relationship,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Field {
    pub(crate) of: TypeRef,
    pub(crate) default: Option<Value>,
}

impl Map {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    pub(crate) fn type_of(&self, name: &str) -> &TypeRef {
        self.field(name).map_or(&self.element, |field| &field.of)
    }

    pub(crate) fn is_deduced(&self) -> bool {
        self.fields.is_empty() && self.element.is_deduced()
    }
}

/// A container type with the relationship that holds at the place of use.
#[derive(Debug)]
pub(crate) struct At<'a, T> {
    container: &'a T,
    pub(crate) atomic: bool,
}

impl<T> Clone for At<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for At<'_, T> {}

impl<T> std::ops::Deref for At<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.container
    }
}

impl<'a, T> At<'a, T> {
    pub(crate) fn get(&self) -> &'a T {
        self.container
    }
}

/// An atom at its place of use; cheap to copy and to narrow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Resolved<'a> {
    pub(crate) scalar: Option<Scalar>,
    pub(crate) list: Option<At<'a, List>>,
    pub(crate) map: Option<At<'a, Map>>,
}

impl Atom {
    fn resolved(&self, relationship: Option<Relationship>) -> Resolved<'_> {
        let of_map = self.map.as_ref().map(|map| At {
            container: map,
            atomic: relationship.unwrap_or(map.relationship) == Relationship::Atomic,
        });
        // An override concerns the list only where there is no map.
        let of_list = self.list.as_ref().map(|list| {
            let own = if of_map.is_some() { None } else { relationship };
            At { container: list, atomic: own.unwrap_or(list.relationship) == Relationship::Atomic }
        });
        Resolved { scalar: self.scalar, list: of_list, map: of_map }
    }
}

impl<'a> Resolved<'a> {
    /// Narrows to the alternative that fits the value; stays as it is when none does.
    pub(crate) fn deduce(self, value: Option<&Value>) -> Self {
        match value {
            Some(Value::Number(_) | Value::String(_) | Value::Bool(_)) if self.scalar.is_some() => {
                Self { list: None, map: None, ..self }
            }
            Some(Value::Array(_)) if self.list.is_some() => Self { scalar: None, map: None, ..self },
            Some(Value::Object(_)) if self.map.is_some() => Self { scalar: None, list: None, ..self },
            _ => self,
        }
    }

    pub(crate) fn same_alternatives(&self, other: &Self) -> bool {
        self.scalar.is_some() == other.scalar.is_some()
            && self.list.is_some() == other.list.is_some()
            && self.map.is_some() == other.map.is_some()
    }

    /// Returns the alternative to act on: a map before a scalar before a list.
    pub(crate) fn choice(&self) -> Option<Choice<'a>> {
        match (self.map, self.scalar, self.list) {
            (Some(map), _, _) => Some(Choice::Map(map)),
            (None, Some(scalar), _) => Some(Choice::Scalar(scalar)),
            (None, None, Some(list)) => Some(Choice::List(list)),
            (None, None, None) => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Choice<'a> {
    Map(At<'a, Map>),
    Scalar(Scalar),
    List(At<'a, List>),
}

fn free_form(element: &str, relationship: Relationship) -> Atom {
    let list =
        List { element: TypeRef::named(UNTYPED), relationship: Relationship::Atomic, keys: Vec::new() };
    let map = Map { fields: BTreeMap::new(), element: TypeRef::named(element), relationship };
    Atom { scalar: Some(Scalar::Untyped), list: Some(list), map: Some(map) }
}

pub(crate) fn untyped() -> Atom {
    free_form(UNTYPED, Relationship::Atomic)
}

fn deduced() -> Atom {
    free_form(DEDUCED, Relationship::Granular)
}

/// The type of the objects of one kind at one version.
#[derive(Clone, Debug)]
#[doc(alias = "ParseableType")]
pub struct ObjectType {
    pub(crate) schema: Arc<Schema>,
    pub(crate) root: TypeRef,
}

impl ObjectType {
    /// Returns the type called `name` of a schema.
    pub fn named(schema: &Arc<Schema>, name: &str) -> Option<Self> {
        schema.has(name).then(|| Self { schema: Arc::clone(schema), root: TypeRef::named(name) })
    }

    /// Returns the type that knows nothing: scalars and lists are owned whole, maps key by key.
    pub fn deduced() -> Self {
        static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(Schema::from_definitions([])));
        Self { schema: Arc::clone(&SCHEMA), root: TypeRef::named(DEDUCED) }
    }

    /// Reads `openAPIV3Schema` of one version of a CustomResourceDefinition.
    ///
    /// `apiVersion`, `kind` and `metadata` are added; `x-kubernetes-list-type`, `list-map-keys`, `map-type`, `int-or-string`,
    /// `embedded-resource` and `preserve-unknown-fields` are honored. `preserve_unknown` is the legacy field of the whole CRD.
    pub fn from_structural(schema: &Value, preserve_unknown: bool) -> Self {
        let root = openapi::custom(schema, preserve_unknown);
        Self { schema: Arc::clone(builtin().schema()), root: TypeRef::inline(root) }
    }
}
