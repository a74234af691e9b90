// SPDX-License-Identifier: Apache-2.0

use std::path::{Path, PathBuf};

use gitops_testing::{TestServer, Workloads};
use k8s_openapi::api::core::v1::Node;
use kube::api::{ListParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{DynamicObject, GroupVersionKind};
use kube::discovery::ApiResource;
use kube::runtime::wait::{await_condition, conditions::is_crd_established};
use kube::{Api, Client, Config};

use crate::{Failed, MANAGER};

/// The cluster the story plays on: embedded in this process, or one that exists.
pub(crate) struct Cluster {
    pub(crate) client: Client,
    /// What the reader passes to kubectl.
    pub(crate) kubeconfig: PathBuf,
    pub(crate) server: Option<TestServer>,
    /// Whether Deployments become ready here: a cluster without nodes never starts a Pod.
    pub(crate) runs_workloads: bool,
}

impl Cluster {
    /// Starts the embedded API server on `listen` and writes its kubeconfig into `dir`.
    pub(crate) async fn embedded(listen: std::net::SocketAddr, dir: &Path) -> Result<Self, Failed> {
        let server = TestServer::builder().workloads(Workloads::Instant).start().await;
        let serving = server.serve(listen).await?;
        let kubeconfig = dir.join("kubeconfig");
        std::fs::write(&kubeconfig, serving.kubeconfig())?;
        let client = server.client();
        Ok(Self { client, kubeconfig, server: Some(server), runs_workloads: true })
    }

    /// Connects to the cluster of a kubeconfig.
    pub(crate) async fn existing(kubeconfig: PathBuf) -> Result<Self, Failed> {
        let file = Kubeconfig::read_from(&kubeconfig)?;
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
        let client = Client::try_from(config)?;
        let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default().limit(1)).await?;
        Ok(Self { client, kubeconfig, server: None, runs_workloads: !nodes.items.is_empty() })
    }

    /// Installs the custom resource definitions by server-side apply and waits until they are served.
    pub(crate) async fn install_crds(&self) -> Result<usize, Failed> {
        let kind = GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
        let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &ApiResource::from_gvk(&kind));
        let crds = gitops_api::crds();
        let mut names = Vec::new();
        for crd in &crds {
            let name = crd["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(crd)).await?;
            names.push(name);
        }
        for name in &names {
            let crds = Api::all(self.client.clone());
            let established = await_condition(crds, name, is_crd_established());
            tokio::time::timeout(std::time::Duration::from_secs(30), established)
                .await
                .map_err(|_| Failed::new(format!("{name} was not established within 30s")))??;
        }
        Ok(crds.len())
    }
}
