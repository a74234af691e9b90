// SPDX-License-Identifier: Apache-2.0

//! The transformers that the fields of a kustomization stand for.

use gitops_yaml::{Dialect, Limits};
use serde_json::Value;

use crate::config::Config;
use crate::decode::Decoder;
use crate::error::{Error, ErrorKind};
use crate::fieldspec::{FieldSpec, FieldSpecs};
use crate::id::Gvk;
use crate::json_patch::JsonPatch;
use crate::kustomization::{Kustomization, Label, Patch, Replacement, ReplacementEntry};
use crate::loader::Loader;
use crate::reader;
use crate::resource::Resource;
use crate::schema::Schema;
use crate::selector::Selector;
use crate::transform::Transformer;
use crate::transform::image::ImageTag;
use crate::transform::namespace::{Namespace, Subjects};
use crate::transform::patch;

/// Transformers with the names under which their origin is noted, in the order they run.
pub(super) fn transformers(
    k: &Kustomization,
    config: &Config,
    loader: &Loader<'_>,
    schema: &Schema,
) -> Result<Vec<(&'static str, Transformer)>, Error> {
    let mut out = Vec::new();
    let trouble = |name: &'static str| {
        move |error: Error| error.within(format!("trouble configuring builtin {name} with config: `\n`"))
    };
    if !k.strategic_patches.is_empty() {
        let name = "PatchStrategicMergeTransformer";
        let patches = strategic_patches(&k.strategic_patches, loader, schema).map_err(trouble(name))?;
        out.push((name, Transformer::StrategicPatches(patches)));
    }
    for entry in &k.patches {
        let name = "PatchTransformer";
        out.push((name, patch_entry(entry, loader, schema).map_err(trouble(name))?));
    }
    if !k.namespace.is_empty() {
        out.push((
            "NamespaceTransformer",
            Transformer::Namespace(Namespace {
                namespace: k.namespace.clone(),
                specs: config.namespace.compiled(),
                subjects: Subjects::Default,
                unset_only: false,
            }),
        ));
    }
    if !k.name_prefix.is_empty() {
        out.push((
            "PrefixTransformer",
            Transformer::Prefix(k.name_prefix.clone(), config.name_prefix.compiled()),
        ));
    }
    if !k.name_suffix.is_empty() {
        out.push((
            "SuffixTransformer",
            Transformer::Suffix(k.name_suffix.clone(), config.name_suffix.compiled()),
        ));
    }
    if !k.labels.is_empty() || !k.common_labels.is_empty() {
        for label in &k.labels {
            let specs = label_specs(label, config)?;
            out.push(("LabelTransformer", Transformer::Labels(label.pairs.clone(), specs.compiled())));
        }
        let specs = config.common_labels.compiled();
        out.push(("LabelTransformer", Transformer::Labels(k.common_labels.clone(), specs)));
    }
    if !k.common_annotations.is_empty() {
        let specs = config.common_annotations.compiled();
        out.push(("AnnotationsTransformer", Transformer::Annotations(k.common_annotations.clone(), specs)));
    }
    for entry in &k.json_patches {
        let name = "PatchJson6902Transformer";
        let patch =
            json_patch(entry.target.clone(), &entry.path, &entry.patch, loader).map_err(trouble(name))?;
        out.push((name, patch));
    }
    for replica in &k.replicas {
        let specs = config.replicas.compiled();
        out.push(("ReplicaCountTransformer", Transformer::Replica(replica.clone(), specs)));
    }
    for image in &k.images {
        let image = ImageTag::new(image.clone(), config.images.compiled())?;
        out.push(("ImageTagTransformer", Transformer::Image(image)));
    }
    if !k.replacements.is_empty() {
        let name = "ReplacementTransformer";
        let replacements = replacements(&k.replacements, loader).map_err(trouble(name))?;
        out.push((name, Transformer::Replacements(replacements)));
    }
    Ok(out)
}

fn label_specs(label: &Label, config: &Config) -> Result<FieldSpecs, Error> {
    let step = |error: Error| error.within("failed to merge labels");
    let mut specs = FieldSpecs(label.fields.clone());
    specs.add_all(&config.labels).map_err(step)?;
    if label.include_selectors {
        specs.add_all(&config.common_labels).map_err(step)?;
        return Ok(specs);
    }
    if label.include_templates {
        specs
            .add_all(&config.template_labels)
            .map_err(|error| error.within("failed to merge template fieldSpec"))?;
    }
    let metadata = FieldSpec { gvk: Gvk::default(), path: "metadata/labels".to_owned(), create: true };
    specs.add(metadata).map_err(step)?;
    Ok(specs)
}

/// Patches given by path or inline.
pub(super) fn strategic_patches(
    entries: &[String],
    loader: &Loader<'_>,
    schema: &Schema,
) -> Result<Vec<Resource>, Error> {
    let limits = &loader.source.options.yaml;
    let mut out = Vec::new();
    for entry in entries {
        match reader::read(entry.as_bytes(), limits, schema) {
            Ok(patches) => out.extend(patches),
            Err(_) => out.extend(
                reader::read(&loader.load(entry)?, limits, schema)
                    .map_err(|error| super::in_file(error, entry))?,
            ),
        }
    }
    if out.is_empty() {
        return Err(Error::new(
            ErrorKind::Patch,
            format!("patch appears to be empty; files=[{}], Patch=", entries.join(" ")),
        ));
    }
    Ok(out)
}

/// An entry of `patches`.
pub(super) fn patch_entry(entry: &Patch, loader: &Loader<'_>, schema: &Schema) -> Result<Transformer, Error> {
    let inline = entry.patch.trim();
    let (text, source) = match (inline, entry.path.as_str()) {
        ("", "") => return Err(Error::new(ErrorKind::Patch, "must specify one of patch and path in")),
        ("", path) => {
            let bytes = loader
                .load(path)
                .map_err(|error| error.within(format!("failed to get the patch file from path({path})")))?;
            (String::from_utf8_lossy(&bytes).into_owned(), format!("[path: {path:?}]"))
        }
        (patch, "") => (patch.to_owned(), format!("[patch: {patch:?}]")),
        _ => {
            return Err(Error::new(ErrorKind::Patch, "patch and path can't be set at the same time"));
        }
    };
    let options = (entry.allow_name_change, entry.allow_kind_change);
    let limits = &loader.source.options.yaml;
    patch::Patch::new(&text, source, entry.target.clone(), options, limits, schema).map(Transformer::Patch)
}

/// An entry of `patchesJson6902`.
pub(super) fn json_patch(
    target: Option<Selector>,
    path: &str,
    text: &str,
    loader: &Loader<'_>,
) -> Result<Transformer, Error> {
    let wrong = |text: &str| Err(Error::new(ErrorKind::Patch, text));
    let Some(target) = target.filter(|target| !target.name.is_empty()) else {
        return wrong("must specify the target name");
    };
    let text = match (path, text) {
        ("", "") => return wrong("empty file path and empty jsonOp"),
        ("", text) => text.to_owned(),
        (path, "") => String::from_utf8_lossy(&loader.load(path)?).into_owned(),
        _ => return wrong("must specify a file path or jsonOp, not both"),
    };
    if text.is_empty() {
        return Err(Error::new(ErrorKind::Patch, format!("patch file '{path}' empty seems to be empty")));
    }
    let patch = JsonPatch::parse(&text, &loader.source.options.yaml)?;
    if patch.is_empty() {
        return Err(Error::new(
            ErrorKind::Patch,
            format!("patch appears to be empty; file={path}, JsonOp={text}"),
        ));
    }
    Ok(Transformer::JsonPatch(patch::TargetedJsonPatch { target, patch }))
}

/// Replacements given inline or by path.
pub(super) fn replacements(
    entries: &[ReplacementEntry],
    loader: &Loader<'_>,
) -> Result<Vec<Replacement>, Error> {
    let mut out = Vec::new();
    for entry in entries {
        if entry.path.is_empty() {
            out.push(entry.replacement.clone());
            continue;
        }
        let inline = &entry.replacement;
        if inline.source.is_some() || inline.targets.as_ref().is_some_and(|targets| !targets.is_empty()) {
            return Err(Error::new(
                ErrorKind::Kustomization,
                "cannot specify both path and inline replacement",
            ));
        }
        let value = read_lax(&loader.load(&entry.path)?, &loader.source.options.yaml)?;
        match &value {
            Value::Array(items) => {
                for item in items {
                    out.push(Replacement::decode(item, Decoder::LAX)?);
                }
            }
            Value::Object(_) => out.push(Replacement::decode(&value, Decoder::LAX)?),
            _ => {
                return Err(Error::new(
                    ErrorKind::Kustomization,
                    "unsupported replacement type encountered within replacement path",
                ));
            }
        }
    }
    Ok(out)
}

pub(super) fn read_lax(bytes: &[u8], limits: &Limits) -> Result<Value, Error> {
    Ok(gitops_yaml::read_value(bytes, Dialect::V2, limits)?)
}
