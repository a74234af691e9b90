// SPDX-License-Identifier: Apache-2.0

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use gitops_artifact::{EntryKind, IgnoreRules, PackOptions, Revision, Tree as _, pack};
use gitops_git::{Reference, Request, Tree, fetch, resolve};

use crate::server::Server;

async fn tree(request: &Request, staging: &Path) -> Tree {
    let revision = resolve(request).await.unwrap();
    fetch(request, &revision, staging).await.unwrap()
}

fn listing(tree: &Tree) -> Vec<(String, EntryKind, String)> {
    let mut found = Vec::new();
    tree.walk(&mut |mut entry| {
        let mut content = Vec::new();
        entry.read(&mut content)?;
        let content = String::from_utf8_lossy(&content).into_owned();
        found.push((entry.display_path().into_owned(), entry.kind(), content));
        Ok(())
    })
    .unwrap();
    found
}

/// How many commits the packs below a directory hold.
fn commits(staging: &Path) -> usize {
    let repository = fs::read_dir(staging).unwrap().next().unwrap().unwrap().path();
    let packs = fs::read_dir(repository.join("objects/pack")).unwrap().flatten().map(|e| e.path());
    let index = packs.into_iter().find(|p| p.extension().is_some_and(|e| e == "idx")).unwrap();
    let shown = Command::new("git").args(["verify-pack", "-v"]).arg(index).output().unwrap();
    String::from_utf8_lossy(&shown.stdout).lines().filter(|l| l.split(' ').nth(1) == Some("commit")).count()
}

#[tokio::test]
async fn one_commit_is_fetched_with_either_protocol() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    for n in 0..7 {
        repo.commit("main", &[("100644", "a", &n.to_string())]);
    }
    for mode in ["plain", "v0", "v1"] {
        let request =
            Request::new(server.url(&format!("{mode}/repo.git"))).reference(Reference::branch("main"));
        let staging = tempfile::tempdir().unwrap();
        let tree = tree(&request, staging.path()).await;
        assert_eq!(commits(staging.path()), 1, "{mode}");
        assert_eq!(listing(&tree), [("a".into(), EntryKind::File, "6".into())], "{mode}");
        drop(tree);
        assert_eq!(fs::read_dir(staging.path()).unwrap().count(), 0, "the repository goes with its tree");
    }
}

#[tokio::test]
async fn a_tree_is_walked_in_order_with_kinds_and_content() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let other = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
    repo.commit(
        "main",
        &[
            ("100644", "app.d", "1"),
            ("100755", "app/run.sh", "2"),
            ("120000", "app/link", "run.sh"),
            ("100644", "app-x", "3"),
            ("160000", "vendor/lib", other),
        ],
    );
    let request = Request::new(server.url("plain/repo.git")).reference(Reference::branch("main"));
    let staging = tempfile::tempdir().unwrap();
    let expected = [
        ("app", EntryKind::Directory, ""),
        ("app/link", EntryKind::Symlink, "run.sh"),
        ("app/run.sh", EntryKind::Executable, "2"),
        ("app-x", EntryKind::File, "3"),
        ("app.d", EntryKind::File, "1"),
        ("vendor", EntryKind::Directory, ""),
        ("vendor/lib", EntryKind::Directory, ""),
    ];
    let found = listing(&tree(&request, staging.path()).await);
    let found: Vec<_> = found.iter().map(|(p, k, c)| (p.as_str(), *k, c.as_str())).collect();
    assert_eq!(found, expected);

    let sparse = request.clone().sparse(["./app/", "vendor/lib"]);
    let found = listing(&tree(&sparse, staging.path()).await);
    let paths: Vec<_> = found.iter().map(|(p, ..)| p.as_str()).collect();
    assert_eq!(paths, ["app", "app/link", "app/run.sh", "vendor", "vendor/lib"]);

    for absent in ["ap", "/app", "app//run.sh", "*"] {
        let request = request.clone().sparse([absent]);
        let revision = resolve(&request).await.unwrap();
        let error = fetch(&request, &revision, staging.path()).await.unwrap_err();
        assert_eq!(error.kind(), gitops_git::ErrorKind::PathNotFound, "{absent}");
        assert!(error.to_string().starts_with("failed to sparse checkout directories : "), "{error}");
    }
}

#[tokio::test]
async fn the_archive_is_the_same_on_every_run_and_lists_what_git_archive_lists() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let names: Vec<String> = (0..300).map(|n| format!("d{}/e{}/f{n}.yaml", n % 7, n % 3)).collect();
    let files: Vec<_> = names.iter().map(|n| ("100644", n.as_str(), n.as_str())).collect();
    let commit = repo.commit("main", &files);
    let request = Request::new(server.url("plain/repo.git")).reference(Reference::branch("main"));
    let mut archives = Vec::new();
    for _ in 0..2 {
        let staging = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        let tree = tree(&request, staging.path()).await;
        let packed = pack(&tree, &IgnoreRules::default(), &mut bytes, &PackOptions::default()).unwrap();
        archives.push((packed.digest, bytes));
    }
    assert_eq!(archives[0], archives[1]);
    let dir = tempfile::tempdir().unwrap();
    let ours = dir.path().join("ours.tar.gz");
    let theirs = dir.path().join("theirs.tar");
    fs::write(&ours, &archives[0].1).unwrap();
    fs::write(&theirs, repo.raw(&["archive", &commit])).unwrap();
    let list = |path: &Path| {
        let output = Command::new("tar").arg("tf").arg(path).stderr(Stdio::inherit()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut names: Vec<_> = text.lines().map(|l| l.trim_end_matches('/').to_owned()).collect();
        names.retain(|n| n != ".");
        names.sort();
        names
    };
    assert_eq!(list(&ours), list(&theirs));
}

#[tokio::test]
async fn a_commit_on_no_branch_is_fetched() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let lost = repo.commit("gone", &[("100644", "a", "lost")]);
    repo.git(&["update-ref", "-d", "refs/heads/gone"]);
    repo.commit("main", &[("100644", "a", "1")]);
    let request = Request::new(server.url("plain/repo.git")).reference(Reference::commit(&lost));
    let staging = tempfile::tempdir().unwrap();
    let tree = tree(&request, staging.path()).await;
    assert_eq!(tree.commit(), lost);
    assert_eq!(listing(&tree)[0].2, "lost");
}

#[tokio::test]
async fn a_commit_in_the_history_is_fetched_from_a_server_that_gives_only_heads() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let old = repo.commit("main", &[("100644", "a", "old")]);
    repo.commit("main", &[("100644", "a", "new")]);
    let request = Request::new(server.url("v0/repo.git")).reference(Reference::commit(&old));
    let staging = tempfile::tempdir().unwrap();
    assert_eq!(listing(&tree(&request, staging.path()).await)[0].2, "old");
}

#[tokio::test]
async fn a_redirect_is_followed_and_the_login_stays_with_its_host() {
    let (server, other) = (Server::start(), Server::start());
    for server in [&server, &other] {
        server.repository("repo.git").commit("main", &[("100644", "a", "1")]);
    }
    server.redirect_to(&other);
    let auth = gitops_git::Auth::basic("robot", "s3cret:x");
    let staging = tempfile::tempdir().unwrap();
    for path in ["redirect/repo.git", "elsewhere/repo.git"] {
        let request = Request::new(server.url(path)).reference(Reference::branch("main")).auth(auth.clone());
        assert_eq!(listing(&tree(&request, staging.path()).await).len(), 1, "{path}");
    }
    assert!(server.seen().iter().all(|r| r.authorization.is_some()));
    let seen = other.seen();
    assert!(!seen.is_empty() && seen.iter().all(|r| r.authorization.is_none()), "{seen:?}");
}

#[tokio::test]
async fn windows_device_names_are_taken() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    repo.commit("main", &[("100644", "aux.txt", "1"), ("100644", "con/x", "2"), ("100644", "a:b", "3")]);
    let request = Request::new(server.url("plain/repo.git")).reference(Reference::branch("main"));
    let staging = tempfile::tempdir().unwrap();
    assert_eq!(listing(&tree(&request, staging.path()).await).len(), 4);
}

#[tokio::test]
async fn a_revision_without_a_commit_cannot_be_fetched() {
    let request = Request::new("http://127.0.0.1:1/repo.git");
    let revision: Revision = "1.2.3".parse().unwrap();
    let staging = tempfile::tempdir().unwrap();
    let error = fetch(&request, &revision, staging.path()).await.unwrap_err();
    assert_eq!(error.kind(), gitops_git::ErrorKind::Invalid);
}

#[tokio::test]
async fn a_commit_beside_a_branch_must_be_in_its_history() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let commits: Vec<String> =
        (0..3).map(|n| repo.commit("main", &[("100644", "a", &n.to_string())])).collect();
    let stranger = repo.commit("fork", &[("100644", "a", "evil")]);
    let staging = tempfile::tempdir().unwrap();
    for filter in ["false", "true"] {
        repo.git(&["config", "uploadpack.allowFilter", filter]);
        for (commit, there) in commits.iter().map(|c| (c, true)).chain([(&stranger, false)]) {
            let reference = Reference::Commit { id: commit.clone(), on: Some("main".into()) };
            let request = Request::new(server.url("plain/repo.git")).reference(reference);
            let revision = resolve(&request).await.unwrap();
            let found = fetch(&request, &revision, staging.path()).await.map(|tree| tree.commit());
            match there {
                true => assert_eq!(&found.unwrap(), commit),
                false => assert_eq!(
                    found.unwrap_err().to_string(),
                    format!("unable to resolve commit object for '{commit}': object not found")
                ),
            }
        }
    }
}
