// SPDX-License-Identifier: Apache-2.0

//! What the keys of a Secret mean.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use gitops_git::{Auth, Proxy, Tls};

use crate::error::{Error, ErrorKind};

/// The data of a Secret, with its name for messages. `Debug` shows the keys and no value.
#[derive(Clone, Copy)]
pub struct SecretData<'a> {
    namespace: &'a str,
    name: &'a str,
    data: &'a BTreeMap<String, Vec<u8>>,
}

impl<'a> SecretData<'a> {
    /// Takes the data of a Secret.
    pub fn new(namespace: &'a str, name: &'a str, data: &'a BTreeMap<String, Vec<u8>>) -> Self {
        Self { namespace, name, data }
    }

    fn bytes(&self, key: &str) -> Option<&'a [u8]> {
        self.data.get(key).map(Vec::as_slice)
    }

    fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        self.bytes(key).map(String::from_utf8_lossy)
    }

    pub(crate) fn has_github_app(&self) -> bool {
        self.data.contains_key("githubAppID")
    }
}

impl fmt::Display for SecretData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Debug for SecretData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretData")
            .field("name", &self.to_string())
            .field("keys", &self.data.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// Returns the login that a Secret gives for an address: `bearerToken`, or else `username` and `password`.
///
/// ```
/// use std::collections::BTreeMap;
/// use gitops_sources::credentials::{git_auth, SecretData};
///
/// let data = BTreeMap::from([("password".to_owned(), b"s3cret".to_vec())]);
/// let error = git_auth("https://git.example/fleet", &SecretData::new("apps", "login", &data)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "failed to configure authentication options: invalid 'https' auth option: 'password' requires 'username' to be set",
/// );
/// ```
///
/// # Errors
/// [`Authentication`](ErrorKind::Authentication) where keys are missing.
pub fn git_auth(url: &str, secret: &SecretData<'_>) -> Result<Auth, Error> {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let invalid = |why: &str| {
        let what =
            format!("failed to configure authentication options: invalid '{scheme}' auth option: {why}");
        Error::new(ErrorKind::Authentication, what)
    };
    let set = |key| secret.text(key).filter(|value| !value.is_empty());
    if scheme == "ssh" {
        return Err(match (set("identity"), set("known_hosts")) {
            (None, _) => invalid("'identity' is required"),
            (_, None) => invalid("'known_hosts' is required"),
            _ => Error::new(ErrorKind::Unsupported, "this release does not speak SSH"),
        });
    }
    if let Some(token) = set("bearerToken") {
        return Ok(Auth::bearer(token));
    }
    match (set("username"), set("password")) {
        (None, Some(_)) => Err(invalid("'password' requires 'username' to be set")),
        (Some(username), password) => Ok(Auth::basic(username, password.unwrap_or_default())),
        (None, None) => Ok(Auth::none()),
    }
}

/// Returns whom to trust: `ca.crt`, or `caFile` where that is absent; and the client certificate in `tls.crt` and `tls.key`.
pub fn git_tls(secret: &SecretData<'_>) -> Tls {
    let mut tls = Tls::default();
    if let Some(ca) = secret.bytes("ca.crt").or_else(|| secret.bytes("caFile")) {
        tls = tls.ca(ca);
    }
    if let (Some(chain), Some(key)) = (secret.bytes("tls.crt"), secret.bytes("tls.key")) {
        tls = tls.identity(chain, key);
    }
    tls
}

/// Returns the proxy that a Secret names in `address`, with `username` and `password`.
///
/// # Errors
/// [`Proxy`](ErrorKind::Proxy).
pub fn git_proxy(secret: &SecretData<'_>) -> Result<Proxy, Error> {
    let invalid = |why: String| {
        Error::new(ErrorKind::Proxy, format!("failed to configure proxy options: secret '{secret}': {why}"))
    };
    let address = secret.text("address").ok_or_else(|| invalid("key 'address' not found".into()))?;
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
    if !matches!(scheme, "http" | "https" | "socks5") {
        let why =
            format!("proxy URL must use one of the supported schemes (http, https, socks5), got '{scheme}'");
        return Err(invalid(why));
    }
    if address.len() > 2048 {
        return Err(invalid("proxy URL is longer than 2048 characters".into()));
    }
    let proxy = Proxy::new(address.into_owned());
    Ok(match secret.text("username") {
        Some(username) => proxy.login(username, secret.text("password").unwrap_or_default()),
        None => proxy,
    })
}
