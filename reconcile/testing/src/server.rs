// SPDX-License-Identifier: Apache-2.0

mod shortcuts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cluster::Cluster;
use crate::error::{Error, ErrorKind};
use crate::faults::Faults;
use crate::http::{ApiService, Incoming, Query};
use crate::journal::Requests;

/// Whether the server pretends that workloads run.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Workloads {
    /// Nothing happens to workloads, as on an API server alone.
    #[default]
    Off,
    /// Workloads become ready as soon as they are written: Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs, Pods,
    /// claims, load balancers. The annotation `testing.gitops-toolkit.dev/outcome` makes one fail (`fail`) or wait for ever (`hang`).
    Instant,
}

/// What a [`TestServer`] starts with.
#[derive(Debug)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct Builder {
    crds: Vec<Value>,
    workloads: Workloads,
    controllers: bool,
    history: usize,
    seed: Option<u64>,
}

impl Builder {
    /// Installs CustomResourceDefinitions.
    pub fn crds(mut self, crds: impl IntoIterator<Item = Value>) -> Self {
        self.crds.extend(crds);
        self
    }

    /// Installs one CustomResourceDefinition, typed or as JSON.
    pub fn crd(mut self, crd: impl serde::Serialize) -> Self {
        if let Ok(crd) = serde_json::to_value(crd) {
            self.crds.push(crd);
        }
        self
    }

    /// Says whether workloads become ready by themselves; off at first.
    pub fn workloads(mut self, workloads: Workloads) -> Self {
        self.workloads = workloads;
        self
    }

    /// Says whether namespaces are emptied when they are deleted, and dependents are collected; on at first.
    ///
    /// Without, the server behaves as kube-apiserver alone does.
    pub fn controllers(mut self, on: bool) -> Self {
        self.controllers = on;
        self
    }

    /// Sets how many changes of a resource are remembered for watches; 10,000 at first.
    pub fn history(mut self, changes: usize) -> Self {
        self.history = changes;
        self
    }

    /// Makes identifiers and generated names the same in every run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    /// When a definition is refused: a test cannot go on without it. See [`try_start`](Self::try_start).
    pub async fn start(self) -> TestServer {
        self.try_start().await.expect("because a test cannot run without its definitions")
    }

    /// Starts the server.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when a definition is not valid.
    pub async fn try_start(self) -> Result<TestServer, Error> {
        let cluster = Arc::new(Cluster::new(self.history, self.seed, self.controllers, self.workloads));
        let server = TestServer { cluster };
        for namespace in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            server.post("/api/v1/namespaces", &object).await?;
        }
        for crd in &self.crds {
            server.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd).await?;
        }
        server.cluster.journal.clear();
        Ok(server)
    }
}

/// A Kubernetes API server inside the process.
///
/// It lives as long as a client, a port or this value does. Nothing is shared between two of them.
#[derive(Clone)]
pub struct TestServer {
    cluster: Arc<Cluster>,
}

impl TestServer {
    /// Returns a builder with the settings at their start values.
    pub fn builder() -> Builder {
        Builder {
            crds: Vec::new(),
            workloads: Workloads::Off,
            controllers: true,
            history: 10_000,
            seed: None,
        }
    }

    /// Returns a client that talks to the server without a socket.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(ApiService::new(Arc::clone(&self.cluster)), "default")
    }

    /// Returns the plan of what goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.cluster.faults
    }

    /// Returns a copy of the log of requests since the start, or since it was last cleared.
    pub fn requests(&self) -> Requests {
        self.cluster.journal.copy()
    }

    /// Empties the log of requests.
    pub fn clear_requests(&self) {
        self.cluster.journal.clear();
    }

    /// Moves the server's clock forward: the times that it writes into objects.
    pub fn advance(&self, by: Duration) {
        self.cluster.clock.advance(by);
    }

    /// Ends all watches of a resource (`plural.group`, or `plural` in the core group), as a restart would.
    pub fn disconnect(&self, resource: &str) {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        self.cluster.store.disconnect(&format!("{group}/{plural}"));
    }

    /// Forgets the history of a resource, so that watches from earlier versions are answered with 410.
    pub fn compact(&self, resource: &str) {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        self.cluster.store.compact(&format!("{group}/{plural}"));
    }

    async fn post(&self, path: &str, object: &Value) -> Result<(), Error> {
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static("application/json"));
        let incoming = Incoming {
            method: http::Method::POST,
            path: path.to_owned(),
            query: Query::default(),
            headers,
            body: object.to_string().into(),
        };
        let reply = crate::rest::dispatch(&self.cluster, incoming)
            .await
            .map_err(|error| Error::new(ErrorKind::Io, "the embedded server did not answer", error))?;
        if reply.code < 300 {
            return Ok(());
        }
        let text = match &reply.content {
            crate::http::Content::Json(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        Err(Error::plain(ErrorKind::Refused, format!("the embedded server refused an object: {text}")))
    }

    /// Serves the API on an address, until the returned handle is dropped. Port 0 chooses a free one.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the address cannot be bound.
    pub async fn serve(&self, address: SocketAddr) -> Result<Serving, Error> {
        let wrap = |error| Error::new(ErrorKind::Io, format!("cannot listen on {address}"), error);
        let listener = TcpListener::bind(address).await.map_err(wrap)?;
        let address = listener.local_addr().map_err(wrap)?;
        let (stop, stopped) = oneshot::channel();
        let service = ApiService::new(Arc::clone(&self.cluster));
        tokio::spawn(accept(listener, service, stopped));
        Ok(Serving { address, _stop: stop })
    }
}

impl std::fmt::Debug for TestServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TestServer").finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, service: ApiService, mut stopped: oneshot::Receiver<()>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let stream = tokio::select! {
            _ = &mut stopped => return,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        let _ = stream.set_nodelay(true);
        let service = service.clone();
        connections.spawn(async move {
            let service = hyper::service::service_fn(move |request| service.clone().answer(request));
            let connection = hyper::server::conn::http1::Builder::new();
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// A port on which a [`TestServer`] answers; dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Serving {
    /// Returns the address, with the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the server.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns a kubeconfig for `kubectl` and other clients.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: embedded\n  cluster:\n    server: {}\ncontexts:\n\
             - name: embedded\n  context:\n    cluster: embedded\n    user: embedded\n    namespace: default\n\
             current-context: embedded\nusers:\n- name: embedded\n  user: {{}}\n",
            self.url()
        )
    }
}
