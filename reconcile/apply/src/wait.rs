// SPDX-License-Identifier: Apache-2.0

//! Waiting for objects, by watch.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{BoxStream, SelectAll, StreamExt};
use gitops_manifest::ObjectId;
use kube::runtime::watcher::{self, Event};
use serde_json::Value;
use tokio::time::Instant;

use crate::change::{Action, ChangeSet};
use crate::cluster::Cluster;
use crate::cluster::events::{Told, events};
use crate::cluster::kinds::Kind;
use crate::cluster::live::Watch;
use crate::error::{Error, ErrorKind, code_of, message_of};
use crate::health::{Checks, Health, Status, needs_metadata_only, status};
use crate::target::{Target, at_least};

/// How to wait.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WaitOptions {
    /// How long.
    pub timeout: Duration,
    /// Whether one failed object ends the wait for all.
    pub fail_fast: bool,
    /// Objects that may be gone by the time somebody looks: Jobs that delete themselves when they are done.
    pub may_vanish: HashSet<ObjectId>,
    /// Kinds whose health is told by expressions.
    pub checks: Checks,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            fail_fast: true,
            may_vanish: HashSet::new(),
            checks: Checks::default(),
        }
    }
}

impl WaitOptions {
    /// Returns the defaults with a timeout.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, ..Self::default() }
    }
}

/// How long between two looks at what cannot be watched.
const POLL: Duration = Duration::from_secs(2);

/// How long events are gathered before a wait looks at what they brought.
const BURST: Duration = Duration::from_millis(20);

/// Waits until all objects are current.
///
/// Objects that the cluster watches anyway cost no request; for the others one watch per kind and namespace is opened for as long as it takes.
/// What may not be watched is read every other second. Dropping the future ends the wait.
///
/// # Errors
/// [`ErrorKind::Timeout`] with the objects that are not current, [`ErrorKind::Stalled`] with those that failed: at once with `fail_fast`, otherwise when
/// nothing is on its way any more. [`Error::statuses`] tells all of them with their messages.
pub async fn wait(
    cluster: &Cluster,
    targets: &[Target],
    options: &WaitOptions,
) -> Result<Vec<(Target, Status)>, Error> {
    let deadline = Instant::now() + options.timeout;
    let mut waiter = Waiter::new(cluster, targets, options);
    if tokio::time::timeout_at(deadline, waiter.open()).await.is_err() {
        return Err(waiter.timed_out());
    }
    loop {
        if let Some(done) = waiter.verdict() {
            return done;
        }
        if tokio::time::timeout_at(deadline, waiter.next()).await.is_err() {
            return Err(waiter.timed_out());
        }
    }
}

/// Waits until the objects that a change set deleted are gone.
///
/// # Errors
/// [`ErrorKind::Timeout`] with the first object that is still there.
pub async fn wait_until_gone(cluster: &Cluster, changes: &ChangeSet, timeout: Duration) -> Result<(), Error> {
    let deadline = Instant::now() + timeout;
    for change in changes.iter().filter(|change| change.action == Action::Deleted) {
        let subject = change.id.subject();
        let group = &change.id.group;
        let api_version =
            if group.is_empty() { change.version.clone() } else { format!("{group}/{}", change.version) };
        let failed = |error| Error::failed(ErrorKind::Read, &subject, "get", error);
        let Some(kind) = cluster.kind(&api_version, &change.id.kind).await.map_err(failed)? else { continue };
        let left = deadline.saturating_duration_since(Instant::now());
        gone(cluster, &kind, &change.id, left).await.map_err(|cause| {
            let text =
                cause.map_or_else(|| "context deadline exceeded".to_owned(), |cause| message_of(&cause));
            Error::new(ErrorKind::Timeout, format!("{subject} termination timeout: {text}")).transient()
        })?;
    }
    Ok(())
}

/// Waits until one object is gone; an error without cause says that time is up.
pub(crate) async fn gone(
    cluster: &Cluster,
    kind: &Kind,
    id: &ObjectId,
    timeout: Duration,
) -> Result<(), Option<kube::Error>> {
    let absent = async {
        let config = watcher::Config::default().fields(&format!("metadata.name={}", id.name));
        let mut told = events(cluster.client().clone(), kind, &id.namespace, config, true);
        if cluster.get_metadata(kind, &id.namespace, &id.name).await?.is_none() {
            return Ok(());
        }
        let mut there = false;
        while let Some(event) = told.next().await {
            match event {
                Ok(Event::Init) => there = false,
                Ok(Event::InitApply(_) | Event::Apply(_)) => there = true,
                Ok(Event::InitDone) if there => {}
                Ok(Event::InitDone | Event::Delete(_)) => return Ok(()),
                Err(_) => {
                    if cluster.get_metadata(kind, &id.namespace, &id.name).await?.is_none() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    };
    match tokio::time::timeout(timeout, absent).await {
        Ok(done) => done.map_err(Some),
        Err(_) => Err(None),
    }
}

struct Waiter<'a> {
    cluster: &'a Cluster,
    options: &'a WaitOptions,
    states: Vec<(Target, Status)>,
    shared: Vec<(usize, Arc<Watch>)>,
    streams: SelectAll<BoxStream<'static, (usize, Told)>>,
    groups: Vec<Group>,
    polled: Vec<usize>,
}

/// Targets of one kind in one namespace, followed by a watch of the wait's own.
struct Group {
    members: Vec<usize>,
    listed: HashSet<usize>,
    api_version: String,
    kind: String,
}

impl<'a> Waiter<'a> {
    fn new(cluster: &'a Cluster, targets: &[Target], options: &'a WaitOptions) -> Self {
        let unknown = || Status::new(Health::Unknown, "");
        Self {
            cluster,
            options,
            states: targets.iter().map(|target| (target.clone(), unknown())).collect(),
            shared: Vec::new(),
            streams: SelectAll::new(),
            groups: Vec::new(),
            polled: Vec::new(),
        }
    }

    /// Decides for every target how it is followed.
    async fn open(&mut self) {
        let mut own: BTreeMap<(String, String, String), (Kind, Vec<usize>)> = BTreeMap::new();
        for index in 0..self.states.len() {
            let target = self.states[index].0.clone();
            let Ok(Some(kind)) = self.cluster.kind(&target.api_version, &target.id.kind).await else {
                // It may come to be known while we wait.
                self.polled.push(index);
                continue;
            };
            let told_by_expression = self.options.checks.of(&target.id.group, &target.id.kind).is_some();
            let watch = if told_by_expression { None } else { self.cluster.watch(&kind).await };
            let covered =
                watch.filter(|watch| target.resource_version.is_some() || watch.find(&target.id).is_some());
            if let Some(watch) = covered {
                self.shared.push((index, watch));
            } else if kind.watchable {
                let key = (target.api_version.clone(), target.id.kind.clone(), target.id.namespace.clone());
                own.entry(key).or_insert_with(|| (kind, Vec::new())).1.push(index);
            } else {
                self.polled.push(index);
            }
        }
        for ((api_version, kind_name, namespace), (kind, members)) in own {
            self.follow(
                &kind,
                &namespace,
                Group { members, listed: HashSet::new(), api_version, kind: kind_name },
            );
        }
        for index in self.polled.clone() {
            self.read(index).await;
        }
        self.look();
    }

    fn follow(&mut self, kind: &Kind, namespace: &str, group: Group) {
        let number = self.groups.len();
        let mut config = watcher::Config::default();
        if let [only] = group.members.as_slice() {
            config = config.fields(&format!("metadata.name={}", self.states[*only].0.id.name));
        }
        let by_expression = self.options.checks.of(&kind.resource.group, &group.kind).is_some();
        let metadata_only = needs_metadata_only(&group.api_version, &group.kind) && !by_expression;
        let told = events(self.cluster.client().clone(), kind, namespace, config, metadata_only);
        let stream = told.map(move |event| (number, event)).boxed();
        self.streams.push(stream);
        self.groups.push(group);
    }

    /// Waits until something may have changed.
    async fn next(&mut self) {
        let mut changes: Vec<_> = Vec::new();
        let mut seen = HashSet::new();
        for (index, watch) in &self.shared {
            // What is current stays so while the others get there, unless somebody breaks it.
            if !self.is_current(&self.states[*index]) && seen.insert(Arc::as_ptr(watch).addr()) {
                changes.push(watch.changes());
            }
        }
        // Between subscribing and the last look something may have happened.
        if self.look() {
            return;
        }
        let shared = async {
            if changes.is_empty() {
                return std::future::pending::<()>().await;
            }
            let any = changes.iter_mut().map(|changes| Box::pin(changes.changed()));
            let _ = futures::future::select_all(any).await;
        };
        let poll = async {
            if self.polled.is_empty() {
                std::future::pending::<()>().await
            } else {
                tokio::time::sleep(POLL).await
            }
        };
        let told = async {
            match self.streams.next().await {
                Some(told) => told,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shared => {
                // Many waits follow the same watch: each looks once per burst of events.
                tokio::time::sleep(BURST).await;
                self.look();
            }
            () = poll => {
                for index in self.polled.clone() {
                    self.read(index).await;
                }
            }
            (number, event) = told => self.take(number, event).await,
        }
    }

    /// Looks at what shared watches know; returns whether anything is new.
    fn look(&mut self) -> bool {
        let mut news = false;
        for (index, watch) in &self.shared {
            let (target, known) = &mut self.states[*index];
            let wanted = target.resource_version.as_deref();
            let now = match watch.find(&target.id) {
                Some(record) if wanted.is_none_or(|wanted| at_least(&record.resource_version, wanted)) => {
                    record.status.clone()
                }
                Some(_) => Status::in_progress("Waiting for the watch to catch up"),
                None if wanted.is_some_and(|wanted| !watch.has_reached(wanted)) => {
                    Status::in_progress("Waiting for the watch to catch up")
                }
                None => Status::new(Health::NotFound, "Resource not found"),
            };
            news |= *known != now;
            *known = now;
        }
        news
    }

    fn judge(&self, target: &Target, object: &Value) -> Status {
        match self.options.checks.of(&target.id.group, &target.id.kind) {
            Some(expressions) => expressions.status(object),
            None => status(object),
        }
    }

    async fn take(&mut self, number: usize, event: Told) {
        let missing = || Status::new(Health::NotFound, "Resource not found");
        match event {
            Ok(Event::Init) => self.groups[number].listed.clear(),
            Ok(Event::InitApply(object)) => {
                if let Some(index) = self.member(number, &object) {
                    self.groups[number].listed.insert(index);
                    self.set(index, &object);
                }
            }
            Ok(Event::InitDone) => {
                let group = &self.groups[number];
                for index in group.members.iter().filter(|index| !group.listed.contains(index)) {
                    self.states[*index].1 = missing();
                }
            }
            Ok(Event::Apply(object)) => {
                if let Some(index) = self.member(number, &object) {
                    self.set(index, &object);
                }
            }
            Ok(Event::Delete(object)) => {
                if let Some(index) = self.member(number, &object) {
                    self.states[index].1 = missing();
                }
            }
            Err(watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error))
                if matches!(code_of(&error), 401 | 403 | 404 | 405) =>
            {
                // Reading one by one may be allowed where watching is not.
                let members = std::mem::take(&mut self.groups[number].members);
                for index in members {
                    self.polled.push(index);
                    self.read(index).await;
                }
            }
            Err(error) => tracing::debug!(%error, "watch interrupted"),
        }
    }

    fn member(&self, number: usize, object: &Value) -> Option<usize> {
        let name = object.pointer("/metadata/name").and_then(Value::as_str)?;
        self.groups[number].members.iter().copied().find(|index| self.states[*index].0.id.name == name)
    }

    fn set(&mut self, index: usize, object: &Value) {
        let target = &self.states[index].0;
        let seen = object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
        let recent = target.resource_version.as_deref().is_none_or(|wanted| at_least(seen, wanted));
        let mut object = object.clone();
        if let Some(map) = object.as_object_mut() {
            map.insert("apiVersion".into(), Value::from(target.api_version.as_str()));
            map.insert("kind".into(), Value::from(target.id.kind.as_str()));
        }
        let now = if recent {
            self.judge(target, &object)
        } else {
            Status::in_progress("Waiting for the watch to catch up")
        };
        self.states[index].1 = now;
    }

    async fn read(&mut self, index: usize) {
        let target = self.states[index].0.clone();
        let now = match self.cluster.kind(&target.api_version, &target.id.kind).await {
            Ok(Some(kind)) => match self.cluster.get(&kind, &target.id.namespace, &target.id.name).await {
                Ok(Some(object)) => self.judge(&target, &object),
                Ok(None) => Status::new(Health::NotFound, "Resource not found"),
                Err(error) => Status::error(message_of(&error)),
            },
            Ok(None) => Status::error(format!(
                "no matches for kind \"{}\" in version \"{}\"",
                target.id.kind, target.api_version
            )),
            Err(error) => Status::error(message_of(&error)),
        };
        self.states[index].1 = now;
    }

    fn is_current(&self, (target, status): &(Target, Status)) -> bool {
        match status.health {
            Health::Current => true,
            Health::NotFound => self.options.may_vanish.contains(&target.id),
            _ => false,
        }
    }

    fn verdict(&mut self) -> Option<Result<Vec<(Target, Status)>, Error>> {
        let failed = self.states.iter().filter(|(_, status)| status.health == Health::Failed).count();
        let open = self.states.iter().filter(|state| !self.is_current(state)).count();
        if open == 0 {
            return Some(Ok(std::mem::take(&mut self.states)));
        }
        if failed > 0 && (self.options.fail_fast || failed == open) {
            return Some(Err(self.stalled()));
        }
        None
    }

    fn stalled(&self) -> Error {
        let failed = self.states.iter().filter(|(_, status)| status.health == Health::Failed);
        let text = format!("failed early due to stalled resources: [{}]", list(failed));
        Error::new(ErrorKind::Stalled, text).with_statuses(self.states.clone())
    }

    fn timed_out(&self) -> Error {
        let open = self.states.iter().filter(|state| !self.is_current(state));
        let text = format!("timeout waiting for: [{}]", list(open));
        Error::new(ErrorKind::Timeout, text).with_statuses(self.states.clone()).transient()
    }
}

/// The objects with their health, sorted so that the same state gives the same text.
fn list<'a>(states: impl Iterator<Item = &'a (Target, Status)>) -> String {
    let mut items: Vec<String> = states
        .map(|(target, status)| match status.health {
            Health::Unknown if status.message.is_empty() => format!("can't determine status for {target}"),
            health if status.is_error => format!("{target} status: '{health}': {}", status.message),
            health => format!("{target} status: '{health}'"),
        })
        .collect();
    items.sort();
    items.join(", ")
}
