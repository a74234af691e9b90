// SPDX-License-Identifier: Apache-2.0

//! From the spec and its Secrets to a request.

use std::collections::BTreeMap;

use gitops_api::source::v1::{GitProvider, reason};
use gitops_git::{Auth, Reference, Request};
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
        let mut request = Request::new(url.as_str())
            .map_err(|error| invalid_auth(error.to_string()))?
            .reference(self.reference())
            .timeout(self.repo.timeout().into());
        request = request.auth(auth(&url, &data)?);
        if let Some(ca) = data.get("ca.crt").or_else(|| data.get("caFile")) {
            request = request.ca(ca.clone());
        }
        Ok(request)
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
            GitProvider::Github if spec.secret_ref.is_none() => Err(Failure::text(
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
            Ok(Some(secret)) => Ok(secret.data.unwrap_or_default().into_iter().map(|(k, v)| (k, v.0)).collect()),
            Ok(None) => Err(failed(format!("secrets \"{name}\" not found"))),
            Err(kube::Error::Api(status)) => Err(failed(status.message.clone())),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// The reference by upstream's precedence: commit, name, tag, semver, branch.
    fn reference(&self) -> Reference {
        let reference = self.repo.spec.reference.clone().unwrap_or_default();
        let branch = reference.branch.clone().filter(|text| !text.is_empty());
        let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(commit) = set(&reference.commit) {
            return Reference::commit(commit, set(&reference.name).or(branch));
        }
        if let Some(name) = set(&reference.name) {
            return Reference::name(name);
        }
        if let Some(tag) = set(&reference.tag) {
            return Reference::tag(tag);
        }
        if let Some(range) = set(&reference.semver) {
            return Reference::semver(range);
        }
        Reference::branch(branch.unwrap_or_else(|| "master".to_owned()))
    }
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
