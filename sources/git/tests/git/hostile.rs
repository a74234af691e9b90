// SPDX-License-Identifier: Apache-2.0

use gitops_git::{ErrorKind, Reference, Request, fetch, resolve};

use crate::server::Server;

#[tokio::test]
async fn names_that_could_act_on_a_disk_are_refused() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let bad: [&[(&str, &[u8])]; 18] = [
        &[("100644", b"..")],
        &[("100644", b".")],
        &[("40000", b"..")],
        &[("100644", b".git")],
        &[("40000", b".GIT")],
        &[("100644", b"git~1")],
        &[("100644", b".git.")],
        &[("100644", b".git ")],
        &[("100644", b".git:x")],
        &[("100644", ".g\u{200c}it".as_bytes())],
        &[("100644", b"a\\..\\b")],
        &[("100644", b"a/b")],
        &[("100644", b"a\nb")],
        &[("100644", b"\x1b[31m")],
        &[("100644", b"x\x7f")],
        &[("120000", b".gitmodules")],
        &[("100644", b"b"), ("100644", b"a")],
        &[("100644", b"a"), ("100644", b"a.b"), ("40000", b"a")],
    ];
    let staging = tempfile::tempdir().unwrap();
    for (n, entries) in bad.iter().enumerate() {
        let branch = format!("b{n}");
        let tree = repo.odd_tree(entries);
        // `commit-tree` looks at nothing but the kind of the object.
        repo.commit_tree(&branch, &tree);
        let request = Request::new(server.url("plain/repo.git")).reference(Reference::branch(&branch));
        let revision = resolve(&request).await.unwrap();
        let error = fetch(&request, &revision, staging.path()).await.unwrap_err();
        let name = String::from_utf8_lossy(entries[0].1);
        assert_eq!(error.kind(), ErrorKind::UnsafeTree, "{name:?}: {error}");
        assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
        assert!(error.to_string().starts_with("unable to clone '"), "{error}");
    }
    assert_eq!(std::fs::read_dir(staging.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn odd_but_harmless_names_are_taken() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let tree = repo.odd_tree(&[
        ("100644", b" "),
        ("100644", b"..."),
        ("100644", b".gitignore"),
        ("120000", b".gitlink"),
        ("100644", b"a:b"),
        ("100644", b"back\\slash"),
        ("100644", b"latin-\xe9"),
        ("100644", b"trail."),
    ]);
    repo.commit_tree("main", &tree);
    let request = Request::new(server.url("plain/repo.git")).reference(Reference::branch("main"));
    let staging = tempfile::tempdir().unwrap();
    let revision = resolve(&request).await.unwrap();
    let tree = fetch(&request, &revision, staging.path()).await.unwrap();
    let mut count = 0;
    gitops_artifact::Tree::walk(&tree, &mut |_| {
        count += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!(count, 8);
}

#[tokio::test]
async fn deep_directories_are_read_up_to_the_longest_path() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let deep = format!("{}f", "d/".repeat(2000));
    repo.commit("main", &[("100644", &deep, "1")]);
    repo.commit("long", &[("100644", &"n".repeat(256), "1")]);
    let staging = tempfile::tempdir().unwrap();
    let open = |branch| Request::new(server.url("plain/repo.git")).reference(Reference::branch(branch));
    let revision = resolve(&open("main")).await.unwrap();
    fetch(&open("main"), &revision, staging.path()).await.unwrap();
    let revision = resolve(&open("long")).await.unwrap();
    let error = fetch(&open("long"), &revision, staging.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsafeTree);
}
