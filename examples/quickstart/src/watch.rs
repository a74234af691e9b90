// SPDX-License-Identifier: Apache-2.0

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use gitops_api::kustomize::v1::Kustomization;
use gitops_api::meta::Conditions as _;
use gitops_api::source::v1::GitRepository;
use k8s_openapi::api::core::v1::Event;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, ResourceExt};

use crate::Failed;
use crate::timeline::{Timeline, Tone};

/// One thing that a watch reported.
enum Seen {
    Repository(Box<GitRepository>),
    Kustomization(Box<Kustomization>),
    Event(Box<Event>),
}

/// What is known of the objects of the story, kept current by watches; tells the timeline what changes.
pub(crate) struct Watch<'a> {
    timeline: &'a Timeline,
    stream: BoxStream<'static, Result<Seen, watcher::Error>>,
    pub(crate) repositories: BTreeMap<String, GitRepository>,
    pub(crate) kustomizations: BTreeMap<String, Kustomization>,
    told: HashSet<String>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(client: &Client, namespace: &str, timeline: &'a Timeline) -> Self {
        fn api<K>(client: &Client, namespace: &str) -> Api<K>
        where
            K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
        {
            Api::namespaced(client.clone(), namespace)
        }
        let config = watcher::Config::default;
        let repositories = watcher(api::<GitRepository>(client, namespace), config())
            .default_backoff()
            .applied_objects()
            .map(|object| object.map(|object| Seen::Repository(Box::new(object))));
        let kustomizations = watcher(api::<Kustomization>(client, namespace), config())
            .default_backoff()
            .applied_objects()
            .map(|object| object.map(|object| Seen::Kustomization(Box::new(object))));
        let events = watcher(api::<Event>(client, namespace), config())
            .default_backoff()
            .applied_objects()
            .map(|object| object.map(|object| Seen::Event(Box::new(object))));
        let stream =
            futures::stream::select_all([repositories.boxed(), kustomizations.boxed(), events.boxed()])
                .boxed();
        Self {
            timeline,
            stream,
            repositories: BTreeMap::new(),
            kustomizations: BTreeMap::new(),
            told: HashSet::new(),
        }
    }

    /// Follows the watches until `done` holds; fails after `deadline`, or at once when something failed for good.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        deadline: Duration,
        done: impl Fn(&Self) -> bool,
    ) -> Result<(), Failed> {
        self.timeline.waiting(what);
        let end = tokio::time::Instant::now() + deadline;
        while !done(self) {
            if let Some(reason) = self.failure() {
                return Err(Failed::new(reason));
            }
            match tokio::time::timeout_at(end, self.stream.next()).await {
                Ok(Some(Ok(seen))) => self.take(seen),
                // The watcher backs off and goes on by itself.
                Ok(Some(Err(error))) => self.timeline.say(Tone::Wrong, "watch", &error.to_string()),
                Ok(None) => return Err(Failed::new("the watches ended".to_owned())),
                Err(_) => {
                    return Err(Failed::new(format!(
                        "{what}: not within {}s; {}",
                        deadline.as_secs(),
                        self.unready()
                    )));
                }
            }
        }
        Ok(())
    }

    /// Goes on telling what happens, for ever.
    pub(crate) async fn follow(&mut self) {
        self.timeline.waiting("watching; Ctrl-C ends");
        while let Some(seen) = self.stream.next().await {
            if let Ok(seen) = seen {
                self.take(seen);
            }
        }
    }

    /// The message of an object that cannot become ready without a new spec or a new commit.
    fn failure(&self) -> Option<String> {
        const FINAL: &[&str] = &["BuildFailed", "ReconciliationFailed", "PruneFailed", "HealthCheckFailed"];
        let repository = self.repositories.values().find_map(|repository| {
            let (status, reason, message) = ready(repository.conditions())?;
            (status == "False")
                .then(|| format!("GitRepository/{}: {reason}: {message}", repository.name_any()))
        });
        repository.or_else(|| {
            self.kustomizations.values().find_map(|kustomization| {
                let (status, reason, message) = ready(kustomization.conditions())?;
                let is_final = FINAL.contains(&reason) || message.starts_with("kustomization path not found");
                (status == "False" && is_final)
                    .then(|| format!("Kustomization/{}: {reason}: {message}", kustomization.name_any()))
            })
        })
    }

    /// What is not ready, with its message.
    fn unready(&self) -> String {
        let repositories =
            self.repositories.values().map(|o| ("GitRepository", o.name_any(), o.conditions()));
        let kustomizations =
            self.kustomizations.values().map(|o| ("Kustomization", o.name_any(), o.conditions()));
        let lines: Vec<String> = repositories
            .chain(kustomizations)
            .filter_map(|(kind, name, conditions)| match ready(conditions) {
                Some(("True", ..)) => None,
                Some((_, reason, message)) => Some(format!("{kind}/{name}: {reason}: {message}")),
                None => Some(format!("{kind}/{name}: no status yet")),
            })
            .collect();
        if lines.is_empty() {
            "all objects are ready, but not at the wanted state".into()
        } else {
            lines.join("; ")
        }
    }

    fn take(&mut self, seen: Seen) {
        match seen {
            Seen::Repository(repository) => {
                self.tell_repository(&repository);
                self.repositories.insert(repository.name_any(), *repository);
            }
            Seen::Kustomization(kustomization) => {
                self.tell_kustomization(&kustomization);
                self.kustomizations.insert(kustomization.name_any(), *kustomization);
            }
            Seen::Event(event) => self.tell_event(&event),
        }
    }

    fn tell_repository(&mut self, repository: &GitRepository) {
        let subject = format!("source/{}", repository.name_any());
        if let Some(artifact) = repository.status.as_ref().and_then(|status| status.artifact.as_ref()) {
            self.once(Tone::Step, &subject, &format!("revision  {}", artifact.revision));
            let digest = artifact.digest.get(..19).unwrap_or(&artifact.digest);
            let size = artifact.size.map(|size| format!(", {size} bytes")).unwrap_or_default();
            self.once(Tone::Step, &subject, &format!("artifact  stored {digest}…{size}"));
        }
        if let Some(("False", reason, message)) = ready(repository.conditions()) {
            self.once(Tone::Wrong, &subject, &format!("failed    {reason}: {message}"));
        }
    }

    fn tell_kustomization(&mut self, kustomization: &Kustomization) {
        let subject = format!("apply/{}", kustomization.name_any());
        let Some(status) = &kustomization.status else { return };
        let revision = status.last_applied_revision.as_deref().unwrap_or_default();
        match ready(kustomization.conditions()) {
            Some(("True", _, _)) => {
                let objects = status.inventory.as_ref().map_or(0, |inventory| inventory.entries.len());
                self.once(
                    Tone::Step,
                    &subject,
                    &format!("built     {objects} objects from {}", short(revision)),
                );
                let handled = status.last_handled_reconcile_at.clone().unwrap_or_default();
                self.once_as(
                    Tone::Done,
                    &subject,
                    &format!("Ready     {}", short(revision)),
                    &format!("{revision} {handled}"),
                );
            }
            Some(("False", "ArtifactFailed", message))
                if message.starts_with("Source artifact not found") =>
            {
                self.once(Tone::Step, &subject, "waiting   for the artifact of its source");
            }
            Some(("False", reason, message)) if reason != "DependencyNotReady" => {
                self.once(Tone::Wrong, &subject, &format!("not ready {reason}: {message}"));
            }
            _ => {}
        }
    }

    /// The events of an apply list one object and its action on each line.
    fn tell_event(&mut self, event: &Event) {
        let name = event.involved_object.name.clone().unwrap_or_default();
        if event.involved_object.kind.as_deref() != Some("Kustomization") {
            return;
        }
        let identity = format!("{}/{}", event.name_any(), event.count.unwrap_or(1));
        for line in event.message.as_deref().unwrap_or_default().lines() {
            let Some((object, action)) = line.rsplit_once(' ') else { continue };
            if matches!(action, "created" | "configured" | "deleted" | "skipped" | "recreated")
                && object.contains('/')
            {
                self.once_as(
                    Tone::Step,
                    &format!("apply/{name}"),
                    &format!("{action:<9} {object}"),
                    &identity,
                );
            }
        }
    }

    fn once(&mut self, tone: Tone, subject: &str, text: &str) {
        self.once_as(tone, subject, text, "");
    }

    /// Says a line unless the same was said with the same identity: watches repeat what they know.
    fn once_as(&mut self, tone: Tone, subject: &str, text: &str, identity: &str) {
        if self.told.insert(format!("{subject} {text} {identity}")) {
            self.timeline.say(tone, subject, text);
        }
    }
}

/// Status, reason and message of the Ready condition.
pub(crate) fn ready(conditions: &[gitops_api::meta::Condition]) -> Option<(&str, &str, &str)> {
    let condition = conditions.iter().find(|condition| condition.type_ == "Ready")?;
    Some((condition.status.as_str(), &condition.reason, &condition.message))
}

/// Shortens the hash of a revision.
fn short(revision: &str) -> String {
    match revision.rsplit_once(':') {
        Some((head, hash)) => format!("{head}:{}", hash.get(..8).unwrap_or(hash)),
        None => revision.to_owned(),
    }
}
