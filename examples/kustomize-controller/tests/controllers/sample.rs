// SPDX-License-Identifier: Apache-2.0

//! A small application as a base and an overlay, in two commits on two branches.

use gitops_testing::git::{Repository, Server};

pub(crate) type File = (&'static str, Option<&'static str>);

/// The first state, on the branch `main`.
pub(crate) const FIRST: &[File] = &[
    (
        "base/kustomization.yaml",
        Some(
            "resources: [deployment.yaml, service.yaml, debug.yaml]\n\
             configMapGenerator:\n- name: settings\n  literals: [GREETING=hello]\n",
        ),
    ),
    (
        "base/deployment.yaml",
        Some(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: registry.example/web:1.0.0
        envFrom:
        - configMapRef: {name: settings}
",
        ),
    ),
    (
        "base/service.yaml",
        Some(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  \
             ports:\n  - port: 80\n",
        ),
    ),
    (
        "base/debug.yaml",
        Some("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: debug\ndata:\n  on: \"yes\"\n"),
    ),
    ("overlay/kustomization.yaml", Some("namespace: demo\nresources: [namespace.yaml, ../base]\n")),
    ("overlay/namespace.yaml", Some("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo\n")),
];

/// What the branch `next` has instead: another image, and one object less.
pub(crate) const SECOND: &[File] = &[
    (
        "base/kustomization.yaml",
        Some(
            "resources: [deployment.yaml, service.yaml]\n\
             configMapGenerator:\n- name: settings\n  literals: [GREETING=hello]\n\
             images:\n- name: registry.example/web\n  newTag: 1.1.0\n",
        ),
    ),
    ("base/debug.yaml", None),
];

/// The inventory after the first state.
pub(crate) const FIRST_INVENTORY: [&str; 5] = [
    "_demo__Namespace",
    "demo_debug__ConfigMap",
    "demo_settings-HASH__ConfigMap",
    "demo_web__Service",
    "demo_web_apps_Deployment",
];

/// The inventory after the second state.
pub(crate) const SECOND_INVENTORY: [&str; 4] =
    ["_demo__Namespace", "demo_settings-HASH__ConfigMap", "demo_web__Service", "demo_web_apps_Deployment"];

/// A served repository with both branches.
pub(crate) struct Sample {
    pub(crate) repository: Repository,
    pub(crate) server: Server,
    /// The revisions of `main` and `next`.
    pub(crate) first: String,
    pub(crate) next: String,
}

impl Sample {
    pub(crate) async fn start() -> Self {
        let repository = Repository::create().unwrap();
        let first = repository.commit("first", FIRST.iter().copied()).unwrap();
        repository.branch("next").unwrap();
        let next = repository.commit("second", SECOND.iter().copied()).unwrap();
        let server = Server::start(&repository).await.unwrap();
        Self { repository, server, first: format!("main@sha1:{first}"), next: format!("next@sha1:{next}") }
    }
}
