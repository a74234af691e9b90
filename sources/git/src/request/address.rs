// SPDX-License-Identifier: Apache-2.0

use url::Url;

use super::{Auth, Request};
use crate::error::{Error, ErrorKind};

/// A checked address, without its login, and the login that goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) url: Url,
    pub(crate) auth: Auth,
}

impl Address {
    pub(crate) fn of(request: &Request) -> Result<Self, Error> {
        let shown = request.shown();
        let invalid =
            |why: &str| Error::new(ErrorKind::Invalid, format!("failed to parse url '{shown}': {why}"));
        let mut url = Url::parse(&request.url).map_err(|e| invalid(&e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid(&format!("scheme '{}' is not supported", url.scheme())));
        }
        let auth = match request.auth.is_none() && !url.username().is_empty() {
            true => Auth::basic(decode(url.username()), decode(url.password().unwrap_or_default())),
            false => request.auth.clone(),
        };
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| invalid("bad user info"))?;
        url.set_fragment(None);
        Ok(Self { url, auth })
    }

    /// An address as it may be shown. The query of a look at the references is ours, and stays.
    pub(crate) fn shown(url: &Url) -> String {
        let query = url.query().filter(|q| *q == "service=git-upload-pack").map(|q| format!("?{q}"));
        format!("{}{}", redact(url.as_str()), query.unwrap_or_default())
    }
}

/// The text of an address without user, password and query, whether or not it is well formed.
pub(crate) fn redact(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (text, _) = text.split_at(end);
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

fn decode(text: &str) -> String {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|d| std::str::from_utf8(d).ok())
            .and_then(|d| u8::from_str_radix(d, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
