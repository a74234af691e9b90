// SPDX-License-Identifier: Apache-2.0

//! The reference kustomize controller.

use std::error::Error;

use clap::Parser;
use gitops_reconcile::Flags;
use kustomize_controller::{Arguments, run};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    log(&arguments.common);
    // A second provider in the process would be a bug of ours; that one is there already is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = arguments.common.client().await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    run(arguments.config(client)?, shutdown).await?;
    Ok(())
}

fn log(flags: &Flags) {
    let filter = EnvFilter::try_new(&flags.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match flags.log_encoding.as_str() {
        "console" => builder.init(),
        _ => builder.json().init(),
    }
}
