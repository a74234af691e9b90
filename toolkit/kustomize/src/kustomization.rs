// SPDX-License-Identifier: Apache-2.0

//! The kustomization file.

use gitops_yaml::{Dialect, Limits};
use serde_json::Value;

use crate::config::field_specs;
use crate::decode::{Decoder, Fields};
use crate::error::{Error, ErrorKind};
use crate::fieldspec::FieldSpec;
use crate::id::{Gvk, Id};
use crate::selector::Selector;

/// The names a kustomization file may have, in the order they are looked for.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

#[derive(Clone, Debug, Default)]
pub(crate) struct Kustomization {
    pub(crate) is_component: bool,
    pub(crate) kind: String,
    pub(crate) api_version: String,
    pub(crate) openapi_path: Option<String>,
    pub(crate) openapi_version: Option<String>,
    pub(crate) name_prefix: String,
    pub(crate) name_suffix: String,
    pub(crate) namespace: String,
    pub(crate) common_labels: Vec<(String, String)>,
    pub(crate) labels: Vec<Label>,
    pub(crate) common_annotations: Vec<(String, String)>,
    pub(crate) strategic_patches: Vec<String>,
    pub(crate) json_patches: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    pub(crate) replacements: Vec<ReplacementEntry>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) sort: Option<SortOptions>,
    pub(crate) resources: Vec<String>,
    pub(crate) components: Vec<String>,
    pub(crate) definitions: Vec<String>,
    pub(crate) config_maps: Vec<GeneratorArgs>,
    pub(crate) secrets: Vec<GeneratorArgs>,
    pub(crate) has_charts: bool,
    pub(crate) generator_options: Option<GeneratorOptions>,
    pub(crate) configurations: Vec<String>,
    pub(crate) generators: Vec<String>,
    pub(crate) transformers: Vec<String>,
    pub(crate) validators: Vec<String>,
    pub(crate) build_metadata: Vec<String>,
    /// Notices about fields that have better replacements.
    pub(crate) notices: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Label {
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) include_selectors: bool,
    pub(crate) include_templates: bool,
    pub(crate) fields: Vec<FieldSpec>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Patch {
    pub(crate) path: String,
    pub(crate) patch: String,
    pub(crate) target: Option<Selector>,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) new_name: String,
    pub(crate) tag_suffix: String,
    pub(crate) new_tag: String,
    pub(crate) digest: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) count: i64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementEntry {
    pub(crate) path: String,
    pub(crate) replacement: Replacement,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Replacement {
    pub(crate) source: Option<Source>,
    pub(crate) source_value: Option<String>,
    pub(crate) targets: Option<Vec<Target>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub(crate) id: Id,
    pub(crate) field_path: String,
    pub(crate) options: Option<FieldOptions>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) select: Option<Selector>,
    pub(crate) reject: Vec<Selector>,
    pub(crate) field_paths: Vec<String>,
    pub(crate) options: Option<FieldOptions>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FieldOptions {
    pub(crate) delimiter: String,
    pub(crate) index: i64,
    pub(crate) create: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) object: Id,
    pub(crate) field_path: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct SortOptions {
    pub(crate) order: String,
    pub(crate) legacy: Option<(Vec<String>, Vec<String>)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorArgs {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) behavior: String,
    pub(crate) literals: Vec<String>,
    pub(crate) files: Vec<String>,
    pub(crate) envs: Vec<String>,
    pub(crate) options: Option<GeneratorOptions>,
    /// The type of a Secret.
    pub(crate) secret_type: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) annotations: Vec<(String, String)>,
    pub(crate) disable_hash: bool,
    pub(crate) immutable: bool,
}

impl Kustomization {
    /// Reads a file: its first document, decoded strictly.
    pub(crate) fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let invalid = |error: Error| error.within("invalid Kustomization");
        let value =
            gitops_yaml::read_value(bytes, Dialect::V2, limits).map_err(|error| invalid(error.into()))?;
        let mut kustomization = Self::decode(&value).map_err(invalid)?;
        if is_blank(&value) {
            return Err(Error::new(ErrorKind::Kustomization, "kustomization.yaml is empty"));
        }
        kustomization.add_notices(&value);
        Ok(kustomization)
    }

    fn decode(value: &Value) -> Result<Self, Error> {
        let decoder = Decoder::STRICT;
        let mut f = Fields::new(value, "Kustomization", decoder)?;
        let mut k = Self {
            kind: f.text("kind")?,
            api_version: f.text("apiVersion")?,
            name_prefix: f.text("namePrefix")?,
            name_suffix: f.text("nameSuffix")?,
            namespace: f.text("namespace")?,
            common_labels: f.text_map("commonLabels")?,
            labels: f.list("labels", "[]types.Label", |v| Label::decode(v, decoder))?,
            common_annotations: f.text_map("commonAnnotations")?,
            strategic_patches: f.texts("patchesStrategicMerge")?,
            json_patches: f.list("patchesJson6902", "[]types.Patch", |v| Patch::decode(v, decoder))?,
            patches: f.list("patches", "[]types.Patch", |v| Patch::decode(v, decoder))?,
            images: f.list("images", "[]types.Image", |v| Image::decode(v, decoder))?,
            replacements: f
                .list("replacements", "[]types.ReplacementField", |v| ReplacementEntry::decode(v, decoder))?,
            replicas: f.list("replicas", "[]types.Replica", |v| Replica::decode(v, decoder))?,
            variables: f.list("vars", "[]types.Var", |v| Variable::decode(v, decoder))?,
            sort: f.object("sortOptions", "types.SortOptions", |v| SortOptions::decode(v, decoder))?,
            resources: f.texts("resources")?,
            components: f.texts("components")?,
            definitions: f.texts("crds")?,
            config_maps: f.list("configMapGenerator", "[]types.ConfigMapArgs", |v| {
                GeneratorArgs::decode(v, decoder, false)
            })?,
            secrets: f
                .list("secretGenerator", "[]types.SecretArgs", |v| GeneratorArgs::decode(v, decoder, true))?,
            generator_options: f.object("generatorOptions", "types.GeneratorOptions", |v| {
                GeneratorOptions::decode(v, decoder)
            })?,
            configurations: f.texts("configurations")?,
            generators: f.texts("generators")?,
            transformers: f.texts("transformers")?,
            validators: f.texts("validators")?,
            build_metadata: f.texts("buildMetadata")?,
            ..Self::default()
        };
        for (key, value) in f.text_map("openapi")? {
            match key.as_str() {
                "path" => k.openapi_path = Some(value),
                "version" => k.openapi_version = Some(value),
                _ => {}
            }
        }
        k.resources.extend(f.texts("bases")?);
        k.images.extend(f.list("imageTags", "[]types.Image", |v| Image::decode(v, decoder))?);
        decode_metadata(&mut f)?;
        let charts = f.list("helmCharts", "[]types.HelmChart", |_| Ok(()))?.len()
            + f.list("helmChartInflationGenerator", "[]types.HelmChartArgs", |_| Ok(()))?.len();
        k.has_charts = charts > 0;
        f.take("helmGlobals");
        f.finish()?;
        k.is_component = k.kind == "Component";
        Ok(k)
    }

    fn add_notices(&mut self, value: &Value) {
        const NOTICES: [(&str, &str, &str); 6] = [
            ("bases", "resources", ""),
            ("commonLabels", "labels", ""),
            ("imageTags", "images", ""),
            ("patchesJson6902", "patches", ""),
            ("patchesStrategicMerge", "patches", ""),
            ("vars", "replacements", "[EXPERIMENTAL] "),
        ];
        for (old, new, mark) in NOTICES {
            if value.get(old).is_some_and(|value| !value.is_null()) {
                self.notices.push(format!(
                    "# Warning: '{old}' is deprecated. Please use '{new}' instead. {mark}Run 'kustomize edit fix' to update your Kustomization automatically."
                ));
            }
        }
    }

    /// The mistakes in version and kind.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut out = Vec::new();
        if !matches!(self.kind.as_str(), "" | "Kustomization" | "Component") {
            out.push("kind should be Kustomization or Component".to_owned());
        }
        let version = if self.is_component {
            "kustomize.config.k8s.io/v1alpha1"
        } else {
            "kustomize.config.k8s.io/v1beta1"
        };
        if !self.api_version.is_empty() && self.api_version != version {
            let kind = if self.kind.is_empty() { "Kustomization" } else { &self.kind };
            out.push(format!("apiVersion for {kind} should be {version}"));
        }
        out
    }
}

/// Whether a file says nothing but its version and kind.
fn is_blank(value: &Value) -> bool {
    value.as_object().is_none_or(|map| {
        map.iter().all(|(key, value)| {
            matches!(key.to_ascii_lowercase().as_str(), "apiversion" | "kind")
                || value.is_null()
                || value.as_str() == Some("")
        })
    })
}

fn decode_metadata(f: &mut Fields<'_>) -> Result<(), Error> {
    f.object("metadata", "types.ObjectMeta", |value| {
        let mut f = Fields::new(value, "ObjectMeta", Decoder::STRICT)?;
        f.text("name")?;
        f.text("namespace")?;
        f.text_map("labels")?;
        f.text_map("annotations")?;
        f.finish()
    })?;
    Ok(())
}

impl Label {
    fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "Label.labels", decoder)?;
        let label = Self {
            pairs: f.text_map("pairs")?,
            include_selectors: f.bool("includeSelectors")?,
            include_templates: f.bool("includeTemplates")?,
            fields: match f.take("fields") {
                Some(value) => field_specs(value, decoder)?,
                None => Vec::new(),
            },
        };
        f.finish()?;
        Ok(label)
    }
}

impl Patch {
    pub(crate) fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "Patch.patches", decoder)?;
        let options = f.object("options", "types.PatchArgs", |value| {
            let mut f = Fields::new(value, "PatchArgs.options", decoder)?;
            let options = (f.bool("allowNameChange")?, f.bool("allowKindChange")?);
            f.finish()?;
            Ok(options)
        })?;
        let (allow_name_change, allow_kind_change) = options.unwrap_or_default();
        let patch = Self {
            path: f.text("path")?,
            patch: f.text("patch")?,
            target: f.object("target", "types.Selector", |v| Selector::decode(v, decoder))?,
            allow_name_change,
            allow_kind_change,
        };
        f.finish()?;
        Ok(patch)
    }
}

impl Selector {
    pub(crate) fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "Selector", decoder)?;
        let selector = Self {
            group: f.plain_text("group")?,
            version: f.plain_text("version")?,
            kind: f.plain_text("kind")?,
            name: f.plain_text("name")?,
            namespace: f.plain_text("namespace")?,
            annotations: f.text("annotationSelector")?,
            labels: f.text("labelSelector")?,
        };
        f.finish()?;
        Ok(selector)
    }
}

impl Image {
    pub(crate) fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "Image", decoder)?;
        let image = Self {
            name: f.text("name")?,
            new_name: f.text("newName")?,
            tag_suffix: f.text("tagSuffix")?,
            new_tag: f.text("newTag")?,
            digest: f.text("digest")?,
        };
        f.finish()?;
        Ok(image)
    }
}

impl Replica {
    pub(crate) fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "Replica.replicas", decoder)?;
        let replica = Self { name: f.text("name")?, count: f.int("count")? };
        f.finish()?;
        Ok(replica)
    }
}

impl ReplacementEntry {
    pub(crate) fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "ReplacementField.replacements", decoder)?;
        let path = f.text("path")?;
        let replacement = Replacement::take(&mut f)?;
        f.finish()?;
        Ok(Self { path, replacement })
    }
}

impl Replacement {
    pub(crate) fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "Replacement", decoder)?;
        let replacement = Self::take(&mut f)?;
        f.finish()?;
        Ok(replacement)
    }

    fn take(f: &mut Fields<'_>) -> Result<Self, Error> {
        let decoder = f.decoder();
        let has_targets = matches!(f.take("targets"), Some(Value::Array(_)));
        let targets = f.list("targets", "[]*types.TargetSelector", |v| Target::decode(v, decoder))?;
        Ok(Self {
            source: f.object("source", "types.SourceSelector", |v| Source::decode(v, decoder))?,
            source_value: match f.take("sourceValue") {
                None | Some(Value::Null) => None,
                Some(value) => Some(decoder.text(value, "Replacement.sourceValue", "string")?),
            },
            targets: has_targets.then_some(targets),
        })
    }
}

impl Source {
    fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "SourceSelector.source", decoder)?;
        let source = Self {
            id: Id {
                gvk: Gvk::new(&f.plain_text("group")?, &f.plain_text("version")?, &f.plain_text("kind")?),
                name: f.plain_text("name")?.into(),
                namespace: f.plain_text("namespace")?.into(),
                cluster_scoped: false,
            },
            field_path: f.text("fieldPath")?,
            options: f.object("options", "types.FieldOptions", |v| FieldOptions::decode(v, decoder))?,
        };
        f.finish()?;
        Ok(source)
    }
}

impl Target {
    fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "TargetSelector.targets", decoder)?;
        let target = Self {
            select: f.object("select", "types.Selector", |v| Selector::decode(v, decoder))?,
            reject: f.list("reject", "[]*types.Selector", |v| Selector::decode(v, decoder))?,
            field_paths: f.texts("fieldPaths")?,
            options: f.object("options", "types.FieldOptions", |v| FieldOptions::decode(v, decoder))?,
        };
        f.finish()?;
        Ok(target)
    }
}

impl FieldOptions {
    fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "FieldOptions.options", decoder)?;
        f.text("encoding")?;
        let options =
            Self { delimiter: f.text("delimiter")?, index: f.int("index")?, create: f.bool("create")? };
        f.finish()?;
        Ok(options)
    }
}

impl Variable {
    fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "Var.vars", decoder)?;
        let name = f.text("name")?;
        let object = f.object("objref", "types.Target", |value| {
            let mut f = Fields::new(value, "Target.objref", decoder)?;
            let api_version = f.text("apiVersion")?;
            let (mut group, mut version) = (f.text("group")?, f.text("version")?);
            match api_version.split('/').collect::<Vec<_>>().as_slice() {
                [""] => {}
                [v] => version = (*v).to_owned(),
                [g, v] => {
                    group = (*g).to_owned();
                    version = (*v).to_owned();
                }
                _ => {}
            }
            let id = Id {
                gvk: Gvk::new(&group, &version, &f.text("kind")?),
                name: f.text("name")?.into(),
                namespace: f.text("namespace")?.into(),
                cluster_scoped: false,
            };
            f.finish()?;
            Ok(id)
        })?;
        let field_path = f.object("fieldref", "types.FieldSelector", |value| {
            let mut f = Fields::new(value, "FieldSelector.fieldref", decoder)?;
            let path = f.text("fieldPath")?;
            f.finish()?;
            Ok(path)
        })?;
        f.finish()?;
        let field_path =
            field_path.filter(|path| !path.is_empty()).unwrap_or_else(|| "metadata.name".to_owned());
        Ok(Self { name, object: object.unwrap_or_default(), field_path })
    }
}

impl SortOptions {
    fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "SortOptions.sortOptions", decoder)?;
        let order = f.text("order")?;
        let legacy = f.object("legacySortOptions", "types.LegacySortOptions", |value| {
            let mut f = Fields::new(value, "LegacySortOptions", decoder)?;
            let lists = (f.texts("orderFirst")?, f.texts("orderLast")?);
            f.finish()?;
            Ok(lists)
        })?;
        f.finish()?;
        Ok(Self { order, legacy })
    }
}

impl GeneratorArgs {
    pub(crate) fn decode(value: &Value, decoder: Decoder, secret: bool) -> Result<Self, Error> {
        let mut f = Fields::new(value, "GeneratorArgs", decoder)?;
        let mut args = Self {
            name: f.text("name")?,
            namespace: f.text("namespace")?,
            behavior: f.text("behavior")?,
            literals: f.texts("literals")?,
            files: f.texts("files")?,
            envs: f.texts("envs")?,
            options: f
                .object("options", "types.GeneratorOptions", |v| GeneratorOptions::decode(v, decoder))?,
            secret_type: if secret { f.text("type")? } else { String::new() },
        };
        let env = f.text("env")?;
        if !env.is_empty() && decoder == Decoder::STRICT {
            args.envs.push(env);
        }
        f.finish()?;
        Ok(args)
    }
}

impl GeneratorOptions {
    fn decode(value: &Value, decoder: Decoder) -> Result<Self, Error> {
        let mut f = Fields::new(value, "GeneratorOptions", decoder)?;
        let options = Self {
            labels: f.text_map("labels")?,
            annotations: f.text_map("annotations")?,
            disable_hash: f.bool("disableNameSuffixHash")?,
            immutable: f.bool("immutable")?,
        };
        f.finish()?;
        Ok(options)
    }
}
