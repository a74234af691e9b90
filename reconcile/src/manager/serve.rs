// SPDX-License-Identifier: Apache-2.0

//! The small HTTP servers of a manager.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::error::{Error, ErrorKind};
use crate::metrics::Metrics;

/// Binds `address` and serves `router` in `servers`.
pub(crate) async fn start(address: &str, router: Router, servers: &mut JoinSet<()>) -> Result<(), Error> {
    let full = if address.starts_with(':') { format!("0.0.0.0{address}") } else { address.to_owned() };
    let listener =
        TcpListener::bind(&full).await.map_err(|error| Error::new(ErrorKind::Bind, address).with(error))?;
    servers.spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "server ended");
        }
    });
    Ok(())
}

/// Alive as long as it answers; ready once every controller has seen its objects, or while it stands by for the lease.
pub(crate) fn probes(pending: Arc<AtomicUsize>, standby: bool) -> Router {
    let ready = move || async move {
        if standby || pending.load(Ordering::Relaxed) == 0 {
            (StatusCode::OK, "ok")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "starting")
        }
    };
    Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(ready))
}

pub(crate) fn metrics(metrics: Arc<Metrics>) -> Router {
    let text = move || async move {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        ([(header::CONTENT_TYPE, kind)], metrics.encode()).into_response()
    };
    Router::new().route("/metrics", get(text))
}
