// SPDX-License-Identifier: Apache-2.0

//! Builds Kubernetes manifests from a kustomization, with no cluster and no `kubectl`.
//!
//! ```
//! use gitops_kustomize::{Options, build, fs::Memory};
//!
//! let fs = Memory::from([
//!     ("app/kustomization.yaml", "namePrefix: dev-\nresources: [cm.yaml]\n"),
//!     ("app/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"),
//! ]);
//! let set = build(&fs, "app", &Options::default())?;
//! assert_eq!(set.to_yaml(), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dev-settings\n");
//! # Ok::<(), gitops_kustomize::Error>(())
//! ```
//!
//! # Where to start
//!
//! - [`build`]: a directory of a [file system](fs) in, a [`ManifestSet`] out;
//! - [`report`]: the same, with the files that were read and the notices kustomize prints;
//! - [`substitute`](mod@substitute): variables in the text of built objects.
//!
//! # Compatibility
//!
//! kustomize 5.8.1, as `kubectl kustomize` 1.37 runs it, byte for byte
//! (`every_vector_builds_from_memory_to_the_bytes_kubectl_prints`): all fields of kustomization files and components, the
//! built-in transformers and generators with their configuration as resources, its merge keys (those of Kubernetes 1.21), its
//! order of lists, its names with hashes, and what it does to odd scalars.
//!
//! Where kustomize fails by accident, this crate may succeed: a comment behind the key of a list that a patch empties
//! (`a_comment_behind_a_key_does_not_break_a_patch`). Texts of errors follow kustomize up to the parts that print Go values
//! (`most_refusals_begin_with_kubectls_words`).
//!
//! # Not supported
//!
//! What needs the network or a program: remote bases and files, charts, plugins that are not built in. They are refused with
//! [`ErrorKind::Unsupported`].
//!
//! # Untrusted input
//!
//! [`Options`] bounds bytes read, nodes held, depth, and each YAML file; [`Cancel`] stops a build from another thread. A
//! [`Directory`](fs::Directory) is never left, not by links either. Expressions in selectors have a bound on their size. Nothing
//! here keeps state between builds.
//!
//! # Features
//!
//! None.

mod config;
mod decode;
mod error;
mod fieldspec;
pub mod fs;
mod generator;
mod hash;
mod id;
mod json_patch;
mod kustomization;
mod loader;
mod merge;
mod nameref;
mod node;
mod options;
mod origin;
mod reader;
mod resource;
mod schema;
mod selector;
mod structured;
pub mod substitute;
mod target;
mod transform;
mod variables;

use gitops_manifest::{Manifest, ManifestSet};
use serde_json::Value;

pub use error::{Error, ErrorKind};
pub use options::{Cancel, Options, Order};

/// What a build gives.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The objects, in order.
    pub objects: ManifestSet,
    /// Notices about fields that have better replacements, as kustomize prints them.
    pub notices: Vec<String>,
    /// The canonical paths of all files that were read, sorted.
    pub read: Vec<String>,
}

/// Builds the kustomization in a directory.
///
/// # Errors
///
/// Any case of [`ErrorKind`] but [`Substitute`](ErrorKind::Substitute).
pub fn build(fs: &dyn fs::FileSystem, root: &str, options: &Options) -> Result<ManifestSet, Error> {
    report(fs, root, options).map(|report| report.objects)
}

/// Builds as [`build`] and tells what was read and what kustomize would have warned of.
///
/// # Errors
///
/// As [`build`].
pub fn report(fs: &dyn fs::FileSystem, root: &str, options: &Options) -> Result<Report, Error> {
    let source = loader::Source::new(fs, options);
    let (resources, notices) = {
        let mut build = target::Build::new(options);
        let resources = build.run(&source, root)?;
        (resources, build.notices)
    };
    let mut objects = ManifestSet::default();
    for resource in resources {
        objects.append(manifest(node::to_value(&resource.node)?)?);
    }
    Ok(Report { objects, notices, read: source.into_read_set() })
}

/// Objects without an API version, or with one that is no text, are printed by kustomize, though no server takes them.
fn manifest(mut value: Value) -> Result<Manifest, Error> {
    let mut odd: Vec<(&str, Option<Value>)> = Vec::new();
    if let Some(object) = value.as_object_mut() {
        for field in ["apiVersion", "kind"] {
            if object.get(field).and_then(Value::as_str).is_none_or(str::is_empty) {
                odd.push((field, object.insert(field.to_owned(), Value::from("v1"))));
            }
        }
    }
    let mut manifest =
        Manifest::from_value(value).map_err(|error| Error::new(ErrorKind::Resource, error.to_string()))?;
    if let Some(object) = manifest.value_mut().as_object_mut() {
        for (field, old) in odd {
            match old {
                Some(old) => object.insert(field.to_owned(), old),
                None => object.remove(field),
            };
        }
    }
    Ok(manifest)
}
