// SPDX-License-Identifier: Apache-2.0

//! The HTTP side of the artifact storage.

use std::sync::Arc;

use gitops_artifact::{serve::router, store::Local};
use tokio::net::TcpListener;

use crate::Error;

/// Binds the storage address; returns the listener and the address that consumers are told.
pub(crate) async fn bind(address: &str, advertised: &str) -> Result<(TcpListener, String), Error> {
    let full = if address.starts_with(':') { format!("0.0.0.0{address}") } else { address.to_owned() };
    let failed = |error| Error::Serve(address.to_owned(), error);
    let listener = TcpListener::bind(&full).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let advertised = match advertised {
        "" => {
            let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
            let host = match host {
                "" | "0.0.0.0" => "localhost",
                host => host,
            };
            format!("{host}:{port}")
        }
        address => address.to_owned(),
    };
    Ok((listener, advertised))
}

/// Serves the artifacts until dropped.
pub(crate) async fn serve(listener: TcpListener, store: Arc<Local>) {
    if let Err(error) = axum::serve(listener, router(store)).await {
        tracing::error!(%error, "the artifact server ended");
    }
}
