// SPDX-License-Identifier: Apache-2.0

//! Posts announcements to an HTTP receiver, in order, with retries, without ever holding up a run.

use std::time::Duration;

use jiff::{Timestamp, Unit};
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;
use url::Url;

use super::{Announcement, Severity};

const ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(5);

/// A client of its own: it depends on no provider or root store that the process may or may not have installed.
pub(crate) fn client() -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("gitops-reconcile/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}

/// Posts what comes in until all senders are gone.
pub(crate) async fn run(
    client: reqwest::Client,
    address: Url,
    component: String,
    instance: String,
    mut inbox: Receiver<Announcement>,
) {
    while let Some(announcement) = inbox.recv().await {
        if announcement.event.severity == Severity::Trace || announcement.involved.namespace.is_empty() {
            continue;
        }
        let body = body(&announcement, &component, &instance);
        if !post(&client, &address, &body).await {
            tracing::warn!(
                reason = announcement.event.reason,
                name = announcement.involved.name,
                "event not delivered"
            );
        }
    }
}

/// The JSON that receivers of this protocol expect.
fn body(announcement: &Announcement, component: &str, instance: &str) -> Value {
    let event = &announcement.event;
    let now = Timestamp::now();
    let mut body = json!({
        "involvedObject": announcement.involved,
        "severity": if event.severity == Severity::Error { "error" } else { "info" },
        "timestamp": now.round(Unit::Second).unwrap_or(now).to_string(),
        "message": event.message,
        "reason": event.reason,
        "reportingController": component,
        "reportingInstance": instance,
    });
    if !event.metadata.is_empty() {
        body["metadata"] = json!(event.metadata);
    }
    body
}

async fn post(client: &reqwest::Client, address: &Url, body: &Value) -> bool {
    let mut wait = FIRST_WAIT;
    for attempt in 1..=ATTEMPTS {
        let request = client.post(address.clone()).timeout(DEADLINE).json(body);
        match request.send().await {
            // 429 means that the receiver has seen the same event already.
            Ok(response) if response.status().as_u16() == 429 => return true,
            Ok(response) if response.status().is_success() => return true,
            Ok(response) if !response.status().is_server_error() => return false,
            _ => {}
        }
        if attempt < ATTEMPTS {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
    false
}
