// SPDX-License-Identifier: Apache-2.0

//! Which crate may depend on which: the rules of ARCHITECTURE.md as a table.

use super::metadata::Metadata;

/// For each published crate: the siblings it may depend on.
const SIBLINGS: &[(&str, &[&str])] = &[
    ("gitops-api", &[]),
    ("gitops-yaml", &[]),
    ("gitops-semver", &[]),
    ("gitops-manifest", &["gitops-yaml"]),
    ("gitops-kustomize", &["gitops-manifest", "gitops-yaml"]),
    (
        "gitops-toolkit",
        &["gitops-api", "gitops-yaml", "gitops-manifest", "gitops-semver", "gitops-kustomize"],
    ),
    ("gitops-artifact", &[]),
    ("gitops-git", &["gitops-artifact", "gitops-semver"]),
    ("gitops-sources", &["gitops-api", "gitops-artifact", "gitops-git", "gitops-semver"]),
    ("gitops-smd", &[]),
    ("gitops-testing", &["gitops-smd", "gitops-api", "gitops-yaml"]),
    ("gitops-apply", &["gitops-smd", "gitops-manifest"]),
    ("gitops-reconcile", &["gitops-apply", "gitops-api", "gitops-manifest"]),
];

/// Crates outside the workspace, and the only published crates that may name them.
const RESTRICTED: &[(&str, &[&str])] = &[
    ("kube", &["gitops-apply", "gitops-reconcile", "gitops-testing"]),
    ("kube-core", &["gitops-api"]),
    ("kube-cel", &["gitops-api", "gitops-apply"]),
    ("k8s-openapi", &["gitops-api", "gitops-apply", "gitops-reconcile", "gitops-testing"]),
    (
        "tokio",
        &[
            "gitops-artifact",
            "gitops-git",
            "gitops-sources",
            "gitops-apply",
            "gitops-reconcile",
            "gitops-testing",
        ],
    ),
    ("reqwest", &["gitops-artifact", "gitops-git", "gitops-sources", "gitops-reconcile"]),
    ("gix", &["gitops-git"]),
    ("anyhow", &[]),
];

pub(crate) fn check(metadata: &Metadata) -> Vec<String> {
    let mut problems = Vec::new();
    for package in metadata.published() {
        let name = package.name();
        let Some((_, siblings)) = SIBLINGS.iter().find(|(known, _)| *known == name) else {
            problems.push(format!("{name}: has no row in xtask/src/tidy/layers.rs"));
            continue;
        };
        for dependency in package.dependencies(false) {
            if dependency.starts_with("gitops-") && !siblings.contains(&dependency) {
                problems.push(format!("{name}: may not depend on {dependency}"));
            }
            let restricted = RESTRICTED.iter().find(|(known, _)| *known == dependency);
            if restricted.is_some_and(|(_, allowed)| !allowed.contains(&name)) {
                problems.push(format!("{name}: may not depend on {dependency}"));
            }
        }
    }
    problems
}
