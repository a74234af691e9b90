// SPDX-License-Identifier: Apache-2.0

//! A cluster, the controllers in it, and ways to wait for states by watch.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::{Stream, StreamExt};
use gitops_testing::{TestServer, Workloads};
use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams,
};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// No state takes longer than this on a machine that has much else to do.
const DEADLINE: Duration = Duration::from_secs(30);

/// The kinds that the tests look at: kind, API version, plural.
pub(crate) const KINDS: [(&str, &str, &str); 7] = [
    ("Namespace", "v1", "namespaces"),
    ("ConfigMap", "v1", "configmaps"),
    ("Secret", "v1", "secrets"),
    ("Service", "v1", "services"),
    ("Deployment", "apps/v1", "deployments"),
    ("GitRepository", "source.toolkit.fluxcd.io/v1", "gitrepositories"),
    ("Kustomization", "kustomize.toolkit.fluxcd.io/v1", "kustomizations"),
];

pub(crate) fn resource(kind: &str) -> ApiResource {
    let (kind, version, plural) = KINDS.into_iter().find(|known| known.0 == kind).unwrap();
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
}

pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) directory: TempDir,
    controllers: Vec<JoinHandle<()>>,
}

/// What the source controller tells about its runs.
pub(crate) type Told = UnboundedReceiver<source_controller::Progress>;

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Workloads::Instant).await
    }

    pub(crate) async fn with(workloads: Workloads) -> Self {
        let wanted = ["GitRepository", "Kustomization", "OCIRepository", "Bucket"];
        let crds = gitops_api::crds()
            .into_iter()
            .filter(|crd| wanted.iter().any(|kind| crd["spec"]["names"]["kind"] == *kind));
        let server = TestServer::builder().crds(crds).workloads(workloads).seed(7).start().await;
        Self { server, directory: tempfile::tempdir().unwrap(), controllers: Vec::new() }
    }

    pub(crate) fn artifacts(&self) -> PathBuf {
        self.directory.path().join("artifacts")
    }

    /// Starts both controllers on the server's own client.
    pub(crate) fn start(&mut self) -> Told {
        self.start_through(&self.server.client())
    }

    /// Starts both controllers on a client of choice, with delays that suit a test.
    pub(crate) fn start_through(&mut self, client: &Client) -> Told {
        if std::env::var_os("RUST_LOG").is_some() {
            let _ =
                tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_test_writer().try_init();
        }
        let directory: &Path = self.directory.path();
        let (observer, told) = tokio::sync::mpsc::unbounded_channel();
        let delays = (Duration::from_millis(20), Duration::from_secs(1));
        let mut source = source_controller::Config::new(client.clone(), directory.join("artifacts"));
        source.retry_delay = delays;
        source.requeue_dependency = Duration::from_millis(200);
        source.observer = Some(observer);
        let mut kustomize = kustomize_controller::Config::new(client.clone(), directory.join("work"));
        kustomize.retry_delay = delays;
        kustomize.requeue_dependency = Duration::from_secs(1);
        kustomize.http_retry = 1;
        self.controllers.push(tokio::spawn(async move {
            source_controller::run(source, std::future::pending()).await.unwrap();
        }));
        self.controllers.push(tokio::spawn(async move {
            kustomize_controller::run(kustomize, std::future::pending()).await.unwrap();
        }));
        told
    }

    /// Ends both controllers where they are.
    pub(crate) async fn kill(&mut self) {
        for task in self.controllers.drain(..) {
            task.abort();
            let _ = task.await;
        }
    }

    pub(crate) fn all(&self, kind: &str) -> Api<DynamicObject> {
        Api::all_with(self.server.client(), &resource(kind))
    }

    pub(crate) fn api(&self, kind: &str) -> Api<DynamicObject> {
        self.within(kind, "default")
    }

    pub(crate) fn within(&self, kind: &str, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.server.client(), namespace, &resource(kind))
    }

    pub(crate) async fn create(&self, object: Value) {
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        let kind = object.types.clone().unwrap().kind;
        self.api(&kind).create(&PostParams::default(), &object).await.unwrap();
    }

    pub(crate) async fn patch(&self, kind: &str, name: &str, patch: Value) {
        self.api(kind).patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    /// Asks for a run, as the command line does.
    pub(crate) async fn request(&self, kind: &str, name: &str, token: &str) {
        let annotations = json!({"reconcile.fluxcd.io/requestedAt": token});
        self.patch(kind, name, json!({"metadata": {"annotations": annotations}})).await;
    }

    pub(crate) async fn delete(&self, kind: &str, name: &str) {
        self.api(kind).delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// The object as it is now.
    pub(crate) async fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let object = self.within(kind, namespace).get_opt(name).await.unwrap();
        object.map(|object| serde_json::to_value(object).unwrap())
    }

    /// Waits until an object is as wished; says what it was last otherwise.
    pub(crate) async fn until(&self, kind: &str, name: &str, wished: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        let seen = self.watch(kind, name, |object| {
            let fits = object.is_some_and(&wished);
            found = object.cloned().or(found.take());
            fits
        });
        let seen = seen.await;
        let found = found.unwrap_or_default();
        assert!(seen, "{kind} {name} never was as wished: {:#?}\n{found:#}", conditions(&found));
        found
    }

    pub(crate) async fn until_gone(&self, kind: &str, name: &str) {
        let mut last = None;
        let gone = self.watch(kind, name, |object| {
            last = object.cloned();
            object.is_none()
        });
        assert!(gone.await, "{kind} {name} is still there: {:#}", last.unwrap_or_default());
    }

    async fn watch(&self, kind: &str, name: &str, mut enough: impl FnMut(Option<&Value>) -> bool) -> bool {
        let stream =
            follow(self.all(kind), watcher::Config::default().fields(&format!("metadata.name={name}")));
        let mut stream = std::pin::pin!(stream);
        let look = async {
            let mut current: Option<Value> = None;
            let mut listed: Option<Value> = None;
            while let Some(event) = stream.next().await {
                let settled = !matches!(event, Event::Init | Event::InitApply(_));
                match event {
                    Event::Init => listed = None,
                    Event::InitApply(object) => listed = serde_json::to_value(object).ok(),
                    Event::InitDone => current = listed.take(),
                    Event::Apply(object) => current = serde_json::to_value(object).ok(),
                    Event::Delete(_) => current = None,
                }
                if settled && enough(current.as_ref()) {
                    return;
                }
            }
        };
        tokio::time::timeout(DEADLINE, look).await.is_ok()
    }

    /// Waits until the object is Ready for its generation.
    pub(crate) async fn until_ready(&self, kind: &str, name: &str) -> Value {
        self.until(kind, name, is_ready).await
    }

    /// Waits until a Kustomization is Ready with a revision.
    pub(crate) async fn until_applied(&self, name: &str, revision: &str) -> Value {
        let applied =
            |object: &Value| is_ready(object) && object["status"]["lastAppliedRevision"] == revision;
        self.until("Kustomization", name, applied).await
    }

    /// Waits until a condition is as given: `Type=Status Reason: part of the message`.
    pub(crate) async fn until_condition(&self, kind: &str, name: &str, wanted: &str) -> Value {
        self.until(kind, name, |object| has_condition(object, wanted)).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for task in &self.controllers {
            task.abort();
        }
    }
}

/// A watch that goes on whatever happens to it.
pub(crate) fn follow(
    api: Api<DynamicObject>,
    config: watcher::Config,
) -> impl Stream<Item = Event<DynamicObject>> + Send {
    watcher::watcher(api, config).default_backoff().filter_map(async |event| event.ok())
}

pub(crate) fn is_ready(object: &Value) -> bool {
    let status = &object["status"];
    let list = status["conditions"].as_array().cloned().unwrap_or_default();
    status["observedGeneration"] == object["metadata"]["generation"]
        && list.iter().any(|c| c["type"] == "Ready" && c["status"] == "True")
        && !list.iter().any(|c| c["type"] == "Reconciling" || c["type"] == "Stalled")
}

/// `Type=Status Reason: message` of each condition.
pub(crate) fn conditions(object: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|c| {
            format!(
                "{}={} {}: {}",
                text(&c["type"]),
                text(&c["status"]),
                text(&c["reason"]),
                text(&c["message"])
            )
        })
        .collect()
}

/// Whether a condition starts as given up to the colon, and contains what follows it.
pub(crate) fn has_condition(object: &Value, wanted: &str) -> bool {
    let (head, part) = wanted.split_once(": ").unwrap_or((wanted, ""));
    conditions(object).iter().any(|text| {
        text.split_once(": ").is_some_and(|(known, message)| known == head && message.contains(part))
    })
}

/// The ids of the inventory, sorted, with hash suffixes of generated names replaced.
pub(crate) fn inventory(object: &Value) -> Vec<String> {
    let entries = object["status"]["inventory"]["entries"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<String> =
        entries.iter().map(|entry| entry["id"].as_str().unwrap_or_default().to_owned()).collect();
    for id in &mut ids {
        if let Some(at) = id.find("settings-") {
            let end = at + "settings-".len();
            let rest = id[end..].find('_').map_or(id.len(), |length| end + length);
            id.replace_range(end..rest, "HASH");
        }
    }
    ids.sort();
    ids
}

pub(crate) fn git_repository(name: &str, url: &str, branch: &str) -> Value {
    json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"url": url, "interval": "10m", "ref": {"branch": branch}},
    })
}

pub(crate) fn kustomization(name: &str, source: &str, path: &str) -> Value {
    json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "sourceRef": {"kind": "GitRepository", "name": source}, "path": path,
            "interval": "10m", "retryInterval": "300ms", "timeout": "30s", "prune": true, "wait": true,
        },
    })
}
