// SPDX-License-Identifier: Apache-2.0

//! Where a resource came from and what changed it, as `buildMetadata` writes it into annotations.

use crate::error::Error;
use crate::resource::Resource;

pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// A file, or a plugin and the file that configures it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) path: String,
    pub(crate) configured_in: String,
    /// API version, kind, name and namespace of the plugin.
    pub(crate) configured_by: Option<[String; 4]>,
}

impl Origin {
    /// The origin of something named in the kustomization that this origin leads to.
    pub(crate) fn below(&self, path: &str) -> Self {
        Self { path: join(&self.path, path), ..self.clone() }
    }

    /// The origin of a plugin built into kustomize, configured by a field of a file.
    pub(crate) fn builtin(&self, file: &str, kind: &str) -> Self {
        Self {
            path: String::new(),
            configured_in: join(&self.path, file),
            configured_by: Some(["builtin".to_owned(), kind.to_owned(), String::new(), String::new()]),
        }
    }

    /// The origin of a plugin that is configured by a resource.
    pub(crate) fn of_plugin(resource: &Resource) -> Option<Self> {
        let text = resource.annotation(ORIGIN)?;
        let path = text
            .lines()
            .find_map(|line| line.strip_prefix("path: "))
            .map(|path| path.trim_matches(['"', '\'']).to_owned())
            .unwrap_or_default();
        let id = resource.id();
        Some(Self {
            path: String::new(),
            configured_in: path,
            configured_by: Some([
                id.gvk.api_version(),
                id.gvk.kind.to_string(),
                id.name.to_string(),
                id.namespace.to_string(),
            ]),
        })
    }

    /// The value of the annotation.
    pub(crate) fn to_yaml(&self) -> String {
        let mut out = String::new();
        if !self.path.is_empty() {
            out.push_str(&format!("path: {}\n", scalar(&self.path)));
        }
        if !self.configured_in.is_empty() {
            out.push_str(&format!("configuredIn: {}\n", scalar(&self.configured_in)));
        }
        if let Some(plugin) = &self.configured_by {
            out.push_str("configuredBy:\n");
            for (name, value) in ["apiVersion", "kind", "name", "namespace"].iter().zip(plugin) {
                if !value.is_empty() {
                    out.push_str(&format!("  {name}: {}\n", scalar(value)));
                }
            }
        }
        if out.is_empty() { "{}\n".to_owned() } else { out }
    }

    /// Notes on a resource that this transformer had it in its hands.
    pub(crate) fn note(&self, resource: &mut Resource) -> Result<(), Error> {
        if resource.annotation(ORIGIN).is_none() {
            resource.set_annotation(ORIGIN, &self.to_yaml());
            return Ok(());
        }
        let mut list = resource.annotation(TRANSFORMATIONS).unwrap_or_default().to_owned();
        for (at, line) in self.to_yaml().lines().enumerate() {
            list.push_str(if at == 0 { "- " } else { "  " });
            list.push_str(line);
            list.push('\n');
        }
        resource.set_annotation(TRANSFORMATIONS, &list);
        Ok(())
    }
}

fn scalar(text: &str) -> String {
    let value = serde_json::Value::String(text.to_owned());
    gitops_yaml::emit::to_yaml(&value).trim_end().to_owned()
}

/// Joins relative paths; leading `..` stay.
pub(crate) fn join(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
