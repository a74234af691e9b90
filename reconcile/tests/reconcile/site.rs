// SPDX-License-Identifier: Apache-2.0

//! A custom resource that the framework has never heard of, and a harness around its controller.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use gitops_reconcile::{
    Context, Controller, Event, Failure, Manager, Next, OrFail, Outcome, Reconciler, Reference, Watch,
};
use gitops_testing::TestServer;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::{CustomResource, CustomResourceExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(CustomResource, Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[kube(group = "mirror.example", version = "v1", kind = "SiteMirror", namespaced, status = "SiteStatus")]
#[serde(rename_all = "camelCase")]
pub struct SiteSpec {
    /// `ok`, `retry`, `stall`, `wait`, `hold`, or the name of a ConfigMap after `map:`.
    pub mode: String,
    #[serde(default)]
    pub suspend: bool,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SiteStatus {
    #[serde(default)]
    pub observed_generation: Option<i64>,
    #[serde(default)]
    pub last_handled_reconcile_at: Option<String>,
    #[serde(default)]
    pub conditions: Vec<Value2>,
    #[serde(default)]
    pub served: Option<String>,
}

/// A condition, open for whatever the framework writes.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Value2 {
    pub r#type: String,
    pub status: String,
    pub reason: String,
    pub message: String,
    #[serde(default)]
    pub observed_generation: Option<i64>,
    pub last_transition_time: String,
}

pub struct Mirror {
    pub runs: Arc<AtomicUsize>,
    pub finalized: Arc<AtomicUsize>,
}

#[async_trait]
impl Reconciler for Mirror {
    type Kind = SiteMirror;

    async fn reconcile(&self, site: &SiteMirror, cx: &Context<Self>) -> Result<Outcome, Failure> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let hour = Duration::from_secs(3600);
        match site.spec.mode.as_str() {
            "ok" => {
                cx.edit_status(|status: &mut SiteStatus| status.served = Some("all".into()));
                cx.event(Event::info("Served", "serving all").with("mirror.example/revision", "1"));
                Ok(Outcome::ready("Serving").again(hour))
            }
            "retry" => {
                cx.note("Looking");
                "x".parse::<u8>().or_retry("ParseFailed")?;
                Ok(Outcome::done())
            }
            "stall" => Err(Failure::text("BadSpec", Next::Stall, "mode makes no sense")),
            "hold" => match cx.wait(std::future::pending::<()>()).await {
                Ok(()) => Ok(Outcome::done()),
                Err(interrupted) => {
                    Ok(Outcome::ready(format!("Interrupted by {}", interrupted.cause)).again(hour))
                }
            },
            mode => {
                let name = mode.strip_prefix("map:").unwrap_or(mode);
                match cx.get::<ConfigMap>(cx.key().namespace(), name).await.or_retry("ApiFailed")? {
                    Some(map) => {
                        let text = map.data.unwrap_or_default().remove("text").unwrap_or_default();
                        Ok(Outcome::ready(format!("Found {text}")).again(hour))
                    }
                    None => Err(Failure::text("Missing", Next::Wait(hour), format!("no ConfigMap {name}"))),
                }
            }
        }
    }

    async fn finalize(&self, _: &SiteMirror, _: &Context<Self>) -> Result<Outcome, Failure> {
        self.finalized.fetch_add(1, Ordering::SeqCst);
        Ok(Outcome::done())
    }

    fn references(&self, site: &SiteMirror) -> Vec<Reference> {
        let namespace = site.metadata.namespace.clone().unwrap_or_default();
        let map = site.spec.mode.strip_prefix("map:");
        map.map(|name| Reference::to::<ConfigMap>(namespace, name)).into_iter().collect()
    }
}

pub struct Harness {
    pub server: TestServer,
    pub runs: Arc<AtomicUsize>,
    pub finalized: Arc<AtomicUsize>,
    pub manager: tokio::task::JoinHandle<Result<(), gitops_reconcile::Error>>,
}

pub async fn server() -> TestServer {
    let definition: CustomResourceDefinition = SiteMirror::crd();
    TestServer::builder().crd(definition).start().await
}

pub fn start(server: TestServer, workers: usize) -> Harness {
    let (runs, finalized) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mirror = Mirror { runs: runs.clone(), finalized: finalized.clone() };
    let controller = Controller::new(mirror)
        .finalizer("mirror.example/finalizer")
        .concurrency(workers)
        .watch(Watch::of::<ConfigMap>());
    let manager = Manager::new(server.client(), "site-controller").with(controller);
    let manager = tokio::spawn(manager.run(std::future::pending()));
    Harness { server, runs, finalized, manager }
}

impl Harness {
    pub fn api(&self) -> Api<SiteMirror> {
        Api::namespaced(self.server.client(), "default")
    }

    pub async fn create(&self, name: &str, mode: &str) -> SiteMirror {
        let site = SiteMirror::new(name, SiteSpec { mode: mode.into(), suspend: false });
        self.api().create(&PostParams::default(), &site).await.unwrap()
    }

    pub async fn patch(&self, name: &str, patch: Value) {
        self.api().patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    pub async fn request(&self, name: &str, value: &str) {
        self.patch(name, json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": value}}}))
            .await;
    }

    /// Waits, on the paused clock, until the object is as wished.
    pub async fn until(&self, name: &str, wished: impl Fn(&SiteMirror) -> bool) -> SiteMirror {
        let mut last = None;
        for _ in 0..2000 {
            if let Some(site) = self.api().get_opt(name).await.unwrap() {
                if wished(&site) {
                    return site;
                }
                last = Some(site);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never as wished: {last:#?}");
    }

    pub async fn until_gone(&self, name: &str) {
        for _ in 0..2000 {
            if self.api().get_opt(name).await.unwrap().is_none() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{name} is still there");
    }

    /// All writes to objects of the kind, their status included.
    pub fn writes(&self) -> usize {
        let requests = self.server.requests();
        requests.writes_to("sitemirrors") + requests.writes_to("sitemirrors/status")
    }

    pub fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

/// `Type=Status Reason: message` of each condition.
pub fn conditions(site: &SiteMirror) -> Vec<String> {
    let status = site.status.clone().unwrap_or_default();
    status
        .conditions
        .iter()
        .map(|c| format!("{}={} {}: {}", c.r#type, c.status, c.reason, c.message))
        .collect()
}

pub fn ready(site: &SiteMirror) -> Option<String> {
    let status = site.status.clone().unwrap_or_default();
    status.conditions.iter().find(|c| c.r#type == "Ready").map(|c| c.status.clone())
}
