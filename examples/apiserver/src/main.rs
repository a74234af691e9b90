// SPDX-License-Identifier: Apache-2.0

//! The embedded Kubernetes API server on a loopback port, for `kubectl` and controllers under test.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use gitops_testing::{TestServer, Workloads};

/// Serves an empty Kubernetes API without a cluster.
#[derive(Parser)]
#[command(name = "apiserver")]
struct Arguments {
    /// The port on 127.0.0.1; 0 chooses a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Where to write a kubeconfig.
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// Directories of CustomResourceDefinitions (JSON) to install first; may be repeated.
    #[arg(long)]
    crds: Vec<PathBuf>,
    /// Whether workloads become ready by themselves.
    #[arg(long, value_enum, default_value_t = WorkloadMode::Off)]
    workloads: WorkloadMode,
    /// Whether deleted namespaces are emptied and dependents collected, which kube-apiserver alone does not do.
    #[arg(long)]
    controllers: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum WorkloadMode {
    Instant,
    Off,
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let mut builder =
        TestServer::builder().controllers(arguments.controllers).workloads(match arguments.workloads {
            WorkloadMode::Instant => Workloads::Instant,
            WorkloadMode::Off => Workloads::Off,
        });
    for directory in &arguments.crds {
        builder = builder.crds(definitions(directory)?);
    }
    let server = builder.try_start().await?;
    let serving = server.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port))).await?;
    if let Some(path) = &arguments.kubeconfig {
        std::fs::write(path, serving.kubeconfig())?;
    }
    tracing::info!(url = serving.url(), "serving");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn definitions(directory: &Path) -> Result<Vec<serde_json::Value>, Failure> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        found.push(serde_json::from_slice(&std::fs::read(path)?)?);
    }
    Ok(found)
}
