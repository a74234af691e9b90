// SPDX-License-Identifier: Apache-2.0

//! What a person does with kubectl against the embedded API server, as a transcript.
#![allow(clippy::print_stderr, clippy::unwrap_used, missing_docs, reason = "a test reports and may stop")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gitops_testing::{TestServer, Workloads};

/// kubectl from `cargo xtask oracles`, or the one on the path.
fn kubectl() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let fetched = target.join("oracles/bin/kubectl");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracles/bin/kubectl");
    let on_path = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join("kubectl"))
        .find(|path| path.is_file());
    [Some(fetched), Some(root), on_path].into_iter().flatten().find(|path| path.is_file())
}

struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    home: PathBuf,
}

impl Kubectl {
    /// Runs kubectl and returns its exit code and what it printed.
    fn run(&self, args: &[&str], stdin: &str) -> (i32, String) {
        let mut child = Command::new(&self.program)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(args)
            .env("HOME", &self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), text)
    }

    /// Runs kubectl and holds exit code and output against what is expected.
    fn check(&self, args: &[&str], stdin: &str, code: i32, expected: &[&str]) {
        let (got, text) = self.run(args, stdin);
        assert_eq!(got, code, "kubectl {args:?} ended with {got}:\n{text}");
        for expected in expected {
            let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(squeezed.contains(expected), "kubectl {args:?}: {expected:?} is missing in:\n{text}");
        }
    }
}

const SOURCE: &str = "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: app, namespace: team}
spec: {interval: 5m, url: 'https://git.example/app', ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, namespace: team}
spec: {interval: 5m, prune: true, sourceRef: {kind: GitRepository, name: app}}
";

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: team, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'registry.example/web:1.0'}]}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_gets_describes_watches_applies_diffs_and_deletes() {
    let Some(program) = kubectl() else {
        eprintln!("SKIPPED kubectl transcript: kubectl is missing, run `cargo xtask oracles`");
        return;
    };
    let server = TestServer::builder().crds(gitops_api::crds()).workloads(Workloads::Instant).start().await;
    let serving = server.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = dir.path().join("kubeconfig");
    std::fs::write(&kubeconfig, serving.kubeconfig()).unwrap();
    let kubectl = Kubectl { program, kubeconfig, home: dir.path().to_path_buf() };
    tokio::task::spawn_blocking(move || transcript(&kubectl)).await.unwrap();
}

fn transcript(kubectl: &Kubectl) {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n";
    kubectl.check(&["apply", "-f", "-"], namespace, 0, &["namespace/team created"]);
    kubectl.check(
        &["apply", "--server-side", "-f", "-"],
        SOURCE,
        0,
        &[
            "gitrepository.source.toolkit.fluxcd.io/app serverside-applied",
            "kustomization.kustomize.toolkit.fluxcd.io/app serverside-applied",
        ],
    );
    kubectl.check(
        &["apply", "--server-side", "-f", "-"],
        DEPLOYMENT,
        0,
        &["deployment.apps/web serverside-applied"],
    );
    kubectl.check(
        &["wait", "-n", "team", "deployment/web", "--for=condition=Available", "--timeout=20s"],
        "",
        0,
        &["condition met"],
    );
    kubectl.check(
        &["get", "gitrepositories,kustomizations,deploy", "-A"],
        "",
        0,
        &[
            "NAMESPACE NAME URL AGE READY STATUS",
            "team gitrepository.source.toolkit.fluxcd.io/app https://git.example/app",
            "team kustomization.kustomize.toolkit.fluxcd.io/app",
            "NAMESPACE NAME READY UP-TO-DATE AVAILABLE AGE",
            "team deployment.apps/web 2/2 2 2",
        ],
    );
    kubectl.check(
        &["describe", "-n", "team", "gitrepository/app"],
        "",
        0,
        &["Name: app", "Kind: GitRepository", "URL: https://git.example/app"],
    );
    kubectl.check(
        &["describe", "-n", "team", "deployment/web"],
        "",
        0,
        &["Name: web", "Replicas: 2 desired", "Image: registry.example/web:1.0"],
    );

    let changed = DEPLOYMENT.replace("web:1.0", "web:1.1");
    kubectl.check(
        &["diff", "--server-side", "-f", "-"],
        &changed,
        1,
        &["- - image: registry.example/web:1.0", "+ - image: registry.example/web:1.1"],
    );
    kubectl.check(&["diff", "--server-side", "-f", "-"], DEPLOYMENT, 0, &[]);
    watch(kubectl, &changed);

    let rejected = SOURCE.replace("https://git.example/app", "ftp://git.example/app");
    kubectl.check(&["apply", "--server-side", "-f", "-"], &rejected, 1, &["spec.url"]);
    kubectl.check(
        &["apply", "--server-side", "--field-manager=other", "-f", "-"],
        &changed.replace("replicas: 2", "replicas: 3"),
        1,
        &["conflict with \"kubectl\"", ".spec.replicas"],
    );
    kubectl.check(
        &["delete", "-n", "team", "gitrepository/app", "kustomization/app"],
        "",
        0,
        &["gitrepository.source.toolkit.fluxcd.io \"app\" deleted"],
    );
    kubectl.check(&["delete", "-f", "-"], DEPLOYMENT, 0, &["deployment.apps \"web\" deleted"]);
    kubectl.check(&["get", "-n", "team", "deployment/web"], "", 1, &["(NotFound)"]);
}

/// `kubectl get -w` sees a change that is applied while it runs.
fn watch(kubectl: &Kubectl, changed: &str) {
    use std::io::{BufRead, BufReader};
    let mut child = Command::new(&kubectl.program)
        .arg("--kubeconfig")
        .arg(&kubectl.kubeconfig)
        .args([
            "get",
            "-n",
            "team",
            "deployment/web",
            "-w",
            "-o",
            "jsonpath={.spec.template.spec.containers[0].image}{\"\\n\"}",
        ])
        .env("HOME", &kubectl.home)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let first = lines.next();
    kubectl.check(&["apply", "--server-side", "-f", "-"], changed, 0, &["serverside-applied"]);
    let second = lines.find(|line| line.contains("web:1.1"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(first.as_deref(), Some("registry.example/web:1.0"));
    assert_eq!(second.as_deref(), Some("registry.example/web:1.1"));
}
