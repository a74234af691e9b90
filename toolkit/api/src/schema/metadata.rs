// SPDX-License-Identifier: Apache-2.0

use serde_json::{Map, Value};

use super::names;
use super::violation::{Reason, Violation};

/// The type of a metadata field as Go declares it.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Integer,
    Boolean,
    Time,
    /// Anything that is an object: the fields of managed fields.
    Object,
    Texts,
    TextMap,
    List(&'static str, &'static [(&'static str, Shape)]),
}

const OWNER: &[(&str, Shape)] = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("uid", Shape::Text),
    ("controller", Shape::Boolean),
    ("blockOwnerDeletion", Shape::Boolean),
];

const OWNER_TEXTS: [&str; 4] = ["apiVersion", "kind", "name", "uid"];

const MANAGED: &[(&str, Shape)] = &[
    ("manager", Shape::Text),
    ("operation", Shape::Text),
    ("apiVersion", Shape::Text),
    ("time", Shape::Time),
    ("fieldsType", Shape::Text),
    ("fieldsV1", Shape::Object),
    ("subresource", Shape::Text),
];

const OBJECT_META: &[(&str, Shape)] = &[
    ("name", Shape::Text),
    ("generateName", Shape::Text),
    ("namespace", Shape::Text),
    ("selfLink", Shape::Text),
    ("uid", Shape::Text),
    ("resourceVersion", Shape::Text),
    ("generation", Shape::Integer),
    ("creationTimestamp", Shape::Time),
    ("deletionTimestamp", Shape::Time),
    ("deletionGracePeriodSeconds", Shape::Integer),
    ("labels", Shape::TextMap),
    ("annotations", Shape::TextMap),
    ("ownerReferences", Shape::List("OwnerReference", OWNER)),
    ("finalizers", Shape::Texts),
    ("managedFields", Shape::List("ManagedFieldsEntry", MANAGED)),
];

impl Shape {
    fn go_type(self) -> String {
        match self {
            Self::Text | Self::Time => "string".to_owned(),
            Self::Integer => "int64".to_owned(),
            Self::Boolean => "bool".to_owned(),
            Self::Object => "v1.FieldsV1".to_owned(),
            Self::Texts => "[]string".to_owned(),
            Self::TextMap => "map[string]string".to_owned(),
            Self::List(item, _) => format!("[]v1.{item}"),
        }
    }

    /// Returns whether Go leaves the value out when it writes the field.
    fn is_zero(self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty() && !matches!(self, Self::Object),
            Value::Number(number) => matches!(self, Self::Integer) && number.as_i64() == Some(0),
            Value::Bool(_) => false,
        }
    }
}

/// Decodes the metadata of an object as the server's type: unknown fields are removed and reported, empty ones left
/// out.
///
/// # Errors
///
/// A field has a value of another type; the text is that of Go's JSON decoder.
pub(super) fn clean(
    object: &mut Map<String, Value>,
    path: &str,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    match object.get_mut("metadata") {
        None => Ok(()),
        Some(Value::Null) => {
            object.remove("metadata");
            Ok(())
        }
        Some(Value::Object(meta)) => clean_fields(meta, OBJECT_META, path, "ObjectMeta", unknown),
        Some(other) => {
            Err(format!("json: cannot unmarshal {} into Go value of type v1.ObjectMeta", go_kind(other)))
        }
    }
}

fn clean_fields(
    fields: &mut Map<String, Value>,
    shapes: &[(&str, Shape)],
    path: &str,
    go_path: &str,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    let mut zero = Vec::new();
    let owner = std::ptr::eq(shapes, OWNER);
    for (key, value) in fields.iter_mut() {
        match shapes.iter().find(|(name, _)| name == key) {
            None => {
                unknown.push(format!("{path}.{key}"));
                zero.push(key.clone());
            }
            Some((_, shape)) => {
                let (path, go_path) = (format!("{path}.{key}"), format!("{go_path}.{key}"));
                clean_value(value, *shape, &path, &go_path, unknown)?;
                let kept = owner && OWNER_TEXTS.contains(&key.as_str());
                if shape.is_zero(value) && !kept {
                    zero.push(key.clone());
                }
            }
        }
    }
    zero.iter().for_each(|key| drop(fields.remove(key)));
    Ok(())
}

fn clean_value(
    value: &mut Value,
    shape: Shape,
    path: &str,
    go_path: &str,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    match (shape, &mut *value) {
        (_, Value::Null)
        | (Shape::Text, Value::String(_))
        | (Shape::Boolean, Value::Bool(_))
        | (Shape::Object, Value::Object(_)) => Ok(()),
        (Shape::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
        (Shape::Integer, Value::Number(number)) => {
            Err(mismatch(&format!("number {number}"), go_path, "int64"))
        }
        (Shape::Time, Value::String(text)) => match time_problem(text) {
            None => Ok(()),
            Some(problem) => Err(problem),
        },
        (Shape::Texts, Value::Array(items)) => {
            items.iter_mut().try_for_each(|item| clean_text(item, go_path))
        }
        (Shape::TextMap, Value::Object(fields)) => {
            fields.values_mut().try_for_each(|item| clean_text(item, go_path))
        }
        (Shape::List(_, shapes), Value::Array(items)) => {
            for (index, item) in items.iter_mut().enumerate() {
                match item {
                    Value::Object(fields) => {
                        complete(fields, shape);
                        clean_fields(fields, shapes, &format!("{path}[{index}]"), go_path, unknown)?;
                    }
                    Value::Null => *item = Value::Object(Map::new()),
                    other => {
                        let kind = shape.go_type();
                        return Err(mismatch(go_kind(other), go_path, kind.trim_start_matches("[]")));
                    }
                }
            }
            Ok(())
        }
        (shape, other) => Err(mismatch(go_kind(other), go_path, &shape.go_type())),
    }
}

/// The four texts of an owner reference are always written.
fn complete(fields: &mut Map<String, Value>, shape: Shape) {
    if let Shape::List("OwnerReference", _) = shape {
        for key in OWNER_TEXTS {
            fields.entry(key).or_insert_with(|| Value::from(""));
        }
    }
}

/// Texts in lists and maps: null becomes the empty text.
fn clean_text(value: &mut Value, go_path: &str) -> Result<(), String> {
    match value {
        Value::String(_) => Ok(()),
        Value::Null => {
            *value = Value::from("");
            Ok(())
        }
        other => Err(mismatch(go_kind(other), go_path, "string")),
    }
}

fn mismatch(found: &str, go_path: &str, wanted: &str) -> String {
    format!("json: cannot unmarshal {found} into Go struct field {go_path} of type {wanted}")
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn time_problem(text: &str) -> Option<String> {
    let fits =
        text.is_empty() || (super::format::is_date_time(text) && text.as_bytes().get(10) == Some(&b'T'));
    (!fits).then(|| {
        let quoted = super::gotext::quote(text);
        format!("parsing time {quoted} as \"2006-01-02T15:04:05Z07:00\": cannot parse {quoted} as \"2006\"")
    })
}

/// Checks the metadata of an object of its own.
pub(super) fn check(meta: Option<&Value>, namespaced: bool, out: &mut Vec<Violation>) {
    let empty = Map::new();
    let meta = meta.and_then(Value::as_object).unwrap_or(&empty);
    let text = |key: &str| meta.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, prefix, namespace) = (text("name"), text("generateName"), text("namespace"));
    let push = |field: &str, value: &str, problems: Vec<String>, out: &mut Vec<Violation>| {
        out.extend(problems.iter().map(|problem| Violation::invalid(field, &Value::from(value), problem)));
    };
    if !prefix.is_empty() {
        let masked = prefix.strip_suffix('-').map(|stem| format!("{stem}a"));
        push("metadata.generateName", prefix, names::dns_subdomain(masked.as_deref().unwrap_or(prefix)), out);
    }
    if !name.is_empty() {
        push("metadata.name", name, names::dns_subdomain(name), out);
    } else if prefix.is_empty() {
        out.push(Violation::required("metadata.name", "name or generateName is required"));
    }
    if !namespace.is_empty() {
        if namespaced {
            push("metadata.namespace", namespace, names::dns_label(namespace), out);
        } else {
            out.push(Violation::forbidden("metadata.namespace", "not allowed on this type"));
        }
    }
    check_common(meta, "metadata", out);
}

/// Checks what embedded metadata and an object's own have in common.
pub(super) fn check_common(meta: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    if let Some(generation) =
        meta.get("generation").filter(|value| value.as_i64().is_some_and(|value| value < 0))
    {
        let field = format!("{path}.generation");
        out.push(Violation::invalid(&field, generation, "must be greater than or equal to 0"));
    }
    let field = format!("{path}.labels");
    for (key, value) in entries(meta, "labels") {
        let keys = names::qualified(key);
        out.extend(
            keys.iter().map(|problem| Violation::invalid(&field, &Value::from(key.as_str()), problem)),
        );
        let values = names::label_value(value.as_str().unwrap_or_default());
        out.extend(values.iter().map(|problem| Violation::invalid(&field, value, problem)));
    }
    check_annotations(meta, path, out);
    check_owners(meta, path, out);
    check_finalizers(meta, path, out);
}

const ANNOTATIONS_LIMIT: usize = 256 * 1024;

fn check_annotations(meta: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let field = format!("{path}.annotations");
    let mut size = 0;
    for (key, value) in entries(meta, "annotations") {
        let problems = names::qualified(&key.to_lowercase());
        out.extend(
            problems.iter().map(|problem| Violation::invalid(&field, &Value::from(key.as_str()), problem)),
        );
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > ANNOTATIONS_LIMIT {
        let message = format!("Too long: may not be more than {ANNOTATIONS_LIMIT} bytes");
        out.push(Violation::new(Reason::TooLong, &field, message));
    }
}

fn check_owners(meta: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let field = format!("{path}.ownerReferences");
    let owners = meta.get("ownerReferences").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut controller: Option<&Value> = None;
    for (index, owner) in owners.iter().enumerate() {
        for key in OWNER_TEXTS {
            if owner[key].as_str().unwrap_or_default().is_empty() {
                out.push(Violation::required(&format!("{field}[{index}].{key}"), "must not be empty"));
            }
        }
        if owner["controller"] == true {
            if let Some(first) = controller {
                let name = |owner: &Value| {
                    let text = |key: &str| owner[key].as_str().unwrap_or_default().to_owned();
                    format!("{}/{}", text("kind"), text("name"))
                };
                let message = format!(
                    "Invalid value: [{}]: Only one reference can have Controller set to true. Found \"true\" in \
                     references for {} and {}",
                    owners.iter().map(owner_text).collect::<Vec<_>>().join(","),
                    name(first),
                    name(owner)
                );
                out.push(Violation::new(Reason::Invalid, &field, message));
            }
            controller = controller.or(Some(owner));
        }
    }
}

/// An owner reference in the order of the server's type.
fn owner_text(owner: &Value) -> String {
    let fields = OWNER.iter().filter_map(|(key, _)| {
        let value = owner.get(key)?;
        Some(format!("\"{key}\":{}", super::gotext::display_json(value)))
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn check_finalizers(meta: &Map<String, Value>, path: &str, out: &mut Vec<Violation>) {
    let field = format!("{path}.finalizers");
    let finalizers = meta.get("finalizers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for finalizer in finalizers.iter().filter_map(Value::as_str) {
        for problem in names::qualified(finalizer) {
            out.push(Violation::invalid(&field, &Value::from(finalizer), &problem));
        }
    }
    if ["orphan", "foregroundDeletion"].iter().all(|name| finalizers.iter().any(|other| other == name)) {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        out.push(Violation::invalid(&field, &meta["finalizers"], detail));
    }
}

fn entries<'a>(meta: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    meta.get(key).and_then(Value::as_object).into_iter().flatten()
}
