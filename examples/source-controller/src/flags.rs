// SPDX-License-Identifier: Apache-2.0

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use gitops_artifact::store::Retention;
use gitops_reconcile::Flags;
use kube::Client;

use crate::{Config, NAME};

/// The command line of the source controller.
#[derive(Clone, Debug, Parser)]
#[command(name = NAME, about = "Fetches sources and serves them as artifacts")]
#[non_exhaustive]
pub struct Arguments {
    /// What all controllers take.
    #[command(flatten)]
    pub common: Flags,
    /// The directory that holds the artifacts.
    #[arg(long, env = "STORAGE_PATH", default_value = "/data")]
    pub storage_path: PathBuf,
    /// The address at which artifacts are served.
    #[arg(long, env = "STORAGE_ADDRESS", default_value = ":9090")]
    pub storage_addr: String,
    /// The address that consumers are told.
    #[arg(long, env = "STORAGE_ADV_ADDR", default_value = "")]
    pub storage_adv_addr: String,
    /// How long artifacts that are no longer current are kept.
    #[arg(long, default_value = "1m", value_parser = duration)]
    pub artifact_retention_ttl: Duration,
    /// How many artifacts of an object are kept.
    #[arg(long, default_value_t = 2)]
    pub artifact_retention_records: usize,
    /// The digest algorithm of artifacts.
    #[arg(long, default_value = "sha256", value_parser = ["sha256"])]
    pub artifact_digest_algo: String,
    /// Accepted for installers; this controller has no Helm sources yet.
    #[arg(long, default_value_t = 52_428_800, hide = true)]
    pub helm_index_max_size: u64,
    /// Accepted for installers; this controller has no Helm sources yet.
    #[arg(long, default_value_t = 10_485_760, hide = true)]
    pub helm_chart_max_size: u64,
    /// Accepted for installers; this controller has no Helm sources yet.
    #[arg(long, default_value_t = 5_242_880, hide = true)]
    pub helm_chart_file_max_size: u64,
    /// Accepted for installers; this controller has no Helm sources yet.
    #[arg(long, default_value_t = 0, hide = true)]
    pub helm_cache_max_size: u64,
    /// Accepted for installers; this controller has no Helm sources yet.
    #[arg(long, default_value = "15m", hide = true)]
    pub helm_cache_ttl: String,
    /// Accepted for installers; this controller has no Helm sources yet.
    #[arg(long, default_value = "1m", hide = true)]
    pub helm_cache_purge_interval: String,
    /// Accepted for installers; cloud logins are not there yet.
    #[arg(long, default_value = "", hide = true)]
    pub default_service_account: String,
    /// Accepted for installers; SSH is not there yet.
    #[arg(long, value_delimiter = ',', hide = true)]
    pub ssh_kex_algos: Vec<String>,
    /// Accepted for installers; SSH is not there yet.
    #[arg(long, value_delimiter = ',', hide = true)]
    pub ssh_hostkey_algos: Vec<String>,
}

impl Arguments {
    /// Turns the command line into a configuration.
    ///
    /// # Errors
    /// A flag whose value cannot be used.
    pub fn config(&self, client: Client) -> Result<Config, gitops_reconcile::Error> {
        let common = &self.common;
        Ok(Config {
            manager: common.manager(client, NAME)?,
            storage_path: self.storage_path.clone(),
            storage_addr: self.storage_addr.clone(),
            storage_adv_addr: self.storage_adv_addr.clone(),
            retention: Retention::default()
                .ttl(self.artifact_retention_ttl)
                .records(self.artifact_retention_records),
            concurrent: common.concurrent.unwrap_or(2),
            retry_delay: (common.min_retry_delay, common.max_retry_delay),
            requeue_dependency: common.requeue_dependency,
            observer: None,
        })
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    gitops_api::meta::Duration::from_str(text).map(Duration::from).map_err(|error| error.to_string())
}
