// SPDX-License-Identifier: Apache-2.0

use std::fs;

use gitops_artifact::{IgnoreRules, PackOptions, Tree as _, pack};
use gitops_git::{Auth, ErrorKind, Mirrors, Reference, Request, Tree, fetch, resolve};

use crate::server::Server;

fn digest(tree: &Tree) -> String {
    pack(tree, &IgnoreRules::default(), std::io::sink(), &PackOptions::default()).unwrap().digest.to_string()
}

fn packs(server: &Server) -> Vec<usize> {
    server.seen().iter().filter_map(|seen| seen.pack).collect()
}

/// Text that does not shrink much.
fn noise(seed: u64) -> String {
    (0..4000_u64).map(|n| format!("{:x}\n", (n + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect()
}

#[tokio::test]
async fn a_newer_commit_costs_only_what_changed_with_either_protocol() {
    for (mode, commits) in [("plain", 26), ("v0", 4), ("v1", 4)] {
        let server = Server::start();
        let repo = server.repository("repo.git");
        let (big, other) = (noise(1), noise(7));
        let dir = tempfile::tempdir().unwrap();
        let mirrors = Mirrors::new(dir.path().join("mirrors"), 10).unwrap();
        let request =
            Request::new(server.url(&format!("{mode}/repo.git"))).reference(Reference::branch("main"));
        for n in 0..commits {
            let small = n.to_string();
            // The large file changes a little in the middle, so that the server sends it as a delta on what is here.
            let file = format!("{big}{}\n{other}", n / 10);
            repo.commit("main", &[("100644", "big", &file), ("100644", "d/small", &small)]);
            let revision = resolve(&request).await.unwrap();
            let tree = mirrors.fetch(&request, &revision).await.unwrap();
            let fresh = fetch(&request, &revision, dir.path()).await.unwrap();
            assert_eq!(digest(&tree), digest(&fresh), "{mode} {n}");
        }
        // Every second pack is that of the fetch without a mirror.
        let sizes: Vec<usize> = packs(&server).into_iter().step_by(2).collect();
        assert_eq!(sizes.len(), commits);
        let whole = sizes[0];
        let small = sizes.iter().skip(1).filter(|size| **size * 20 < whole).count();
        // The twenty-fifth is whole too, because a mirror starts anew now and then.
        let expected = if commits > 24 { commits - 2 } else { commits - 1 };
        assert_eq!(small, expected, "{mode} {sizes:?}");
        assert_eq!(fs::read_dir(dir.path().join("mirrors")).unwrap().count(), 1, "the old mirror is gone");
    }
}

#[tokio::test]
async fn a_commit_is_downloaded_once_however_many_ask() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    repo.commit("main", &[("100644", "a", "1")]);
    let dir = tempfile::tempdir().unwrap();
    let mirrors = Mirrors::new(dir.path(), 10).unwrap();
    let request = Request::new(server.url("plain/repo.git")).reference(Reference::branch("main"));
    let revision = resolve(&request).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (mirrors, request, revision) = (mirrors.clone(), request.clone(), revision.clone());
        tasks.spawn(async move { digest(&mirrors.fetch(&request, &revision).await.unwrap()) });
    }
    let digests = tasks.join_all().await;
    assert!(digests.iter().all(|digest| *digest == digests[0]));
    assert_eq!(packs(&server).len(), 1);
}

#[tokio::test]
async fn nothing_is_shared_between_logins() {
    let server = Server::start();
    server.repository("repo.git").commit("main", &[("100644", "a", "1")]);
    let dir = tempfile::tempdir().unwrap();
    let mirrors = Mirrors::new(dir.path(), 10).unwrap();
    let open = |password: &str| {
        Request::new(server.url("private/repo.git"))
            .reference(Reference::branch("main"))
            .auth(Auth::basic("robot", password))
    };
    let revision = resolve(&open("s3cret:x")).await.unwrap();
    mirrors.fetch(&open("s3cret:x"), &revision).await.unwrap();
    let error = mirrors.fetch(&open("wr0ng"), &revision).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_mirror_that_is_let_go_stays_as_long_as_its_trees() {
    let server = Server::start();
    let dir = tempfile::tempdir().unwrap();
    let mirrors = Mirrors::new(dir.path(), 1).unwrap();
    let mut trees = Vec::new();
    for name in ["a.git", "b.git", "c.git"] {
        server.repository(name).commit("main", &[("100644", "a", name)]);
        let request = Request::new(server.url(&format!("plain/{name}"))).reference(Reference::branch("main"));
        let revision = resolve(&request).await.unwrap();
        trees.push(mirrors.fetch(&request, &revision).await.unwrap());
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    for tree in &trees {
        tree.walk(&mut |mut entry| entry.read(&mut Vec::new())).unwrap();
    }
    drop(trees);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
