// SPDX-License-Identifier: Apache-2.0

use gitops_artifact::RedactedUrl;
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
        let parse = |why: &str| invalid(&format!("parse \"{shown}\": {why}"));
        if let Some(why) = malformed(&request.url) {
            return Err(parse(&why));
        }
        if let Some(what) = unusable(&request.url) {
            return Err(Error::new(ErrorKind::Unreachable, what));
        }
        let mut url = Url::parse(&request.url).map_err(|e| parse(&e.to_string()))?;
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

pub(crate) fn redact(text: &str) -> String {
    RedactedUrl::new(text).to_string()
}

/// What upstream says about an address that is no address. The words come from Go's parser, as far as cases are known.
fn malformed(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') && !host.contains(']') {
        return Some("missing ']' in host".into());
    }
    if let Some(at) = host.find('%') {
        let escape: String = host[at..].chars().take(3).collect();
        return Some(format!("invalid URL escape \"{escape}\""));
    }
    if let Some(c) =
        host.chars().find(|c| matches!(c, ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'))
    {
        return Some(format!("invalid character \"{c}\" in host name"));
    }
    let port = match host.rsplit_once(']') {
        Some((_, after)) => after.strip_prefix(':'),
        None => host.rsplit_once(':').map(|(_, port)| port),
    };
    match port {
        Some(port) if !port.bytes().all(|b| b.is_ascii_digit()) => {
            Some(format!("invalid port \":{port}\" after host"))
        }
        _ => None,
    }
}

/// What fails only when a connection is tried.
fn unusable(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let query = "info/refs?service=git-upload-pack";
    if host.is_empty() {
        let path = if path.is_empty() { "/" } else { path };
        let slash = if path.ends_with('/') { "" } else { "/" };
        return Some(format!("Get \"{scheme}://{path}{slash}{query}\": http: no Host in request URL"));
    }
    let port =
        host.rsplit_once(':').map(|(_, port)| port).filter(|p| p.bytes().all(|b| b.is_ascii_digit()))?;
    let bad = !port.is_empty() && port.parse::<u16>().is_err();
    bad.then(|| format!("Get \"{scheme}://{host}{path}/{query}\": dial tcp: address {port}: invalid port"))
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
