// SPDX-License-Identifier: Apache-2.0

//! From the spec of a [`Kustomization`](gitops_api::kustomize::v1::Kustomization) to a directory that can be built.
//!
//! The spec edits the kustomization file of its directory, and the file is generated where there is none. Nothing is written:
//! the edited file lies over the read-only tree.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;

use gitops_api::kustomize::v1::{BuildMetadata, Image, KustomizationSpec, Patch};
use gitops_kustomize::fs::{Failure, FileSystem};
use gitops_yaml::{Dialect, Limits, read_documents, read_value};
use serde_json::{Map, Value, json};

/// The names a kustomization file may have, the first one wins.
const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The keys of a kustomization file that a build knows; a controller drops the others instead of failing.
const KEYS: [&str; 33] = [
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "components",
    "crds",
    "namespace",
    "namePrefix",
    "nameSuffix",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "images",
    "imageTags",
    "replicas",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "generators",
    "transformers",
    "validators",
    "replacements",
    "vars",
    "configurations",
    "openapi",
    "buildMetadata",
    "sortOptions",
    "helmCharts",
    "helmGlobals",
];

/// Why a directory cannot be made ready for a build. `Display` is the text for the object's status.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Error {}

/// A file system in which one file is replaced or added.
#[derive(Clone, Debug)]
pub struct Overlay<F> {
    below: F,
    directory: String,
    name: String,
    content: Vec<u8>,
}

impl<F: FileSystem> Overlay<F> {
    fn path(&self) -> String {
        child(&self.directory, &self.name)
    }
}

impl<F: FileSystem> FileSystem for Overlay<F> {
    fn canonical(&self, path: &str) -> Result<String, Failure> {
        self.below.canonical(path).or_else(|failure| {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("/", path));
            let directory = if directory.is_empty() { "/" } else { directory };
            match self.below.canonical(directory) {
                Ok(directory) if directory == self.directory && name == self.name => Ok(self.path()),
                _ => Err(failure),
            }
        })
    }

    fn is_dir(&self, path: &str) -> bool {
        path != self.path() && self.below.is_dir(path)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        if path == self.path() { Ok(self.content.clone()) } else { self.below.read(path) }
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Failure> {
        let mut names = self.below.list(path)?;
        if path == self.directory && !names.contains(&self.name) {
            names.push(self.name.clone());
            names.sort();
        }
        Ok(names)
    }
}

/// Returns the tree with the kustomization file of `directory` (canonical) as the spec wants it.
///
/// # Errors
/// A file that is no Kubernetes YAML where a kustomization has to be generated, a kustomization file that cannot be read, or a
/// component that is not local.
pub fn prepare<F: FileSystem>(
    below: F,
    directory: &str,
    spec: &KustomizationSpec,
) -> Result<Overlay<F>, Error> {
    if !below.is_dir(directory) {
        let file = child(directory, FILE_NAMES[0]);
        return Err(Error(format!("open {file}: not a directory remove {file}: not a directory")));
    }
    let present = FILE_NAMES.iter().find(|name| is_file(&below, directory, name));
    let (name, mut file) = match present {
        Some(name) => (*name, read(&below, &child(directory, name))?),
        None => (FILE_NAMES[0], generate(&below, directory)?),
    };
    if present.is_some() && !lists_something(&file) {
        // An existing file without resources is no error for a controller.
        file.insert("buildMetadata".to_owned(), json!(["originAnnotations"]));
    }
    edit(&below, directory, spec, &mut file)?;
    let content = Value::Object(file).to_string().into_bytes();
    Ok(Overlay { below, directory: directory.to_owned(), name: name.to_owned(), content })
}

fn lists_something(file: &Map<String, Value>) -> bool {
    ["resources", "bases", "components", "configMapGenerator", "secretGenerator", "generators", "helmCharts"]
        .iter()
        .any(|key| file.get(*key).and_then(Value::as_array).is_some_and(|list| !list.is_empty()))
}

fn is_file(fs: &impl FileSystem, directory: &str, name: &str) -> bool {
    let path = child(directory, name);
    fs.canonical(&path).is_ok_and(|path| !fs.is_dir(&path))
}

fn child(directory: &str, name: &str) -> String {
    format!("{}/{name}", directory.trim_end_matches('/'))
}

fn read(fs: &impl FileSystem, path: &str) -> Result<Map<String, Value>, Error> {
    let canonical = fs.canonical(path).map_err(|failure| Error(failure.to_string()))?;
    let bytes = fs.read(&canonical).map_err(|failure| Error(failure.to_string()))?;
    let value =
        read_value(&bytes, Dialect::V2, &Limits::default()).map_err(|error| Error(error.to_string()))?;
    let mut file = match value {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        _ => {
            return Err(Error(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type Kustomization".into(),
            ));
        }
    };
    for key in ["resources", "bases", "components", "crds"] {
        if let Some(value) = file.get(key)
            && !value.is_null()
            && !value.is_array()
        {
            let kind = if value.is_object() { "object" } else { "string" };
            return Err(Error(format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go struct field \
                 Kustomization.{key} of type []string"
            )));
        }
    }
    file.retain(|key, value| KEYS.contains(&key.as_str()) && !value.is_null());
    file.entry("apiVersion").or_insert_with(|| json!("kustomize.config.k8s.io/v1beta1"));
    file.entry("kind").or_insert_with(|| json!("Kustomization"));
    Ok(file)
}

/// Makes a kustomization file that lists what the directory holds.
fn generate(fs: &impl FileSystem, directory: &str) -> Result<Map<String, Value>, Error> {
    let mut resources = Vec::new();
    scan(fs, directory, "", &mut resources)?;
    let mut file = Map::new();
    file.insert("apiVersion".to_owned(), json!("kustomize.config.k8s.io/v1beta1"));
    file.insert("kind".to_owned(), json!("Kustomization"));
    if resources.is_empty() {
        // A build of nothing is an error; a namespace for nothing is not.
        file.insert("namespace".to_owned(), json!("_placeholder"));
    } else {
        file.insert("resources".to_owned(), json!(resources));
    }
    Ok(file)
}

fn scan(fs: &impl FileSystem, directory: &str, prefix: &str, found: &mut Vec<String>) -> Result<(), Error> {
    let names = fs.list(directory).map_err(|failure| Error(failure.to_string()))?;
    for name in names {
        let path = child(directory, &name);
        let Ok(path) = fs.canonical(&path) else { continue };
        let relative = format!("{prefix}{name}");
        if fs.is_dir(&path) {
            if FILE_NAMES.iter().any(|file| is_file(fs, &path, file)) {
                found.push(format!("./{relative}"));
            } else {
                scan(fs, &path, &format!("{relative}/"), found)?;
            }
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            check(fs, &path)?;
            found.push(format!("./{relative}"));
        }
    }
    Ok(())
}

/// Every YAML file below a generated kustomization has to hold Kubernetes objects.
fn check(fs: &impl FileSystem, path: &str) -> Result<(), Error> {
    let failed = |what: String| Error(format!("failed to decode Kubernetes YAML from {path}: {what}"));
    let bytes = fs.read(path).map_err(|failure| failed(failure.to_string()))?;
    let documents = read_documents(&bytes, &Limits::default())
        .map_err(|error| failed(format!("MalformedYAMLError: {error}")))?;
    for document in documents {
        // A key that is there twice has a value only once the build has said what it thinks of it.
        let Ok(value) = document.root.to_value(Dialect::V3) else { continue };
        if !value.is_null() {
            identify(&value).map_err(failed)?;
        }
    }
    Ok(())
}

fn identify(document: &Value) -> Result<(), String> {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let metadata = document.get("metadata").filter(|metadata| metadata.is_object());
    let (kind, api_version) = (text(document, "kind"), text(document, "apiVersion"));
    if kind.ends_with("List") && document.get("items").is_some() {
        return Ok(());
    }
    let Some(metadata) = metadata else {
        return Err("missing Resource metadata".to_owned());
    };
    let object = format!(
        "{{{{{api_version} {kind}}} {{{{{} {}}} {} {}}}}}",
        text(metadata, "name"),
        text(metadata, "namespace"),
        go_map(metadata.get("labels")),
        go_map(metadata.get("annotations"))
    );
    match () {
        () if kind.is_empty() => Err(format!("missing kind in object {object}")),
        () if text(metadata, "name").is_empty() => Err(format!("missing metadata.name in object {object}")),
        () => Ok(()),
    }
}

/// A map as Go prints it.
fn go_map(value: Option<&Value>) -> String {
    let sorted: BTreeMap<_, _> = value.and_then(Value::as_object).into_iter().flatten().collect();
    let pairs: Vec<_> =
        sorted.iter().map(|(key, value)| format!("{key}:{}", value.as_str().unwrap_or_default())).collect();
    format!("map[{}]", pairs.join(" "))
}

fn edit(
    fs: &impl FileSystem,
    directory: &str,
    spec: &KustomizationSpec,
    file: &mut Map<String, Value>,
) -> Result<(), Error> {
    for (key, value) in [
        ("namespace", &spec.target_namespace),
        ("namePrefix", &spec.name_prefix),
        ("nameSuffix", &spec.name_suffix),
    ] {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            file.insert(key.to_owned(), json!(value));
        }
    }
    append(file, "patches", spec.patches.iter().map(patch));
    let mut components = Vec::new();
    for component in &spec.components {
        if !is_local(component) {
            return Err(Error(format!("component path '{component}' must be local and relative")));
        }
        if !spec.ignore_missing_components || fs.canonical(&child(directory, component)).is_ok() {
            components.push(json!(component));
        }
    }
    append(file, "components", components);
    for image in &spec.images {
        merge_image(file, image);
    }
    if !spec.build_metadata.is_empty() {
        let names: Vec<_> = spec.build_metadata.iter().map(BuildMetadata::to_string).collect();
        file.insert("buildMetadata".to_owned(), json!(names));
    }
    Ok(())
}

fn append(file: &mut Map<String, Value>, key: &str, values: impl IntoIterator<Item = Value>) {
    let mut values: Vec<Value> = values.into_iter().collect();
    if values.is_empty() {
        return;
    }
    match file.get_mut(key) {
        Some(Value::Array(list)) => list.append(&mut values),
        _ => {
            file.insert(key.to_owned(), Value::Array(values));
        }
    }
}

fn patch(patch: &Patch) -> Value {
    let mut value = json!({"patch": patch.patch});
    if let Some(target) = &patch.target {
        value["target"] = serde_json::to_value(target).unwrap_or_default();
    }
    value
}

fn is_local(path: &str) -> bool {
    let lower = path.to_lowercase();
    let remote =
        ["git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/", "file://"];
    !path.starts_with('/') && !remote.iter().any(|prefix| lower.starts_with(prefix))
}

/// A tag and a digest replace each other; a new name goes over the old one.
fn merge_image(file: &mut Map<String, Value>, image: &Image) {
    let mut entry = json!({"name": image.name});
    let list = file.entry("images").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    let position = list.iter().position(|known| known.get("name") == entry.get("name"));
    if let Some(position) = position {
        entry = list[position].clone();
    }
    let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(name) = set(&image.new_name) {
        entry["newName"] = json!(name);
    }
    let (tag, digest) = (set(&image.new_tag), set(&image.digest));
    if (tag.is_some() || digest.is_some())
        && let Some(map) = entry.as_object_mut()
    {
        map.remove("newTag");
        map.remove("digest");
        map.extend(tag.map(|tag| ("newTag".to_owned(), json!(tag))));
        map.extend(digest.map(|digest| ("digest".to_owned(), json!(digest))));
    }
    match position {
        Some(position) => list[position] = entry,
        None => list.push(entry),
    }
}

#[cfg(test)]
mod tests {
    use gitops_kustomize::fs::Memory;

    use super::*;

    fn file(overlay: &Overlay<Memory>) -> Value {
        serde_json::from_slice(&overlay.content).unwrap()
    }

    #[test]
    fn a_directory_without_a_kustomization_lists_its_manifests_and_subdirectories() {
        let fs = Memory::from([
            ("app/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
            ("app/sub/b.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"),
            ("app/own/kustomization.yaml", "resources: []\n"),
            ("app/README.md", "no"),
        ]);
        let overlay = prepare(fs, "/app", &KustomizationSpec::default()).unwrap();
        assert_eq!(file(&overlay)["resources"], json!(["./a.yaml", "./own", "./sub/b.yml"]));
        assert_eq!(
            overlay.list("/app").unwrap(),
            ["README.md", "a.yaml", "kustomization.yaml", "own", "sub"]
        );
    }

    #[test]
    fn a_file_that_is_no_manifest_is_named() {
        let cases = [
            ("apiVersion: v1\nmetadata: {name: a}\n", "missing kind in object {{v1 } {{a } map[] map[]}}"),
            ("a: 1\n", "missing Resource metadata"),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n",
                "missing metadata.name in object {{v1 ConfigMap} {{ } map[a:b] map[]}}",
            ),
        ];
        for (content, expected) in cases {
            let fs = Memory::from([("x/a.yaml", content)]);
            let error = prepare(fs, "/x", &KustomizationSpec::default()).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("failed to decode Kubernetes YAML from /x/a.yaml: {expected}")
            );
        }
    }

    #[test]
    fn the_spec_edits_the_file_and_unknown_keys_go() {
        let fs = Memory::from([(
            "app/kustomization.yaml",
            "resources: [a.yaml]\nunknown: 1\nimages: [{name: x, newTag: '1', newName: other}]\n",
        )]);
        let spec = KustomizationSpec {
            target_namespace: Some("prod".into()),
            images: vec![Image { name: "x".into(), digest: Some("sha256:1".into()), ..Default::default() }],
            patches: vec![Patch { patch: "p".into(), target: None }],
            ..Default::default()
        };
        let file = file(&prepare(fs, "/app", &spec).unwrap());
        assert_eq!(file["namespace"], "prod");
        assert_eq!(file.get("unknown"), None);
        assert_eq!(file["images"], json!([{"name": "x", "newName": "other", "digest": "sha256:1"}]));
        assert_eq!(file["patches"], json!([{"patch": "p"}]));
    }

    #[test]
    fn remote_components_are_refused() {
        for path in ["https://example.org/x", "/abs", "github.com/a/b", "git@example.org:a"] {
            let fs = Memory::from([("kustomization.yaml", "resources: []\n")]);
            let spec = KustomizationSpec { components: vec![path.into()], ..Default::default() };
            assert!(prepare(fs, "/", &spec).is_err(), "{path}");
        }
    }
}
