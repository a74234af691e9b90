// SPDX-License-Identifier: Apache-2.0

use std::process::Command;

use gitops_testing::git::{Access, Repository, Server};

async fn clone(url: String, version: &'static str) -> bool {
    let clone = move || {
        let directory = tempfile::tempdir().unwrap();
        let protocol = format!("protocol.version={version}");
        let status = Command::new("git")
            .args(["-c", &protocol, "-c", "credential.helper=", "clone", "-q", &url, "."])
            .current_dir(directory.path())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        status.success() && directory.path().join("app/cm.yaml").exists()
    };
    tokio::task::spawn_blocking(clone).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_cloned_over_both_protocol_versions() {
    let repository = Repository::create().unwrap();
    repository.commit("first", [("app/cm.yaml", Some("kind: ConfigMap\n"))]).unwrap();
    let server = Server::start(&repository).await.unwrap();
    for version in ["1", "2"] {
        assert!(clone(server.url(), version).await, "version {version}");
    }
    assert!(server.requests() >= 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_password_asks_for_it() {
    let repository = Repository::create().unwrap();
    repository.commit("first", [("app/cm.yaml", Some("kind: ConfigMap\n"))]).unwrap();
    let server = Server::start_with(&repository, Access::default().basic("me", "secret")).await.unwrap();
    assert!(!clone(server.url(), "2").await);
    assert!(!clone(server.url().replace("://", "://me:wrong@"), "2").await);
    assert!(clone(server.url().replace("://", "://me:secret@"), "2").await);
}

#[test]
fn the_same_calls_make_the_same_commits() {
    let make = || {
        let repository = Repository::create().unwrap();
        repository.commit("first", [("a", Some("1\n")), ("b", Some("2\n"))]).unwrap();
        repository.tag("v1.0.0").unwrap();
        repository.commit("second", [("b", None)]).unwrap()
    };
    assert_eq!(make(), make());
}
