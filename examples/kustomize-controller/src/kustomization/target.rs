// SPDX-License-Identifier: Apache-2.0

//! As whom and where objects are applied.

use std::time::Duration;

use gitops_api::kustomize::v1::Kustomization;
use gitops_api::meta::SecretKeyReference;
use gitops_apply::Cluster;
use gitops_reconcile::Context;
use http::HeaderValue;
use k8s_openapi::api::core::v1::Secret;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::Kustomizations;

/// The most identities whose knowledge of a cluster is kept.
const REMEMBERED: usize = 64;
/// How long a remote cluster may take to answer.
const REMOTE_TIMEOUT: Duration = Duration::from_secs(30);

/// Clusters by identity.
#[derive(Default)]
pub(crate) struct Clusters {
    own: tokio::sync::OnceCell<Cluster>,
    others: tokio::sync::Mutex<Vec<(String, Cluster)>>,
}

impl Clusters {
    /// The cluster under the controller's own identity; it watches what is applied.
    pub(crate) async fn own(&self, client: &Client) -> Cluster {
        self.own
            .get_or_init(|| async { Cluster::watching(client.clone(), Kustomization::GROUP) })
            .await
            .clone()
    }
}

impl Kustomizations {
    /// The cluster that the objects of a Kustomization go to, under the identity that it names.
    pub(crate) async fn cluster(
        &self,
        object: &Kustomization,
        cx: &Context<Self>,
    ) -> Result<Cluster, String> {
        let namespace = cx.key().namespace();
        let account = object
            .spec
            .service_account_name
            .as_ref()
            .filter(|name| !name.is_empty())
            .or(self.settings.default_service_account.as_ref());
        let user = account.map(|account| format!("system:serviceaccount:{namespace}:{account}"));
        let Some(reference) = &object.spec.kube_config else {
            let Some(user) = user else { return Ok(self.clusters.own(cx.client()).await) };
            return self.remembered(&user, || async { impersonating(cx.client().clone(), &user) }).await;
        };
        let Some(secret) = &reference.secret_ref else {
            return Err("kubeConfig.configMapRef is not supported".to_owned());
        };
        let (text, version) = kubeconfig(secret, namespace, cx).await?;
        let user = user.unwrap_or_default();
        let key = format!("{namespace}/{}@{version} {user}", secret.name);
        self.remembered(&key, || async {
            let client = remote(&text, self.settings.insecure_kubeconfig_tls).await?;
            if user.is_empty() { Ok(client) } else { impersonating(client, &user) }
        })
        .await
    }

    async fn remembered<F>(&self, key: &str, connect: impl FnOnce() -> F) -> Result<Cluster, String>
    where
        F: Future<Output = Result<Client, String>>,
    {
        let mut others = self.clusters.others.lock().await;
        if let Some((_, cluster)) = others.iter().find(|(known, _)| known == key) {
            return Ok(cluster.clone());
        }
        let cluster = Cluster::new(connect().await?);
        if others.len() >= REMEMBERED {
            others.remove(0);
        }
        others.push((key.to_owned(), cluster.clone()));
        Ok(cluster)
    }
}

/// A client that acts as somebody else, over the connections of another client.
fn impersonating(client: Client, user: &str) -> Result<Client, String> {
    let value = HeaderValue::try_from(user).map_err(|_| format!("'{user}' is no name of a user"))?;
    let namespace = client.default_namespace().to_owned();
    let service = tower::service_fn(move |mut request: http::Request<kube::client::Body>| {
        request.headers_mut().insert("Impersonate-User", value.clone());
        let client = client.clone();
        async move { client.send(request).await }
    });
    Ok(Client::new(service, namespace))
}

/// The text of a kubeconfig and the version of the Secret that holds it.
async fn kubeconfig(
    reference: &SecretKeyReference,
    namespace: &str,
    cx: &Context<Kustomizations>,
) -> Result<(String, String), String> {
    let name = format!("{namespace}/{}", reference.name);
    let failed = |error: String| format!("unable to read KubeConfig secret '{name}' error: {error}");
    let secret = match cx.get_live::<Secret>(namespace, &reference.name).await {
        Ok(Some(secret)) => secret,
        Ok(None) => return Err(failed(format!("secrets \"{}\" not found", reference.name))),
        Err(kube::Error::Api(status)) => return Err(failed(status.message.clone())),
        Err(error) => return Err(failed(error.to_string())),
    };
    let version = secret.metadata.resource_version.clone().unwrap_or_default();
    let data = secret.data.unwrap_or_default();
    let bytes = match reference.key.as_deref().filter(|key| !key.is_empty()) {
        Some(key) => data.get(key).ok_or_else(|| {
            format!("KubeConfig secret '{name}' does not contain a '{key}' key with a kubeconfig")
        })?,
        None => data.get("value").or_else(|| data.get("value.yaml")).ok_or_else(|| {
            format!("KubeConfig secret '{name}' does not contain a 'value' key with a kubeconfig")
        })?,
    };
    let text = String::from_utf8(bytes.0.clone()).map_err(|_| failed("not a text".to_owned()))?;
    Ok((text, version))
}

/// Connects to the cluster of a kubeconfig from which everything was removed that could run a program or read a file.
async fn remote(text: &str, insecure_tls: bool) -> Result<Client, String> {
    let mut config = Kubeconfig::from_yaml(text).map_err(|error| format!("invalid KubeConfig: {error}"))?;
    for named in &mut config.clusters {
        if let Some(cluster) = &mut named.cluster {
            cluster.certificate_authority = None;
            if !insecure_tls {
                cluster.insecure_skip_tls_verify = None;
            }
        }
    }
    for named in &mut config.auth_infos {
        if let Some(user) = &mut named.auth_info {
            user.exec = None;
            user.auth_provider = None;
            user.token_file = None;
            user.client_certificate = None;
            user.client_key = None;
        }
    }
    let mut config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
        .await
        .map_err(|error| format!("invalid KubeConfig: {error}"))?;
    config.connect_timeout = Some(REMOTE_TIMEOUT);
    Client::try_from(config).map_err(|error| format!("invalid KubeConfig: {error}"))
}
