// SPDX-License-Identifier: Apache-2.0

//! The source controller against the embedded API server and a real Git server on the loopback interface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration as StdDuration;

use gitops_api::meta::{Conditions, Duration, LocalObjectReference};
use gitops_api::source::v1::{
    GitReference, GitRepository, GitRepositoryInclude, GitRepositorySpec, GitRepositoryVerification,
};
use gitops_testing::TestServer;
use gitops_testing::git::{Access, Repository, Server};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::runtime::wait::await_condition;
use serde_json::json;
use source_controller::{Config, run};

const PATIENCE: StdDuration = StdDuration::from_secs(30);

struct Harness {
    server: TestServer,
    storage: tempfile::TempDir,
    controller: tokio::task::JoinHandle<()>,
}

impl Harness {
    async fn start() -> Self {
        let server = TestServer::builder().crds(gitops_api::crds()).start().await;
        let storage = tempfile::tempdir().unwrap();
        let controller = spawn(&server, storage.path());
        Self { server, storage, controller }
    }

    fn restart(&mut self) {
        self.controller.abort();
        self.controller = spawn(&self.server, self.storage.path());
    }

    fn api(&self) -> Api<GitRepository> {
        Api::namespaced(self.server.client(), "default")
    }

    async fn create(&self, name: &str, spec: GitRepositorySpec) {
        self.api().create(&PostParams::default(), &GitRepository::new(name, spec)).await.unwrap();
    }

    async fn request(&self, name: &str, value: &str) {
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": value}}});
        self.api().patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    async fn until(&self, name: &str, wished: impl Fn(&GitRepository) -> bool) -> GitRepository {
        let found =
            await_condition(self.api(), name, |object: Option<&GitRepository>| object.is_some_and(&wished));
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(found) => found.unwrap().unwrap(),
            Err(_) => panic!("never as wished: {:#?}", self.api().get(name).await.unwrap().status),
        }
    }
}

fn spawn(server: &TestServer, storage: &Path) -> tokio::task::JoinHandle<()> {
    let config = Config::new(server.client(), storage);
    tokio::spawn(async move { run(config, std::future::pending()).await.unwrap() })
}

fn spec(url: &str, branch: &str) -> GitRepositorySpec {
    GitRepositorySpec {
        url: url.to_owned(),
        interval: Duration::from_mins(10),
        reference: Some(GitReference { branch: Some(branch.to_owned()), ..Default::default() }),
        ..Default::default()
    }
}

/// `Type=Status Reason: message` of each condition, with the address of the server left out.
fn conditions(object: &GitRepository, url: &str) -> Vec<String> {
    object
        .conditions()
        .iter()
        .map(|c| format!("{}={} {}: {}", c.type_, c.status, c.reason, c.message.replace(url, "URL")))
        .collect()
}

fn decided(object: &GitRepository) -> bool {
    object.condition("Ready").is_some_and(|c| c.status.to_string() != "Unknown")
}

fn repository() -> Repository {
    let repository = Repository::create().unwrap();
    repository.commit("first commit", [("app/a.yaml", Some("a: 1\n")), ("docs/x.md", Some("x"))]).unwrap();
    repository
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_becomes_an_artifact_that_can_be_downloaded() {
    let repository = repository();
    let git = Server::start(&repository).await.unwrap();
    let harness = Harness::start().await;
    harness.create("app", spec(&git.url(), "main")).await;
    let object = harness.until("app", decided).await;
    let revision = format!("main@sha1:{}", repository.head().unwrap());
    let message = format!("stored artifact for revision '{revision}'");
    assert_eq!(
        conditions(&object, &git.url()),
        [format!("Ready=True Succeeded: {message}"), format!("ArtifactInStorage=True Succeeded: {message}")]
    );
    let status = object.status.unwrap();
    let artifact = status.artifact.unwrap();
    assert_eq!((status.observed_generation, artifact.revision), (1, revision));
    let digest = artifact.digest.parse().unwrap();
    let client = gitops_artifact::fetch::Client::new(Default::default()).unwrap();
    let staging = tempfile::tempdir().unwrap();
    let archive =
        gitops_artifact::fetch::fetch(&client, &artifact.url, &digest, staging.path()).await.unwrap();
    let tree = tempfile::tempdir().unwrap();
    archive.unpack(tree.path(), &Default::default()).unwrap();
    assert_eq!(std::fs::read_to_string(tree.path().join("app/a.yaml")).unwrap(), "a: 1\n");
    let writes = harness.server.requests().writes_to("gitrepositories/status");
    assert!(writes <= 3, "{writes} status writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_commit_replaces_the_artifact_and_nothing_new_leaves_it() {
    let repository = repository();
    let git = Server::start(&repository).await.unwrap();
    let harness = Harness::start().await;
    harness.create("app", spec(&git.url(), "main")).await;
    let first = harness.until("app", decided).await.status.unwrap().artifact.unwrap();
    harness.request("app", "1").await;
    let handled = |value: &'static str| {
        move |object: &GitRepository| {
            object.status.as_ref().is_some_and(|s| s.last_handled_reconcile_at.as_deref() == Some(value))
        }
    };
    let same = harness.until("app", handled("1")).await.status.unwrap().artifact.unwrap();
    assert_eq!(first, same);
    repository.commit("second", [("app/a.yaml", Some("a: 2\n"))]).unwrap();
    harness.request("app", "2").await;
    let next = harness.until("app", handled("2")).await;
    let next = harness
        .until("app", move |o| decided(o) && o.metadata.resource_version >= next.metadata.resource_version)
        .await;
    let artifact = next.status.unwrap().artifact.unwrap();
    assert_eq!(artifact.revision, format!("main@sha1:{}", repository.head().unwrap()));
    assert_ne!(artifact.digest, first.digest);
}

#[tokio::test(flavor = "multi_thread")]
async fn remotes_that_cannot_be_used_are_told_apart_and_retried() {
    let repository = repository();
    let git = Server::start(&repository).await.unwrap();
    let empty = Repository::create().unwrap();
    let empty_git = Server::start(&empty).await.unwrap();
    let private = Server::start_with(&repository, Access::default().basic("git", "secret")).await.unwrap();
    let harness = Harness::start().await;
    let cases = [
        (
            "branch",
            git.url(),
            "GitOperationFailed",
            "unable to clone 'URL': couldn't find remote ref \"refs/heads/nope\"",
        ),
        ("auth", private.url(), "GitOperationFailed", "unable to clone 'URL': authentication required"),
        (
            "refused",
            "http://127.0.0.1:1/x.git".to_owned(),
            "GitOperationFailed",
            "connect: connection refused",
        ),
        ("empty", empty_git.url(), "EmptyGitRepository", "git repository is empty"),
    ];
    for (name, url, reason, text) in cases {
        let branch = if name == "branch" { "nope" } else { "main" };
        harness.create(name, spec(&url, branch)).await;
        let object = harness.until(name, decided).await;
        let list = conditions(&object, &url);
        assert_eq!(list.len(), 3, "{name}: {list:?}");
        assert_eq!(list[0], "Reconciling=True ProgressingWithRetry: building artifact", "{name}");
        assert!(
            list[1].starts_with(&format!("Ready=False {reason}: ")) && list[1].contains(text),
            "{name}: {list:?}"
        );
        assert!(list[2].starts_with(&format!("FetchFailed=True {reason}: ")), "{name}: {list:?}");
        assert!(object.status.unwrap().observed_generation < 1, "{name}");
    }
    repository.branch("nope").unwrap();
    harness.until("branch", GitRepository::is_ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_opens_a_private_repository_and_its_mistakes_are_named() {
    let repository = repository();
    let git = Server::start_with(&repository, Access::default().basic("git", "secret")).await.unwrap();
    let harness = Harness::start().await;
    let secrets: Api<Secret> = Api::namespaced(harness.server.client(), "default");
    for (name, keys) in
        [("right", vec![("username", "git"), ("password", "secret")]), ("half", vec![("password", "x")])]
    {
        let data: BTreeMap<_, _> =
            keys.into_iter().map(|(k, v)| (k.to_owned(), ByteString(v.as_bytes().to_vec()))).collect();
        let mut secret = Secret { data: Some(data), ..Default::default() };
        secret.metadata.name = Some(name.to_owned());
        secrets.create(&PostParams::default(), &secret).await.unwrap();
    }
    for name in ["right", "half", "absent"] {
        let secret_ref = Some(LocalObjectReference { name: name.to_owned() });
        harness.create(name, GitRepositorySpec { secret_ref, ..spec(&git.url(), "main") }).await;
    }
    assert!(harness.until("right", decided).await.is_ready());
    let half = harness.until("half", decided).await;
    assert_eq!(
        half.ready_message(),
        Some(
            "failed to configure authentication options: invalid 'http' auth option: 'password' requires 'username' to be set"
        )
    );
    let absent = harness.until("absent", decided).await;
    let what = "failed to get secret 'default/absent'";
    assert_eq!(absent.ready_message(), Some(&*format!("{what}: {what}: secrets \"absent\" not found")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_tampered_with_is_noticed_and_made_again() {
    let repository = repository();
    let git = Server::start(&repository).await.unwrap();
    let mut harness = Harness::start().await;
    harness.create("app", spec(&git.url(), "main")).await;
    let artifact = harness.until("app", decided).await.status.unwrap().artifact.unwrap();
    let file = harness.storage.path().join(&artifact.path);
    std::fs::write(&file, "tampered").unwrap();
    harness.restart();
    harness.request("app", "again").await;
    let object = harness
        .until("app", |object| {
            object.is_ready()
                && object
                    .status
                    .as_ref()
                    .is_some_and(|s| s.last_handled_reconcile_at.as_deref() == Some("again"))
        })
        .await;
    let again = object.status.unwrap().artifact.unwrap();
    assert_eq!((again.digest, again.revision), (artifact.digest.clone(), artifact.revision));
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(gitops_artifact::Algorithm::Sha256.digest(&bytes).to_string(), artifact.digest);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_include_is_waited_for_and_ignored_files_are_left_out() {
    let repository = repository();
    let git = Server::start(&repository).await.unwrap();
    let harness = Harness::start().await;
    let include = vec![GitRepositoryInclude {
        repository: LocalObjectReference { name: "lib".to_owned() },
        from_path: Some("app".to_owned()),
        to_path: Some("vendored".to_owned()),
    }];
    let ignore = Some("docs/\n".to_owned());
    harness.create("app", GitRepositorySpec { include, ignore, ..spec(&git.url(), "main") }).await;
    let object = harness.until("app", decided).await;
    let missing =
        "could not get resource for include 'lib': GitRepository.source.toolkit.fluxcd.io \"lib\" not found";
    assert_eq!(object.ready_message(), Some(missing));
    harness.create("lib", spec(&git.url(), "main")).await;
    let object = harness.until("app", GitRepository::is_ready).await;
    let status = object.status.unwrap();
    let path = harness.storage.path().join(&status.artifact.unwrap().path);
    let tree = tempfile::tempdir().unwrap();
    gitops_artifact::unpack(std::fs::File::open(path).unwrap(), tree.path(), &Default::default()).unwrap();
    assert!(tree.path().join("vendored/a.yaml").is_file());
    assert!(!tree.path().join("docs").exists());
    assert_eq!(status.included_artifacts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_removes_the_artifacts() {
    let repository = repository();
    let git = Server::start(&repository).await.unwrap();
    let harness = Harness::start().await;
    harness.create("app", spec(&git.url(), "main")).await;
    let artifact = harness.until("app", decided).await.status.unwrap().artifact.unwrap();
    harness.api().delete("app", &DeleteParams::default()).await.unwrap();
    let gone = await_condition(harness.api(), "app", |object: Option<&GitRepository>| object.is_none());
    tokio::time::timeout(PATIENCE, gone).await.unwrap().unwrap();
    assert!(!harness.storage.path().join(&artifact.path).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_verified_is_stalled_and_never_stored() {
    let repository = repository();
    let git = Server::start(&repository).await.unwrap();
    let harness = Harness::start().await;
    let verification = GitRepositoryVerification {
        mode: None,
        secret_ref: LocalObjectReference { name: "keys".to_owned() },
    };
    harness
        .create("app", GitRepositorySpec { verification: Some(verification), ..spec(&git.url(), "main") })
        .await;
    let object = harness.until("app", |object| object.condition("Stalled").is_some()).await;
    let stalled = object.condition("Stalled").unwrap();
    assert!(stalled.is_true());
    assert_eq!(stalled.reason, "VerificationError");
    assert!(!object.is_ready());
    assert_eq!(object.status.unwrap().artifact, None);
    assert_eq!(git.requests(), 0);
}
