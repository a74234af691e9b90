// SPDX-License-Identifier: Apache-2.0

//! Does a live object differ from what is desired?

use gitops_smd::{Element, FieldSet};
use regex::Regex;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};

/// Fields in which a difference is no drift, and for which objects.
#[derive(Clone, Debug)]
pub struct IgnoreRule {
    paths: Vec<String>,
    target: Option<ObjectPattern>,
}

/// Picks objects by patterns that must match whole names.
#[derive(Clone, Debug, Default)]
pub struct ObjectPattern {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    namespace: Option<Regex>,
    name: Option<Regex>,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
}

impl IgnoreRule {
    /// Returns a rule for JSON pointers (`/spec/replicas`); without a pattern it holds for all objects.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when a path is no JSON pointer.
    pub fn new(
        paths: impl IntoIterator<Item = impl Into<String>>,
        target: Option<ObjectPattern>,
    ) -> Result<Self, Error> {
        let paths: Vec<String> = paths.into_iter().map(Into::into).collect();
        match paths.iter().find(|path| !path.is_empty() && !path.starts_with('/')) {
            Some(bad) => Err(Error::new(ErrorKind::Configuration, format!("invalid JSON pointer {bad:?}"))),
            None => Ok(Self { paths, target }),
        }
    }

    fn concerns(&self, object: &Value) -> bool {
        self.target.as_ref().is_none_or(|target| target.matches(object))
    }
}

impl ObjectPattern {
    /// Returns the pattern of regular expressions, each empty or absent one matching everything, and of label and annotation selectors.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when one is malformed.
    pub fn new(parts: &PatternParts<'_>) -> Result<Self, Error> {
        Ok(Self {
            group: anchored(parts.group)?,
            version: anchored(parts.version)?,
            kind: anchored(parts.kind)?,
            namespace: anchored(parts.namespace)?,
            name: anchored(parts.name)?,
            labels: requirements(parts.labels)?,
            annotations: requirements(parts.annotations)?,
        })
    }

    fn matches(&self, object: &Value) -> bool {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (group, version) = text("/apiVersion").rsplit_once('/').unwrap_or(("", text("/apiVersion")));
        let fits = |pattern: &Option<Regex>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        fits(&self.group, group)
            && fits(&self.version, version)
            && fits(&self.kind, text("/kind"))
            && fits(&self.namespace, text("/metadata/namespace"))
            && fits(&self.name, text("/metadata/name"))
            && self.labels.iter().all(|requirement| requirement.holds(object.pointer("/metadata/labels")))
            && self
                .annotations
                .iter()
                .all(|requirement| requirement.holds(object.pointer("/metadata/annotations")))
    }
}

/// The parts of an [`ObjectPattern`].
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "built by callers with `..Default::default()`")]
pub struct PatternParts<'a> {
    /// The API group.
    pub group: &'a str,
    /// The version.
    pub version: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
    /// A label selector, `app=web,tier!=db,canary`.
    pub labels: &'a str,
    /// The same on annotations.
    pub annotations: &'a str,
}

fn anchored(pattern: &str) -> Result<Option<Regex>, Error> {
    if pattern.is_empty() {
        return Ok(None);
    }
    let wrapped = format!("^(?:{})$", pattern.trim_start_matches('^').trim_end_matches('$'));
    Regex::new(&wrapped).map(Some).map_err(|cause| Error::new(ErrorKind::Configuration, cause.to_string()))
}

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    values: Vec<String>,
    test: Test,
}

#[derive(Clone, Copy, Debug)]
enum Test {
    In,
    NotIn,
    Exists,
    Missing,
}

impl Requirement {
    fn holds(&self, map: Option<&Value>) -> bool {
        let found = map.and_then(|map| map.get(&self.key)).and_then(Value::as_str);
        let listed = found.is_some_and(|found| self.values.iter().any(|value| value == found));
        match self.test {
            Test::In => listed,
            Test::NotIn => !listed,
            Test::Exists => found.is_some(),
            Test::Missing => found.is_none(),
        }
    }
}

fn requirements(selector: &str) -> Result<Vec<Requirement>, Error> {
    let malformed = || Error::new(ErrorKind::Configuration, format!("unable to parse selector {selector:?}"));
    let mut out = Vec::new();
    let mut rest = selector.trim();
    while !rest.is_empty() {
        let end = match (rest.find(','), rest.find('('), rest.find(')')) {
            (Some(comma), Some(open), Some(close)) if open < comma => {
                rest[close..].find(',').map_or(rest.len(), |at| close + at)
            }
            (None, ..) => rest.len(),
            (Some(comma), ..) => comma,
        };
        out.push(requirement(rest[..end].trim()).ok_or_else(malformed)?);
        rest = rest[end..].trim_start_matches(',').trim();
    }
    Ok(out)
}

fn requirement(text: &str) -> Option<Requirement> {
    let of =
        |key: &str, values: Vec<String>, test| Some(Requirement { key: key.trim().to_owned(), values, test });
    if let Some((key, value)) = text.split_once("!=") {
        return of(key, vec![value.trim().to_owned()], Test::NotIn);
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return of(key, vec![value.trim().to_owned()], Test::In);
    }
    if let Some((head, values)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        return match (words.next(), words.next()) {
            (Some(key), Some("in")) => of(key, values, Test::In),
            (Some(key), Some("notin")) => of(key, values, Test::NotIn),
            _ => None,
        };
    }
    match text.strip_prefix('!') {
        Some(key) => of(key, Vec::new(), Test::Missing),
        None if !text.is_empty() && !text.contains(char::is_whitespace) => of(text, Vec::new(), Test::Exists),
        None => None,
    }
}

/// Returns whether a dry run changed labels, annotations or content of a live object.
pub(crate) fn drifted(live: &Value, dry_run: &Value, rules: &[IgnoreRule]) -> bool {
    let rules: Vec<&IgnoreRule> = rules.iter().filter(|rule| rule.concerns(dry_run)).collect();
    if rules.is_empty() {
        return differs(live, dry_run);
    }
    if !differs(live, dry_run) {
        return false;
    }
    let (mut live, mut dry_run) = (live.clone(), dry_run.clone());
    for path in rules.iter().flat_map(|rule| &rule.paths) {
        remove(&mut live, path);
        remove(&mut dry_run, path);
    }
    differs(&live, &dry_run)
}

fn differs(live: &Value, dry_run: &Value) -> bool {
    static EMPTY: Value = Value::Null;
    let part = |object: &'_ Value, field: &str| -> Map<String, Value> {
        let metadata = object.get("metadata").unwrap_or(&EMPTY);
        metadata.get(field).and_then(Value::as_object).cloned().unwrap_or_default()
    };
    if part(live, "labels") != part(dry_run, "labels")
        || part(live, "annotations") != part(dry_run, "annotations")
    {
        return true;
    }
    let content = |object: &Value| -> Map<String, Value> {
        let fields = object.as_object().into_iter().flatten();
        fields
            .filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    content(live) != content(dry_run)
}

/// Corrects the object that is about to be applied at the ignored paths: what another applier owns is left to it, anything else keeps its live value.
pub(crate) fn correct(
    desired: &mut Value,
    live: &Value,
    dry_run: &Value,
    rules: &[IgnoreRule],
    field_manager: &str,
) {
    for path in rules.iter().filter(|rule| rule.concerns(dry_run)).flat_map(|rule| &rule.paths) {
        if desired.pointer(path).is_none() || live.pointer(path) == dry_run.pointer(path) {
            continue;
        }
        if applied_by_another(live, path, field_manager) {
            remove(desired, path);
        } else if let (Some(there), Some(value)) = (desired.pointer_mut(path), live.pointer(path)) {
            *there = value.clone();
        }
    }
}

fn applied_by_another(live: &Value, path: &str, field_manager: &str) -> bool {
    let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let text =
        |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    entries
        .filter(|entry| {
            text(entry, "operation") == "Apply"
                && text(entry, "subresource").is_empty()
                && text(entry, "manager") != field_manager
        })
        .filter_map(|entry| FieldSet::from_value(entry.get("fieldsV1")?).ok())
        .any(|fields| owns(&fields, live, path))
}

/// Follows a JSON pointer through a field set, finding list items by the keys that the live item carries.
fn owns(fields: &FieldSet, live: &Value, path: &str) -> bool {
    let mut set = fields;
    let mut value = Some(live);
    let segments: Vec<String> = segments(path).collect();
    for (index, segment) in segments.iter().enumerate() {
        let element = match value {
            Some(Value::Array(items)) => {
                let item = position(segment, items.len()).and_then(|at| items.get(at));
                value = item;
                let found = set.elements().find(|element| item.is_some_and(|item| names(element, item)));
                match found {
                    Some(found) => found.clone(),
                    None => return false,
                }
            }
            other => {
                value = other.and_then(|value| value.get(segment));
                Element::field(segment.as_str())
            }
        };
        if index + 1 == segments.len() {
            return set.contains(&[element.clone()].into_iter().collect()) || set.below(&element).is_some();
        }
        match set.below(&element) {
            Some(below) => set = below,
            None => return false,
        }
    }
    false
}

fn names(element: &Element, item: &Value) -> bool {
    match element {
        Element::Key(fields) => fields.iter().all(|(name, value)| item.get(name) == Some(value)),
        _ => false,
    }
}

fn segments(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

fn position(segment: &str, length: usize) -> Option<usize> {
    match segment.strip_prefix('-') {
        Some(back) => length.checked_sub(back.parse().ok()?),
        None => segment.parse().ok(),
    }
}

/// Removes what a JSON pointer names, if it is there; negative positions count from the end of a list.
pub(crate) fn remove(object: &mut Value, pointer: &str) {
    let mut segments: Vec<String> = segments(pointer).collect();
    let Some(last) = segments.pop() else {
        *object = Value::Null;
        return;
    };
    let mut value = object;
    for segment in segments {
        let next = match value {
            Value::Array(items) => position(&segment, items.len()).and_then(|at| items.get_mut(at)),
            Value::Object(map) => map.get_mut(&segment),
            _ => None,
        };
        let Some(next) = next else { return };
        value = next;
    }
    match value {
        Value::Array(items) => {
            if let Some(at) = position(&last, items.len()).filter(|at| *at < items.len()) {
                items.remove(at);
            }
        }
        Value::Object(map) => {
            map.remove(&last);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_metadata_that_means_something_counts() {
        let live = json!({"metadata": {"labels": {"a": "b"}, "resourceVersion": "1"}, "data": {"k": "v"}, "status": {"x": 1}});
        for (change, expected) in [
            (json!({"metadata": {"labels": {"a": "b"}, "resourceVersion": "2"}, "data": {"k": "v"}}), false),
            (json!({"metadata": {"labels": {"a": "c"}}, "data": {"k": "v"}}), true),
            (json!({"metadata": {"labels": {"a": "b"}, "finalizers": ["x"]}, "data": {"k": "v"}}), false),
            (json!({"metadata": {"labels": {"a": "b"}}, "data": {"k": "w"}}), true),
        ] {
            assert_eq!(drifted(&live, &change, &[]), expected, "{change}");
        }
    }

    #[test]
    fn an_ignored_path_is_no_drift_where_the_pattern_fits() {
        let pattern = |kind| {
            ObjectPattern::new(&PatternParts { kind, ..PatternParts::default() }).expect("because it is one")
        };
        let rule =
            |kind| IgnoreRule::new(["/spec/replicas"], Some(pattern(kind))).expect("because it is one");
        let live = json!({"kind": "Deployment", "spec": {"replicas": 1}});
        let dry_run = json!({"kind": "Deployment", "spec": {"replicas": 2}});
        assert!(!drifted(&live, &dry_run, &[rule("Deploy.*")]));
        assert!(drifted(&live, &dry_run, &[rule("Deploy")]));
    }

    #[test]
    fn an_ignored_field_keeps_its_live_value_or_is_left_to_its_applier() {
        let rules = [IgnoreRule::new(["/spec/replicas"], None).expect("because it is one")];
        let mut live = json!({"spec": {"replicas": 5}});
        let dry_run = json!({"spec": {"replicas": 2}});
        let mut desired = json!({"spec": {"replicas": 2, "x": 1}});
        correct(&mut desired, &live, &dry_run, &rules, "me");
        assert_eq!(desired, json!({"spec": {"replicas": 5, "x": 1}}));
        live["metadata"] = json!({"managedFields": [
            {"manager": "hpa", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]});
        desired["spec"]["replicas"] = json!(2);
        correct(&mut desired, &live, &dry_run, &rules, "me");
        assert_eq!(desired, json!({"spec": {"x": 1}}));
    }

    #[test]
    fn selectors_of_rules_are_those_of_kubernetes() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "a"}}});
        for (labels, expected) in [
            ("app=web", true),
            ("app!=web", false),
            ("app in (db, web),tier", true),
            ("!app", false),
            ("app notin (web)", false),
        ] {
            let pattern = ObjectPattern::new(&PatternParts { labels, ..PatternParts::default() })
                .expect("because it is one");
            assert_eq!(pattern.matches(&object), expected, "{labels}");
        }
    }
}
