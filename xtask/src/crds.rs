// SPDX-License-Identifier: Apache-2.0

//! The committed previews of the custom resource definitions.

use std::fs;

use crate::process::{command, root, status, target};

/// Writes `toolkit/api/crds/*.yaml`, or with `check` compares them with what the types generate.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let committed = root().join("toolkit/api/crds");
    let fresh = if check { target().join("crds") } else { committed.clone() };
    let _ = fs::remove_dir_all(&fresh);
    let dir = fresh.to_string_lossy().into_owned();
    status(&mut command("cargo", &["run", "--quiet", "-p", "gitops", "--", "crds", "--dir", &dir]))?;
    if !check {
        return Ok(());
    }
    let listing = |dir: &std::path::Path| -> Result<Vec<(String, String)>, String> {
        let mut files = Vec::new();
        let entries = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        for entry in entries.filter_map(Result::ok) {
            let text = fs::read_to_string(entry.path()).map_err(|error| error.to_string())?;
            files.push((entry.file_name().to_string_lossy().into_owned(), text));
        }
        files.sort();
        Ok(files)
    };
    if listing(&committed)? == listing(&fresh)? {
        Ok(())
    } else {
        Err("toolkit/api/crds is stale: run `cargo xtask crds`".into())
    }
}
