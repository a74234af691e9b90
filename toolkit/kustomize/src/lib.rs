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

/// What a build gives besides objects.
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

/// Objects without an API version are printed by kustomize, though no server takes them.
fn manifest(mut value: Value) -> Result<Manifest, Error> {
    let lacks_version = value.as_object().is_some_and(|object| !object.contains_key("apiVersion"));
    if lacks_version {
        value["apiVersion"] = Value::from("v1");
    }
    let mut manifest = Manifest::from_value(value)
        .map_err(|error| Error::new(ErrorKind::Resource, error.to_string()))?;
    if let (true, Some(object)) = (lacks_version, manifest.value_mut().as_object_mut()) {
        object.remove("apiVersion");
    }
    Ok(manifest)
}
