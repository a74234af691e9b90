// SPDX-License-Identifier: Apache-2.0

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// One commit in Git becomes a ready cluster, in one command.
///
/// Starts an embedded Kubernetes API server, the source and kustomize controllers and a sample Git
/// repository, and shows how a commit, a second commit and a drift arrive in the cluster.
#[derive(Debug, Parser)]
#[command(name = "quickstart", version)]
pub(crate) struct Args {
    /// Exit when everything is Ready instead of staying up; non-zero with the reason otherwise.
    #[arg(long)]
    pub(crate) once: bool,

    /// Use this cluster instead of the embedded API server.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// Use this repository instead of the sample.
    #[arg(long, value_name = "URL")]
    pub(crate) git_url: Option<String>,

    /// Branch of --git-url.
    #[arg(long, default_value = "main", requires = "git_url")]
    pub(crate) branch: String,

    /// Folder to apply from --git-url.
    #[arg(long, default_value = "./", requires = "git_url")]
    pub(crate) path: String,

    /// Address of the embedded API server; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub(crate) listen: std::net::SocketAddr,

    /// How long each step may take, in seconds.
    #[arg(long, default_value = "120", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// Instead of the story: measure this many Kustomizations of four objects each.
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["git_url", "kubeconfig"])]
    pub(crate) bench_ready: Option<usize>,

    /// Log level of the controllers (off, error, warn, info, debug).
    #[arg(long, default_value = "off")]
    pub(crate) log_level: String,
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs).map_err(|error| format!("{error}"))
}
