// SPDX-License-Identifier: Apache-2.0

//! Tests of the mapping from objects and Secrets to requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it should be"
)]

use std::collections::BTreeMap;

use gitops_api::source::v1::{GitProvider, GitRepository, GitRepositorySpec};
use gitops_sources::{
    ErrorKind, archive,
    artifact::{IgnoreRules, MemoryTree, PackOptions},
    bridge::git_request,
    credentials::SecretData,
};

type Keys<'a> = &'a [(&'a str, &'a str)];

fn data(keys: Keys<'_>) -> BTreeMap<String, Vec<u8>> {
    keys.iter().map(|(k, v)| ((*k).to_owned(), v.as_bytes().to_vec())).collect()
}

fn repository(url: &str, provider: Option<GitProvider>) -> GitRepository {
    GitRepository::new("repo", GitRepositorySpec { url: url.into(), provider, ..Default::default() })
}

/// The login that a request carries, as its `Debug` tells the kind.
fn login(url: &str, keys: Keys<'_>) -> String {
    let data = data(keys);
    let request =
        git_request(&repository(url, None), Some(&SecretData::new("ns", "login", &data)), None).unwrap();
    let text = format!("{request:?}");
    assert!(!text.contains("s3cret"), "{text}");
    ["Auth::none()", "Auth::basic(…)", "Auth::bearer(…)"]
        .into_iter()
        .find(|kind| text.contains(kind))
        .unwrap()
        .to_owned()
}

#[test]
fn keys_of_a_secret_become_a_login() {
    let url = "https://git.example/x";
    for (keys, expected) in [
        (&[][..], "Auth::none()"),
        (&[("username", "u")], "Auth::basic(…)"),
        (&[("username", "u"), ("password", "s3cret")], "Auth::basic(…)"),
        (&[("bearerToken", "s3cret")], "Auth::bearer(…)"),
        (&[("bearerToken", "s3cret"), ("username", "u"), ("password", "p")], "Auth::bearer(…)"),
    ] {
        assert_eq!(login(url, keys), expected, "{keys:?}");
    }
}

#[test]
fn a_token_wins_over_user_info() {
    assert_eq!(login("https://u:s3cret@git.example/x", &[("bearerToken", "s3cret")]), "Auth::bearer(…)");
}

#[test]
fn settings_that_do_not_go_together_are_refused_in_the_words_of_upstream() {
    use ErrorKind::{Authentication, InvalidProvider, InvalidUrl, ProviderMismatch};
    let github = Some(GitProvider::GitHub);
    let no_app = "secretRef with github app data must be specified when provider is set to github";
    let ssh = "ssh://git@127.0.0.1/x";
    for (url, provider, secret, kind, expected) in [
        (
            "http://h/x",
            None,
            Some(&[("password", "s3cret")][..]),
            Authentication,
            "failed to configure authentication options: invalid 'http' auth option: 'password' requires 'username' to be set",
        ),
        (
            "https://h/x",
            None,
            Some(&[("githubAppID", "s3cret")]),
            ProviderMismatch,
            "secretRef 'ns/login' has github app data but provider is not set to github",
        ),
        ("https://h/x", github.clone(), None, InvalidProvider, no_app),
        ("https://h/x", github, Some(&[("username", "u")]), ProviderMismatch, no_app),
        (
            "http://[::1/x",
            None,
            None,
            InvalidUrl,
            "failed to parse url 'http://[::1/x': parse \"http://[::1/x\": missing ']' in host",
        ),
        (
            ssh,
            None,
            None,
            Authentication,
            "failed to configure authentication options: invalid 'ssh' auth option: 'identity' is required",
        ),
        (
            ssh,
            None,
            Some(&[("identity", "s3cret")]),
            Authentication,
            "failed to configure authentication options: invalid 'ssh' auth option: 'known_hosts' is required",
        ),
    ] {
        let data = data(secret.unwrap_or_default());
        let secret = secret.map(|_| SecretData::new("ns", "login", &data));
        let error = git_request(&repository(url, provider), secret.as_ref(), None).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, expected));
        assert!(!format!("{error:?}{secret:?}").contains("s3cret"));
    }
}

#[test]
fn a_proxy_needs_an_address_that_can_be_used() {
    for (keys, expected) in [
        (
            &[("username", "x")][..],
            Some("failed to configure proxy options: secret 'ns/proxy': key 'address' not found"),
        ),
        (
            &[("address", "ftp://h")],
            Some(
                "failed to configure proxy options: secret 'ns/proxy': proxy URL must use one of the supported schemes \
                 (http, https, socks5), got 'ftp'",
            ),
        ),
        (&[("address", "http://h:3128"), ("username", "u"), ("password", "s3cret")], None),
    ] {
        let data = data(keys);
        let proxy = SecretData::new("ns", "proxy", &data);
        let found = git_request(&repository("https://h/x", None), None, Some(&proxy));
        assert_eq!(found.err().map(|e| e.to_string()).as_deref(), expected);
    }
}

#[tokio::test]
async fn a_tree_is_packed_off_the_runtime() {
    let dir = tempfile::tempdir().unwrap();
    let tree = MemoryTree::from([("a", "1")]);
    let archive = archive(tree, IgnoreRules::default(), PackOptions::default(), dir.path()).await.unwrap();
    assert_eq!(archive.files(), Some(1));
}
