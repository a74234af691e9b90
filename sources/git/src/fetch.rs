// SPDX-License-Identifier: Apache-2.0

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use gitops_artifact::Revision;
use gix::{ObjectId, objs::FindExt as _};
use tempfile::TempDir;

use crate::{
    error::{Error, ErrorKind},
    request::{Reference, Request},
    resolve::{commit_id, context},
    session::{History, Session},
    submodule,
    tree::{Store, Tree, flat},
    worker::{self, Stop},
};

/// Downloads exactly the commit of a revision, without its history, and returns its files as a tree.
///
/// The objects are kept in a bare repository in a fresh directory below `staging`, which is removed with the tree. There is no
/// worktree, and no process is started.
///
/// # Errors
/// Those of the connection, and [`UnsafeTree`](ErrorKind::UnsafeTree) for names that must not be written to a disk.
pub async fn fetch(request: &Request, revision: &Revision, staging: &Path) -> Result<Tree, Error> {
    let (work, revision, staging) = (request.clone(), revision.clone(), staging.to_path_buf());
    let done = worker::run(request.timeout, move |stop| fetch_now(&work, &revision, &staging, stop)).await;
    done.map_err(|e| context(request, e))
}

fn fetch_now(request: &Request, revision: &Revision, staging: &Path, stop: &Stop) -> Result<Tree, Error> {
    let commit = commit_id(revision.hex().unwrap_or_default())?;
    let store = download(request, commit, staging, stop)?;
    finish(request, commit, store, staging, stop)
}

/// Makes the tree of a commit that a store has.
pub(crate) fn finish(
    request: &Request,
    commit: ObjectId,
    store: Store,
    staging: &Path,
    stop: &Stop,
) -> Result<Tree, Error> {
    if let Reference::Commit { on: Some(branch), .. } = &request.reference
        && !branch.starts_with("refs/")
    {
        require_on_branch(request, branch, commit, staging, stop)?;
    }
    let root = root_tree(&store, commit, &request.reference)?;
    let mut entries = flat::read(&store, root, request, stop)?;
    let mut stores = vec![store];
    if request.submodules {
        submodule::add_all(request, staging, stop, &mut stores, &mut entries)?;
    }
    Ok(Tree::new(commit, stores, entries))
}

/// Makes sure that a commit is in the history of a branch. A server may give out commits that nobody with a say in the repository
/// has accepted, such as those of forks.
fn require_on_branch(
    request: &Request,
    branch: &str,
    commit: ObjectId,
    staging: &Path,
    stop: &Stop,
) -> Result<(), Error> {
    let name = format!("refs/heads/{branch}");
    let mut session = Session::open(request, stop)?;
    let head = session.references(&[&name])?.into_iter().find(|r| r.name == name).map(|r| r.target);
    let head = head.ok_or_else(|| unresolvable(commit))?;
    if head == commit {
        return Ok(());
    }
    let (dir, objects) = bare_repository(staging)?;
    session.download(&[head], History::Commits, &objects, None)?;
    let store = Store::open(dir, &objects, request.limits.object_bytes)?;
    let handle = store.handle();
    let (mut seen, mut open) = (HashSet::from([head]), vec![head]);
    while let Some(id) = open.pop() {
        stop.check()?;
        let mut buffer = Vec::new();
        // What is missing is beyond the edge of a shallow repository.
        let Ok(found) = handle.find_commit(&id, &mut buffer) else { continue };
        for parent in found.parents() {
            if parent == commit {
                return Ok(());
            }
            if seen.insert(parent) {
                open.push(parent);
            }
        }
    }
    Err(unresolvable(commit))
}

/// Downloads one commit into a store of its own.
pub(crate) fn download(
    request: &Request,
    commit: ObjectId,
    staging: &Path,
    stop: &Stop,
) -> Result<Store, Error> {
    let (dir, objects) = bare_repository(staging)?;
    let mut session = Session::open(request, stop)?;
    match session.download(&[commit], History::None, &objects, None) {
        // A server of old gives only what it lists: take its branches with their history, and look whether it is there.
        Err(e) if e.kind() == ErrorKind::ReferenceNotFound => {
            let mut session = Session::open(request, stop)?;
            let prefix = match &request.reference {
                Reference::Commit { on: Some(on), .. } if !on.starts_with("refs/") => {
                    format!("refs/heads/{on}")
                }
                _ => "refs/heads/".to_owned(),
            };
            let heads: Vec<ObjectId> = session.references(&[&prefix])?.iter().map(|r| r.target).collect();
            if heads.is_empty() {
                return Err(unresolvable(commit));
            }
            session.download(&heads, History::Full, &objects, None)?;
        }
        done => done?,
    }
    Store::open(dir, &objects, request.limits.object_bytes)
}

pub(crate) fn bare_repository(staging: &Path) -> Result<(TempDir, PathBuf), Error> {
    let failed = |e: std::io::Error| {
        Error::new(ErrorKind::Io, format!("cannot make a repository in {}", staging.display())).caused_by(e)
    };
    let dir = tempfile::Builder::new().prefix(".git-").tempdir_in(staging).map_err(failed)?;
    let objects = dir.path().join("objects");
    std::fs::create_dir_all(objects.join("pack")).map_err(failed)?;
    Ok((dir, objects))
}

fn unresolvable(commit: ObjectId) -> Error {
    let what = format!("unable to resolve commit object for '{commit}': object not found");
    Error::new(ErrorKind::ReferenceNotFound, what).whole()
}

pub(crate) fn root_tree(store: &Store, commit: ObjectId, reference: &Reference) -> Result<ObjectId, Error> {
    let handle = store.handle();
    let mut buffer = Vec::new();
    match handle.find_commit(&commit, &mut buffer) {
        Ok(found) => Ok(found.tree()),
        Err(_) => Err(match reference {
            Reference::Tag(_) => Error::new(ErrorKind::ReferenceNotFound, "unable to resolve commit"),
            _ => unresolvable(commit),
        }),
    }
}

/// The tag whose commit is youngest; of equals, the last by name.
pub(crate) fn newest<'a>(
    session: &mut Session,
    stop: &Stop,
    tags: &[(&'a str, ObjectId)],
) -> Result<(&'a str, ObjectId), Error> {
    let (dir, objects) = bare_repository(&std::env::temp_dir())?;
    let mut wants: Vec<ObjectId> = tags.iter().map(|(_, id)| *id).collect();
    wants.sort();
    wants.dedup();
    session.download(&wants, History::None, &objects, None)?;
    let store = Store::open(dir, &objects, 64 << 20)?;
    let handle = store.handle();
    let mut best = None;
    for (name, id) in tags {
        stop.check()?;
        let mut buffer = Vec::new();
        let time = match handle.find_commit(id, &mut buffer) {
            Ok(commit) => commit.time().map(|time| time.seconds).unwrap_or_default(),
            Err(_) => continue,
        };
        best = best.max(Some((time, *name, *id)));
    }
    best.map(|(_, name, id)| (name, id)).ok_or_else(|| {
        Error::new(ErrorKind::ReferenceNotFound, "unable to resolve tag revision: unsupported object type")
            .whole()
    })
}
