// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use super::{Failure, FileSystem, join};

/// Files held in memory; it has no links.
///
/// ```
/// use gitops_kustomize::fs::Memory;
///
/// let fs = Memory::from([("app/kustomization.yaml", "resources: [cm.yaml]")]).with("app/cm.yaml", "");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// Returns an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file; its directories come into being with it.
    pub fn insert(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(join("/", path), content.into());
    }

    /// Returns the tree with one more file.
    #[must_use]
    pub fn with(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.insert(path, content);
        self
    }

    fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let prefix = if path == "/" { "/".to_owned() } else { format!("{path}/") };
        self.files
            .range(prefix.clone()..)
            .map(|(name, _)| name.as_str())
            .take_while(move |name| name.starts_with(&prefix))
            .map({
                let skip = if path == "/" { 1 } else { path.len() + 1 };
                move |name| &name[skip..]
            })
    }
}

impl<P: AsRef<str>, C: Into<Vec<u8>>, const N: usize> From<[(P, C); N]> for Memory {
    fn from(files: [(P, C); N]) -> Self {
        files.into_iter().collect()
    }
}

impl<P: AsRef<str>, C: Into<Vec<u8>>> FromIterator<(P, C)> for Memory {
    fn from_iter<I: IntoIterator<Item = (P, C)>>(files: I) -> Self {
        let mut tree = Self::new();
        for (path, content) in files {
            tree.insert(path.as_ref(), content);
        }
        tree
    }
}

impl FileSystem for Memory {
    fn canonical(&self, path: &str) -> Result<String, Failure> {
        let path = join("/", path);
        if self.files.contains_key(&path) || self.is_dir(&path) {
            return Ok(path);
        }
        let missing = path
            .match_indices('/')
            .skip(1)
            .map(|(end, _)| &path[..end])
            .find(|parent| !self.is_dir(parent))
            .unwrap_or(&path);
        Err(Failure::NotFound(missing.to_owned()))
    }

    fn is_dir(&self, path: &str) -> bool {
        path == "/" || self.below(path).next().is_some()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.files.get(path).cloned().ok_or_else(|| Failure::NotFound(path.to_owned()))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Failure> {
        if !self.is_dir(path) {
            return Err(Failure::NotFound(path.to_owned()));
        }
        let mut names: Vec<String> =
            self.below(path).map(|rest| rest.split('/').next().unwrap_or(rest).to_owned()).collect();
        names.dedup();
        Ok(names)
    }
}
