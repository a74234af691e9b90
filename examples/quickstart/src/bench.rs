// SPDX-License-Identifier: Apache-2.0

//! Many Kustomizations of four objects each, `wait: true`: time to all Ready, CPU, memory and API requests.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use gitops_api::kustomize::v1::Kustomization;
use gitops_testing::{TestServer, Workloads, git};

use crate::controllers::Controllers;
use crate::story::{self, Plan};
use crate::timeline::Timeline;
use crate::watch::Watch;
use crate::{Failed, NAMESPACE};

const DEADLINE: Duration = Duration::from_secs(600);
/// Objects that one Kustomization applies.
const OBJECTS: usize = 4;

/// Measures a first apply and a forced run with nothing changed, and prints one line for each.
pub(crate) async fn ready(count: usize) -> Result<(), Failed> {
    let dir = tempfile::Builder::new().prefix("quickstart-bench-").tempdir()?;
    let server = TestServer::builder().crds(gitops_api::crds()).workloads(Workloads::Instant).start().await;
    let client = server.client();
    let repository = git::Repository::create()?;
    let files: Vec<(String, String)> =
        (0..count).map(|index| (format!("apps/{index}/objects.yaml"), objects(index))).collect();
    let files = files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str())));
    let commit = repository.commit("Add the applications", files)?;
    let git = git::Server::start(&repository).await?;
    let controllers = Controllers::start(&client, dir.path());

    let plan = Plan {
        url: git.url(),
        branch: "main".into(),
        paths: (0..count).map(|index| (format!("app-{index}"), format!("./apps/{index}"))).collect(),
        wait: true,
    };
    let timeline = Timeline::quiet();
    let mut watch = Watch::new(&client, NAMESPACE, &timeline);
    let before = Spent::now(&server);
    story::apply(&client, &plan).await?;
    // What the measuring side itself asks of the server is not the controllers'.
    let own = count + 2;
    story::all_ready(&mut watch, &plan, Some(&commit), DEADLINE).await?;
    before.report("first apply", count, own, &server);

    let before = Spent::now(&server);
    let mut tokens = Vec::with_capacity(count);
    for (name, _) in &plan.paths {
        tokens.push((name.clone(), story::request::<Kustomization>(&client, name).await?));
    }
    watch
        .until("waiting until all have run again", DEADLINE, |seen| {
            tokens.iter().all(|(name, token)| {
                seen.kustomizations
                    .get(name)
                    .and_then(|object| object.status.as_ref())
                    .is_some_and(|status| status.last_handled_reconcile_at.as_deref() == Some(token))
            })
        })
        .await?;
    before.report("forced run, nothing changed", count, count, &server);
    controllers.stop().await
}

fn objects(index: usize) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "apiVersion: v1
kind: ServiceAccount
metadata: {{name: app-{index}, namespace: {NAMESPACE}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: app-{index}, namespace: {NAMESPACE}}}
data: {{index: '{index}'}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{index}, namespace: {NAMESPACE}}}
spec:
  selector: {{app: app-{index}}}
  ports: [{{name: http, port: 80}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{index}, namespace: {NAMESPACE}}}
spec:
  replicas: 0
  selector: {{matchLabels: {{app: app-{index}}}}}
  template:
    metadata: {{labels: {{app: app-{index}}}}}
    spec:
      serviceAccountName: app-{index}
      containers: [{{name: app, image: 'registry.example/app:1.0'}}]
"
    );
    text
}

/// What has been spent until a point in time.
struct Spent {
    at: Instant,
    cpu: f64,
    requests: usize,
    status_writes: usize,
}

impl Spent {
    fn now(server: &TestServer) -> Self {
        let requests = server.requests();
        Self {
            at: Instant::now(),
            cpu: cpu_seconds(),
            requests: requests.len(),
            status_writes: requests.writes_to("kustomizations/status"),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    fn report(&self, what: &str, count: usize, own: usize, server: &TestServer) {
        let now = Self::now(server);
        let each = |number: usize| number as f64 / count as f64;
        let requests = now.requests.saturating_sub(self.requests + own);
        println!(
            "{count} Kustomizations of {OBJECTS} objects, {what}: {:.2} s, {:.2} s CPU (server included), peak {:.0} MiB, \
             {:.1} API requests and {:.1} status writes for each",
            (now.at - self.at).as_secs_f64(),
            now.cpu - self.cpu,
            peak_mebibytes(),
            each(requests),
            each(now.status_writes - self.status_writes),
        );
    }
}

/// CPU time of this process so far; 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks =
        |index: usize| after_name.split_whitespace().nth(index).and_then(|word| word.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / TICKS_PER_SECOND
}

/// Peak resident memory of this process; 0 where the system does not tell.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) / 1024.0
}
