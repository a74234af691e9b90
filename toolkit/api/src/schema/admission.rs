// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use super::correlate::Pair;
use super::path::Path;
use super::rules::{self, Scope};
use super::violation::{Reason, Violation};
use super::{Schema, default, embedded, lists, metadata, numbers, prune, value};

/// What happens to fields that the schema does not declare: the `fieldValidation` of a request.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum FieldValidation {
    /// They are dropped silently.
    Ignore,
    /// They are dropped with a warning.
    #[default]
    Warn,
    /// They make the write fail before anything else is looked at.
    Strict,
}

/// What the server says to a write.
///
/// The steps after a failed one do not run: with [`malformed`](Self::malformed) or, under
/// [`FieldValidation::Strict`], with [`unknown_fields`](Self::unknown_fields) there are no violations.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Admission {
    /// Why the body cannot be decoded as the kind at all (code 400); the whole text.
    pub malformed: Option<String>,
    /// Paths that the schema does not declare: those of the metadata, the others, those of embedded metadata, each in
    /// byte order.
    pub unknown_fields: Vec<String>,
    /// Everything that is wrong with the object (code 422).
    pub violations: Vec<Violation>,
    /// Texts of warning headers.
    pub warnings: Vec<String>,
    strict: bool,
    kind: String,
    version: String,
}

impl Admission {
    /// Returns whether the object would be stored.
    pub fn is_accepted(&self) -> bool {
        let decoded = self.malformed.is_none() && (self.unknown_fields.is_empty() || !self.strict);
        decoded && self.violations.is_empty()
    }

    /// Returns the message of the answer with code 400: the body cannot be decoded, or strict decoding found
    /// something. `duplicates` are the paths that [`duplicate_fields`](super::duplicate_fields) found in the text.
    pub fn decoding_error(&self, duplicates: &[String]) -> Option<String> {
        if let Some(text) = &self.malformed {
            return Some(text.clone());
        }
        let problems = strict_problems(&self.unknown_fields, duplicates);
        (self.strict && !problems.is_empty()).then(|| {
            cannot_be_handled(
                &self.kind,
                &self.version,
                &format!("strict decoding error: {}", problems.join(", ")),
            )
        })
    }
}

fn strict_problems(unknown: &[String], duplicates: &[String]) -> Vec<String> {
    let duplicates = duplicates.iter().map(|path| format!("duplicate field \"{path}\""));
    duplicates.chain(unknown.iter().map(|path| format!("unknown field \"{path}\""))).collect()
}

fn cannot_be_handled(kind: &str, version: &str, problem: &str) -> String {
    format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {problem}")
}

/// Which part of an object a write may change.
#[derive(Clone, Copy, PartialEq)]
enum Verb {
    Create,
    Update,
    Status,
}

impl Schema {
    /// Does what a create does: decodes, prunes and defaults the object in place, then validates it.
    ///
    /// With a status subresource a status is decoded and then replaced by the schema's default for it, as a read after
    /// the write shows.
    pub fn admit_create(&self, object: &mut Value, fields: FieldValidation) -> Admission {
        let mut admission = self.decode(object, fields);
        if admission.may_go_on() {
            self.prepare(object, None, Verb::Create);
            self.validate_into(object, None, Verb::Create, &mut admission);
            self.default(object);
            numbers::store(object);
        }
        admission
    }

    /// Does what a replacement does. `old` is the stored object, already defaulted as a read gives it.
    ///
    /// With a status subresource the object takes the status of the stored one.
    pub fn admit_update(&self, object: &mut Value, old: &Value, fields: FieldValidation) -> Admission {
        self.admit_change(object, old, fields, Verb::Update)
    }

    /// Does what a replacement through the status subresource does: everything but the status comes from the stored
    /// object.
    pub fn admit_status(&self, object: &mut Value, old: &Value, fields: FieldValidation) -> Admission {
        self.admit_change(object, old, fields, Verb::Status)
    }

    fn admit_change(
        &self,
        object: &mut Value,
        old: &Value,
        fields: FieldValidation,
        verb: Verb,
    ) -> Admission {
        let mut admission = self.decode(object, fields);
        if admission.may_go_on() {
            self.prepare(object, Some(old), verb);
            self.validate_into(object, Some(old), verb, &mut admission);
            numbers::store(object);
        }
        admission
    }

    /// Reads an object as the server reads its store: pruned and defaulted, with nothing reported, whole floats as
    /// integers.
    pub fn read(&self, object: &mut Value) {
        numbers::store(object);
        // What cannot be decoded stays as it is; the next write says so.
        drop(self.decode_fields(object));
        self.default(object);
    }

    /// Removes fields that the schema does not declare, and nulls that it does not allow and has no default for.
    /// Returns the removed paths in byte order; nulls are not among them.
    ///
    /// Metadata is left alone; see [`decode_metadata`](Self::decode_metadata).
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut unknown = prune::prune(object, &self.root);
        default::drop_nulls(object, &self.root);
        unknown.sort_unstable();
        unknown
    }

    /// Fills in the defaults of the schema, wherever the parent of a default is present.
    pub fn default(&self, object: &mut Value) {
        default::fill(object, &self.root);
    }

    /// Brings the metadata of the object and of embedded resources into the server's type: unknown fields are removed
    /// and returned, null labels become empty.
    ///
    /// # Errors
    ///
    /// A field has a value of another type: the text of the decoder.
    pub fn decode_metadata(&self, object: &mut Value) -> Result<Vec<String>, String> {
        let mut unknown = Vec::new();
        if let Value::Object(fields) = &mut *object {
            metadata::clean(fields, "metadata", &mut unknown)?;
        }
        embedded::coerce(object, &self.root, &mut unknown)?;
        Ok(unknown)
    }

    /// Returns what a create says to an object that is already pruned and defaulted.
    pub fn validate(&self, object: &Value) -> Vec<Violation> {
        let mut admission = Admission::default();
        self.validate_into(object, None, Verb::Create, &mut admission);
        admission.violations
    }

    /// Returns what an update says: the violations that are not excused, and the warnings for rules that are.
    pub fn validate_update(&self, object: &Value, old: &Value) -> (Vec<Violation>, Vec<String>) {
        let mut admission = Admission::default();
        self.validate_into(object, Some(old), Verb::Update, &mut admission);
        (admission.violations, admission.warnings)
    }

    /// Returns what a write through the status subresource says, as [`validate_update`](Self::validate_update) does.
    pub fn validate_status(&self, object: &Value, old: &Value) -> (Vec<Violation>, Vec<String>) {
        let mut admission = Admission::default();
        self.validate_into(object, Some(old), Verb::Status, &mut admission);
        (admission.violations, admission.warnings)
    }

    fn decode(&self, object: &mut Value, fields: FieldValidation) -> Admission {
        let mut admission = Admission {
            strict: fields == FieldValidation::Strict,
            kind: self.kind.clone(),
            version: self.version.clone(),
            ..Admission::default()
        };
        numbers::decode(object);
        admission.malformed = self.envelope_problem(object);
        if admission.malformed.is_some() || object["kind"] != self.kind.as_str() {
            if admission.malformed.is_none() {
                admission.violations.push(self.wrong_kind(object));
            }
            return admission;
        }
        match self.decode_fields(object) {
            Ok(unknown) => admission.unknown_fields = unknown,
            Err(problem) => {
                admission.malformed = Some(cannot_be_handled(&self.kind, &self.version, &problem));
                return admission;
            }
        }
        self.default(object);
        if fields == FieldValidation::Warn {
            admission.warnings = strict_problems(&admission.unknown_fields, &[]);
        }
        admission
    }

    /// Brings the fields of the object into the server's form: decodes the metadata, [prunes](Self::prune), decodes the
    /// metadata of embedded resources, and returns what was unknown in this order.
    ///
    /// # Errors
    ///
    /// A field has a value of another type: the text of the decoder.
    pub fn decode_fields(&self, object: &mut Value) -> Result<Vec<String>, String> {
        let mut unknown = Vec::new();
        if let Value::Object(fields) = &mut *object {
            metadata::clean(fields, "metadata", &mut unknown)?;
        }
        unknown.sort_unstable();
        unknown.extend(self.prune(object));
        let known = unknown.len();
        embedded::coerce(object, &self.root, &mut unknown)?;
        unknown[known..].sort_unstable();
        Ok(unknown)
    }

    /// Returns why the object does not belong to this group and version.
    fn envelope_problem(&self, object: &Value) -> Option<String> {
        let expected = self.api_version();
        let kind = &self.kind;
        let unrecognized = |problem: &str| {
            format!("the object provided is unrecognized (must be of type {kind}): {problem}")
        };
        let text = |field: &str| match &object[field] {
            Value::Null => Ok(""),
            Value::String(text) => Ok(text.as_str()),
            other => {
                let found = match other {
                    Value::Bool(_) => "bool",
                    Value::Number(_) => "number",
                    Value::Array(_) => "array",
                    _ => "object",
                };
                let problem = format!(
                    "couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go struct field \
                     .{field} of type string"
                );
                Err(unrecognized(&problem))
            }
        };
        match (text("apiVersion"), text("kind")) {
            (Err(problem), _) | (_, Err(problem)) => Some(problem),
            (_, Ok("")) => Some(unrecognized("Object 'Kind' is missing")),
            (Ok(found), _) if found != expected => Some(format!(
                "the API version in the data ({found}) does not match the expected API version ({expected})"
            )),
            _ => None,
        }
    }

    fn wrong_kind(&self, object: &Value) -> Violation {
        Violation::invalid("kind", &object["kind"], &format!("must be {}", self.kind))
    }

    /// Takes from the stored object what the verb does not write.
    fn prepare(&self, object: &mut Value, old: Option<&Value>, verb: Verb) {
        let Value::Object(fields) = object else { return };
        let stored = old.and_then(Value::as_object);
        match (verb, stored) {
            (Verb::Status, Some(stored)) => {
                let status = fields.remove("status");
                *fields = stored.clone();
                fields.remove("status");
                fields.extend(status.map(|status| ("status".to_owned(), status)));
            }
            (Verb::Update, Some(stored)) if self.status => {
                fields.remove("status");
                fields.extend(stored.get("status").map(|status| ("status".to_owned(), status.clone())));
            }
            (Verb::Create, _) if self.status => drop(fields.remove("status")),
            _ => {}
        }
    }

    fn validate_into(&self, object: &Value, old: Option<&Value>, verb: Verb, admission: &mut Admission) {
        let mut found = Vec::new();
        metadata::check(object.get("metadata"), self.namespaced, &mut found);
        let pair = old.map(|old| Pair { node: &self.root, old, new: object });
        if verb == Verb::Status {
            self.check_status(object, old, &mut found);
        } else {
            found.extend(value::check(object, &self.root, "", pair));
            self.check_scale(object, true, &mut found);
        }
        self.check_scale(object, false, &mut found);
        if verb != Verb::Status {
            embedded::check(object, &self.root, &Path::Root(""), &mut found);
        }
        let mut repeated = Vec::new();
        lists::check(object, &self.root, &Path::Root(""), &mut repeated);
        if let (false, Some(old)) = (repeated.is_empty(), old) {
            let mut before = Vec::new();
            lists::check(old, &self.root, &Path::Root(""), &mut before);
            if !before.is_empty() {
                repeated.clear();
            }
        }
        found.append(&mut repeated);
        if self.has_rules {
            if found.iter().any(|violation| violation.reason.blocks_rules()) {
                found.push(Violation::rules_not_checked());
            } else {
                let scope = Scope { value: object, old, pair };
                rules::check(&self.root, scope, &Path::Root(""), &mut found, &mut admission.warnings);
            }
        }
        admission.violations.append(&mut found);
    }

    fn check_status(&self, object: &Value, old: Option<&Value>, found: &mut Vec<Violation>) {
        let (Some(status), Some(node)) = (object.get("status"), self.root.properties.get("status")) else {
            return;
        };
        let old = old.and_then(|old| old.get("status"));
        let pair = old.map(|old| Pair { node, old, new: status });
        found.extend(value::check(status, node, "status", pair));
    }

    fn check_scale(&self, object: &Value, spec: bool, found: &mut Vec<Violation>) {
        let Some(scale) = &self.scale else { return };
        let path = if spec { &scale.spec_replicas } else { &scale.status_replicas };
        let mut steps = path.split('.').filter(|step| !step.is_empty());
        let value = steps.try_fold(object, |value, step| value.get(step)).filter(|_| !path.is_empty());
        let Some(replicas) = value.and_then(Value::as_i64) else { return };
        let detail = if replicas < 0 {
            "should be a non-negative integer".to_owned()
        } else if replicas > i64::from(i32::MAX) {
            format!("should be less than or equal to {}", i32::MAX)
        } else {
            return;
        };
        found.push(Violation::invalid(path, &Value::from(replicas), &detail));
    }
}

impl Admission {
    fn may_go_on(&self) -> bool {
        self.is_accepted()
    }

    /// Returns whether a violation has the given reason.
    pub fn has(&self, reason: Reason) -> bool {
        self.violations.iter().any(|violation| violation.reason == reason)
    }
}
