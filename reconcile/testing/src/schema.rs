// SPDX-License-Identifier: Apache-2.0

//! What the server knows of the shape of objects: structural schemas for custom ones, OpenAPI definitions for built-in ones.

mod quantity;
mod typed;

use gitops_api::schema::{Reason, Schema, Violation};
use serde_json::Value;

use crate::decode::Node;
use crate::refusal::{Cause, quote};
use crate::registry::Resource;

fn custom(resource: &Resource) -> Option<&Schema> {
    resource.custom.as_ref().and_then(|custom| custom.schema.as_deref())
}

/// Returns what a strict reader objects to: duplicate and unknown fields.
pub(crate) fn strict_problems(resource: &Resource, node: &Node) -> Vec<String> {
    let mut problems: Vec<String> =
        node.duplicates().iter().map(|path| format!("duplicate field {}", quote(path))).collect();
    problems.extend(unknown_fields(resource, node));
    problems
}

/// Returns unknown fields: of built-in kinds in document order, of custom ones by name.
pub(crate) fn unknown_fields(resource: &Resource, node: &Node) -> Vec<String> {
    let mut paths = Vec::new();
    if resource.is_custom() {
        let mut object = node.value();
        if let Some(schema) = custom(resource) {
            paths = schema.decode_fields(&mut object).unwrap_or_default();
        }
    } else {
        typed::unknown(resource, node, &mut paths);
    }
    paths.iter().map(|path| format!("unknown field {}", quote(path))).collect()
}

/// Checks the types of values where they are known before validation; the error is the decoder's.
pub(crate) fn check_types(resource: &Resource, object: &mut Value) -> Result<(), String> {
    match custom(resource) {
        Some(schema) => schema.decode_fields(object).map(drop),
        None if resource.is_custom() => Ok(()),
        None => typed::check(resource, object),
    }
}

/// Drops unknown fields and fills in defaults.
pub(crate) fn prune_and_default(resource: &Resource, object: &mut Value) {
    match custom(resource) {
        Some(schema) => schema.read(object),
        None if resource.is_custom() => {}
        None => typed::normalize(resource, object),
    }
}

/// Fills in the defaults of a custom object; nulls stay where they were applied.
pub(crate) fn default(resource: &Resource, object: &mut Value) {
    if let Some(schema) = custom(resource) {
        schema.default(object);
    }
}

/// Writes empty lists that are always written as null, as a typed server reads them back.
pub(crate) fn settle(resource: &Resource, object: &mut Value) {
    typed::settle(resource, object);
}

/// Drops what the version in which objects are stored does not have.
pub(crate) fn prune_for_storage(resource: &Resource, object: &mut Value) {
    if let Some(custom) = &resource.custom
        && !custom.storage
        && let Some(schema) = &custom.storage_schema
    {
        schema.prune(object);
    }
}

/// Checks an object against its schema, and against its former self.
pub(crate) fn validate(
    resource: &Resource,
    object: &Value,
    live: Option<&Value>,
    status: bool,
) -> (Vec<Cause>, Vec<String>) {
    let Some(schema) = custom(resource) else { return (Vec::new(), Vec::new()) };
    let (violations, warnings) = match live {
        None => (schema.validate(object), Vec::new()),
        Some(live) if status => schema.validate_status(object, live),
        Some(live) => schema.validate_update(object, live),
    };
    let own = |violation: &&Violation| {
        !violation.field.starts_with("metadata.") || violation.field.starts_with("metadata.name")
    };
    (violations.iter().filter(own).map(cause).collect(), warnings)
}

/// Turns a violation into a cause.
pub(crate) fn cause(violation: &Violation) -> Cause {
    let reason = match violation.reason {
        Reason::Duplicate => "FieldValueDuplicate",
        Reason::Forbidden => "FieldValueForbidden",
        Reason::NotSupported => "FieldValueNotSupported",
        Reason::Required => "FieldValueRequired",
        Reason::TooLong => "FieldValueTooLong",
        Reason::TooMany => "FieldValueTooMany",
        Reason::TypeInvalid => "FieldValueTypeInvalid",
        _ => "FieldValueInvalid",
    };
    Cause::new(reason, violation.field.clone(), violation.message.clone())
}
