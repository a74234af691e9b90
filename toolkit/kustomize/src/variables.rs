// SPDX-License-Identifier: Apache-2.0

//! Variables: `$(NAME)` in certain fields, replaced by fields of other resources.

use std::collections::BTreeMap;

use gitops_yaml::{Dialect, resolve};
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::fieldspec::{FieldSpecs, Problem};
use crate::kustomization::Variable;
use crate::node::{Node, Scalar, Style, Tag, lookup, smart_split, to_value};
use crate::resource::ResourceList;
use crate::schema::Schema;

/// The variables of a build by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(BTreeMap<String, Variable>);

impl Variables {
    pub(crate) fn add(&mut self, variable: Variable) -> Result<(), Error> {
        if self.0.contains_key(&variable.name) {
            return Err(Error::new(
                ErrorKind::Kustomization,
                format!("var '{}' already encountered", variable.name),
            ));
        }
        self.0.insert(variable.name.clone(), variable);
        Ok(())
    }

    pub(crate) fn merge(&mut self, other: Self) -> Result<(), Error> {
        other.0.into_values().try_for_each(|variable| self.add(variable))
    }
}

/// Declares variables of a kustomization and remembers which resources they take their values from.
pub(crate) fn declare(
    variables: &[Variable],
    known: &mut Variables,
    list: &mut ResourceList,
    schema: &Schema,
) -> Result<(), Error> {
    for variable in variables {
        let mut wanted = variable.object.clone();
        wanted.cluster_scoped = schema.is_cluster_scoped(&wanted.gvk.api_version(), &wanted.gvk.kind);
        let exact = !wanted.namespace.is_empty();
        let places: Vec<usize> = (0..list.len())
            .filter(|&at| {
                list.get(at).all_ids().any(|id| {
                    id.name == wanted.name
                        && id.gvk == wanted.gvk
                        && (!exact || id.effective_namespace() == wanted.effective_namespace())
                })
            })
            .collect();
        if places.len() > 1 {
            return Err(Error::new(
                ErrorKind::Id,
                format!(
                    "found {} resId matches for var {} (unable to disambiguate)",
                    places.len(),
                    show(variable)
                ),
            ));
        }
        if let Some(&at) = places.first() {
            list.change(at, schema, |resource| {
                resource.variables.push(variable.name.clone());
                Ok(())
            })?;
        }
    }
    variables.iter().try_for_each(|variable| known.add(variable.clone()))
}

fn show(variable: &Variable) -> String {
    format!("{{{} {} {{{}}}}}", variable.name, variable.object.gvk, variable.field_path)
}

/// Replaces the variables in all resources.
pub(crate) fn replace(
    list: &mut ResourceList,
    variables: &Variables,
    fields: &FieldSpecs,
    schema: &Schema,
) -> Result<(), Error> {
    let mut values = BTreeMap::new();
    for variable in variables.0.values() {
        values.insert(variable.name.as_str(), value_of(variable, list)?);
    }
    if values.is_empty() {
        return Ok(());
    }
    let fields = fields.compiled();
    list.change_all(schema, |resource| {
        let id = resource.id().clone();
        for (_, path) in fields.iter().filter(|(spec, _)| spec.selects(&id)) {
            path.visit(&mut resource.node, &id, None, &mut |node| set(node, &values))
                .map_err(|problem| Error::new(ErrorKind::Transform, problem.to_string()))?;
        }
        Ok(())
    })
}

fn value_of(variable: &Variable, list: &ResourceList) -> Result<Value, Error> {
    let source = list.iter().find(|resource| resource.variables.contains(&variable.name));
    let Some(source) = source else {
        return Err(Error::new(
            ErrorKind::Id,
            format!("var '{}' cannot be mapped to a field in the set of known resources", show(variable)),
        ));
    };
    let path = split_indexes(&variable.field_path);
    let found = match lookup(&source.node, &path) {
        Ok(Some(node)) => field_value(node),
        _ => None,
    };
    found.ok_or_else(|| {
        Error::new(
            ErrorKind::Transform,
            format!("field specified in var '{}' not found in corresponding resource", show(variable)),
        )
    })
}

/// `ports[0]` is `ports` and `0`.
fn split_indexes(path: &str) -> Vec<String> {
    let mut out = Vec::new();
    for part in smart_split(path) {
        let index = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        match index {
            Some((name, index)) if !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()) => {
                if !name.is_empty() {
                    out.push(name.to_owned());
                }
                out.push(index.to_owned());
            }
            _ => out.push(part),
        }
    }
    out
}

fn field_value(node: &Node) -> Option<Value> {
    let Node::Scalar(scalar) = node else { return to_value(node).ok() };
    match scalar.tag {
        Tag::Int => {
            let plain: String = scalar.text.to_string();
            plain.parse::<i64>().ok().map(Value::from)
        }
        Tag::Float => scalar.text.parse::<f64>().ok().map(Value::from),
        Tag::Bool => resolve(&scalar.text.to_lowercase(), None, Dialect::V3).ok().filter(Value::is_boolean),
        _ => Some(Value::from(&*scalar.text)),
    }
}

fn set(node: &mut Node, values: &BTreeMap<&str, Value>) -> Result<(), Problem> {
    match node {
        Node::Scalar(scalar) => {
            replace_scalar(scalar, values);
            Ok(())
        }
        Node::Map(_) => {
            for entry in node.entries_mut().into_iter().flatten() {
                if !entry.key.is_string() {
                    return Err(Problem::Other(format!(
                        "invalid map key: value='{}', tag='{}'",
                        entry.key.text,
                        entry.key.tag.name()
                    )));
                }
                if let Node::Scalar(scalar) = &mut entry.value {
                    replace_scalar(scalar, values);
                }
            }
            Ok(())
        }
        Node::Seq(_) => {
            for item in node.items_mut().into_iter().flatten() {
                match item {
                    Node::Scalar(scalar) if scalar.is_string() => replace_scalar(scalar, values),
                    _ => return Err(Problem::Other("invalid value type expect a string".to_owned())),
                }
            }
            Ok(())
        }
    }
}

fn replace_scalar(scalar: &mut Scalar, values: &BTreeMap<&str, Value>) {
    if !scalar.is_string() {
        return;
    }
    // Every string that is looked at loses its style and gains a tag.
    let replaced = expand(&scalar.text, values);
    let group = scalar.group;
    *scalar = match replaced {
        Value::String(text) => Scalar::string(&text),
        Value::Bool(bool) => Scalar::typed(&bool.to_string(), Tag::Bool),
        Value::Number(number) if number.is_f64() => Scalar::typed(&number.to_string(), Tag::Float),
        Value::Number(number) => Scalar::typed(&number.to_string(), Tag::Int),
        _ => scalar.clone(),
    };
    scalar.group = group;
    if scalar.style == Style::Literal && !scalar.text.contains('\n') {
        scalar.style = Style::Plain;
    }
}

/// Replaces the variables in a text; a text that is nothing but one variable becomes its value.
fn expand(text: &str, values: &BTreeMap<&str, Value>) -> Value {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        out.push_str(before);
        if after.is_empty() {
            out.push('$');
            rest = "";
            break;
        }
        if let Some(escaped) = after.strip_prefix('$') {
            out.push('$');
            rest = escaped;
        } else if let Some((name, behind)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            let whole = text.len() == name.len() + 3;
            match values.get(name) {
                Some(value) if whole && !value.is_object() && !value.is_array() => return value.clone(),
                Some(Value::String(value)) => out.push_str(value),
                Some(value) if !value.is_object() && !value.is_array() => out.push_str(&value.to_string()),
                _ => {
                    out.push_str("$(");
                    out.push_str(name);
                    out.push(')');
                }
            }
            rest = behind;
        } else {
            out.push('$');
            let next = after.chars().next().map_or(0, char::len_utf8);
            out.push_str(&after[..next]);
            rest = &after[next..];
        }
    }
    out.push_str(rest);
    Value::String(out)
}
