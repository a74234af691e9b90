// SPDX-License-Identifier: Apache-2.0

//! The variables of a substitution: ConfigMaps and Secrets in order, then those of the spec.

use std::collections::BTreeMap;

use gitops_api::kustomize::v1::{PostBuild, SubstituteKind};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};

use super::Run;

impl Run<'_> {
    /// Loads the variables once per run; the error says which reference is missing.
    pub(crate) async fn variables(&self, post: &PostBuild) -> Result<BTreeMap<String, String>, String> {
        let namespace = self.cx.key().namespace();
        let mut variables = BTreeMap::new();
        for from in &post.substitute_from {
            let what = format!("substitute from '{}/{}' error", from.kind, from.name);
            let values = match from.kind {
                SubstituteKind::Secret => {
                    let found = self.cx.get_live::<Secret>(namespace, &from.name).await;
                    found.map(|secret| secret.map(secret_values))
                }
                SubstituteKind::ConfigMap => {
                    let found = self.cx.get_live::<ConfigMap>(namespace, &from.name).await;
                    found.map(|map| map.map(|map| map.data.unwrap_or_default()))
                }
                _ => return Err(format!("{what}: unsupported kind")),
            };
            match values {
                Ok(Some(values)) => variables.extend(values),
                Ok(None) if from.optional => {}
                Ok(None) => {
                    let plural = if from.kind == SubstituteKind::Secret { "secrets" } else { "configmaps" };
                    return Err(format!("{what}: {plural} \"{}\" not found", from.name));
                }
                Err(kube::Error::Api(status)) => return Err(format!("{what}: {}", status.message)),
                Err(error) => return Err(format!("{what}: {error}")),
            }
        }
        variables.extend(post.substitute.clone());
        for value in variables.values_mut() {
            value.retain(|c| c != '\n');
        }
        Ok(variables)
    }
}

fn secret_values(secret: Secret) -> BTreeMap<String, String> {
    let data = secret.data.unwrap_or_default();
    data.into_iter().map(|(key, value)| (key, String::from_utf8_lossy(&value.0).into_owned())).collect()
}
