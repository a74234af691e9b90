// SPDX-License-Identifier: Apache-2.0

//! The sample repository: an application with a base and two overlays.

/// One file of the repository: path and content.
pub(crate) type File = (&'static str, &'static str);

/// The overlays, each applied by a Kustomization of its own.
pub(crate) const OVERLAYS: [&str; 2] = ["staging", "production"];

/// The first commit.
pub(crate) const FIRST: &[File] = &[
    ("README.md", "# Sample application\n\nA base and two overlays.\n"),
    (
        "app/base/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment.yaml
- service.yaml
- debug-service.yaml
configMapGenerator:
- name: settings
  literals:
  - GREETING=hello
",
    ),
    (
        "app/base/deployment.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
spec:
  replicas: 1
  selector:
    matchLabels:
      app: podinfo
  template:
    metadata:
      labels:
        app: podinfo
    spec:
      containers:
      - name: podinfo
        image: ghcr.io/stefanprodan/podinfo:6.9.1
        envFrom:
        - configMapRef:
            name: settings
        ports:
        - containerPort: 9898
",
    ),
    ("app/base/service.yaml", SERVICE),
    (
        "app/base/debug-service.yaml",
        "apiVersion: v1
kind: Service
metadata:
  name: podinfo-debug
spec:
  selector:
    app: podinfo
  ports:
  - name: debug
    port: 9999
",
    ),
    ("app/staging/kustomization.yaml", STAGING),
    ("app/staging/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: podinfo-staging\n"),
    (
        "app/production/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: podinfo-production
resources:
- namespace.yaml
- ../base
replicas:
- name: podinfo
  count: 3
",
    ),
    (
        "app/production/namespace.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: podinfo-production\n",
    ),
];

/// What the second commit changes: a new image tag and one object less.
pub(crate) const SECOND: &[File] = &[(
    "app/base/kustomization.yaml",
    "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment.yaml
- service.yaml
configMapGenerator:
- name: settings
  literals:
  - GREETING=hello
images:
- name: ghcr.io/stefanprodan/podinfo
  newTag: 6.9.2
",
)];

/// Files that the second commit removes.
pub(crate) const SECOND_REMOVED: &[&str] = &["app/base/debug-service.yaml"];

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: podinfo
spec:
  selector:
    app: podinfo
  ports:
  - name: http
    port: 9898
";

const STAGING: &str = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: podinfo-staging
resources:
- namespace.yaml
- ../base
";
