// SPDX-License-Identifier: Apache-2.0

//! From OpenAPI schemas to merge types.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Atom, DEDUCED, Field, List, Map, OBJECT_META, Relationship, Scalar, TypeRef, UNTYPED, untyped};

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const RAW_EXTENSION: &str = "io.k8s.apimachinery.pkg.runtime.RawExtension";

/// Converts one named definition.
pub(super) fn named(name: &str, definition: &Value) -> Atom {
    match name {
        QUANTITY => Atom { scalar: Some(Scalar::Untyped), ..Atom::default() },
        RAW_EXTENSION => untyped(),
        _ => Reader { preserve: false, custom: false }.atom(definition),
    }
}

/// Converts the root schema of a custom resource.
pub(super) fn custom(schema: &Value, preserve: bool) -> Atom {
    let mut atom = Reader { preserve, custom: true }.atom(schema);
    if let Some(map) = &mut atom.map {
        add_object_fields(map);
    }
    atom
}

fn add_object_fields(map: &mut Map) {
    for name in ["apiVersion", "kind"] {
        let text = Atom { scalar: Some(Scalar::String), ..Atom::default() };
        map.fields.insert(name.to_owned(), Field { of: TypeRef::inline(text), default: None });
    }
    map.fields.insert("metadata".to_owned(), Field { of: TypeRef::named(OBJECT_META), default: None });
}

#[derive(Clone, Copy)]
struct Reader {
    preserve: bool,
    custom: bool,
}

fn text<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Value::as_str)
}

fn flag(node: &Value, key: &str) -> bool {
    node.get(key) == Some(&Value::Bool(true))
}

impl Reader {
    fn atom(mut self, node: &Value) -> Atom {
        self.preserve |= flag(node, "x-kubernetes-preserve-unknown-fields");
        let int_or_string = flag(node, "x-kubernetes-int-or-string");
        let mut atom = match text(node, "type").filter(|_| !int_or_string) {
            Some("object") => Atom { map: Some(self.map(node)), ..Atom::default() },
            Some("array") => Atom { list: Some(self.list(node)), ..Atom::default() },
            Some("integer" | "number") => scalar(Scalar::Numeric),
            Some("boolean") => scalar(Scalar::Boolean),
            Some("string") if matches!(text(node, "format"), None | Some("" | "byte")) || self.custom => {
                scalar(string_of(text(node, "format")))
            }
            Some(_) => scalar(Scalar::Untyped),
            None if text(node, "format") == Some("int-or-string") => scalar(Scalar::Untyped),
            None => {
                Atom { scalar: Some(Scalar::Untyped), list: Some(self.list(node)), map: Some(self.map(node)) }
            }
        };
        if flag(node, "x-kubernetes-embedded-resource")
            && let Some(map) = &mut atom.map
        {
            add_object_fields(map);
        }
        atom
    }

    fn reference(self, node: &Value) -> TypeRef {
        let all_of = node.get("allOf").and_then(Value::as_array).filter(|all| all.len() == 1);
        let target = text(node, "$ref").or_else(|| text(all_of?.first()?, "$ref"));
        match target.map(|target| target.rsplit_once('/').map_or(target, |(_, name)| name)) {
            Some(name) => {
                let relationship = node.get("x-kubernetes-map-type").map(map_relationship);
                TypeRef { relationship, ..TypeRef::named(name) }
            }
            None => TypeRef::inline(self.atom(node)),
        }
    }

    fn map(self, node: &Value) -> Map {
        let properties = node.get("properties").and_then(Value::as_object);
        let required: Vec<&str> = node
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut fields = BTreeMap::new();
        for (name, property) in properties.into_iter().flatten() {
            let explicit = property.get("default").filter(|default| !default.is_null()).cloned();
            let default = explicit.or_else(|| {
                let zero = !self.custom && required.contains(&name.as_str());
                zero.then(|| zero_of(property)).flatten()
            });
            fields.insert(name.clone(), Field { of: self.reference(property), default });
        }
        let element = match node.get("additionalProperties") {
            Some(Value::Bool(false)) => TypeRef::NONE,
            Some(Value::Bool(true)) => TypeRef::named(DEDUCED),
            Some(schema) => self.reference(schema),
            None if self.preserve || fields.is_empty() => TypeRef::named(DEDUCED),
            None => TypeRef::NONE,
        };
        let relationship = node.get("x-kubernetes-map-type").map_or(Relationship::Granular, map_relationship);
        Map { fields, element, relationship }
    }

    fn list(self, node: &Value) -> List {
        let (relationship, keys) = list_relationship(node);
        let element =
            node.get("items").map_or_else(|| TypeRef::named(UNTYPED), |items| self.reference(items));
        List { element, relationship, keys }
    }
}

fn scalar(scalar: Scalar) -> Atom {
    Atom { scalar: Some(scalar), ..Atom::default() }
}

fn string_of(format: Option<&str>) -> Scalar {
    match format {
        None | Some("" | "byte") => Scalar::String,
        Some(_) => Scalar::Untyped,
    }
}

/// Required fields of built-in types are always present in Go, with their zero value; list keys rely on it.
fn zero_of(property: &Value) -> Option<Value> {
    match text(property, "type")? {
        "string" => Some(json!("")),
        "integer" | "number" => Some(json!(0)),
        "boolean" => Some(json!(false)),
        _ => None,
    }
}

fn map_relationship(kind: &Value) -> Relationship {
    if kind == "atomic" { Relationship::Atomic } else { Relationship::Granular }
}

fn list_relationship(node: &Value) -> (Relationship, Vec<String>) {
    let keys = || -> Vec<String> {
        let names = node.get("x-kubernetes-list-map-keys").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    match text(node, "x-kubernetes-list-type") {
        Some("set") => return (Relationship::Granular, Vec::new()),
        Some("map") => return (Relationship::Granular, keys()),
        Some(_) => return (Relationship::Atomic, Vec::new()),
        None => {}
    }
    match text(node, "x-kubernetes-patch-strategy") {
        Some("merge" | "merge,retainKeys") => {
            let key = text(node, "x-kubernetes-patch-merge-key").map(str::to_owned);
            (Relationship::Granular, key.into_iter().collect())
        }
        _ => (Relationship::Atomic, Vec::new()),
    }
}
