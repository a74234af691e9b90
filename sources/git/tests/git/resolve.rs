// SPDX-License-Identifier: Apache-2.0

use gitops_git::{Reference, ReferenceFields, Request, resolve};

use crate::server::Server;

#[tokio::test]
async fn references_resolve_to_revisions_with_either_protocol() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let first = repo.commit("main", &[("100644", "a", "1")]);
    repo.git(&["tag", "light", &first]);
    repo.git(&["tag", "-a", "-m", "x", "v1.0.0", &first]);
    repo.git(&["tag", "-a", "-m", "x", "nested", "v1.0.0"]);
    let second = repo.commit("main", &[("100644", "a", "2")]);
    repo.git(&["tag", "1.1.0+a", &second]);
    repo.git(&["tag", "1.1.0+b", &second]);
    repo.git(&["tag", "2.0.0-rc.1", &second]);
    repo.git(&["update-ref", "refs/heads/main2", &first]);
    repo.git(&["update-ref", "refs/pull/7/head", &second]);
    for mode in ["plain", "v0", "v1"] {
        for (reference, pointer, commit) in [
            (Reference::branch("main"), "main@", &second),
            (Reference::tag("light"), "light@", &first),
            (Reference::tag("v1.0.0"), "v1.0.0@", &first),
            (Reference::tag("nested"), "nested@", &first),
            (Reference::name("refs/pull/7/head"), "refs/pull/7/head@", &second),
            (Reference::name("refs/tags/v1.0.0^{}"), "refs/tags/v1.0.0^{}@", &first),
            (Reference::semver("1.0.x"), "v1.0.0@", &first),
            (Reference::semver(">=1"), "1.1.0+a@", &second),
            (Reference::semver(">=1.0.0-0"), "2.0.0-rc.1@", &second),
            (Reference::commit(first.to_uppercase()), "", &first),
            (Reference::Commit { id: first.clone(), on: Some("main".into()) }, "main@", &first),
            (Reference::Commit { id: first.clone(), on: Some("refs/tags/x".into()) }, "refs/tags/x@", &first),
        ] {
            let request = Request::new(server.url(&format!("{mode}/repo.git"))).reference(reference.clone());
            let revision = resolve(&request).await.unwrap().to_string();
            assert_eq!(revision, format!("{pointer}sha1:{commit}"), "{mode} {reference:?}");
        }
    }
}

#[tokio::test]
async fn of_equal_versions_the_youngest_commit_wins() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let tree = repo.odd_tree(&[("100644", b"a")]);
    let mut commits = Vec::new();
    for (tag, date) in [("1.0.0+b", "1704067200"), ("1.0.0+c", "1704067300"), ("1.0.0+a", "1704067250")] {
        let text =
            format!("tree {tree}\nauthor A <a@b> {date} +0000\ncommitter A <a@b> {date} +0000\n\n{tag}\n");
        let commit = repo.feed(&["hash-object", "-w", "-t", "commit", "--stdin"], text.as_bytes());
        repo.git(&["tag", tag, &commit]);
        commits.push(commit);
    }
    let request = Request::new(server.url("plain/repo.git")).reference(Reference::semver("*"));
    assert_eq!(resolve(&request).await.unwrap().to_string(), format!("1.0.0+c@sha1:{}", commits[1]));
}

#[test]
fn fields_are_chosen_in_the_order_of_upstream() {
    let all = ReferenceFields {
        branch: Some("b"),
        tag: Some("t"),
        semver: Some("s"),
        name: Some("n"),
        commit: Some("c"),
    };
    for (fields, expected) in [
        (all, Reference::Commit { id: "c".into(), on: Some("n".into()) }),
        (ReferenceFields { name: None, ..all }, Reference::Commit { id: "c".into(), on: Some("b".into()) }),
        (ReferenceFields { commit: None, ..all }, Reference::name("n")),
        (ReferenceFields { commit: None, name: Some(""), ..all }, Reference::tag("t")),
        (ReferenceFields { commit: None, name: None, tag: None, ..all }, Reference::semver("s")),
        (ReferenceFields { branch: Some("b"), ..Default::default() }, Reference::branch("b")),
        (ReferenceFields::default(), Reference::branch("master")),
    ] {
        assert_eq!(Reference::choose(&fields), expected, "{fields:?}");
    }
}
