// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::convert;
use crate::http::{Form, Reply};
use crate::refusal::{Refusal, quote};
use crate::rest::call::Call;
use crate::rest::list::{Selection, check_list_options};
use crate::rest::present;
use crate::store::{Change, Record, Unknown};
use crate::table;

/// One watch of one client.
struct Watcher {
    call: Call,
    form: Form,
    selection: Selection,
    bookmarks: bool,
    /// The newest version that the client has been told of.
    told: u64,
    /// The version the watch began at.
    began: u64,
    first_table: bool,
}

/// Answers a watch.
pub(crate) fn watch(call: Call, replay_older: bool) -> Result<Reply, Refusal> {
    let form = call.accept.watch_form()?;
    check_list_options(&call, true)?;
    let mut selection = Selection::of(&call)?;
    selection.restrict(&call);
    let version = call.query.text("resourceVersion").to_owned();
    let initial = call.query.flag("sendInitialEvents");
    let from = match version.as_str() {
        "" | "0" => None,
        text => Some(text.parse::<u64>().map_err(|_| {
            let text = format!("strconv.ParseUint: parsing {}: invalid syntax", quote(text));
            Refusal::plain_500(format!("resourceVersion: Invalid value: {}: {text}", quote(&version)))
        })?),
    };
    let start = match (initial, from) {
        (Some(true), _) => None,
        (Some(false), None) => Some(call.cluster.store.revision()),
        (_, from) => from,
    };
    let subscription = match call.cluster.store.subscribe(&call.resource.table, start) {
        Ok(subscription) => subscription,
        Err(Unknown::TooOld | Unknown::TooLarge { .. }) => return Ok(expired(&version, &call)),
    };
    let bookmarks = call.query.flag("allowWatchBookmarks") == Some(true);
    let timeout = call.query.text("timeoutSeconds").parse::<u64>().ok().filter(|seconds| *seconds > 0);
    let deadline = Instant::now() + Duration::from_secs(timeout.unwrap_or(1800));
    let every = call.cluster.bookmark_every;
    let began = start.unwrap_or(subscription.revision);
    let mut watcher = Watcher { call, form, selection, bookmarks, told: began, began, first_table: true };
    let mut lines = Vec::new();
    if replay_older {
        lines.extend(watcher.older_states());
    }
    for record in &subscription.initial {
        if watcher.selection.matches(record) {
            lines.push(watcher.line("ADDED", record));
        }
    }
    if initial == Some(true) && bookmarks {
        lines.push(watcher.bookmark(subscription.revision, true));
    }
    for change in &subscription.replay {
        lines.extend(watcher.changed(change));
    }
    let rest = stream::unfold(Some((watcher, subscription.live)), move |state| async move {
        let (mut watcher, mut live) = state?;
        let (line, go_on) = next(&mut watcher, &mut live, deadline, every).await;
        Some((line, go_on.then_some((watcher, live))))
    });
    let stream = stream::iter(lines).chain(rest.filter(|line| std::future::ready(!line.is_empty())));
    Ok(Reply::lines(Box::pin(stream)))
}

async fn next(
    watcher: &mut Watcher,
    live: &mut mpsc::Receiver<Arc<Change>>,
    deadline: Instant,
    every: Duration,
) -> (Bytes, bool) {
    let tick = if watcher.bookmarks { every } else { Duration::from_secs(86_400) };
    loop {
        tokio::select! {
            biased;
            change = live.recv() => match change {
                None => return (Bytes::new(), false),
                Some(change) => {
                    if let Some(line) = watcher.changed(&change) {
                        return (line, true);
                    }
                }
            },
            () = tokio::time::sleep_until(deadline) => {
                let known = watcher.call.cluster.store.latest(&watcher.call.resource.table);
                let news = watcher.bookmarks && known > watcher.began;
                let line = if news { watcher.bookmark(known.max(watcher.told), false) } else { Bytes::new() };
                return (line, false);
            }
            () = tokio::time::sleep(tick) => {
                let known = watcher.call.cluster.store.latest(&watcher.call.resource.table);
                if watcher.bookmarks && known > watcher.began {
                    return (watcher.bookmark(known.max(watcher.told), false), true);
                }
            }
        }
    }
}

/// Returns the stream that a version too old to continue from is answered with.
pub(crate) fn expired(version: &str, call: &Call) -> Reply {
    let refusal =
        Refusal::expired(format!("too old resource version: {version} ({})", call.cluster.store.revision()));
    let line = Bytes::from(format!("{}\n", json!({"type": "ERROR", "object": refusal.status()})));
    Reply::lines(Box::pin(stream::iter([line])))
}

impl Watcher {
    /// Returns the event that a change is to this watch, if it is one.
    fn changed(&mut self, change: &Change) -> Option<Bytes> {
        self.told = self.told.max(change.revision);
        if !self.call.namespace.is_empty() && change.key.namespace != self.call.namespace {
            return None;
        }
        let before = change.before.as_ref().is_some_and(|record| self.selection.matches(record));
        let after = !change.deleted && self.selection.matches(&change.after);
        match (before, after) {
            (false, true) => Some(self.line("ADDED", &change.after)),
            (true, true) => Some(self.line("MODIFIED", &change.after)),
            (true, false) if change.deleted => Some(self.line("DELETED", &change.after)),
            (true, false) => Some(self.left(change)),
            (false, false) => None,
        }
    }

    /// An object that left the selection is shown as it was, with the version of the change.
    fn left(&mut self, change: &Change) -> Bytes {
        let before = change.before.as_ref().unwrap_or(&change.after);
        let mut value = before.value();
        value["metadata"]["resourceVersion"] = json!(change.revision.to_string());
        let mut record = Record::clone(before);
        record.bytes = Bytes::from(value.to_string());
        self.line("DELETED", &record)
    }

    fn line(&mut self, kind: &str, record: &Record) -> Bytes {
        let resource = &self.call.resource;
        if !self.call.namespace.is_empty() && record.key.namespace != self.call.namespace {
            return Bytes::new();
        }
        let object = match self.form {
            Form::Object => present::full(resource, &convert::read_bytes(resource, record)),
            _ => Bytes::from(self.shaped(&convert::read(resource, record)).to_string()),
        };
        event(kind, &object)
    }

    fn shaped(&mut self, object: &Value) -> Value {
        match self.form {
            Form::Metadata { beta } | Form::MetadataList { beta } => present::metadata_of(object, beta),
            Form::Table { beta } => {
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                let table = table::table(&self.call, std::slice::from_ref(object), &metadata, beta);
                let mut table = table.unwrap_or_default();
                if !std::mem::take(&mut self.first_table) {
                    table["columnDefinitions"] = Value::Null;
                }
                table
            }
            Form::Object => object.clone(),
        }
    }

    fn bookmark(&mut self, revision: u64, initial: bool) -> Bytes {
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if initial {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = json!({"metadata": metadata});
        let shown = match self.form {
            Form::Object => {
                let mut object = crate::kinds::blank(&self.call.resource, object);
                object["kind"] = json!(self.call.resource.kind);
                object["apiVersion"] = json!(self.call.resource.api_version());
                object
            }
            _ => self.shaped(&object),
        };
        event("BOOKMARK", shown.to_string().as_bytes())
    }

    /// Returns earlier states of objects that have one, as if an old cache answered.
    fn older_states(&mut self) -> Vec<Bytes> {
        let snapshot = self.call.cluster.store.list(&self.call.resource.table, &self.call.namespace);
        let older = snapshot.records.iter().filter_map(|record| {
            let earlier = self.call.cluster.store.before(&self.call.resource.table, &record.key)?;
            self.selection.matches(&earlier).then_some(earlier)
        });
        let older: Vec<Arc<Record>> = older.collect();
        older.iter().map(|record| self.line("MODIFIED", record)).collect()
    }
}

fn event(kind: &str, object: &[u8]) -> Bytes {
    let mut line = format!("{{\"type\":\"{kind}\",\"object\":").into_bytes();
    line.extend_from_slice(object);
    line.extend_from_slice(b"}\n");
    Bytes::from(line)
}
