// SPDX-License-Identifier: Apache-2.0

//! Command line flags that controllers have in common.

use std::str::FromStr;
use std::time::Duration;

use clap::{ArgAction, Args};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use url::Url;

use crate::controller::Controller;
use crate::error::{Error, ErrorKind};
use crate::reconciler::Reconciler;
use crate::{Lease, Manager};

/// The flags that every controller of this family takes, under the names that installers already use.
///
/// Flatten it into your own `clap` structure, then let it set up the manager and the controllers.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Flags {
    /// The file with the address and credentials of the API server; else the usual places are tried.
    #[arg(long)]
    pub kubeconfig: Option<std::path::PathBuf>,
    /// The address of the metrics, empty for none.
    #[arg(long, env = "METRICS_ADDR", default_value = ":8080")]
    pub metrics_addr: String,
    /// The address of the health probes, empty for none.
    #[arg(long, default_value = ":9440")]
    pub health_addr: String,
    /// The address of the events receiver.
    #[arg(long, env = "EVENTS_ADDR", default_value = "")]
    pub events_addr: String,
    /// How many objects are reconciled at the same time; the controller's own default if absent.
    #[arg(long)]
    pub concurrent: Option<usize>,
    /// Watch all namespaces, or only the one of the process.
    #[arg(long, default_value = "true", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub watch_all_namespaces: bool,
    /// Take only objects whose labels match.
    #[arg(long, default_value = "")]
    pub watch_label_selector: String,
    /// Let only those ConfigMaps and Secrets wake objects whose labels match.
    #[arg(long, default_value = "reconcile.fluxcd.io/watch=Enabled")]
    pub watch_configs_label_selector: String,
    /// The time after which a missing dependency is looked for again.
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub requeue_dependency: Duration,
    /// The first delay after a failure.
    #[arg(long, default_value = "750ms", value_parser = duration)]
    pub min_retry_delay: Duration,
    /// The longest delay after failures in a row.
    #[arg(long, default_value = "15m", value_parser = duration)]
    pub max_retry_delay: Duration,
    /// The percentage by which intervals vary.
    #[arg(long, default_value_t = 5)]
    pub interval_jitter_percentage: u8,
    /// Work only while holding a lease.
    #[arg(long, default_value = "false", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub enable_leader_election: bool,
    /// Give the lease up at the end.
    #[arg(long, default_value = "true", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub leader_election_release_on_cancel: bool,
    /// How long other candidates wait after the last renewal.
    #[arg(long, default_value = "35s", value_parser = duration)]
    pub leader_election_lease_duration: Duration,
    /// How long the holder tries to renew.
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub leader_election_renew_deadline: Duration,
    /// The time between tries.
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub leader_election_retry_period: Duration,
    /// The namespace of the process.
    #[arg(long, env = "RUNTIME_NAMESPACE", default_value = "flux-system", hide = true)]
    pub runtime_namespace: String,
    /// The name of this process among its replicas.
    #[arg(long, env = "HOSTNAME", default_value = "localhost", hide = true)]
    pub hostname: String,
    /// How much is logged: trace, debug, info, error.
    #[arg(long, default_value = "info")]
    pub log_level: String,
    /// How it is logged: json, console.
    #[arg(long, default_value = "json")]
    pub log_encoding: String,
    /// Requests per second to the API server; accepted and ignored, the server's own fairness rules.
    #[arg(long, default_value_t = 50.0)]
    pub kube_api_qps: f32,
    /// Requests in a row to the API server; accepted and ignored, the server's own fairness rules.
    #[arg(long, default_value_t = 300)]
    pub kube_api_burst: u32,
    /// Switches as `Name=true,Other=false`.
    #[arg(long, default_value = "", value_delimiter = ',')]
    pub feature_gates: Vec<String>,
    /// The most tokens that are kept; accepted and ignored.
    #[arg(long, default_value_t = 100)]
    pub token_cache_max_size: u32,
    /// How long tokens are kept; accepted and ignored.
    #[arg(long, default_value = "1h", value_parser = duration)]
    pub token_cache_max_duration: Duration,
}

impl Flags {
    /// Connects to the API server that the flags name, or else the environment.
    ///
    /// # Errors
    /// A kubeconfig that cannot be used, or none at all.
    pub async fn client(&self) -> Result<Client, Error> {
        let failed = |what: &str| Error::new(ErrorKind::InvalidOption, what);
        let config = match &self.kubeconfig {
            Some(path) => {
                let file = Kubeconfig::read_from(path).map_err(|error| failed("--kubeconfig").with(error))?;
                Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
                    .await
                    .map_err(|error| failed("--kubeconfig").with(error))?
            }
            None => Config::infer().await.map_err(|error| failed("no API server known").with(error))?,
        };
        Client::try_from(config).map_err(|error| Error::new(ErrorKind::Api, "API server").with(error))
    }

    /// Sets up a manager by the flags.
    ///
    /// # Errors
    /// An events address that is not a URL.
    pub fn manager(&self, client: Client, name: &str) -> Result<Manager, Error> {
        let mut manager = Manager::new(client, name)
            .instance(self.hostname.clone())
            .labels(self.watch_label_selector.clone())
            .jitter(self.interval_jitter_percentage);
        if let Some(address) = on(&self.metrics_addr) {
            manager = manager.metrics(address);
        }
        if let Some(address) = on(&self.health_addr) {
            manager = manager.probes(address);
        }
        if !self.events_addr.is_empty() {
            let url = Url::parse(&self.events_addr)
                .map_err(|error| Error::new(ErrorKind::InvalidOption, "--events-addr").with(error))?;
            manager = manager.events_to(url);
        }
        if !self.watch_all_namespaces {
            manager = manager.namespace(self.runtime_namespace.clone());
        }
        if self.enable_leader_election {
            manager = manager.lease(self.lease(name));
        }
        Ok(manager)
    }

    /// Sets up workers and delays of a controller by the flags.
    pub fn controller<R: Reconciler>(&self, controller: Controller<R>, workers: usize) -> Controller<R> {
        controller
            .concurrency(self.concurrent.unwrap_or(workers))
            .backoff(self.min_retry_delay, self.max_retry_delay)
    }

    /// Whether a feature gate was switched on or off.
    #[must_use]
    pub fn gate(&self, name: &str) -> Option<bool> {
        self.feature_gates.iter().find_map(|gate| match gate.split_once('=') {
            Some((known, value)) if known == name => value.parse().ok(),
            _ => None,
        })
    }

    fn lease(&self, name: &str) -> Lease {
        let mut id = format!("{name}-leader-election");
        if !self.watch_label_selector.is_empty() {
            // Shards must not share a lease.
            id.push('-');
            id.push_str(&short_hash(&self.watch_label_selector));
        }
        let mut lease = Lease::new(self.runtime_namespace.clone(), id);
        lease.duration = self.leader_election_lease_duration;
        lease.renew_deadline = self.leader_election_renew_deadline;
        lease.retry_period = self.leader_election_retry_period;
        lease.release = self.leader_election_release_on_cancel;
        lease
    }
}

/// The first eight hex digits of the SHA-256 of a selector.
fn short_hash(selector: &str) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;

    let mut text = String::new();
    for byte in Sha256::digest(selector.as_bytes()).iter().take(4) {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Addresses may be switched off by leaving them empty or by `0`.
fn on(address: &str) -> Option<&str> {
    (!address.is_empty() && address != "0").then_some(address)
}

/// Reads a duration in the Go text form, such as `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    gitops_api::meta::Duration::from_str(text).map(Duration::from).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        flags: Flags,
    }

    fn parse(args: &[&str]) -> Flags {
        Program::parse_from(std::iter::once("x").chain(args.iter().copied())).flags
    }

    #[test]
    fn switches_are_written_alone_or_with_a_value() {
        assert!(parse(&[]).watch_all_namespaces);
        assert!(parse(&["--enable-leader-election"]).enable_leader_election);
        let flags = parse(&[
            "--watch-all-namespaces=false",
            "--requeue-dependency=5s",
            "--feature-gates=A=true,B=false",
        ]);
        assert!(!flags.watch_all_namespaces);
        assert_eq!(flags.requeue_dependency, Duration::from_secs(5));
        assert_eq!((flags.gate("A"), flags.gate("B"), flags.gate("C")), (Some(true), Some(false), None));
    }

    #[test]
    fn shards_have_a_lease_of_their_own() {
        let flags = parse(&["--watch-label-selector=sharding.fluxcd.io/key=shard1"]);
        let lease = flags.lease("source-controller");
        assert!(lease.name.starts_with("source-controller-leader-election-"), "{}", lease.name);
        assert_eq!(lease.name.len(), "source-controller-leader-election-".len() + 8);
        assert_eq!(parse(&[]).lease("x").name, "x-leader-election");
    }
}
