// SPDX-License-Identifier: Apache-2.0

//! Other repositories' artifacts that become part of this one.

use std::collections::BTreeMap;
use std::path::Path;

use gitops_api::meta::Artifact;
use gitops_api::source::v1::{GitRepository, GitRepositoryInclude, reason};
use gitops_artifact::store::{ArtifactPath, Local};
use gitops_artifact::{DirectoryTree, Entry, EntryKind, Error, ErrorKind, Tree, UnpackLimits, unpack};
use gitops_reconcile::{Event, Failure, Next, Reference};

use super::{Run, condition};

/// The repositories that an object includes.
pub(crate) fn references(object: &GitRepository) -> Vec<Reference> {
    let namespace = object.metadata.namespace.clone().unwrap_or_default();
    let includes = object.spec.include.iter();
    includes
        .map(|include| Reference::to::<GitRepository>(namespace.clone(), include.repository.name.clone()))
        .collect()
}

impl Run<'_> {
    /// The artifacts of the included repositories, in the order of the spec.
    pub(crate) async fn included(&self) -> Result<Vec<Artifact>, Failure> {
        let mut artifacts = Vec::new();
        for include in &self.repo.spec.include {
            let name = &include.repository.name;
            let found = self.cx.get::<GitRepository>(self.cx.key().namespace(), name).await;
            let (reason, message) = match found {
                Ok(Some(repository)) => match repository.artifact() {
                    Some(artifact) => {
                        artifacts.push(artifact.clone());
                        continue;
                    }
                    None => (reason::NO_ARTIFACT, format!("no artifact available for include '{name}'")),
                },
                Ok(None) => {
                    let missing = format!("GitRepository.source.toolkit.fluxcd.io \"{name}\" not found");
                    (reason::NOT_FOUND, format!("could not get resource for include '{name}': {missing}"))
                }
                Err(error) => {
                    (reason::NOT_FOUND, format!("could not get resource for include '{name}': {error}"))
                }
            };
            self.cx.set_condition(condition::INCLUDE_UNAVAILABLE, true, reason, &message);
            let event = Event::trace(reason, message.clone());
            let wait = Next::Wait(self.owner.requeue_dependency);
            return Err(Failure::text(reason, wait, message).announce(event));
        }
        self.cx.remove_condition(condition::INCLUDE_UNAVAILABLE);
        Ok(artifacts)
    }
}

/// A tree with parts of others laid into it.
pub(crate) struct Composed<T> {
    base: T,
    parts: Vec<Part>,
}

struct Part {
    /// Where it goes, without slashes around.
    to: String,
    from: tempfile::TempDir,
    below: String,
}

impl<T: Tree> Composed<T> {
    /// Unpacks the included artifacts out of the storage. The error is the text for the condition.
    pub(crate) fn new(
        base: T,
        includes: &[GitRepositoryInclude],
        artifacts: &[Artifact],
        store: &Local,
        staging: &Path,
    ) -> Result<Self, String> {
        let mut parts = Vec::new();
        for (include, artifact) in includes.iter().zip(artifacts) {
            let (from, to) = (trimmed(include.from_path()), trimmed(include.to_path()));
            let failed = |error: String| {
                let name = &include.repository.name;
                format!("failed to copy '{name}' include from {from} to {to}: {error}")
            };
            if [&from, &to].iter().any(|path| path.split('/').any(|part| part == "..")) {
                return Err(failed("the path leaves its root".to_owned()));
            }
            let path: ArtifactPath =
                artifact.path.parse().map_err(|error: Error| failed(error.to_string()))?;
            let file = std::fs::File::open(store.path(&path)).map_err(|error| failed(error.to_string()))?;
            let dir = tempfile::tempdir_in(staging).map_err(|error| failed(error.to_string()))?;
            unpack(file, dir.path(), &UnpackLimits::default()).map_err(|error| failed(error.to_string()))?;
            if !dir.path().join(&from).exists() {
                return Err(failed(format!("rename {from}: no such file or directory")));
            }
            parts.push(Part { to, from: dir, below: from });
        }
        let composed = Self { base, parts };
        composed.check()?;
        Ok(composed)
    }

    /// An include must not hide what is there.
    fn check(&self) -> Result<(), String> {
        let mut clash = None;
        let walked = self.base.walk(&mut |entry| {
            let path = String::from_utf8_lossy(entry.path()).into_owned();
            let hit =
                self.parts.iter().find(|part| path == part.to || path.starts_with(&format!("{}/", part.to)));
            if let Some(part) = hit
                && clash.is_none()
            {
                clash = Some(part.to.clone());
            }
            Ok(())
        });
        match (walked, clash) {
            (Err(error), _) => Err(error.to_string()),
            (Ok(()), Some(to)) => Err(format!("failed to copy include to {to}: rename {to}: file exists")),
            (Ok(()), None) => Ok(()),
        }
    }
}

fn trimmed(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/")
}

/// An entry that is held until its place in the order has come.
struct Held {
    kind: EntryKind,
    content: Vec<u8>,
}

impl<T: Tree> Tree for Composed<T> {
    fn walk(&self, visit: &mut dyn FnMut(Entry<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let mut held: BTreeMap<Vec<u8>, Held> = BTreeMap::new();
        for part in &self.parts {
            let root = part.from.path().join(&part.below);
            for position in part.to.match_indices('/').map(|(at, _)| at).chain([part.to.len()]) {
                let kind = EntryKind::Directory;
                held.insert(order(&part.to.as_bytes()[..position]), Held { kind, content: Vec::new() });
            }
            if root.is_file() {
                let content = std::fs::read(&root)
                    .map_err(|error| Error::new(ErrorKind::Io, "cannot read an include").caused_by(error))?;
                held.insert(order(part.to.as_bytes()), Held { kind: EntryKind::File, content });
                continue;
            }
            DirectoryTree::new(root).walk(&mut |mut entry| {
                let mut content = Vec::new();
                if entry.kind() != EntryKind::Directory {
                    entry.read(&mut content)?;
                }
                let mut path = part.to.as_bytes().to_vec();
                path.push(b'/');
                path.extend_from_slice(entry.path());
                held.insert(order(&path), Held { kind: entry.kind(), content });
                Ok(())
            })?;
        }
        let mut held = held.into_iter().peekable();
        self.base.walk(&mut |entry| {
            let here = order(entry.path());
            while let Some((path, next)) = held.next_if(|(path, _)| *path < here) {
                give(&path, &next, visit)?;
            }
            // A directory that both have is told once.
            let _ = held.next_if(|(path, _)| *path == here);
            visit(entry)
        })?;
        for (path, next) in held {
            give(&path, &next, visit)?;
        }
        Ok(())
    }
}

fn give(
    path: &[u8],
    held: &Held,
    visit: &mut dyn FnMut(Entry<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let path: Vec<u8> = path.iter().map(|byte| if *byte == 0 { b'/' } else { *byte }).collect();
    match held.kind {
        EntryKind::Directory => visit(Entry::directory(&path)),
        kind => visit(Entry::bytes(&path, kind, &held.content)),
    }
}

/// A key by which paths sort as a walk meets them: the separator goes before every other byte.
fn order(path: &[u8]) -> Vec<u8> {
    path.iter().map(|byte| if *byte == b'/' { 0 } else { *byte }).collect()
}
