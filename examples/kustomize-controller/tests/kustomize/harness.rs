// SPDX-License-Identifier: Apache-2.0

//! Both controllers in this process, a repository, and waits by watch.

use std::path::Path;
use std::time::Duration as StdDuration;

use gitops_api::kustomize::v1::{CrossNamespaceSourceReference, Kustomization, KustomizationSpec};
use gitops_api::meta::{Conditions, Duration};
use gitops_api::source::v1::{GitReference, GitRepository, GitRepositorySpec};
use gitops_testing::git::{Repository, Server};
use gitops_testing::{TestServer, Workloads};
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::runtime::wait::await_condition;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

pub(crate) const PATIENCE: StdDuration = StdDuration::from_secs(40);

pub(crate) struct Harness {
    pub(crate) server: TestServer,
    pub(crate) repository: Repository,
    pub(crate) git: Server,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) controllers: Vec<JoinHandle<()>>,
}

impl Harness {
    pub(crate) async fn start(files: &[(&str, &str)]) -> Self {
        Self::start_with(Workloads::Instant, files).await
    }

    pub(crate) async fn start_with(workloads: Workloads, files: &[(&str, &str)]) -> Self {
        let server = TestServer::builder().crds(gitops_api::crds()).workloads(workloads).start().await;
        let repository = Repository::create().unwrap();
        let files = files.iter().map(|(path, content)| (*path, Some(*content)));
        repository.commit("first", files).unwrap();
        let git = Server::start(&repository).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let controllers = spawn(&server, dir.path());
        let harness = Self { server, repository, git, dir, controllers };
        let source = GitRepository::new(
            "app",
            GitRepositorySpec {
                url: harness.git.url(),
                interval: Duration::from_mins(10),
                reference: Some(GitReference { branch: Some("main".to_owned()), ..Default::default() }),
                ..Default::default()
            },
        );
        let api: Api<GitRepository> = Api::namespaced(harness.server.client(), "default");
        api.create(&PostParams::default(), &source).await.unwrap();
        harness
    }

    /// Kills both controllers where they are and starts new ones.
    pub(crate) fn restart(&mut self) {
        for controller in self.controllers.drain(..) {
            controller.abort();
        }
        self.controllers = spawn(&self.server, self.dir.path());
    }

    pub(crate) fn api(&self) -> Api<Kustomization> {
        Api::namespaced(self.server.client(), "default")
    }

    pub(crate) async fn create(&self, name: &str, spec: KustomizationSpec) {
        self.api().create(&PostParams::default(), &Kustomization::new(name, spec)).await.unwrap();
    }

    pub(crate) async fn commit(&self, message: &str, files: &[(&str, Option<&str>)]) -> String {
        self.repository.commit(message, files.iter().copied()).unwrap();
        let api: Api<GitRepository> = Api::namespaced(self.server.client(), "default");
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": message}}});
        api.patch("app", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
        self.revision()
    }

    pub(crate) fn revision(&self) -> String {
        format!("main@sha1:{}", self.repository.head().unwrap())
    }

    pub(crate) async fn request(&self, name: &str, value: &str) -> Kustomization {
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": value}}});
        self.api().patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
        let value = value.to_owned();
        self.until(name, move |object| {
            object.status.as_ref().is_some_and(|s| s.last_handled_reconcile_at.as_deref() == Some(&*value))
        })
        .await
    }

    pub(crate) async fn until(&self, name: &str, wished: impl Fn(&Kustomization) -> bool) -> Kustomization {
        let found =
            await_condition(self.api(), name, |object: Option<&Kustomization>| object.is_some_and(&wished));
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(found) => found.unwrap().unwrap(),
            Err(_) => panic!("never as wished: {:#?}", self.api().get(name).await.unwrap().status),
        }
    }

    pub(crate) async fn until_ready(&self, name: &str, revision: &str) -> Kustomization {
        self.until(name, |object| {
            object.is_ready()
                && object
                    .status
                    .as_ref()
                    .is_some_and(|s| s.last_applied_revision.as_deref() == Some(revision))
        })
        .await
    }

    pub(crate) async fn until_gone(&self, name: &str) {
        let gone = await_condition(self.api(), name, |object: Option<&Kustomization>| object.is_none());
        tokio::time::timeout(PATIENCE, gone).await.unwrap().unwrap();
    }
}

fn spawn(server: &TestServer, dir: &Path) -> Vec<JoinHandle<()>> {
    let source = source_controller::Config::new(server.client(), dir.join("artifacts"));
    let kustomize = kustomize_controller::Config::new(server.client(), dir.join("work"));
    vec![
        tokio::spawn(async move { source_controller::run(source, std::future::pending()).await.unwrap() }),
        tokio::spawn(
            async move { kustomize_controller::run(kustomize, std::future::pending()).await.unwrap() },
        ),
    ]
}

pub(crate) fn spec(path: &str) -> KustomizationSpec {
    KustomizationSpec {
        interval: Duration::from_mins(10),
        path: Some(path.to_owned()),
        prune: true,
        source_ref: CrossNamespaceSourceReference { name: "app".to_owned(), ..Default::default() },
        ..Default::default()
    }
}

pub(crate) fn config_map(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\ndata: {{key: \"{value}\"}}\n"
    )
}

/// `Type=Status Reason: message` of each condition.
pub(crate) fn conditions(object: &Kustomization) -> Vec<String> {
    let list = object.conditions().iter();
    list.map(|c| format!("{}={} {}: {}", c.type_, c.status, c.reason, c.message)).collect()
}

pub(crate) fn failed(object: &Kustomization) -> bool {
    object.condition("Ready").is_some_and(|c| c.status.to_string() == "False")
}

pub(crate) fn inventory(object: &Kustomization) -> Vec<String> {
    let status = serde_json::to_value(object.status.as_ref().unwrap()).unwrap();
    let entries = status.pointer("/inventory/entries").and_then(Value::as_array).cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}
