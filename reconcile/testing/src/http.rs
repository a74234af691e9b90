// SPDX-License-Identifier: Apache-2.0

//! From HTTP to requests and from answers to HTTP: the service that a client and a port share.

mod accept;
mod body;
mod reply;
mod route;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};

pub(crate) use accept::{Accept, Form, MEDIA};
pub(crate) use body::ServerBody;
pub(crate) use reply::{Content, Reply};
pub(crate) use route::{Query, Route, Target, decode as percent_decode};

use crate::cluster::Cluster;
use crate::refusal::Refusal;

const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// One request, its body read.
pub(crate) struct Incoming {
    pub(crate) method: http::Method,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Incoming {
    /// Returns a header as text; absent and unreadable ones are empty.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The embedded server as a `tower` service.
#[derive(Clone)]
pub(crate) struct ApiService {
    cluster: Arc<Cluster>,
}

impl ApiService {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }

    pub(crate) async fn answer<B>(self, request: Request<B>) -> Result<Response<ServerBody>, std::io::Error>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let accept =
            Accept::parse(parts.headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or(""));
        let body = match Limited::new(body, BODY_LIMIT).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                let text = format!("Request entity too large: limit is {BODY_LIMIT}");
                let mut refusal = Refusal::new(413, Some("RequestEntityTooLarge"), text);
                refusal.details = Some(serde_json::json!({}));
                return Ok(Reply::refusal(&refusal).into_response(&accept));
            }
            Err(_) => Bytes::new(),
        };
        let incoming = Incoming {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: Query::parse(parts.uri.query().unwrap_or_default()),
            headers: parts.headers,
            body,
        };
        let reply = crate::rest::dispatch(&self.cluster, incoming).await?;
        Ok(reply.into_response(&accept))
    }
}

type Answer<E> = Pin<Box<dyn Future<Output = Result<Response<ServerBody>, E>> + Send>>;

impl<B> tower::Service<Request<B>> for ApiService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<ServerBody>;
    type Error = std::io::Error;
    type Future = Answer<std::io::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().answer(request))
    }
}

/// Never fails: what hyper needs to know of bodies.
pub(crate) type BodyError = Infallible;
