// SPDX-License-Identifier: Apache-2.0

//! Refused requests, as the `Status` objects that Kubernetes clients expect.

use serde_json::{Map, Value, json};

/// A request that was answered with something else than success.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) details: Option<Value>,
    pub(crate) retry_after: Option<u32>,
}

/// One finding about one field of an object.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) reason: &'static str,
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Cause {
    pub(crate) fn invalid(field: impl Into<String>, value: &str, detail: &str) -> Self {
        Self::new("FieldValueInvalid", field, format!("Invalid value: {value}: {detail}"))
    }

    pub(crate) fn invalid_text(field: impl Into<String>, value: &str, detail: &str) -> Self {
        Self::invalid(field, &quote(value), detail)
    }

    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        let message =
            if detail.is_empty() { "Required value".to_owned() } else { format!("Required value: {detail}") };
        Self::new("FieldValueRequired", field, message)
    }

    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueForbidden", field, format!("Forbidden: {detail}"))
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: &str) -> Self {
        Self::new("FieldValueDuplicate", field, format!("Duplicate value: {value}"))
    }

    pub(crate) fn too_long(field: impl Into<String>, bytes: usize) -> Self {
        Self::new("FieldValueTooLong", field, format!("Too long: may not be more than {bytes} bytes"))
    }

    pub(crate) fn unsupported(field: impl Into<String>, value: &str, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|text| quote(text)).collect();
        let message = format!("Unsupported value: {}: supported values: {}", quote(value), list.join(", "));
        Self::new("FieldValueNotSupported", field, message)
    }

    /// A value that is missing or not one of those allowed, as some kinds report it.
    pub(crate) fn required_value_unsupported(field: &str, value: &str, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|text| quote(text)).collect();
        let detail = format!("valid values: {}", list.join(", "));
        let message = format!("Required value: {detail}");
        let _ = value;
        Self::new("FieldValueRequired", field, message)
    }

    pub(crate) fn new(reason: &'static str, field: impl Into<String>, message: String) -> Self {
        Self { reason, field: field.into(), message }
    }

    fn text(&self) -> String {
        format!("{}: {}", self.field, self.message)
    }

    fn value(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

/// Quotes a text as Go's `%q` does.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() && (c as u32) < 0x80 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Marks a refusal whose message is the whole body.
pub(crate) const PLAIN_TEXT: &str = "PlainText";

/// What a refusal is about: the resource of a group, or a kind of a group.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
}

impl About<'_> {
    fn text(&self) -> String {
        if self.group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }
}

impl Refusal {
    pub(crate) fn new(code: u16, reason: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None, retry_after: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, Some("BadRequest"), message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        let message = message.into();
        let mut refusal =
            Self::new(500, Some("InternalError"), format!("Internal error occurred: {message}"));
        refusal.details = Some(json!({"causes": [{"message": message}]}));
        refusal
    }

    /// A failure that the real server reports without a reason.
    pub(crate) fn plain_500(message: impl Into<String>) -> Self {
        Self::new(500, None, message)
    }

    /// The answer to a path of which no group knows anything: plain text.
    pub(crate) fn unknown_path() -> Self {
        Self::new(404, Some(PLAIN_TEXT), "404 page not found\n")
    }

    /// The answer to a path that leads nowhere in a group that exists.
    pub(crate) fn no_route() -> Self {
        let mut refusal =
            Self::new(404, Some("NotFound"), "the server could not find the requested resource");
        refusal.details = Some(json!({}));
        refusal
    }

    pub(crate) fn not_found(about: About<'_>, name: &str) -> Self {
        Self::new(404, Some("NotFound"), format!("{} {} not found", about.text(), quote(name)))
            .about(about, name)
    }

    pub(crate) fn already_exists(about: About<'_>, name: &str) -> Self {
        Self::new(409, Some("AlreadyExists"), format!("{} {} already exists", about.text(), quote(name)))
            .about(about, name)
    }

    pub(crate) fn generated_name_taken(about: About<'_>, name: &str) -> Self {
        let message = format!(
            "{} {} already exists, the server was not able to generate a unique name for the object",
            about.text(),
            quote(name)
        );
        Self::new(409, Some("AlreadyExists"), message).about(about, name)
    }

    pub(crate) fn conflict(about: About<'_>, name: &str, detail: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {}: {detail}", about.text(), quote(name));
        Self::new(409, Some("Conflict"), message).about(about, name)
    }

    pub(crate) fn modified(about: About<'_>, name: &str) -> Self {
        let detail =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(about, name, detail)
    }

    pub(crate) fn forbidden(about: About<'_>, name: &str, detail: &str) -> Self {
        let message = if name.is_empty() {
            format!("{} is forbidden: {detail}", about.text())
        } else {
            format!("{} {} is forbidden: {detail}", about.text(), quote(name))
        };
        Self::new(403, Some("Forbidden"), message).about(about, name)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        let mut refusal = Self::new(405, Some("MethodNotAllowed"), message);
        refusal.details = Some(json!({}));
        refusal
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, Some("Expired"), message)
    }

    pub(crate) fn unsupported_media_type(accepted: &[&str]) -> Self {
        let list = accepted.join(", ");
        Self::new(
            415,
            Some("UnsupportedMediaType"),
            format!(
                "the body of the request was in an unknown format - accepted media types include: {list}"
            ),
        )
    }

    pub(crate) fn not_acceptable(accepted: &[&str]) -> Self {
        let list = accepted.join(", ");
        let message = format!("only the following media types are accepted: {list}");
        Self::new(406, Some("NotAcceptable"), message)
    }

    pub(crate) fn too_large_version(wanted: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
        let mut refusal = Self::new(504, Some("Timeout"), message);
        refusal.retry_after = Some(1);
        refusal.details = Some(json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        }));
        refusal
    }

    /// An object whose fields break rules; `kind` and `group` name the kind, not the resource.
    pub(crate) fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let subject = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut unique: Vec<&Cause> = Vec::new();
        for cause in causes {
            if !unique.iter().any(|other| other.field == cause.field && other.message == cause.message) {
                unique.push(cause);
            }
        }
        let causes = unique;
        let mut texts: Vec<String> = Vec::new();
        for cause in &causes {
            let text = cause.text();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let text = if texts.len() == 1 { texts.remove(0) } else { format!("[{}]", texts.join(", ")) };
        let message = format!("{subject} {} is invalid: {text}", quote(name));
        let mut refusal = Self::new(422, Some("Invalid"), message);
        let mut details = Map::new();
        insert_text(&mut details, "name", name);
        insert_text(&mut details, "group", group);
        insert_text(&mut details, "kind", kind);
        if !causes.is_empty() {
            details.insert("causes".into(), causes.iter().map(|cause| cause.value()).collect());
        }
        refusal.details = Some(Value::Object(details));
        refusal
    }

    pub(crate) fn about(mut self, about: About<'_>, name: &str) -> Self {
        let mut details = Map::new();
        insert_text(&mut details, "name", name);
        insert_text(&mut details, "group", about.group);
        insert_text(&mut details, "kind", about.resource);
        self.details = Some(Value::Object(details));
        self
    }

    pub(crate) fn with_causes(mut self, causes: Value) -> Self {
        let details = self.details.get_or_insert_with(|| json!({}));
        details["causes"] = causes;
        self
    }

    /// Returns the `Status` object of the answer.
    pub(crate) fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if let Some(reason) = self.reason {
            status["reason"] = json!(reason);
        }
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        status
    }
}

fn insert_text(map: &mut Map<String, Value>, key: &str, text: &str) {
    if !text.is_empty() {
        map.insert(key.to_owned(), Value::String(text.to_owned()));
    }
}
