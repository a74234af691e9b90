// SPDX-License-Identifier: Apache-2.0

use serde::{Deserialize, Serialize};

#[cfg(feature = "crds")]
use crate::source::v1::{INTERVAL, TIMEOUT};
use crate::{
    meta::{Duration, LocalObjectReference, ObjectMeta, is_false},
    resource::resource,
    wire_enum::wire_enum,
};

/// A service that events are sent to.
///
/// ```
/// use gitops_api::{meta::Duration, notification::v1beta3::{Provider, ProviderSpec, ProviderType}};
///
/// let chat = Provider::new("chat", ProviderSpec {
///     type_: ProviderType::Slack,
///     channel: Some("deployments".into()),
///     secret_ref: Some("chat-token".into()),
///     ..Default::default()
/// });
/// assert_eq!(chat.timeout(), Duration::from_secs(15));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provider {
    /// Name, namespace, labels and the rest that every object has.
    pub metadata: ObjectMeta,
    /// Which service, and how to reach it.
    pub spec: ProviderSpec,
}

resource!(
    Provider, "notification.toolkit.fluxcd.io", "v1beta3", "providers", ProviderSpec,
    about: "A service that events are sent to.",
    short: [],
    categories: ["all", "fluxcd", "fluxcd-notifications"],
    columns: &[crate::crd::AGE],
);

impl Provider {
    /// Returns the limit of one notification: `spec.timeout`, or else fifteen seconds.
    #[doc(alias = "GetTimeout")]
    pub fn timeout(&self) -> Duration {
        self.spec.timeout.clone().unwrap_or(Duration::from_secs(15))
    }
}

/// Which service to send events to, and how to reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "crds", schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "self.type == 'github' || self.type == 'gitlab' || self.type == 'gitea' || self.type == 'bitbucketserver' || self.type == 'bitbucket' || self.type == 'azuredevops' || !has(self.commitStatusExpr)",
        "message": "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types"
    },
])))]
#[serde(rename_all = "camelCase")]
pub struct ProviderSpec {
    /// Kind of service.
    #[serde(rename = "type")]
    pub type_: ProviderType,
    /// Has no effect any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = INTERVAL)))]
    pub interval: Option<Duration>,
    /// Channel, room, topic or the like, at most 2048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 2048)))]
    pub channel: Option<String>,
    /// Name to show, or to log in with, at most 2048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 2048)))]
    pub username: Option<String>,
    /// Address of the service, or a project or the like, at most 2048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 2048)))]
    pub address: Option<String>,
    /// Limit of one notification; 15 seconds when absent. Hours are not allowed as a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("pattern" = TIMEOUT)))]
    pub timeout: Option<Duration>,
    /// Address of the proxy to go through; `proxySecretRef` is to be used now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "crds", schemars(extend("maxLength" = 2048, "pattern" = "^(http|https)://.*$")))]
    pub proxy: Option<String>,
    /// Secret with the `address`, and optionally `username` and `password`, of the proxy to go through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalObjectReference>,
    /// Secret with the credentials, and optionally the `address` and `headers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Service account whose cloud identity to log in with; for `azureeventhub`, `azuredevops` and
    /// `googlepubsub`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Secret with `ca.crt`, and `tls.crt` with `tls.key`, for TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Stops the controller from working on this object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub suspend: bool,
    /// CEL expression that makes the name of a commit status; only for the providers that set them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_status_expr: Option<String>,
}

/// Kind of service that events are sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProviderType {
    /// Slack.
    Slack,
    /// Discord.
    Discord,
    /// Microsoft Teams.
    MSTeams,
    /// Rocket.Chat.
    Rocket,
    /// Any webhook.
    #[default]
    Generic,
    /// Any webhook, with a signature over the body.
    GenericHmac,
    /// Commit statuses of GitHub.
    GitHub,
    /// Commit statuses of GitLab.
    GitLab,
    /// Commit statuses of Gitea.
    Gitea,
    /// Comments on pull requests of Gitea.
    GiteaPullRequestComment,
    /// Commit statuses of Bitbucket Server.
    BitbucketServer,
    /// Commit statuses of Bitbucket.
    Bitbucket,
    /// Commit statuses of Azure DevOps.
    AzureDevOps,
    /// Google Chat.
    GoogleChat,
    /// Google Pub/Sub.
    GooglePubSub,
    /// Webex.
    Webex,
    /// Sentry.
    Sentry,
    /// Azure Event Hubs.
    AzureEventHub,
    /// Telegram.
    Telegram,
    /// Lark.
    Lark,
    /// Matrix.
    Matrix,
    /// Opsgenie.
    Opsgenie,
    /// Prometheus Alertmanager.
    Alertmanager,
    /// Annotations of Grafana.
    Grafana,
    /// Repository dispatches of GitHub.
    GitHubDispatch,
    /// Comments on pull requests of GitHub.
    GitHubPullRequestComment,
    /// Comments on merge requests of GitLab.
    GitLabMergeRequestComment,
    /// PagerDuty.
    PagerDuty,
    /// Datadog.
    DataDog,
    /// NATS.
    Nats,
    /// Zulip.
    Zulip,
    /// Traces of OpenTelemetry.
    Otel,
    /// Zoom.
    Zoom,
    /// incident.io.
    IncidentIo,
    /// A text that this release does not know.
    Other(String),
}

wire_enum!(ProviderType { Slack = "slack", Discord = "discord", MSTeams = "msteams", Rocket = "rocket", Generic = "generic", GenericHmac = "generic-hmac", GitHub = "github", GitLab = "gitlab", Gitea = "gitea", GiteaPullRequestComment = "giteapullrequestcomment", BitbucketServer = "bitbucketserver", Bitbucket = "bitbucket", AzureDevOps = "azuredevops", GoogleChat = "googlechat", GooglePubSub = "googlepubsub", Webex = "webex", Sentry = "sentry", AzureEventHub = "azureeventhub", Telegram = "telegram", Lark = "lark", Matrix = "matrix", Opsgenie = "opsgenie", Alertmanager = "alertmanager", Grafana = "grafana", GitHubDispatch = "githubdispatch", GitHubPullRequestComment = "githubpullrequestcomment", GitLabMergeRequestComment = "gitlabmergerequestcomment", PagerDuty = "pagerduty", DataDog = "datadog", Nats = "nats", Zulip = "zulip", Otel = "otel", Zoom = "zoom", IncidentIo = "incident.io" });
