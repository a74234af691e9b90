// SPDX-License-Identifier: Apache-2.0

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// How to log in. `Debug` shows the kind and nothing else.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Auth(Kind);

#[derive(Clone, Default, Eq, PartialEq)]
enum Kind {
    #[default]
    None,
    Basic(String, String),
    Bearer(String),
}

impl Auth {
    /// No login, unless the address carries one.
    pub fn none() -> Self {
        Self(Kind::None)
    }

    /// A user with a password or an access token.
    pub fn basic(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self(Kind::Basic(username.into(), password.into()))
    }

    /// A token in an `Authorization: Bearer` header.
    pub fn bearer(token: impl Into<String>) -> Self {
        Self(Kind::Bearer(token.into()))
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0 == Kind::None
    }

    /// The value of the header, or nothing. A user without a name has no login, as upstream has it.
    pub(crate) fn header(&self) -> Option<String> {
        match &self.0 {
            Kind::None => None,
            Kind::Basic(username, password) if username.is_empty() && password.is_empty() => None,
            Kind::Basic(username, password) => {
                Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{password}"))))
            }
            Kind::Bearer(token) => Some(format!("Bearer {token}")),
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::None => "Auth::none()",
            Kind::Basic(..) => "Auth::basic(…)",
            Kind::Bearer(_) => "Auth::bearer(…)",
        })
    }
}

/// Whom to trust, and the certificate to show. `Debug` shows no content.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Tls {
    pub(crate) ca: Option<Vec<u8>>,
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    /// Trusts the certificates of a PEM bundle beside the public ones.
    #[must_use]
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into());
        self
    }

    /// Shows a client certificate: a PEM chain, and its PEM key.
    #[must_use]
    pub fn identity(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity = Some((chain.into(), key.into()));
        self
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("ca", &self.ca.is_some())
            .field("identity", &self.identity.is_some())
            .finish()
    }
}

/// A proxy to go through. `Debug` shows no login.
#[derive(Clone, Eq, PartialEq)]
pub struct Proxy {
    pub(crate) address: String,
    pub(crate) login: Option<(String, String)>,
}

impl Proxy {
    /// Takes the address of an HTTP proxy.
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), login: None }
    }

    /// Sets the login of the proxy.
    #[must_use]
    pub fn login(mut self, username: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some((username.into(), password.into()));
        self
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &super::address::redact(&self.address))
            .finish_non_exhaustive()
    }
}
