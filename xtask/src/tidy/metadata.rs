// SPDX-License-Identifier: Apache-2.0

//! `cargo metadata`, read.

use std::path::PathBuf;

use serde_json::Value;

use crate::process::{command, root, stdout};

/// Licences that a dependency may offer.
const ALLOWED: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "0BSD",
    "Unlicense",
    "BSL-1.0",
];

/// What cargo knows about the workspace and everything it depends on.
pub(crate) struct Metadata {
    packages: Vec<Value>,
    members: Vec<String>,
}

/// One package of the workspace.
#[derive(Clone, Copy)]
pub(crate) struct Package<'a>(&'a Value);

impl Metadata {
    pub(crate) fn load() -> Result<Self, String> {
        let bytes = stdout(&mut command("cargo", &["metadata", "--format-version", "1", "--locked"]))?;
        let mut value: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let Value::Array(packages) = value["packages"].take() else {
            return Err("cargo metadata: no packages".into());
        };
        let members = value["workspace_members"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        Ok(Self { packages, members })
    }

    /// The packages of the workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = Package<'_>> {
        self.packages
            .iter()
            .filter(|package| {
                package["id"].as_str().is_some_and(|id| self.members.iter().any(|member| member == id))
            })
            .map(Package)
    }

    /// The packages of the workspace that are published.
    pub(crate) fn published(&self) -> impl Iterator<Item = Package<'_>> {
        self.members().filter(|package| package.0["publish"].is_null())
    }
}

impl<'a> Package<'a> {
    pub(crate) fn name(self) -> &'a str {
        self.0["name"].as_str().unwrap_or_default()
    }

    /// The package's folder, relative to the workspace root.
    pub(crate) fn dir(self) -> PathBuf {
        let manifest = PathBuf::from(self.0["manifest_path"].as_str().unwrap_or_default());
        let dir = manifest.parent().map(PathBuf::from).unwrap_or_default();
        dir.strip_prefix(root()).map(PathBuf::from).unwrap_or(dir)
    }

    pub(crate) fn features(self) -> impl Iterator<Item = &'a str> {
        self.0["features"].as_object().into_iter().flat_map(|features| features.keys().map(String::as_str))
    }

    /// Names of the packages it is built on; those for its tests only with `dev`.
    pub(crate) fn dependencies(self, dev: bool) -> impl Iterator<Item = &'a str> {
        self.0["dependencies"].as_array().into_iter().flatten().filter_map(move |dependency| {
            let is_dev = dependency["kind"] == "dev";
            (is_dev == dev).then(|| dependency["name"].as_str().unwrap_or_default())
        })
    }

    /// The source files of the package's test binaries.
    pub(crate) fn test_targets(self) -> impl Iterator<Item = &'a str> {
        self.0["targets"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|target| {
                target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test"))
            })
            .filter_map(|target| target["src_path"].as_str())
    }
}

/// Every dependency offers at least one licence of the allowed ones.
pub(crate) fn licences(metadata: &Metadata) -> Vec<String> {
    let mut problems = Vec::new();
    for package in &metadata.packages {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or_default();
        if !accepted(licence) {
            problems.push(format!("Cargo.lock: {name} has the licence {licence:?}"));
        }
    }
    problems
}

/// Evaluates `A OR B`, `A AND B`, `(…)` and the old form `A/B` loosely: each AND-part needs one allowed alternative.
fn accepted(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], "").replace('/', " OR ");
    !flat.is_empty()
        && flat.split(" AND ").all(|part| part.split(" OR ").any(|licence| ALLOWED.contains(&licence.trim())))
}

#[cfg(test)]
mod tests {
    use super::accepted;

    #[test]
    fn a_licence_expression_needs_one_allowed_alternative_in_each_part() {
        for (expression, expected) in [
            ("MIT", true),
            ("MIT OR GPL-3.0", true),
            ("Apache-2.0/MIT", true),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("MIT AND GPL-3.0", false),
            ("LGPL-2.0-or-later", false),
            ("", false),
        ] {
            assert_eq!(accepted(expression), expected, "{expression}");
        }
    }
}
