// SPDX-License-Identifier: Apache-2.0

//! Bad input: each is reported with its reason, nothing of it reaches the cluster, and it heals.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use gitops_testing::git::{Access, Repository, Server};
use serde_json::{Value, json};
use source_controller::Progress;

use crate::sample::{File, Sample};
use crate::world::{World, conditions, git_repository, inventory, kustomization};

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\n  namespace: default\n";

/// One wrong thing: the files of the repository, the path, and the Ready condition of the Kustomization.
struct Case {
    name: &'static str,
    files: &'static [File],
    path: &'static str,
    ready: &'static str,
}

const BUILDS: &[Case] = &[
    Case {
        name: "path-missing",
        files: &[("app/good.yaml", Some(MAP))],
        path: "./nowhere",
        ready: "Ready=False ArtifactFailed: kustomization path not found: stat",
    },
    Case {
        name: "path-outside",
        files: &[("app/good.yaml", Some(MAP))],
        path: "../../../etc",
        ready: "Ready=False ArtifactFailed: kustomization path not found: stat",
    },
    Case {
        name: "broken-yaml",
        files: &[("app/good.yaml", Some(MAP)), ("app/wrong.yaml", Some("kind: [\n"))],
        path: "./app",
        ready: "Ready=False BuildFailed: wrong.yaml",
    },
    Case {
        name: "broken-kustomization",
        files: &[("app/kustomization.yaml", Some("resources: good.yaml: {\n")), ("app/good.yaml", Some(MAP))],
        path: "./app",
        ready: "Ready=False BuildFailed: ",
    },
    Case {
        name: "cycle",
        files: &[
            ("app/kustomization.yaml", Some("resources: [../other, good.yaml]\n")),
            ("app/good.yaml", Some(MAP)),
            ("other/kustomization.yaml", Some("resources: [../app]\n")),
        ],
        path: "./app",
        ready: "Ready=False BuildFailed: cycle detected",
    },
    Case {
        name: "escape",
        files: &[
            ("app/kustomization.yaml", Some("resources: [good.yaml, ../../../../../../etc/passwd]\n")),
            ("app/good.yaml", Some(MAP)),
        ],
        path: "./app",
        ready: "Ready=False BuildFailed: kustomize build failed",
    },
    Case {
        name: "file-missing",
        files: &[
            ("app/kustomization.yaml", Some("resources: [good.yaml, gone.yaml]\n")),
            ("app/good.yaml", Some(MAP)),
        ],
        path: "./app",
        ready: "Ready=False BuildFailed: gone.yaml",
    },
    Case {
        name: "rejected",
        files: &[
            ("app/good.yaml", Some(MAP)),
            (
                "app/service.yaml",
                Some(
                    "apiVersion: v1\nkind: Service\nmetadata:\n  name: wrong\n  namespace: default\nspec:\n  \
                     ports:\n  - port: 99999\n",
                ),
            ),
        ],
        path: "./app",
        ready: "Ready=False ReconciliationFailed: Service/default/wrong dry-run failed",
    },
    Case {
        name: "unknown-kind",
        files: &[
            ("app/good.yaml", Some(MAP)),
            ("app/odd.yaml", Some("apiVersion: odd.example/v1\nkind: Odd\nmetadata:\n  name: odd\n")),
        ],
        path: "./app",
        ready: "Ready=False ReconciliationFailed: Odd/odd dry-run failed",
    },
    Case {
        name: "unset-namespace",
        files: &[
            ("app/good.yaml", Some(MAP)),
            (
                "app/far.yaml",
                Some("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far, namespace: nowhere}\n"),
            ),
        ],
        path: "./app",
        ready: "Ready=False ReconciliationFailed: ConfigMap/nowhere/far",
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_built_or_applied_is_reported_and_leaves_the_cluster_alone() {
    let mut world = World::new().await;
    let mut served = Vec::new();
    for case in BUILDS {
        let repository = Repository::create().unwrap();
        let commit = repository.commit("first", case.files.iter().copied()).unwrap();
        let server = Server::start(&repository).await.unwrap();
        world.create(git_repository(case.name, &server.url(), "main")).await;
        world.create(kustomization(case.name, case.name, case.path)).await;
        served.push((case, format!("main@sha1:{commit}"), repository, server));
    }
    world.start();
    let mut wrong = Vec::new();
    for (case, revision, ..) in &served {
        world.until_ready("GitRepository", case.name).await;
        let failed = |object: &Value| {
            conditions(object)
                .iter()
                .any(|text| text.starts_with("Ready=False") && !text.contains("Source artifact not found"))
        };
        let app = world.until("Kustomization", case.name, failed).await;
        if !crate::world::has_condition(&app, case.ready) {
            wrong.push(format!("{}: {:#?}", case.name, conditions(&app)));
        }
        let attempted = !case.ready.contains("ArtifactFailed");
        let expected = if attempted { json!(revision) } else { Value::Null };
        assert_eq!(app["status"]["lastAttemptedRevision"], expected, "{}", case.name);
        assert_eq!(app["status"]["lastAppliedRevision"], Value::Null, "{}", case.name);
        assert_eq!(inventory(&app), [""; 0], "{}", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(world.get("ConfigMap", "default", "good").await, None);
    // The cure: the one good file alone. All of them name the same object, so one is enough.
    let (case, _, repository, _) = &served[0];
    let commit = repository.commit("cure", [("nowhere/good.yaml", Some(MAP))]).unwrap();
    world.request("GitRepository", case.name, "t1").await;
    let app = world.until_applied(case.name, &format!("main@sha1:{commit}")).await;
    assert_eq!(inventory(&app), ["default_good__ConfigMap"]);
    assert!(world.get("ConfigMap", "default", "good").await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_cannot_be_had_is_reported_on_both_objects() {
    let mut world = World::new().await;
    let sample = Sample::start().await;
    let closed =
        Server::start_with(&sample.repository, Access::default().basic("me", "secret")).await.unwrap();
    let bare = Repository::create().unwrap();
    let empty = Server::start(&bare).await.unwrap();
    let branch = "Ready=False GitOperationFailed: couldn't find remote ref \"refs/heads/nope\"";
    let cases = [
        ("unknown-branch", sample.server.url(), "nope", None, branch),
        (
            "no-password",
            closed.url(),
            "main",
            None,
            "Ready=False GitOperationFailed: authentication required",
        ),
        (
            "wrong-password",
            closed.url(),
            "main",
            Some("wrong"),
            "Ready=False GitOperationFailed: authentication required",
        ),
        (
            "no-secret",
            closed.url(),
            "main",
            Some(""),
            "Ready=False AuthenticationFailed: failed to get secret",
        ),
        ("empty", empty.url(), "main", None, "Ready=False EmptyGitRepository: git repository is empty"),
        (
            "not-there",
            sample.server.url().replace("sample", "other"),
            "main",
            None,
            "Ready=False GitOperationFailed: repository not found",
        ),
    ];
    for (name, url, branch, password, _) in &cases {
        let mut source = git_repository(name, url, branch);
        if let Some(password) = password {
            source["spec"]["secretRef"] = json!({"name": name});
            if !password.is_empty() {
                world.create(secret(name, password)).await;
            }
        }
        world.create(source).await;
        world.create(kustomization(name, name, "./overlay")).await;
    }
    world.start();
    let mut wrong = Vec::new();
    for (name, _, _, _, ready) in &cases {
        let source = world
            .until("GitRepository", name, |o| conditions(o).iter().any(|c| c.starts_with("Ready=False")))
            .await;
        if !crate::world::has_condition(&source, ready) {
            wrong.push(format!("{name}: {:#?}", conditions(&source)));
        }
        assert_eq!(source["status"]["artifact"], Value::Null, "{name}");
        let waits = "Ready=False ArtifactFailed: Source artifact not found, retrying in 1s";
        world.until_condition("Kustomization", name, waits).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(world.all("Deployment").list(&Default::default()).await.unwrap().items.is_empty());
    // The right password heals, with no change of the object itself.
    let data = json!({"data": secret("no-secret", "secret")["data"].clone()});
    world.patch("Secret", "wrong-password", data).await;
    world.until_ready("GitRepository", "wrong-password").await;
    world.until_applied("wrong-password", &sample.first).await;
}

fn secret(name: &str, password: &str) -> Value {
    let data = if password == "secret" { "c2VjcmV0" } else { "d3Jvbmc=" };
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default"},
        "data": {"username": "bWU=", "password": data},
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_does_not_answer_is_tried_again_at_growing_distances() {
    let mut world = World::new().await;
    let sample = Sample::start().await;
    // A port that was free a moment ago, and that nobody listens on.
    let address = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let name = sample.server.url().rsplit('/').next().unwrap().to_owned();
    world.create(git_repository("app", &format!("http://{address}/{name}"), "main")).await;
    let started = Instant::now();
    let mut told = world.start();
    let mut failures = 0;
    while failures < 6 {
        if let Some(Progress::Failed { reason, .. }) = told.recv().await {
            assert_eq!(reason, "GitOperationFailed");
            failures += 1;
        }
    }
    // 20 + 40 + 80 + 160 + 320 ms: six tries have five pauses, each twice the one before it.
    assert!(started.elapsed() >= Duration::from_millis(600), "{:?}", started.elapsed());
    let source = world.until_condition("GitRepository", "app", "Ready=False GitOperationFailed").await;
    let wanted = "FetchFailed=True GitOperationFailed: failed to checkout and determine revision";
    assert!(crate::world::has_condition(&source, wanted), "{:?}", conditions(&source));
    // Failing the same way over and over says nothing new.
    let writes = world.server.requests().writes_to("gitrepositories/status");
    assert!(writes <= 2, "{writes} status writes for {failures} tries");
    let _served = Server::start_at(&sample.repository, Access::default(), address).await.unwrap();
    world.until_ready("GitRepository", "app").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_artifact_that_was_tampered_with_is_not_applied_and_heals() {
    let mut world = World::new().await;
    let sample = Sample::start().await;
    world.create(git_repository("app", &sample.server.url(), "main")).await;
    world.start();
    let source = world.until_ready("GitRepository", "app").await;
    let file = world.artifacts().join(source["status"]["artifact"]["path"].as_str().unwrap());
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, &bytes).unwrap();
    world.create(kustomization("app", "app", "./overlay")).await;
    let app = world
        .until("Kustomization", "app", |o| {
            conditions(o).iter().any(|c| c.starts_with("Ready=False ArtifactFailed"))
        })
        .await;
    assert_eq!(inventory(&app), [""; 0]);
    assert!(world.all("Deployment").list(&Default::default()).await.unwrap().items.is_empty());
    world.request("GitRepository", "app", "t1").await;
    world.until_applied("app", &sample.first).await;
    let healed = world.until_ready("GitRepository", "app").await;
    assert_eq!(healed["status"]["artifact"]["digest"], source["status"]["artifact"]["digest"]);
}
