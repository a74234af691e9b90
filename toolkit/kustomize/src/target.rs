// SPDX-License-Identifier: Apache-2.0

//! One kustomization directory: its resources, generators, components, transformers, in upstream's order.

use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::generator::{generate, with_defaults};
use crate::kustomization::{FILE_NAMES, Kustomization};
use crate::loader::{Loader, Source};
use crate::node::{Kind, Node};
use crate::options::{Options, Order};
use crate::origin::{ORIGIN, Origin, TRANSFORMATIONS};
use crate::resource::{Resource, ResourceList};
use crate::schema::Schema;
use crate::transform::add_hashes;
use crate::variables::{self, Variables};
use crate::{nameref, reader};

mod configure;
mod plugin;
mod sort;

/// What comes together while a kustomization is read.
#[derive(Default)]
struct Accumulator {
    list: ResourceList,
    config: Config,
    variables: Variables,
}

impl Accumulator {
    fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.list.append(other.list)?;
        self.config.merge(&other.config)?;
        self.variables.merge(other.variables)
    }
}

/// What is the same for the whole build.
pub(crate) struct Build<'b> {
    options: &'b Options,
    schema: Schema,
    has_schema: bool,
    /// The metadata the root kustomization wants; it holds for all below.
    metadata: Vec<String>,
    pub(crate) notices: Vec<String>,
}

/// A kustomization being built.
struct Target<'b> {
    loader: Loader<'b>,
    kustomization: Kustomization,
    file: &'static str,
    origin: Option<Origin>,
}

impl<'b> Build<'b> {
    pub(crate) fn new(options: &'b Options) -> Self {
        Self {
            options,
            schema: Schema::default(),
            has_schema: false,
            metadata: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Builds the kustomization in a directory.
    pub(crate) fn run(&mut self, source: &'b Source<'b>, root: &str) -> Result<Vec<Resource>, Error> {
        let mut target = self.open(Loader::open(source, root)?, None)?;
        self.set_schema(&target)?;
        self.metadata.clone_from(&target.kustomization.build_metadata);
        target.origin = (!self.metadata.is_empty()).then(Origin::default);
        let mut all = Accumulator::default();
        self.accumulate(&target, &mut all)?;
        add_hashes(&mut all.list, &self.schema)?;
        nameref::update(&mut all.list, &all.config.references, &self.schema)?;
        variables::replace(&mut all.list, &all.variables, &all.config.variables, &self.schema)?;
        drop_local(&mut all.list)?;
        match &target.kustomization.sort {
            Some(sort) => sort::apply(&mut all.list, sort)?,
            None if self.options.order == Order::Legacy => sort::legacy(&mut all.list),
            None => {}
        }
        self.finish(&mut all.list)?;
        Ok(all.list.into_resources())
    }

    /// Adds the label that names the builder, and removes annotations that nobody asked for.
    fn finish(&self, list: &mut ResourceList) -> Result<(), Error> {
        let wants = |name: &str| self.metadata.iter().any(|option| option == name);
        let (origins, transformations) = (wants("originAnnotations"), wants("transformerAnnotations"));
        let managed = wants("managedByLabel");
        list.change_all(&self.schema, |resource| {
            if managed
                && let Some(metadata) = resource.node.get_or_create("metadata", Kind::Map)
                && let Some(labels) = metadata.get_or_create("labels", Kind::Map)
            {
                if labels.is_null() {
                    *labels = Node::map();
                }
                labels.set("app.kubernetes.io/managed-by", Node::string("kustomize-v5.8.1"));
            }
            let before = resource.strings("annotations");
            let mut annotations = before.clone();
            annotations.retain(|(name, _)| {
                !(is_build_annotation(name)
                    || (!origins && &**name == ORIGIN)
                    || (!transformations && &**name == TRANSFORMATIONS))
            });
            // Rewriting makes strings of all values, and an empty mapping vanishes unless all notes are kept.
            if !(before.is_empty() && origins && transformations) {
                resource.set_strings("annotations", annotations);
            }
            Ok(())
        })
    }

    fn open(&mut self, loader: Loader<'b>, origin: Option<Origin>) -> Result<Target<'b>, Error> {
        let mut found: Vec<(&'static str, Vec<u8>)> = Vec::new();
        for name in FILE_NAMES {
            match loader.load(name) {
                Ok(content) => found.push((name, content)),
                Err(error) if error.is_interruption() => return Err(error),
                Err(_) => {}
            }
        }
        let (file, content) = match found.as_slice() {
            [(file, content)] => (*file, content),
            [] => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!(
                        "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{}'",
                        loader.root()
                    ),
                ));
            }
            _ => {
                return Err(Error::new(
                    ErrorKind::Kustomization,
                    format!("Found multiple kustomization files under: {}\n", loader.root()),
                ));
            }
        };
        let mut kustomization = Kustomization::parse(content, &self.options.yaml)?;
        self.notices.append(&mut kustomization.notices);
        let problems = kustomization.problems();
        if !problems.is_empty() {
            return Err(Error::new(
                ErrorKind::Kustomization,
                format!(
                    "Failed to read kustomization file under {}:\n{}",
                    loader.root(),
                    problems.join("\n")
                ),
            ));
        }
        Ok(Target { loader, kustomization, file, origin })
    }

    /// The first kustomization that names a schema decides for the whole build.
    fn set_schema(&mut self, target: &Target<'b>) -> Result<(), Error> {
        let path = &target.kustomization.openapi_path;
        let version = &target.kustomization.openapi_version;
        let bytes = path.as_ref().map(|path| target.loader.load(path)).transpose()?;
        if self.has_schema {
            return Ok(());
        }
        if let Some(bytes) = bytes {
            if version.is_some() {
                return Err(Error::new(
                    ErrorKind::Kustomization,
                    "builtin version and custom schema provided, cannot use both",
                ));
            }
            let document = gitops_yaml::read_value(&bytes, gitops_yaml::Dialect::V2, &self.options.yaml)?;
            self.schema = Schema::custom(document, self.options.keep_builtin_schema)?;
            self.has_schema = true;
            return Ok(());
        }
        match version.as_deref() {
            None | Some("") => Ok(()),
            Some("v1.21.2") => {
                self.has_schema = true;
                Ok(())
            }
            Some(_) => {
                Err(Error::new(ErrorKind::Kustomization, "the specified OpenAPI version is not built in"))
            }
        }
    }

    fn accumulate(&mut self, target: &Target<'b>, all: &mut Accumulator) -> Result<(), Error> {
        self.options.check()?;
        let k = &target.kustomization;
        self.add_resources(target, all, &k.resources)
            .map_err(|error| error.within("accumulating resources"))?;
        self.add_config(target, all)?;
        self.run_generators(target, all)?;
        for path in &k.components {
            self.add_component(target, all, path).map_err(|error| error.within("accumulating components"))?;
        }
        self.run_transformers(target, all)?;
        self.run_validators(target, all)?;
        variables::declare(&k.variables, &mut all.variables, &mut all.list, &self.schema).map_err(
            |error| {
                let names: Vec<String> = k
                    .variables
                    .iter()
                    .map(|v| format!("{{{} {} {{{}}}}}", v.name, v.object.gvk, v.field_path))
                    .collect();
                error.within(format!("merging vars [{}]", names.join(" ")))
            },
        )?;
        self.check_size(all)
    }

    fn check_size(&self, all: &Accumulator) -> Result<(), Error> {
        let mut left = self.options.nodes;
        for resource in all.list.iter() {
            match left.checked_sub(resource.node.count(left)) {
                Some(rest) => left = rest,
                None => {
                    return Err(Error::new(
                        ErrorKind::Limit,
                        format!("resources exceed the limit `nodes` of {}", self.options.nodes),
                    ));
                }
            }
        }
        Ok(())
    }

    fn add_config(&mut self, target: &Target<'b>, all: &mut Accumulator) -> Result<(), Error> {
        let k = &target.kustomization;
        let mut config = Config::builtin().clone();
        if !k.configurations.is_empty() {
            let mut own = Config::default();
            for path in &k.configurations {
                own.merge(&Config::parse(&target.loader.load(path)?, &self.options.yaml)?)?;
            }
            config.merge(&own)?;
        }
        all.config.merge(&config)?;
        if k.definitions.is_empty() {
            return Ok(());
        }
        let mut own = Config::default();
        for path in &k.definitions {
            let step = |error: Error| error.within(format!("loading CRDs [{}]", k.definitions.join(" ")));
            let bytes = target.loader.load(path).map_err(step)?;
            let document = gitops_yaml::read_value(&bytes, gitops_yaml::Dialect::V2, &self.options.yaml)
                .map_err(|error| {
                    step(
                        Error::from(error)
                            .within(format!("unable to parse open API definition from '{path}'")),
                    )
                })?;
            let mut config = Config::default();
            config.add_definitions(&document).map_err(step)?;
            own.merge(&config).map_err(step)?;
        }
        all.config.merge(&own)
    }

    /// Adds files and directories in order.
    fn add_resources(
        &mut self,
        target: &Target<'b>,
        all: &mut Accumulator,
        paths: &[String],
    ) -> Result<(), Error> {
        for path in paths {
            let Err(as_file) = self.add_file(target, all, path) else { continue };
            if as_file.is_interruption() {
                return Err(as_file);
            }
            let step = |error: Error| error.within(format!("accumulation err='{as_file}'"));
            let loader = match target.loader.enter(path) {
                Ok(loader) => loader,
                Err(_) if as_file.is_malformed() => return Err(as_file),
                Err(error) => return Err(step(error)),
            };
            let origin = target.origin.as_ref().map(|origin| origin.below(path));
            let sub = self.add_directory(loader, origin).map_err(step)?;
            let (root, sub) = sub;
            all.merge(sub)
                .map_err(|error| step(error.within(format!("recursed merging from path '{root}'"))))?;
        }
        Ok(())
    }

    fn add_file(&mut self, target: &Target<'b>, all: &mut Accumulator, path: &str) -> Result<(), Error> {
        let reading = |error: Error| error.within(format!("accumulating resources from '{path}'"));
        let bytes = target.loader.load(path).map_err(reading)?;
        let mut list = ResourceList::default();
        let resources = reader::read(&bytes, &self.options.yaml, &self.schema)
            .map_err(|error| reading(in_file(error, path)))?;
        resources.into_iter().try_for_each(|resource| list.push(resource)).map_err(reading)?;
        if let Some(origin) = &target.origin {
            let text = origin.below(path).to_yaml();
            list.change_all(&self.schema, |resource| {
                set_annotation_in_place(resource, ORIGIN, &text);
                Ok(())
            })?;
        }
        all.list.append(list).map_err(|error| error.within(format!("merging resources from '{path}'")))
    }

    fn add_directory(
        &mut self,
        loader: Loader<'b>,
        origin: Option<Origin>,
    ) -> Result<(String, Accumulator), Error> {
        let sub = self.open_sub(loader, origin)?;
        let root = sub.loader.root().to_owned();
        if sub.kustomization.is_component {
            return Err(Error::new(
                ErrorKind::Kustomization,
                format!("expected kind != 'Component' for path '{root}'"),
            ));
        }
        let mut all = Accumulator::default();
        self.accumulate(&sub, &mut all)
            .map_err(|error| error.within(format!("recursed accumulation of path '{root}'")))?;
        Ok((root, all))
    }

    fn open_sub(&mut self, loader: Loader<'b>, origin: Option<Origin>) -> Result<Target<'b>, Error> {
        let root = loader.root().to_owned();
        let sub = self
            .open(loader, origin)
            .map_err(|error| error.within(format!("couldn't make target for path '{root}'")))?;
        self.set_schema(&sub)?;
        Ok(sub)
    }

    /// A component works on what is there already.
    fn add_component(&mut self, target: &Target<'b>, all: &mut Accumulator, path: &str) -> Result<(), Error> {
        let loader = target
            .loader
            .enter(path)
            .map_err(|error| error.rephrase(|message| format!("loader.New {message:?}")))?;
        let origin = target.origin.as_ref().map(|origin| origin.below(path));
        let quote = |error: Error| error.rephrase(|message| format!("accumulateDirectory: {message:?}"));
        let sub = self.open_sub(loader, origin).map_err(quote)?;
        let root = sub.loader.root().to_owned();
        if !sub.kustomization.is_component {
            let kind =
                if sub.kustomization.kind.is_empty() { "Kustomization" } else { &sub.kustomization.kind };
            return Err(quote(Error::new(
                ErrorKind::Kustomization,
                format!("expected kind 'Component' for path '{root}' but got '{kind}'"),
            )));
        }
        self.accumulate(&sub, all)
            .map_err(|error| quote(error.within(format!("recursed accumulation of path '{root}'"))))
    }

    fn run_generators(&mut self, target: &Target<'b>, all: &mut Accumulator) -> Result<(), Error> {
        let k = &target.kustomization;
        let mut made: Vec<(Resource, Option<Origin>)> = Vec::new();
        for (args, secret) in
            k.config_maps.iter().map(|args| (args, false)).chain(k.secrets.iter().map(|args| (args, true)))
        {
            let args = with_defaults(args, k.generator_options.as_ref());
            let resource = generate(&args, secret, &self.schema, &mut |path| target.loader.load(path))?;
            let kind = if secret { "SecretGenerator" } else { "ConfigMapGenerator" };
            made.push((resource, target.origin.as_ref().map(|origin| origin.builtin(target.file, kind))));
        }
        if k.has_charts {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "trouble configuring builtin HelmChartInflationGenerator with config: must specify --enable-helm",
            ));
        }
        if !k.generators.is_empty() {
            let plugins = self
                .plugins(target, &k.generators)
                .map_err(|error| error.within("loading generator plugins"))?;
            for (plugin, origin) in &plugins {
                let resource = plugin::generate(plugin, &target.loader, &self.schema)
                    .map_err(|error| error.within("failed to load generator"))?;
                made.push((resource, origin.clone()));
            }
        }
        for (mut resource, origin) in made {
            if let Some(origin) = origin {
                resource.set_annotation(ORIGIN, &origin.to_yaml());
            }
            all.list
                .absorb(resource, &self.schema)
                .map_err(|error| error.within("merging from generator"))?;
        }
        Ok(())
    }

    /// The configurations of plugins, given inline or by path.
    fn plugins(
        &mut self,
        target: &Target<'b>,
        entries: &[String],
    ) -> Result<Vec<(Resource, Option<Origin>)>, Error> {
        let mut all = Accumulator::default();
        let mut paths = Vec::new();
        for entry in entries {
            let inline = reader::read(entry.as_bytes(), &self.options.yaml, &self.schema).and_then(|list| {
                let mut known = ResourceList::default();
                list.iter().cloned().try_for_each(|resource| known.push(resource))?;
                Ok(list)
            });
            let Ok(list) = inline else {
                paths.push(entry.clone());
                continue;
            };
            for mut resource in list {
                if let Some(origin) = &target.origin {
                    resource.set_annotation(ORIGIN, &origin.below(target.file).to_yaml());
                }
                all.list.push(resource)?;
            }
        }
        self.add_resources(target, &mut all, &paths)?;
        Ok(all
            .list
            .into_resources()
            .into_iter()
            .map(|resource| {
                let origin = Origin::of_plugin(&resource);
                (resource, origin)
            })
            .collect())
    }

    fn run_transformers(&mut self, target: &Target<'b>, all: &mut Accumulator) -> Result<(), Error> {
        let mut steps =
            configure::transformers(&target.kustomization, &all.config, &target.loader, &self.schema)?
                .into_iter()
                .map(|(name, step)| {
                    let origin = target.origin.as_ref().map(|origin| origin.builtin(target.file, name));
                    (step, origin)
                })
                .collect::<Vec<_>>();
        if !target.kustomization.transformers.is_empty() {
            for (plugin, origin) in self.plugins(target, &target.kustomization.transformers)? {
                steps.push((plugin::transformer(&plugin, &target.loader, &self.schema)?, origin));
            }
        }
        for (step, origin) in steps {
            self.options.check()?;
            step.apply(&mut all.list, &self.schema)?;
            if let Some(origin) = origin {
                all.list.change_all(&self.schema, |resource| origin.note(resource))?;
            }
            all.list.drop_empty();
        }
        Ok(())
    }

    /// Validators are transformers that must not change anything but one label.
    fn run_validators(&mut self, target: &Target<'b>, all: &mut Accumulator) -> Result<(), Error> {
        if target.kustomization.validators.is_empty() {
            return Ok(());
        }
        for (plugin, _) in self.plugins(target, &target.kustomization.validators)? {
            let step = plugin::transformer(&plugin, &target.loader, &self.schema)?;
            let before: Vec<(Node, usize)> =
                all.list.iter().map(|resource| (resource.node.clone(), resource.all_ids().count())).collect();
            step.apply(&mut all.list, &self.schema)?;
            let unchanged = before.len() == all.list.len()
                && all.list.iter().zip(&before).all(|(resource, (node, ids))| {
                    resource.all_ids().count() == *ids && resource.node == *node
                });
            if !unchanged {
                return Err(Error::new(ErrorKind::Transform, "validator shouldn't modify the resource map"));
            }
        }
        Ok(())
    }
}

/// Says in which file the text is that is no YAML.
pub(crate) fn in_file(error: Error, path: &str) -> Error {
    if error.is_malformed() { error.rephrase(|message| format!("{message} in File: {path}")) } else { error }
}

/// Sets an annotation without touching the others.
fn set_annotation_in_place(resource: &mut Resource, name: &str, value: &str) {
    let Some(metadata) = resource.node.get_or_create("metadata", Kind::Map) else { return };
    if metadata.is_null() {
        *metadata = Node::map();
    }
    let Some(annotations) = metadata.get_or_create("annotations", Kind::Map) else { return };
    if annotations.is_null() {
        *annotations = Node::map();
    }
    annotations.set(name, Node::string(value));
}

/// Annotations that upstream takes for its own.
fn is_build_annotation(name: &str) -> bool {
    const OWN: [&str; 13] = [
        "previousKinds",
        "previousNames",
        "prefixes",
        "suffixes",
        "previousNamespaces",
        "allowNameChange",
        "allowKindChange",
        "refBy",
        "generatorBehavior",
        "needsHashSuffix",
        "path",
        "index",
        "seqindent",
    ];
    match name.strip_prefix("internal.config.kubernetes.io/") {
        Some(own) => OWN.contains(&own) || matches!(own, "id" | "annotations-migration-resource-id"),
        None => matches!(
            name,
            "config.kubernetes.io/path"
                | "config.kubernetes.io/index"
                | "config.k8s.io/id"
                | "kustomize.config.k8s.io/helm-generated"
        ),
    }
}

/// Drops resources that are only meant for the build itself.
fn drop_local(list: &mut ResourceList) -> Result<(), Error> {
    let local = |resource: &Resource| {
        resource.annotation("config.kubernetes.io/local-config").is_some_and(|value| value != "false")
    };
    list.iter().filter(|resource| !resource.node.is_empty()).try_for_each(|r| reader::check(&r.node))?;
    if list.iter().any(|resource| local(resource) || resource.node.is_empty()) {
        list.retain(|resource| !local(resource) && !resource.node.is_empty());
    }
    Ok(())
}
