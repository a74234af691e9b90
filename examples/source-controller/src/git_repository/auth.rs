// SPDX-License-Identifier: Apache-2.0

//! From the spec and its Secrets to a request.

use std::collections::BTreeMap;

use gitops_api::source::v1::{GitProvider, reason};
use gitops_git::{Auth, Proxy, Reference, ReferenceFields, Request, Tls};
use gitops_reconcile::{Failure, Next};
use k8s_openapi::api::core::v1::Secret;
use url::Url;

use super::Run;

type Data = BTreeMap<String, Vec<u8>>;

impl Run<'_> {
    /// Builds the request; the failures are those of the object's own settings.
    pub(crate) async fn request(&self) -> Result<Request, Failure> {
        let spec = &self.repo.spec;
        let url = Url::parse(&spec.url).map_err(|error| {
            let error = match spec.url.contains('[') && !spec.url.contains(']') {
                true => "missing ']' in host".to_owned(),
                false => error.to_string(),
            };
            Failure::text(
                reason::URL_INVALID,
                Next::Stall,
                format!("failed to parse url '{}': parse \"{}\": {error}", spec.url, spec.url),
            )
        })?;
        self.check_provider()?;
        let mut data = Data::new();
        if let Some(secret) = &spec.secret_ref {
            data = self.secret(&secret.name).await?;
        }
        let known = self.artifact.as_ref().and_then(|artifact| artifact.revision.parse().ok());
        let mut request = Request::new(url.as_str())
            .reference(self.reference())
            .timeout(self.repo.timeout().into())
            .observed(known)
            .sparse(spec.sparse_checkout.iter().cloned())
            .submodules(spec.recurse_submodules)
            .auth(auth(&url, &data)?)
            .tls(tls(&data));
        if let Some(proxy) = &spec.proxy_secret_ref {
            request = request.proxy(Some(self.proxy(&proxy.name).await?));
        }
        Ok(request)
    }

    async fn proxy(&self, name: &str) -> Result<Proxy, Failure> {
        let data = self.secret(name).await?;
        let text = |key: &str| data.get(key).map(|value| String::from_utf8_lossy(value).into_owned());
        let Some(address) = text("address") else {
            let namespace = self.cx.key().namespace();
            let what = format!("invalid proxy secret '{namespace}/{name}': key 'address' is missing");
            let message = format!("failed to configure proxy options: {what}");
            return Err(Failure::text(reason::AUTHENTICATION_FAILED, Next::Retry, message));
        };
        let proxy = Proxy::new(address);
        Ok(match text("username") {
            Some(username) => proxy.login(username, text("password").unwrap_or_default()),
            None => proxy,
        })
    }

    fn check_provider(&self) -> Result<(), Failure> {
        let spec = &self.repo.spec;
        if spec.service_account_name.is_some() {
            return Err(Failure::text(
                "FeatureGateDisabled",
                Next::Stall,
                "to use spec.serviceAccountName for provider authentication please enable the \
                 ObjectLevelWorkloadIdentity feature gate in the controller",
            ));
        }
        match self.repo.provider() {
            GitProvider::Generic => Ok(()),
            GitProvider::GitHub if spec.secret_ref.is_none() => Err(Failure::text(
                reason::INVALID_PROVIDER_CONFIGURATION,
                Next::Stall,
                "secretRef with github app data must be specified when provider is set to github",
            )),
            other => Err(Failure::text(
                reason::INVALID_PROVIDER_CONFIGURATION,
                Next::Stall,
                format!("provider '{other}' is not supported"),
            )),
        }
    }

    async fn secret(&self, name: &str) -> Result<Data, Failure> {
        let namespace = self.cx.key().namespace();
        let what = format!("failed to get secret '{namespace}/{name}'");
        let failed = |detail: String| {
            let message = format!("{what}: {what}: {detail}");
            Failure::text(reason::AUTHENTICATION_FAILED, Next::Retry, message)
        };
        match self.cx.get::<Secret>(namespace, name).await {
            Ok(Some(secret)) => {
                Ok(secret.data.unwrap_or_default().into_iter().map(|(k, v)| (k, v.0)).collect())
            }
            Ok(None) => Err(failed(format!("secrets \"{name}\" not found"))),
            Err(kube::Error::Api(status)) => Err(failed(status.message.clone())),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    fn reference(&self) -> Reference {
        let reference = self.repo.spec.reference.clone().unwrap_or_default();
        Reference::choose(&ReferenceFields {
            branch: reference.branch.as_deref(),
            tag: reference.tag.as_deref(),
            semver: reference.semver.as_deref(),
            name: reference.name.as_deref(),
            commit: reference.commit.as_deref(),
        })
    }
}

fn tls(data: &Data) -> Tls {
    let mut tls = Tls::default();
    if let Some(ca) = data.get("ca.crt").or_else(|| data.get("caFile")) {
        tls = tls.ca(ca.clone());
    }
    if let (Some(chain), Some(key)) = (data.get("tls.crt"), data.get("tls.key")) {
        tls = tls.identity(chain.clone(), key.clone());
    }
    tls
}

fn invalid_auth(detail: impl std::fmt::Display) -> Failure {
    Failure::text(
        reason::AUTHENTICATION_FAILED,
        Next::Retry,
        format!("failed to configure authentication options: {detail}"),
    )
}

/// What the Secret's keys mean for the transport of the URL.
fn auth(url: &Url, data: &Data) -> Result<Auth, Failure> {
    let text = |key: &str| {
        data.get(key)
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .filter(|value| !value.is_empty())
    };
    if url.scheme() == "ssh" {
        for key in ["identity", "known_hosts"] {
            if text(key).is_none() {
                return Err(invalid_auth(format!("invalid 'ssh' auth option: '{key}' is required")));
            }
        }
        return Err(invalid_auth("the ssh transport is not supported"));
    }
    if let Some(token) = text("bearerToken") {
        return Ok(Auth::bearer(token));
    }
    match (text("username"), text("password")) {
        (Some(username), password) => Ok(Auth::basic(username, password.unwrap_or_default())),
        (None, Some(_)) => Err(invalid_auth(format!(
            "invalid '{}' auth option: 'password' requires 'username' to be set",
            url.scheme()
        ))),
        (None, None) => Ok(Auth::none()),
    }
}
