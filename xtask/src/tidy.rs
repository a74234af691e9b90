// SPDX-License-Identifier: Apache-2.0

//! Rules about the tree itself that no compiler checks.

mod layers;
mod metadata;
mod sources;

use crate::process::root;
pub(crate) use metadata::Metadata;

/// Checks every rule and reports all violations at once.
pub(crate) fn run() -> Result<(), String> {
    let metadata = metadata()?;
    let mut problems = layers::check(&metadata);
    problems.extend(metadata::licences(&metadata));
    problems.extend(sources::check(&root(), &metadata)?);
    problems.extend(changelog(&metadata));
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort();
    Err(format!("tidy found {} problem(s):\n  {}", problems.len(), problems.join("\n  ")))
}

/// What cargo knows about the workspace.
pub(crate) fn metadata() -> Result<Metadata, String> {
    Metadata::load()
}

/// Every published crate is named in the changelog and in the README's table.
fn changelog(metadata: &Metadata) -> Vec<String> {
    let mut problems = Vec::new();
    for file in ["CHANGELOG.md", "README.md", "ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        for package in metadata.published() {
            if !text.contains(package.name()) {
                problems.push(format!("{file}: does not name {}", package.name()));
            }
        }
    }
    problems
}
