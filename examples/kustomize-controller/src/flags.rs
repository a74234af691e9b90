// SPDX-License-Identifier: Apache-2.0

use clap::{ArgAction, Parser};
use gitops_reconcile::Flags;
use kube::Client;

use crate::{Config, NAME};

/// The command line of the kustomize controller.
#[derive(Clone, Debug, Parser)]
#[command(name = NAME, about = "Builds, applies and prunes manifests from sources")]
#[non_exhaustive]
pub struct Arguments {
    /// What all controllers take.
    #[command(flatten)]
    pub common: Flags,
    /// How many objects of one Kustomization are applied at the same time.
    #[arg(long, default_value_t = 4)]
    pub concurrent_ssa: usize,
    /// Bases outside the source are never fetched by this controller; accepted for installers.
    #[arg(long, default_value = "false", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub no_remote_bases: bool,
    /// Refuse references to other namespaces.
    #[arg(long, default_value = "false", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub no_cross_namespace_refs: bool,
    /// How often a download is tried again.
    #[arg(long, default_value_t = 9)]
    pub http_retry: usize,
    /// The service account that objects without one are applied as.
    #[arg(long, default_value = "")]
    pub default_service_account: String,
    /// Accepted for installers; decryption is not there yet.
    #[arg(long, default_value = "", hide = true)]
    pub default_decryption_service_account: String,
    /// Accepted for installers; cloud logins are not there yet.
    #[arg(long, default_value = "", hide = true)]
    pub default_kubeconfig_service_account: String,
    /// Accepted for installers; decryption is not there yet.
    #[arg(long, default_value = "", hide = true)]
    pub sops_age_secret: String,
    /// Accepted for installers; decryption is not there yet.
    #[arg(long, default_value = "", hide = true)]
    pub sops_vault_configmap: String,
    /// Field managers whose fields are taken over.
    #[arg(long)]
    pub override_manager: Vec<String>,
    /// Kinds that are applied early, as `group/Kind`.
    #[arg(long, value_delimiter = ',')]
    pub custom_apply_stage_kinds: Vec<String>,
    /// Never done by this controller, whatever the value; accepted for installers.
    #[arg(long, default_value = "false", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true", hide = true)]
    pub insecure_kubeconfig_exec: bool,
    /// Let kubeconfigs skip the check of the server's certificate.
    #[arg(long, default_value = "false", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub insecure_kubeconfig_tls: bool,
    /// The host that takes the place of that in artifact addresses, for runs outside the cluster.
    #[arg(long, env = "SOURCE_CONTROLLER_LOCALHOST", default_value = "", hide = true)]
    pub source_host: String,
}

impl Arguments {
    /// Turns the command line into a configuration.
    ///
    /// # Errors
    /// A flag whose value cannot be used.
    pub fn config(&self, client: Client) -> Result<Config, gitops_reconcile::Error> {
        let common = &self.common;
        let gate = |name: &str, default: bool| common.gate(name).unwrap_or(default);
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let mut config = Config::new(client.clone(), std::env::temp_dir().join(NAME));
        config.manager = common.manager(client, NAME)?;
        config.concurrent = common.concurrent.unwrap_or(4);
        config.concurrent_ssa = self.concurrent_ssa;
        config.retry_delay = (common.min_retry_delay, common.max_retry_delay);
        config.requeue_dependency = common.requeue_dependency;
        config.http_retry = self.http_retry;
        config.source_host = some(&self.source_host);
        config.default_service_account = some(&self.default_service_account);
        config.no_cross_namespace_refs = self.no_cross_namespace_refs;
        config.watch_configs =
            some(&common.watch_configs_label_selector).filter(|_| !gate("DisableConfigWatchers", false));
        config.cancel_health_check_on_new_revision = gate("CancelHealthCheckOnNewRevision", false);
        config.strict_substitutions = gate("StrictPostBuildSubstitutions", true);
        config.additive_cel_dependency_check = gate("AdditiveCELDependencyCheck", false);
        config.external_artifact = gate("ExternalArtifact", false);
        config.override_managers.clone_from(&self.override_manager);
        config.insecure_kubeconfig_tls = self.insecure_kubeconfig_tls;
        config.custom_stage_kinds = self
            .custom_apply_stage_kinds
            .iter()
            .map(|kind| kind.split_once('/').unwrap_or(("", kind)))
            .map(|(group, kind)| (group.to_owned(), kind.to_owned()))
            .collect();
        Ok(config)
    }
}
