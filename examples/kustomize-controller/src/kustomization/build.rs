// SPDX-License-Identifier: Apache-2.0

//! From the artifact to objects: fetch, build, substitute.

use std::collections::BTreeMap;
use std::sync::Arc;

use gitops_api::kustomize::v1::{KustomizationSpec, SubstituteStrategy};
use gitops_api::meta::{annotation, reason};
use gitops_artifact::{Algorithm, Digest, ErrorKind, UnpackedTree};
use gitops_manifest::ManifestSet;
use gitops_reconcile::{Failure, Next};
use gitops_toolkit::bridge::kustomization::prepare;
use gitops_toolkit::kustomize::fs::{Directory, FileSystem};
use gitops_toolkit::kustomize::substitute::{is_name, substitute};
use gitops_toolkit::kustomize::{Options, build};

use super::{Run, name};
use crate::Progress;

/// What came out of a build.
pub(crate) struct Built {
    pub(crate) objects: ManifestSet,
    /// The digest of the built YAML, which tells contents apart in the history.
    pub(crate) digest: String,
}

impl Run<'_> {
    /// Fetches the artifact and builds its objects.
    pub(crate) async fn build(&self) -> Result<Built, Failure> {
        let tree = self.fetch().await?;
        let (spec, kept) = (self.object.spec.clone(), Arc::clone(&tree));
        let located = blocking(move || locate(&kept, &spec)).await;
        let root = self.shown_root();
        let missing = |path: String| {
            let what = format!("kustomization path not found: stat {root}{path}: no such file or directory");
            self.fail(reason::ARTIFACT_FAILED, what)
        };
        let (fs, directory) = located.map_err(missing)?;
        let revision = self.source.artifact.revision.clone();
        self.cx.edit_status(|status| status.last_attempted_revision = Some(revision.clone()));
        self.note("Building manifests");
        let below = directory.clone();
        let failed = |message: String| self.fail(reason::BUILD_FAILED, rooted(&message, &root, &below));
        if self.object.spec.decryption.is_some() {
            self.check_decryption().await.map_err(failed)?;
        }
        let spec = self.object.spec.clone();
        let built = blocking(move || {
            let prepared = prepare(fs, &directory, &spec).map_err(|error| error.to_string())?;
            build(&prepared, &directory, &Options::controller())
                .map_err(|error| format!("kustomize build failed: {error}"))
        });
        let objects = built.await.map_err(failed)?;
        let objects = self.substituted(objects).await.map_err(failed)?;
        let digest = Algorithm::Sha256.digest(objects.to_yaml().as_bytes()).to_string();
        self.owner.observe(Progress::Built { object: name(self.cx), revision, objects: objects.len() });
        Ok(Built { objects, digest })
    }

    /// The root of the artifact as messages name it. Trees are shared and come and go; the name is the same as long as the
    /// content is, so that a failing object does not write a new message at every attempt.
    fn shown_root(&self) -> String {
        let digest = &self.source.artifact.digest;
        let hex = digest.split_once(':').map_or(digest.as_str(), |(_, hex)| hex);
        format!("/tmp/kustomization-{}", hex.get(..10).unwrap_or(hex))
    }

    async fn fetch(&self) -> Result<Arc<UnpackedTree>, Failure> {
        let artifact = &self.source.artifact;
        let digest: Digest = artifact.digest.parse().map_err(|error| {
            self.fail(reason::ARTIFACT_FAILED, format!("failed to parse digest: {error}"))
        })?;
        match self.owner.cache.get(&self.owner.fetch, &artifact.url, &digest).await {
            Ok(tree) => Ok(tree),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let wait = self.owner.settings.requeue_dependency;
                let text = gitops_api::meta::Duration::from(wait).canonical();
                let message = format!("Source is not ready, artifact not found, retrying in {text}");
                Err(Failure::text(reason::ARTIFACT_FAILED, Next::Wait(wait), message).silent())
            }
            Err(error) => {
                let mut message = error.to_string();
                let mut cause = std::error::Error::source(&error);
                while let Some(level) = cause {
                    message = format!("{message}: {level}");
                    cause = level.source();
                }
                Err(self.fail(reason::ARTIFACT_FAILED, message))
            }
        }
    }

    /// Replaces variables in the text of each object that does not forbid it.
    async fn substituted(&self, objects: ManifestSet) -> Result<ManifestSet, String> {
        let Some(post) = &self.object.spec.post_build else { return Ok(objects) };
        let first = objects.iter().find(|object| substitutes(object)).map(build_id);
        let Some(first) = first else { return Ok(objects) };
        let variables = self
            .variables(post)
            .await
            .map_err(|error| format!("post build failed for '{first}': {error}"))?;
        if variables.is_empty() && post.strategy() != SubstituteStrategy::Always {
            return Ok(objects);
        }
        let strict = self.owner.settings.strict_substitutions;
        blocking(move || objects.iter().map(|object| replaced(object, &variables, strict)).collect()).await
    }

    /// Decryption is not there yet, but its missing Secret is reported like any other.
    async fn check_decryption(&self) -> Result<(), String> {
        let secret =
            self.object.spec.decryption.as_ref().and_then(|decryption| decryption.secret_ref.as_ref());
        if let Some(secret) = secret {
            let found = self
                .cx
                .get_live::<k8s_openapi::api::core::v1::Secret>(self.cx.key().namespace(), &secret.name)
                .await;
            match found {
                Ok(Some(_)) => {}
                Ok(None) => return Err(format!("secrets \"{}\" not found", secret.name)),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }
}

fn substitutes(object: &gitops_manifest::Manifest) -> bool {
    let off = |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case("disabled"));
    !off(object.annotation(annotation::SUBSTITUTE)) && !off(object.label(annotation::SUBSTITUTE))
}

fn replaced(
    object: &gitops_manifest::Manifest,
    variables: &BTreeMap<String, String>,
    strict: bool,
) -> Result<gitops_manifest::Manifest, String> {
    if !substitutes(object) {
        return Ok(object.clone());
    }
    let failed = |error: String| format!("post build failed for '{}': {error}", build_id(object));
    if let Some(wrong) = variables.keys().find(|name| !is_name(name)) {
        const PATTERN: &str = "^[_[:alpha:]][_[:alpha:][:digit:]]*$";
        return Err(failed(format!("envsubst error: '{wrong}' var name is invalid, must match '{PATTERN}'")));
    }
    let text = substitute(&object.to_yaml(), variables, strict)
        .map_err(|error| failed(format!("envsubst error: {error}")))?;
    let set = ManifestSet::from_yaml(text.as_bytes()).map_err(|error| failed(error.to_string()))?;
    set.into_iter().next().ok_or_else(|| failed("nothing is left".to_owned()))
}

/// An object as messages of a build name it: `Kind.version.group/name`.
fn build_id(object: &gitops_manifest::Manifest) -> String {
    let group = if object.group().is_empty() { "[noGrp]" } else { object.group() };
    format!("{}.{}.{group}/{}", object.kind(), object.version(), object.name())
}

/// Finds the directory that the spec names; the error is the path that is not there.
fn locate(tree: &UnpackedTree, spec: &KustomizationSpec) -> Result<(Directory, String), String> {
    let wanted = cleaned(spec.path.as_deref().unwrap_or_default());
    let fs = Directory::open(tree.path()).map_err(|_| String::new())?;
    let directory = fs.canonical(&wanted).map_err(|_| wanted)?;
    Ok((fs, directory))
}

/// Puts the root before the paths of a message that lie below a directory.
fn rooted(message: &str, root: &str, directory: &str) -> String {
    let below = format!("{}/", directory.trim_end_matches('/'));
    let mut text = message.to_owned();
    if below != "/" {
        for before in [" ", "'", "\""] {
            text = text.replace(&format!("{before}{below}"), &format!("{before}{root}{below}"));
        }
    }
    text
}

/// The path below the root; one that climbs out of it stays at the root.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Runs work that computes or reads files where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_climbs_out_stays_at_the_root() {
        for (path, expected) in [("", "/"), ("./a/b", "/a/b"), ("../../etc", "/etc"), ("/a/../b/", "/b")] {
            assert_eq!(cleaned(path), expected);
        }
    }
}
