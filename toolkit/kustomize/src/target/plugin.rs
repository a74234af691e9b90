// SPDX-License-Identifier: Apache-2.0

//! Transformers and generators that are configured by a resource of `apiVersion: builtin`.

use serde_json::Value;

use super::configure;
use crate::config::field_specs;
use crate::decode::{Decoder, Fields};
use crate::error::{Error, ErrorKind};
use crate::fieldspec::FieldSpec;
use crate::generator;
use crate::kustomization::{GeneratorArgs, Image, Patch, ReplacementEntry, Replica};
use crate::loader::Loader;
use crate::node::{Kind, Node, to_value};
use crate::reader;
use crate::resource::Resource;
use crate::schema::Schema;
use crate::selector::Selector;
use crate::transform::image::ImageTag;
use crate::transform::namespace::{Namespace, Subjects};
use crate::transform::value_add::{Target, ValueAdd};
use crate::transform::{Compiled, Transformer};

const GENERATORS: [&str; 4] =
    ["ConfigMapGenerator", "SecretGenerator", "IAMPolicyGenerator", "HelmChartInflationGenerator"];
const TRANSFORMERS: [&str; 14] = [
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixTransformer",
    "SuffixTransformer",
    "PrefixSuffixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "ValueAddTransformer",
];

/// Makes sure that a plugin is built in and of the kind that is wanted.
fn check(plugin: &Resource, wanted: &[&str], what: &str) -> Result<(), Error> {
    let gvk = &plugin.id().gvk;
    if !(gvk.group.is_empty() && &*gvk.version == "builtin") {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("external plugins disabled; unable to load external plugin '{}'", gvk.kind),
        ));
    }
    let kind = &*gvk.kind;
    if !GENERATORS.contains(&kind) && !TRANSFORMERS.contains(&kind) {
        return Err(Error::new(ErrorKind::Kustomization, format!("unable to load builtin {gvk}")));
    }
    if !wanted.contains(&kind) {
        return Err(Error::new(
            ErrorKind::Kustomization,
            format!("plugin {} not a {what}", plugin.original_id()),
        ));
    }
    Ok(())
}

fn configuration(plugin: &Resource, error: Error) -> Error {
    error.within(format!("plugin {} fails configuration", plugin.original_id()))
}

/// Runs a generator.
pub(super) fn generate(plugin: &Resource, loader: &Loader<'_>, schema: &Schema) -> Result<Resource, Error> {
    check(plugin, &GENERATORS, "generator")?;
    let config = to_value(&plugin.node)?;
    let kind = &*plugin.id().gvk.kind;
    match kind {
        "ConfigMapGenerator" | "SecretGenerator" => {
            let secret = kind == "SecretGenerator";
            let config = with_metadata(&config);
            let args = GeneratorArgs::decode(&config, Decoder::LAX_TYPED, secret)
                .map_err(|error| configuration(plugin, error))?;
            generator::generate(&args, secret, schema, &mut |path| loader.load(path))
        }
        "IAMPolicyGenerator" => {
            service_account(&config, schema).map_err(|error| configuration(plugin, error))
        }
        _ => Err(Error::new(ErrorKind::Unsupported, "must specify --enable-helm")),
    }
}

/// Name and namespace of what is generated are those of the configuration, unless it says others.
fn with_metadata(config: &Value) -> Value {
    let mut config = config.clone();
    for field in ["name", "namespace"] {
        if let (None, Some(value)) = (config.get(field), config["metadata"].get(field)) {
            let value = value.clone();
            config[field] = value;
        }
    }
    config
}

/// A service account that stands for one of a cloud.
fn service_account(config: &Value, schema: &Schema) -> Result<Resource, Error> {
    let text = |path: &str| config.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text("/cloud") != "gke" {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("cloud provider {} not supported yet", text("/cloud")),
        ));
    }
    let mut node = Node::map();
    node.set("apiVersion", Node::string("v1"));
    node.set("kind", Node::string("ServiceAccount"));
    if let Some(metadata) = node.get_or_create("metadata", Kind::Map) {
        let account = format!(
            "{}@{}.iam.gserviceaccount.com",
            text("/serviceAccount/name"),
            text("/serviceAccount/projectId")
        );
        if let Some(annotations) = metadata.get_or_create("annotations", Kind::Map) {
            annotations.set("iam.gke.io/gcp-service-account", Node::string(&account));
        }
        metadata.set("name", Node::string(&text("/kubernetesService/name")));
        let namespace = text("/kubernetesService/namespace");
        if !namespace.is_empty() {
            metadata.set("namespace", Node::string(&namespace));
        }
    }
    Ok(Resource::new(node, schema))
}

/// Configures a transformer.
pub(super) fn transformer(
    plugin: &Resource,
    loader: &Loader<'_>,
    schema: &Schema,
) -> Result<Transformer, Error> {
    check(plugin, &TRANSFORMERS, "transformer")?;
    let config = to_value(&plugin.node)?;
    make(&plugin.id().gvk.kind, &config, loader, schema).map_err(|error| configuration(plugin, error))
}

fn compiled(specs: Option<Vec<FieldSpec>>) -> Compiled {
    specs
        .unwrap_or_default()
        .into_iter()
        .map(|spec| {
            let path = spec.path();
            (spec, path)
        })
        .collect()
}

fn make(kind: &str, config: &Value, loader: &Loader<'_>, schema: &Schema) -> Result<Transformer, Error> {
    let mut f = Fields::new(config, kind, Decoder::LAX)?;
    let specs = match f.take("fieldSpecs") {
        None | Some(Value::Null) => None,
        Some(specs) => Some(field_specs(specs, Decoder::LAX)?),
    };
    let needed = |specs: Option<Vec<FieldSpec>>| {
        specs
            .map(|specs| compiled(Some(specs)))
            .ok_or_else(|| Error::new(ErrorKind::Kustomization, "fieldSpecs is not expected to be nil"))
    };
    Ok(match kind {
        "AnnotationsTransformer" => Transformer::Annotations(f.text_map("annotations")?, compiled(specs)),
        "LabelTransformer" => Transformer::Labels(f.text_map("labels")?, compiled(specs)),
        "HashTransformer" => Transformer::Hash,
        "ImageTagTransformer" => {
            let image = f.object("imageTag", "types.Image", |v| Image::decode(v, Decoder::LAX))?;
            Transformer::Image(ImageTag::new(image.unwrap_or_default(), compiled(specs))?)
        }
        "NamespaceTransformer" => Transformer::Namespace(Namespace {
            namespace: config
                .pointer("/metadata/namespace")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            specs: compiled(specs),
            subjects: Subjects::parse(&f.text("setRoleBindingSubjects")?)?,
            unset_only: f.bool("unsetOnly")?,
        }),
        "PrefixTransformer" => Transformer::Prefix(f.text("prefix")?, needed(specs)?),
        "SuffixTransformer" => Transformer::Suffix(f.text("suffix")?, needed(specs)?),
        "PrefixSuffixTransformer" => {
            let specs = needed(specs)?;
            Transformer::Several(vec![
                Transformer::Prefix(f.text("prefix")?, specs.clone()),
                Transformer::Suffix(f.text("suffix")?, specs),
            ])
        }
        "ReplicaCountTransformer" => {
            let replica = f.object("replica", "types.Replica", |v| Replica::decode(v, Decoder::LAX))?;
            Transformer::Replica(replica.unwrap_or_default(), compiled(specs))
        }
        "ReplacementTransformer" => {
            let entries = f.list("replacements", "[]types.ReplacementField", |v| {
                ReplacementEntry::decode(v, Decoder::LAX_TYPED)
            })?;
            Transformer::Replacements(configure::replacements(&entries, loader)?)
        }
        "PatchTransformer" => configure::patch_entry(&Patch::decode(config, Decoder::LAX)?, loader, schema)?,
        "PatchJson6902Transformer" => {
            let target = f.object("target", "types.Selector", |v| Selector::decode(v, Decoder::LAX))?;
            configure::json_patch(target, &f.text("path")?, &f.text("jsonOp")?, loader)?
        }
        "PatchStrategicMergeTransformer" => strategic(&mut f, loader, schema)?,
        _ => Transformer::ValueAdd(value_add(&mut f, loader)?),
    })
}

fn strategic(f: &mut Fields<'_>, loader: &Loader<'_>, schema: &Schema) -> Result<Transformer, Error> {
    let (paths, inline) = (f.texts("paths")?, f.text("patches")?);
    if paths.is_empty() && inline.is_empty() {
        return Err(Error::new(ErrorKind::Patch, "empty file path and empty patch content"));
    }
    let mut patches =
        if paths.is_empty() { Vec::new() } else { configure::strategic_patches(&paths, loader, schema)? };
    if !inline.is_empty() {
        patches.extend(reader::read(inline.as_bytes(), &loader.source.options.yaml, schema)?);
    }
    if patches.is_empty() {
        return Err(Error::new(ErrorKind::Patch, "patch appears to be empty"));
    }
    Ok(Transformer::StrategicPatches(patches))
}

fn value_add(f: &mut Fields<'_>, loader: &Loader<'_>) -> Result<ValueAdd, Error> {
    let mut value = f.text("value")?.trim().to_owned();
    if value.is_empty() {
        value = loader.root().rsplit('/').next().unwrap_or_default().to_owned();
    }
    let mut targets = f.list("targets", "[]Target", target)?;
    let path = f.text("targetFilePath")?;
    if !path.is_empty() {
        let more = configure::read_lax(&loader.load(&path)?, &loader.source.options.yaml)?;
        let mut f = Fields::new(&more, "targets", Decoder::LAX)?;
        targets.extend(f.list("targets", "[]Target", target)?);
    }
    let wrong = |text: String| Err(Error::new(ErrorKind::Kustomization, text));
    if targets.is_empty() {
        return wrong("must specify at least one target".to_owned());
    }
    for target in &targets {
        if target.field_path.is_empty() {
            return wrong("fieldPath cannot be empty".to_owned());
        }
        if target.file_path_position < 0 {
            return wrong(format!(
                "value of FilePathPosition ({}) cannot be negative",
                target.file_path_position
            ));
        }
    }
    Ok(ValueAdd { value, targets })
}

fn target(value: &Value) -> Result<Target, Error> {
    let mut f = Fields::new(value, "Target", Decoder::LAX)?;
    Ok(Target {
        selector: f.object("selector", "types.Selector", |v| Selector::decode(v, Decoder::LAX))?,
        field_path: f.text("fieldPath")?,
        file_path_position: f.int("filePathPosition")?,
    })
}
