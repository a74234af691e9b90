// SPDX-License-Identifier: Apache-2.0

use std::path::Path;

use gitops_artifact::Tree as _;
use gitops_git::{Auth, Error, ErrorKind, Reference, Request, fetch, resolve};

use crate::server::Server;

async fn paths(request: &Request, staging: &Path) -> Result<Vec<String>, Error> {
    let revision = resolve(request).await?;
    let tree = fetch(request, &revision, staging).await?;
    let mut paths = Vec::new();
    tree.walk(&mut |mut entry| {
        entry.read(&mut Vec::new())?;
        paths.push(entry.display_path().into_owned());
        Ok(())
    })
    .unwrap();
    Ok(paths)
}

fn modules(path: &str, url: &str) -> String {
    format!("[submodule \"x\"]\n\tpath = {path}\n\turl = {url}\n")
}

#[tokio::test]
async fn files_of_submodules_are_taken_only_when_asked_for() {
    let server = Server::start();
    let inner = server.repository("inner.git").commit("main", &[("100644", "i", "1")]);
    let lib = server.repository("lib.git").commit(
        "main",
        &[("100644", ".gitmodules", &modules("deep", "../inner.git")), ("160000", "deep", &inner)],
    );
    let rules = modules("lib", "../lib.git");
    server
        .repository("repo.git")
        .commit("main", &[("100644", ".gitmodules", &rules), ("160000", "lib", &lib), ("100644", "z", "1")]);
    let staging = tempfile::tempdir().unwrap();
    let request = Request::new(server.url("plain/repo.git")).reference(Reference::branch("main"));
    assert_eq!(paths(&request, staging.path()).await.unwrap(), [".gitmodules", "lib", "z"]);
    let all = paths(&request.submodules(true), staging.path()).await.unwrap();
    assert_eq!(all, [".gitmodules", "lib", "lib/.gitmodules", "lib/deep", "lib/deep/i", "z"]);
}

#[tokio::test]
async fn a_login_is_not_shown_to_the_host_of_a_submodule() {
    let (server, other) = (Server::start(), Server::start());
    let lib = other.repository("lib.git").commit("main", &[("100644", "l", "1")]);
    let rules = modules("lib", &other.url("plain/lib.git"));
    server
        .repository("repo.git")
        .commit("main", &[("100644", ".gitmodules", &rules), ("160000", "lib", &lib)]);
    let staging = tempfile::tempdir().unwrap();
    let request = Request::new(server.url("private/repo.git"))
        .reference(Reference::branch("main"))
        .auth(Auth::basic("robot", "s3cret:x"))
        .submodules(true);
    assert_eq!(paths(&request, staging.path()).await.unwrap(), [".gitmodules", "lib", "lib/l"]);
    assert!(!other.seen().is_empty());
    assert!(other.seen().iter().all(|seen| seen.authorization.is_none()));
}

#[tokio::test]
async fn submodules_that_cannot_be_had_fail_the_fetch() {
    let server = Server::start();
    let lib = server.repository("lib.git").commit("main", &[("100644", "l", "1")]);
    let nobody = "0000000000000000000000000000000000000001";
    for (n, (url, commit, kind)) in [
        ("../none.git", lib.as_str(), ErrorKind::NotFound),
        ("../lib.git", nobody, ErrorKind::ReferenceNotFound),
        ("file:///etc", lib.as_str(), ErrorKind::NotFound),
        ("/etc", lib.as_str(), ErrorKind::NotFound),
        ("../../../../../../etc", lib.as_str(), ErrorKind::NotFound),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("r{n}.git");
        let rules = modules("lib", url);
        server
            .repository(&name)
            .commit("main", &[("100644", ".gitmodules", &rules), ("160000", "lib", commit)]);
        let request = Request::new(server.url(&format!("plain/{name}")))
            .reference(Reference::branch("main"))
            .submodules(true);
        let staging = tempfile::tempdir().unwrap();
        let error = paths(&request, staging.path()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{url}: {error}");
    }
}
