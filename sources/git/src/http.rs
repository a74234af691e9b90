// SPDX-License-Identifier: Apache-2.0

//! The HTTP side of the Git protocol, on a client of our own: explicit TLS, deadlines, limits, and the server's words in errors.

use std::{
    any::Any,
    io::{self, BufRead, BufReader, Cursor, Read, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use url::Url;

use crate::{
    error::{Error, ErrorKind},
    request::{Address, Request},
    worker::Stop,
};

mod tls;

const MAX_REDIRECTS: usize = 10;

/// So much of what a server says about an error is shown.
const MAX_REASON: usize = 512;

/// One conversation with one server. Clones share it.
#[derive(Clone)]
pub(crate) struct Remote(Arc<Shared>);

struct Shared {
    client: reqwest::Client,
    stop: Stop,
    authorization: Option<HeaderValue>,
    /// The host that may see the login.
    home: Url,
    max_bytes: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    redirected: Option<String>,
    /// gix turns errors into texts; the one that started it is kept here.
    failure: Option<Error>,
}

impl Remote {
    pub(crate) fn new(request: &Request, address: &Address, stop: &Stop) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(&request.tls)?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(20))
            .user_agent(concat!("gitops-git/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if let Some(proxy) = &request.proxy {
            let bad = |e: reqwest::Error| {
                Error::new(ErrorKind::Invalid, "invalid proxy address").caused_by(e.without_url())
            };
            let mut through = reqwest::Proxy::all(&proxy.address).map_err(bad)?;
            if let Some((username, password)) = &proxy.login {
                through = through.basic_auth(username, password);
            }
            builder = builder.proxy(through);
        }
        let client = builder.build().map_err(|e| {
            Error::new(ErrorKind::Invalid, "cannot set up the HTTP client").caused_by(e.without_url())
        })?;
        let authorization = match address.auth.header() {
            None => None,
            Some(text) => {
                let mut value = HeaderValue::from_str(&text).map_err(|_| {
                    Error::new(ErrorKind::Invalid, "the login has characters that no header may have")
                })?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self(Arc::new(Shared {
            client,
            stop: stop.clone(),
            authorization,
            home: address.url.clone(),
            max_bytes: request.limits.response_bytes,
            state: Mutex::default(),
        })))
    }

    /// The error that made the conversation fail, if it was one of HTTP.
    pub(crate) fn take_failure(&self) -> Option<Error> {
        self.state().failure.take()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an error for [`take_failure`](Self::take_failure), and gives a stand-in for gix to carry around.
    fn failed(&self, error: Error) -> io::Error {
        let stand_in = io::Error::other(error.to_string());
        self.state().failure.get_or_insert(error);
        stand_in
    }

    fn headers(&self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            let Some((name, value)) = line.as_ref().split_once(':') else { continue };
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value.trim())) {
                headers.insert(name, value);
            }
        }
        headers.remove(reqwest::header::USER_AGENT);
        headers
    }

    fn send(&self, url: &Url, headers: &HeaderMap, body: Option<&Bytes>) -> Result<reqwest::Response, Error> {
        let mut request = match body {
            None => self.0.client.get(url.clone()),
            Some(body) => self.0.client.post(url.clone()).body(body.clone()),
        };
        request = request.headers(headers.clone());
        if let Some(authorization) = &self.0.authorization
            && same_origin(url, &self.0.home)
        {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let verb = if body.is_some() { "Post" } else { "Get" };
        self.0.stop.wait(request.send())?.map_err(|e| unreachable(verb, url, e))
    }

    /// Looks at what references there are, and follows the server to where the repository moved.
    fn look(&self, url: &str, base: &str, headers: &HeaderMap) -> Result<reqwest::Response, Error> {
        let tail = url.strip_prefix(base).unwrap_or_default();
        let mut url = parse(url)?;
        for _ in 0..MAX_REDIRECTS {
            let response = self.send(&url, headers, None)?;
            if !response.status().is_redirection() {
                if url.as_str().ends_with(tail) && !url.as_str().starts_with(base) {
                    self.state().redirected =
                        Some(url.as_str()[..url.as_str().len() - tail.len()].to_owned());
                }
                return self.accepted(response, &url);
            }
            let target = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
            let next = url.join(target).map_err(|e| protocol("http redirect: bad target").caused_by(e))?;
            if next.scheme() != url.scheme() && next.scheme() != "https" {
                return Err(protocol("http redirect: refused to leave https"));
            }
            if !next.path().ends_with("/info/refs") {
                let what = format!("http redirect: target {:?} does not end with /info/refs", next.path());
                return Err(protocol(what));
            }
            url = next;
        }
        Err(protocol("http redirect: too many redirects"))
    }

    fn accepted(&self, response: reqwest::Response, url: &Url) -> Result<reqwest::Response, Error> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let (kind, what) = match status.as_u16() {
            401 => (ErrorKind::Unauthorized, "authentication required"),
            403 => (ErrorKind::Unauthorized, "authorization failed"),
            404 => (ErrorKind::NotFound, "repository not found"),
            code => {
                let kind = if code >= 500 { ErrorKind::Unreachable } else { ErrorKind::Protocol };
                let url = Address::shown(url);
                let what =
                    format!("unexpected client error: unexpected requesting \"{url}\" status code: {code}");
                return Err(Error::new(kind, what));
            }
        };
        Err(Error::new(kind, format!("{what}: {}", self.reason(response))))
    }

    /// What the server says about an error, cut short.
    fn reason(&self, mut response: reqwest::Response) -> String {
        let mut said = Vec::new();
        while said.len() < MAX_REASON
            && let Ok(Ok(Some(chunk))) = self.0.stop.wait(response.chunk())
        {
            said.extend_from_slice(&chunk[..chunk.len().min(MAX_REASON - said.len())]);
        }
        String::from_utf8_lossy(&said).chars().filter(|c| *c == '\n' || !c.is_control()).collect()
    }
}

/// Credentials go to the host that they are meant for, and never from https to http.
fn same_origin(url: &Url, home: &Url) -> bool {
    url.host_str() == home.host_str()
        && (url.scheme() == home.scheme() && url.port_or_known_default() == home.port_or_known_default()
            || url.scheme() == "https"
                && home.scheme() == "http"
                && url.port().is_none()
                && home.port().is_none())
}

fn parse(url: &str) -> Result<Url, Error> {
    Url::parse(url).map_err(|e| Error::new(ErrorKind::Invalid, "bad url").caused_by(e))
}

fn protocol(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Protocol, what)
}

/// Tells what stood in the way of a connection. The innermost cause says most.
fn unreachable(verb: &str, url: &Url, error: reqwest::Error) -> Error {
    let mut cause: &(dyn std::error::Error + 'static) = &error;
    let mut kind = ErrorKind::Unreachable;
    loop {
        if cause.downcast_ref::<rustls::Error>().is_some() {
            kind = ErrorKind::Tls;
        }
        let inner = cause
            .downcast_ref::<io::Error>()
            .and_then(|e| e.get_ref())
            .map(|e| e as &(dyn std::error::Error + 'static));
        match inner.or_else(|| cause.source()) {
            Some(next) => cause = next,
            None => break,
        }
    }
    let shown = Address::shown(url);
    let what = match kind {
        ErrorKind::Tls if is_no_handshake(cause) => {
            format!("{verb} \"{shown}\": tls: first record does not look like a TLS handshake")
        }
        ErrorKind::Tls => format!("{verb} \"{shown}\": tls: failed to verify certificate: {cause}"),
        _ if is_refused(cause) => {
            let (host, port) =
                (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
            format!("{verb} \"{shown}\": dial tcp {host}:{port}: connect: connection refused")
        }
        _ => format!("{verb} \"{shown}\": {cause}"),
    };
    Error::new(kind, what).caused_by(error.without_url())
}

/// Whether nobody listens at the other end.
fn is_refused(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
}

/// Whether the other end does not speak TLS at all.
fn is_no_handshake(cause: &(dyn std::error::Error + 'static)) -> bool {
    let message = cause.downcast_ref::<rustls::Error>();
    matches!(message, Some(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)))
}

type Lines = Box<dyn BufRead + Send + Unpin>;

impl Http for Remote {
    type Headers = Lines;
    type ResponseBody = Lines;
    type PostBody = PostBody;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::error::Result<GetResponse<Self::Headers, Self::ResponseBody>> {
        let headers = self.headers(headers);
        let response =
            self.look(url, base_url, &headers).map_err(|e| gix::Error::from_error(self.failed(e)))?;
        Ok(GetResponse {
            headers: Box::new(Cursor::new(content_type(&response))),
            body: without_version_line(Body::new(self.clone(), response))
                .map_err(|e| gix::Error::from_error(e))?,
        })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _kind: PostBodyDataKind,
    ) -> gix::error::Result<PostResponse<Self::Headers, Self::ResponseBody, Self::PostBody>> {
        let url = parse(url).map_err(|e| gix::Error::from_error(self.failed(e)))?;
        let exchange = Arc::new(Exchange {
            remote: self.clone(),
            url,
            headers: self.headers(headers),
            body: Mutex::default(),
            response: Mutex::default(),
        });
        Ok(PostResponse {
            post_body: PostBody(exchange.clone()),
            headers: Box::new(BufReader::new(LateHeaders { exchange: exchange.clone(), lines: None })),
            body: Box::new(BufReader::with_capacity(64 * 1024, LateBody { exchange, body: None })),
        })
    }

    fn configure(&mut self, _config: &dyn Any) -> gix::error::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.state().redirected.clone()
    }
}

/// Takes out the line with which a server greets in version 1 of the protocol. What follows is as in version 0, which is
/// what gix expects to see.
fn without_version_line(mut body: Body) -> io::Result<Lines> {
    const LINE: &[u8] = b"000eversion 1\n";
    const SERVICE: &[u8] = b"001e# service=git-upload-pack\n0000";
    let mut head = Vec::new();
    (&mut body).take((SERVICE.len() + LINE.len()) as u64).read_to_end(&mut head)?;
    let at = if head.starts_with(SERVICE) { SERVICE.len() } else { 0 };
    if head[at..].starts_with(LINE) {
        head.drain(at..at + LINE.len());
    }
    Ok(Box::new(BufReader::new(Cursor::new(head).chain(body))))
}

fn content_type(response: &reqwest::Response) -> Vec<u8> {
    let value = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    [b"content-type: ", value, b"\n"].concat()
}

/// The body of an answer, read as it comes.
struct Body {
    remote: Remote,
    response: reqwest::Response,
    chunk: Bytes,
    read: u64,
}

impl Body {
    fn new(remote: Remote, response: reqwest::Response) -> Self {
        Self { remote, response, chunk: Bytes::new(), read: 0 }
    }

    fn next(&mut self) -> Result<Bytes, Error> {
        let lost = |e: reqwest::Error| {
            Error::new(ErrorKind::Unreachable, "unexpected EOF").caused_by(e.without_url())
        };
        let chunk = self.remote.0.stop.wait(self.response.chunk())?.map_err(lost)?.unwrap_or_default();
        self.read += chunk.len() as u64;
        let max = self.remote.0.max_bytes;
        match self.read > max {
            true => Err(Error::new(ErrorKind::TooLarge, format!("the server sent more than {max} bytes"))),
            false => Ok(chunk),
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            self.chunk = self.next().map_err(|e| self.remote.failed(e))?;
            if self.chunk.is_empty() {
                return Ok(0);
            }
        }
        let n = buffer.len().min(self.chunk.len());
        buffer[..n].copy_from_slice(&self.chunk.split_to(n));
        Ok(n)
    }
}

/// A request whose body is written first, and which is sent when its answer is read.
struct Exchange {
    remote: Remote,
    url: Url,
    headers: HeaderMap,
    body: Mutex<Vec<u8>>,
    response: Mutex<Option<reqwest::Response>>,
}

impl Exchange {
    fn perform(&self) -> io::Result<Vec<u8>> {
        let body = std::mem::take(&mut *self.body.lock().unwrap_or_else(PoisonError::into_inner));
        let response = self
            .remote
            .send(&self.url, &self.headers, Some(&body.into()))
            .and_then(|response| self.remote.accepted(response, &self.url))
            .map_err(|e| self.remote.failed(e))?;
        let lines = content_type(&response);
        *self.response.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
        Ok(lines)
    }

    fn take(&self) -> Option<reqwest::Response> {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Collects the body of a request.
pub(crate) struct PostBody(Arc<Exchange>);

impl Write for PostBody {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.body.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct LateHeaders {
    exchange: Arc<Exchange>,
    lines: Option<Cursor<Vec<u8>>>,
}

impl Read for LateHeaders {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.lines.is_none() {
            self.lines = Some(Cursor::new(self.exchange.perform()?));
        }
        self.lines.as_mut().map_or(Ok(0), |lines| lines.read(buffer))
    }
}

struct LateBody {
    exchange: Arc<Exchange>,
    body: Option<Body>,
}

impl Read for LateBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.body.is_none() {
            let response = match self.exchange.take() {
                Some(response) => Some(response),
                None => self.exchange.perform().map(|_| self.exchange.take())?,
            };
            self.body = response.map(|response| Body::new(self.exchange.remote.clone(), response));
        }
        self.body.as_mut().map_or(Ok(0), |body| body.read(buffer))
    }
}
