// SPDX-License-Identifier: Apache-2.0

//! From the objects of the API to what the engines take.

use gitops_api::source::v1::{GitProvider, GitReference, GitRepository, GitRepositorySpec};
use gitops_artifact::{IgnoreRules, Revision};
use gitops_git::{Reference, ReferenceFields, Request};

use crate::{
    credentials::{SecretData, git_auth, git_proxy, git_tls},
    error::{Error, ErrorKind},
};

/// Returns the request that a GitRepository stands for, with the data of the Secrets that it names.
///
/// ```
/// use gitops_api::source::v1::{GitReference, GitRepository, GitRepositorySpec};
/// use gitops_sources::bridge::git_request;
///
/// let repository = GitRepository::new("fleet", GitRepositorySpec {
///     url: "https://git.example/fleet".into(),
///     reference: Some(GitReference { branch: Some("main".into()), ..Default::default() }),
///     ..Default::default()
/// });
/// let request = git_request(&repository, None, None)?;
/// # let _ = request;
/// # Ok::<(), gitops_sources::Error>(())
/// ```
///
/// # Errors
/// Every kind of [`ErrorKind`], checked in the order of upstream: proxy, address, login.
pub fn git_request(
    repository: &GitRepository,
    secret: Option<&SecretData<'_>>,
    proxy: Option<&SecretData<'_>>,
) -> Result<Request, Error> {
    let spec = &repository.spec;
    let proxy = proxy.map(git_proxy).transpose()?;
    // An older status may hold a revision that we cannot read. It decides nothing but words.
    let observed = repository.artifact().and_then(|artifact| artifact.revision.parse::<Revision>().ok());
    let mut request = Request::new(&spec.url)
        .reference(git_reference(spec.reference.as_ref()))
        .timeout(repository.timeout().as_std())
        .observed(observed)
        .sparse(&spec.sparse_checkout)
        .submodules(spec.recurse_submodules)
        .proxy(proxy);
    if !spec.url.starts_with("ssh://") {
        request.check().map_err(|e| Error::new(ErrorKind::InvalidUrl, e.to_string()))?;
    }
    check_provider(repository, secret)?;
    let nothing = std::collections::BTreeMap::new();
    let none = SecretData::new("", "", &nothing);
    let secret = secret.unwrap_or(&none);
    request = request.auth(git_auth(&spec.url, secret)?).tls(git_tls(secret));
    Ok(request)
}

/// Chooses among the fields of a reference; the branch `master` where there is none.
pub fn git_reference(reference: Option<&GitReference>) -> Reference {
    let Some(reference) = reference else { return Reference::default() };
    Reference::choose(&ReferenceFields {
        branch: reference.branch.as_deref(),
        tag: reference.tag.as_deref(),
        semver: reference.semver.as_deref(),
        name: reference.name.as_deref(),
        commit: reference.commit.as_deref(),
    })
}

/// Returns what is left out of the archive of a GitRepository.
pub fn ignore_rules(spec: &GitRepositorySpec) -> IgnoreRules {
    IgnoreRules::default().extra(spec.ignore.as_deref())
}

fn check_provider(repository: &GitRepository, secret: Option<&SecretData<'_>>) -> Result<(), Error> {
    let unsupported = |what: &str| Err(Error::new(ErrorKind::Unsupported, what));
    if repository.spec.service_account_name.is_some() {
        return unsupported(
            "to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity \
             feature gate in the controller",
        );
    }
    match (repository.provider(), secret) {
        (GitProvider::Generic, Some(secret)) if secret.has_github_app() => Err(Error::new(
            ErrorKind::ProviderMismatch,
            format!("secretRef '{secret}' has github app data but provider is not set to github"),
        )),
        (GitProvider::Generic, _) => Ok(()),
        (GitProvider::GitHub, None) => Err(Error::new(ErrorKind::InvalidProvider, NO_GITHUB_APP)),
        (GitProvider::GitHub, Some(secret)) if !secret.has_github_app() => {
            Err(Error::new(ErrorKind::ProviderMismatch, NO_GITHUB_APP))
        }
        (other, _) => unsupported(&format!("this release has no logins of provider '{other}'")),
    }
}

const NO_GITHUB_APP: &str = "secretRef with github app data must be specified when provider is set to github";
