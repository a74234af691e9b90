// SPDX-License-Identifier: Apache-2.0

//! Leader election with a Lease of coordination.k8s.io: one replica works, the others stand by.

use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::time::Instant;

/// Times and names of a leader election.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lease {
    /// The namespace of the Lease object.
    pub namespace: String,
    /// The name of the Lease object.
    pub name: String,
    /// How long others must wait after the last renewal. Default 35 s.
    pub duration: Duration,
    /// How long the holder tries to renew before it gives up. Default 30 s.
    pub renew_deadline: Duration,
    /// The time between tries. Default 5 s.
    pub retry_period: Duration,
    /// Whether the lease is given up at a graceful end, so that another replica takes over at once. Default true.
    pub release: bool,
}

impl Lease {
    /// A lease with the usual times.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            duration: Duration::from_secs(35),
            renew_deadline: Duration::from_secs(30),
            retry_period: Duration::from_secs(5),
            release: true,
        }
    }
}

/// One candidate for a lease.
#[derive(Debug)]
pub(crate) struct Candidate {
    api: Api<DynamicObject>,
    lease: Lease,
    identity: String,
    /// The record last seen and when, on our own clock: clocks of different machines are never compared.
    seen: Option<(Value, Instant)>,
}

impl Candidate {
    pub(crate) fn new(client: Client, lease: Lease, identity: String) -> Self {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("coordination.k8s.io", "v1", "Lease"));
        Self { api: Api::namespaced_with(client, &lease.namespace, &resource), lease, identity, seen: None }
    }

    /// Waits until the lease is ours.
    pub(crate) async fn acquire(&mut self) {
        loop {
            match self.try_hold().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, lease = self.lease.name, "cannot reach the lease"),
            }
            tokio::time::sleep(self.lease.retry_period).await;
        }
    }

    /// Keeps the lease; returns when it is lost.
    pub(crate) async fn keep(&mut self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(self.lease.retry_period).await;
            let attempt = tokio::time::timeout(self.lease.renew_deadline, self.try_hold()).await;
            match attempt {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => return,
                _ if renewed.elapsed() >= self.lease.renew_deadline => return,
                _ => {}
            }
        }
    }

    /// Gives the lease up.
    pub(crate) async fn release(&mut self) {
        if !self.lease.release {
            return;
        }
        let patch = json!({"spec": {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": micros()}});
        let Ok(Some(current)) = self.api.get_opt(&self.lease.name).await else {
            return;
        };
        if current.data["spec"]["holderIdentity"] == json!(self.identity) {
            let result =
                self.api.patch(&self.lease.name, &PatchParams::default(), &Patch::Merge(&patch)).await;
            if let Err(error) = result {
                tracing::debug!(%error, "cannot release the lease");
            }
        }
    }

    async fn try_hold(&mut self) -> Result<bool, kube::Error> {
        let now = micros();
        let Some(current) = self.api.get_opt(&self.lease.name).await? else {
            let object = json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {"name": self.lease.name, "namespace": self.lease.namespace},
                "spec": self.record(&now, &now, 0),
            });
            let object: DynamicObject = serde_json::from_value(object).map_err(kube::Error::SerdeError)?;
            return taken(self.api.create(&PostParams::default(), &object).await);
        };
        let spec = current.data.get("spec").cloned().unwrap_or(Value::Null);
        let holder = spec["holderIdentity"].as_str().unwrap_or_default().to_owned();
        if self.seen.as_ref().is_none_or(|(record, _)| *record != spec) {
            self.seen = Some((spec.clone(), Instant::now()));
        }
        let age = self.seen.as_ref().map_or(Duration::ZERO, |(_, at)| at.elapsed());
        let ours = holder == self.identity;
        if !ours && !holder.is_empty() && age < self.lease.duration {
            return Ok(false);
        }
        let transitions = spec["leaseTransitions"].as_i64().unwrap_or(0) + i64::from(!ours);
        let since = spec["acquireTime"].as_str().filter(|_| ours).unwrap_or(&now);
        let patch = json!({
            "metadata": {"resourceVersion": current.metadata.resource_version},
            "spec": self.record(since, &now, transitions),
        });
        let result = self.api.patch(&self.lease.name, &PatchParams::default(), &Patch::Merge(&patch)).await;
        taken(result)
    }

    fn record(&self, acquired: &str, renewed: &str, transitions: i64) -> Value {
        json!({
            "holderIdentity": self.identity,
            "leaseDurationSeconds": self.lease.duration.as_secs().max(1),
            "acquireTime": acquired,
            "renewTime": renewed,
            "leaseTransitions": transitions,
        })
    }
}

/// A conflict means that another candidate was faster.
fn taken(result: Result<DynamicObject, kube::Error>) -> Result<bool, kube::Error> {
    match result {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
        Err(error) => Err(error),
    }
}

/// The current time with microseconds, as Lease objects want it.
fn micros() -> String {
    format!("{:.6}", Timestamp::now())
}
