// SPDX-License-Identifier: Apache-2.0

//! Writes announcements as core/v1 Events, counting repetitions instead of repeating them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event as ClusterEvent;
use kube::Client;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Duration, Instant};

use super::{Announcement, Involved, Severity};

/// Events of one object that may be written in a row before they are rationed.
const BURST: f64 = 25.0;
/// Seconds until a rationed object may write one more event.
const REFILL: f64 = 300.0;
/// How long a repetition is counted on the earlier event.
const WINDOW: Duration = Duration::from_mins(10);
/// The most objects and events that are remembered.
const MEMORY: usize = 4096;

struct Recorder {
    client: Client,
    component: String,
    instance: String,
    seen: HashMap<u64, Seen>,
    budget: HashMap<String, (f64, Instant)>,
}

struct Seen {
    name: String,
    count: i32,
    at: Instant,
}

/// Writes what comes in until all senders are gone.
pub(crate) async fn run(
    client: Client,
    component: String,
    instance: String,
    mut inbox: Receiver<Announcement>,
) {
    let mut recorder = Recorder { client, component, instance, seen: HashMap::new(), budget: HashMap::new() };
    while let Some(announcement) = inbox.recv().await {
        if let Err(error) = recorder.record(&announcement).await {
            tracing::debug!(%error, name = announcement.involved.name, "cannot write an event");
        }
    }
}

impl Recorder {
    async fn record(&mut self, announcement: &Announcement) -> Result<(), kube::Error> {
        let Announcement { involved, event } = announcement;
        if !self.allowed(involved) {
            return Ok(());
        }
        let mut hasher = DefaultHasher::new();
        (&involved.uid, &involved.kind, &involved.namespace, &involved.name).hash(&mut hasher);
        (&event.reason, &event.message, event.severity == Severity::Error).hash(&mut hasher);
        event.metadata.hash(&mut hasher);
        let key = hasher.finish();
        let namespace = if involved.namespace.is_empty() { "default" } else { &involved.namespace };
        let api: Api<ClusterEvent> = Api::namespaced(self.client.clone(), namespace);
        let now = Timestamp::now();
        let now = now.round(jiff::Unit::Second).unwrap_or(now);
        if let Some(seen) = self.seen.get_mut(&key).filter(|seen| seen.at.elapsed() < WINDOW) {
            seen.count += 1;
            seen.at = Instant::now();
            let patch = json!({"count": seen.count, "lastTimestamp": now.to_string()});
            let name = seen.name.clone();
            match api.patch(&name, &PatchParams::default(), &Patch::Merge(&patch)).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                other => return other.map(|_| ()),
            }
        }
        let name = self.create(&api, announcement, namespace, now).await?;
        if self.seen.len() >= MEMORY {
            self.seen.retain(|_, seen| seen.at.elapsed() < WINDOW);
            if self.seen.len() >= MEMORY {
                self.seen.clear();
            }
        }
        self.seen.insert(key, Seen { name, count: 1, at: Instant::now() });
        Ok(())
    }

    async fn create(
        &self,
        api: &Api<ClusterEvent>,
        announcement: &Announcement,
        namespace: &str,
        now: Timestamp,
    ) -> Result<String, kube::Error> {
        let Announcement { involved, event } = announcement;
        let name = format!("{}.{:x}", involved.name, Timestamp::now().as_nanosecond());
        let mut body = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": involved,
            "reason": event.reason,
            "message": event.message,
            "type": if event.severity == Severity::Error { "Warning" } else { "Normal" },
            "source": {"component": self.component},
            "firstTimestamp": now.to_string(),
            "lastTimestamp": now.to_string(),
            "count": 1,
            "reportingComponent": self.component,
            "reportingInstance": self.instance,
        });
        if !event.metadata.is_empty() {
            body["metadata"]["annotations"] = json!(event.metadata);
        }
        if let Value::Object(map) = &mut body
            && event.message.is_empty()
        {
            map.remove("message");
        }
        let typed: ClusterEvent = serde_json::from_value(body).map_err(kube::Error::SerdeError)?;
        api.create(&PostParams::default(), &typed).await?;
        Ok(name)
    }

    /// A token bucket per object, so that a failing one cannot flood the cluster.
    fn allowed(&mut self, involved: &Involved) -> bool {
        let now = Instant::now();
        if self.budget.len() >= MEMORY {
            self.budget.retain(|_, (tokens, _)| *tokens < BURST - 1.0);
        }
        let key = format!("{}/{}/{}", involved.kind, involved.namespace, involved.name);
        let (tokens, at) = self.budget.entry(key).or_insert((BURST, now));
        *tokens = (*tokens + now.duration_since(*at).as_secs_f64() / REFILL).min(BURST);
        *at = now;
        if *tokens < 1.0 {
            return false;
        }
        *tokens -= 1.0;
        true
    }
}
