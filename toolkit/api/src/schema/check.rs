// SPDX-License-Identifier: Apache-2.0

mod columns;

use serde_json::{Value, json};

use super::names;
use super::structural;
use super::violation::Violation;

/// Returns what the server says to a CustomResourceDefinition that is to be registered.
///
/// Covered are names, versions, schemas (keywords, structure, defaults, rules), printer columns and selectable fields.
/// With one version, or with equal ones, the paths are those of the definition as a whole, as the server prints them.
///
/// ```
/// use gitops_api::schema::check_crd;
/// use serde_json::json;
///
/// let violations = check_crd(&json!({
///     "metadata": {"name": "widgets.example.com"},
///     "spec": {
///         "group": "example.com",
///         "scope": "Namespaced",
///         "names": {"kind": "Widget", "plural": "widgets"},
///         "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "string"}}}]
///     }
/// }));
/// assert_eq!(
///     violations[0].to_string(),
///     "spec.validation.openAPIV3Schema.type: Invalid value: \"string\": must be object at the root"
/// );
/// ```
pub fn check_crd(crd: &Value) -> Vec<Violation> {
    let mut out = Vec::new();
    let spec = &crd["spec"];
    check_name(crd, &mut out);
    check_group(spec, &mut out);
    let empty = Vec::new();
    let versions = spec["versions"].as_array().unwrap_or(&empty);
    check_versions(versions, &mut out);
    check_names(&spec["names"], &mut out);
    check_schemas(versions, &mut out);
    if versions.is_empty() {
        let detail = "must have at least one stored version";
        out.push(Violation::invalid("status.storedVersions", &Value::Null, detail));
    }
    if spec["preserveUnknownFields"] == true {
        let detail = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
        out.push(Violation::invalid("spec.preserveUnknownFields", &Value::Bool(true), detail));
    }
    out
}

fn check_name(crd: &Value, out: &mut Vec<Violation>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&crd["metadata"]["name"]);
    if name.is_empty() {
        out.push(Violation::required("metadata.name", "name or generateName is required"));
        return;
    }
    let wanted = format!("{}.{}", text(&crd["spec"]["names"]["plural"]), text(&crd["spec"]["group"]));
    let mut problems = names::dns_subdomain(&name);
    if name != wanted {
        problems.push("must be spec.names.plural+\".\"+spec.group".to_owned());
    }
    out.extend(
        problems
            .iter()
            .map(|problem| Violation::invalid("metadata.name", &Value::from(name.as_str()), problem)),
    );
}

fn check_group(spec: &Value, out: &mut Vec<Violation>) {
    let group = spec["group"].as_str().unwrap_or_default();
    let problems = names::dns_subdomain(group);
    if group.is_empty() {
        out.push(Violation::required("spec.group", ""));
    } else if !problems.is_empty() {
        out.push(Violation::invalid("spec.group", &spec["group"], &problems.join(",")));
    } else if !group.contains('.') {
        out.push(Violation::invalid(
            "spec.group",
            &spec["group"],
            "should be a domain with at least one dot",
        ));
    }
    match spec["scope"].as_str().unwrap_or_default() {
        "Cluster" | "Namespaced" => {}
        "" => out.push(Violation::required("spec.scope", "")),
        _ => {
            let supported = ["Cluster", "Namespaced"].into_iter();
            out.push(Violation::not_supported("spec.scope", &spec["scope"], supported));
        }
    }
}

fn check_versions(versions: &[Value], out: &mut Vec<Violation>) {
    for (index, version) in versions.iter().enumerate() {
        if version["schema"]["openAPIV3Schema"].is_null() {
            out.push(Violation::required(&format!("spec.versions[{index}].schema.openAPIV3Schema"), ""));
        }
    }
    let name_problems = |version: &Value, field: &str, out: &mut Vec<Violation>| {
        let problems = names::dns_1035_label(version["name"].as_str().unwrap_or_default());
        if !problems.is_empty() {
            out.push(Violation::invalid(field, &version["name"], &problems.join(",")));
        }
    };
    for (index, version) in versions.iter().enumerate() {
        name_problems(version, &format!("spec.versions[{index}].name"), out);
    }
    let listed = Value::Array(versions.to_vec());
    let unique = versions
        .iter()
        .enumerate()
        .all(|(index, version)| versions[..index].iter().all(|earlier| earlier["name"] != version["name"]));
    if !unique {
        out.push(Violation::invalid("spec.versions", &listed, "must contain unique version names"));
    }
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        let detail = "must have exactly one version marked as storage version";
        out.push(Violation::invalid("spec.versions", &listed, detail));
    }
    // The first version is also the one that older clients see.
    if let Some(first) = versions.first() {
        name_problems(first, "spec.version", out);
    }
}

fn check_names(listed: &Value, out: &mut Vec<Violation>) {
    let text = |key: &str| listed[key].as_str().unwrap_or_default();
    for key in ["plural", "kind"] {
        if text(key).is_empty() {
            out.push(Violation::required(&format!("spec.names.{key}"), ""));
        }
    }
    for key in ["plural", "singular", "kind", "listKind"] {
        let name = text(key);
        let mixed = matches!(key, "kind" | "listKind");
        let problems = names::dns_1035_label(&if mixed { name.to_lowercase() } else { name.to_owned() });
        if name.is_empty() || problems.is_empty() {
            continue;
        }
        let prefix = if mixed { "may have mixed case, but should otherwise match: " } else { "" };
        let detail = format!("{prefix}{}", problems.join(","));
        out.push(Violation::invalid(&format!("spec.names.{key}"), &listed[key], &detail));
    }
    for key in ["shortNames", "categories"] {
        for (index, name) in listed[key].as_array().into_iter().flatten().enumerate() {
            let problems = names::dns_1035_label(name.as_str().unwrap_or_default());
            if !problems.is_empty() {
                out.push(Violation::invalid(
                    &format!("spec.names.{key}[{index}]"),
                    name,
                    &problems.join(","),
                ));
            }
        }
    }
    if !text("kind").is_empty() && text("kind") == text("listKind") {
        let detail = "kind and listKind may not be the same";
        out.push(Violation::invalid("spec.names.listKind", &listed["listKind"], detail));
    }
}

/// Returns whether all versions agree in a part, which then belongs to the definition as a whole.
fn shared<'a>(versions: &'a [Value], part: &str) -> Option<&'a Value> {
    let (first, others) = versions.split_first()?;
    others.iter().all(|version| version[part] == first[part]).then(|| &first[part])
}

fn check_schemas(versions: &[Value], out: &mut Vec<Violation>) {
    let any_status = versions.iter().any(|version| version["subresources"]["status"].is_object());
    match shared(versions, "schema") {
        Some(schema) => {
            let path = "spec.validation.openAPIV3Schema";
            out.extend(structural::check(&schema["openAPIV3Schema"], path, any_status));
        }
        None => {
            for (index, version) in versions.iter().enumerate() {
                let path = format!("spec.versions[{index}].schema.openAPIV3Schema");
                let status = version["subresources"]["status"].is_object();
                out.extend(structural::check(&version["schema"]["openAPIV3Schema"], &path, status));
            }
        }
    }
    let lifted = |part: &str| shared(versions, part).is_some();
    for (index, version) in versions.iter().enumerate() {
        let path = |part: &str| {
            if lifted(part) { format!("spec.{part}") } else { format!("spec.versions[{index}].{part}") }
        };
        if index == 0 || !lifted("additionalPrinterColumns") {
            let columns = version.get("additionalPrinterColumns").cloned().unwrap_or(json!([]));
            columns::check(&columns, &path("additionalPrinterColumns"), out);
        }
        if index == 0 || !lifted("selectableFields") {
            let schema = &version["schema"]["openAPIV3Schema"];
            columns::check_selectable(&version["selectableFields"], schema, &path("selectableFields"), out);
        }
    }
}
