// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::http::Reply;
use crate::refusal::{Cause, Refusal, quote};
use crate::rest::call::Call;
use crate::rest::present;
use crate::selector::{FieldSelector, LabelSelector};
use crate::store::{Key, Record, Snapshot, Unknown};

/// What a list or watch selects.
pub(crate) struct Selection {
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
    name: Option<String>,
}

impl Selection {
    pub(crate) fn of(call: &Call) -> Result<Self, Refusal> {
        let labels = LabelSelector::parse(call.query.text("labelSelector")).map_err(Refusal::bad_request)?;
        let mut fields =
            FieldSelector::parse(call.query.text("fieldSelector")).map_err(Refusal::bad_request)?;
        let resource = &call.resource;
        if resource.group == "events.k8s.io" {
            fields.rename(events_field);
        }
        for field in fields.fields() {
            if matches!(field, "metadata.name" | "metadata.namespace")
                || resource.fields.iter().any(|known| known == field)
            {
                continue;
            }
            let own = resource.flags.own_field_labels || resource.is_custom();
            return Err(Refusal::bad_request(if own {
                format!("field label not supported: {field}")
            } else {
                format!(
                    "{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
                    quote(field)
                )
            }));
        }
        Ok(Self { labels, fields, name: None })
    }

    /// Narrows the selection to the object that the path names.
    pub(crate) fn restrict(&mut self, call: &Call) {
        if let Some(name) = &call.name {
            self.name = Some(name.clone());
        }
    }

    pub(crate) fn matches(&self, record: &Record) -> bool {
        self.name.as_ref().is_none_or(|name| *name == record.key.name)
            && self.labels.matches(&record.labels)
            && self.fields.matches(record)
    }

    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}

fn events_field(name: &str) -> Option<&'static str> {
    Some(match name {
        "regarding.kind" => "involvedObject.kind",
        "regarding.namespace" => "involvedObject.namespace",
        "regarding.name" => "involvedObject.name",
        "regarding.uid" => "involvedObject.uid",
        "regarding.apiVersion" => "involvedObject.apiVersion",
        "regarding.resourceVersion" => "involvedObject.resourceVersion",
        "regarding.fieldPath" => "involvedObject.fieldPath",
        "reportingController" => "reportingComponent",
        _ => return None,
    })
}

/// Checks the parameters that lists and watches share.
pub(crate) fn check_list_options(call: &Call, watch: bool) -> Result<(), Refusal> {
    for name in ["limit", "timeoutSeconds"] {
        let text = call.query.text(name);
        if !text.is_empty() && text.parse::<i64>().is_err() {
            let text = format!("strconv.ParseInt: parsing {}: invalid syntax", quote(text));
            return Err(Refusal::bad_request(text));
        }
    }
    let version = call.query.text("resourceVersion");
    let matching = call.query.text("resourceVersionMatch");
    let initial = call.query.flag("sendInitialEvents");
    let continued = !call.query.text("continue").is_empty();
    let forbidden = |text: &str| Cause::forbidden("resourceVersionMatch", text);
    let mut causes = Vec::new();
    if watch {
        match initial {
            Some(_) => {
                if matching != "NotOlderThan" {
                    let text = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
                    causes.push(forbidden(text));
                }
                if !matching.is_empty() && matching != "NotOlderThan" {
                    causes.push(Cause::unsupported("resourceVersionMatch", matching, &["NotOlderThan"]));
                }
            }
            None if !matching.is_empty() => {
                causes.push(forbidden(
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                ));
            }
            None => {}
        }
        if continued {
            causes.push(forbidden("resourceVersionMatch is forbidden when continue is provided"));
        }
    } else {
        if !matching.is_empty() {
            if version.is_empty() {
                causes
                    .push(forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"));
            }
            if continued {
                causes.push(forbidden("resourceVersionMatch is forbidden when continue is provided"));
            }
            if !matches!(matching, "Exact" | "NotOlderThan") {
                let supported = ["Exact", "NotOlderThan", ""];
                causes.push(Cause::unsupported("resourceVersionMatch", matching, &supported));
            }
            if matching == "Exact" && version == "0" {
                causes
                    .push(forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
            }
        }
        if initial.is_some() {
            causes.push(Cause::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }
    }
    if causes.is_empty() { Ok(()) } else { Err(Refusal::invalid("meta.k8s.io", "ListOptions", "", &causes)) }
}

/// Waits until the state is as new as a version, for at most three seconds.
pub(crate) async fn wait_for(call: &Call, version: u64) -> Result<(), Refusal> {
    let mut revisions = call.cluster.store.revisions();
    let reached = revisions.wait_for(|current| *current >= version);
    match tokio::time::timeout(Duration::from_secs(3), reached).await {
        Ok(_) => Ok(()),
        Err(_) => Err(Refusal::too_large_version(version, call.cluster.store.revision())),
    }
}

struct Page {
    revision: u64,
    after: Option<Key>,
}

/// Answers LIST.
pub(crate) async fn list(call: &Call) -> Result<Reply, Refusal> {
    call.accept.form()?;
    check_list_options(call, false)?;
    let selection = Selection::of(call)?;
    let version = call.query.text("resourceVersion").to_owned();
    let wanted: Option<u64> = match version.as_str() {
        "" => None,
        text => match text.parse() {
            Ok(number) => Some(number),
            Err(_) => {
                let text = format!(
                    "resourceVersion: Invalid value: {0}: strconv.ParseUint: parsing {0}: invalid syntax",
                    quote(text)
                );
                return Err(Refusal::bad_request(text));
            }
        },
    };
    let mut limit: usize = call
        .query
        .text("limit")
        .parse::<i64>()
        .ok()
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(0);
    let exact = call.query.text("resourceVersionMatch") == "Exact";
    if wanted == Some(0) {
        limit = 0;
    }
    let token = call.query.text("continue");
    let page = if token.is_empty() {
        None
    } else {
        if wanted.is_some_and(|wanted| wanted != 0) {
            return Err(Refusal::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        Some(read_token(token)?)
    };
    let (snapshot, after) = match page {
        Some(Page { revision, after }) => (at(call, revision, true)?, after),
        None if exact => {
            let wanted = wanted.unwrap_or_default();
            wait_for(call, wanted).await?;
            (at(call, wanted, false)?, None)
        }
        None => {
            if let Some(wanted) = wanted {
                wait_for(call, wanted).await?;
            }
            (call.cluster.store.list(&call.resource.table, &call.namespace), None)
        }
    };
    respond(call, &selection, snapshot, after.as_ref(), limit)
}

fn at(call: &Call, revision: u64, continued: bool) -> Result<Snapshot, Refusal> {
    call.cluster.store.list_at(&call.resource.table, &call.namespace, revision).map_err(|unknown| match unknown {
        Unknown::TooLarge { current } => Refusal::too_large_version(revision, current),
        Unknown::TooOld if continued => Refusal::expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list \
             without the continue parameter.",
        ),
        Unknown::TooOld => Refusal::expired("The resourceVersion for the provided list is too old."),
    })
}

fn respond(
    call: &Call,
    selection: &Selection,
    snapshot: Snapshot,
    after: Option<&Key>,
    limit: usize,
) -> Result<Reply, Refusal> {
    let mut records: Vec<Arc<Record>> = snapshot
        .records
        .into_iter()
        .filter(|record| after.is_none_or(|after| record.key > *after))
        .filter(|record| selection.matches(record))
        .collect();
    let metadata = cut(call, snapshot.revision, &mut records, selection, limit);
    present::many(call, &records, &metadata)
}

/// Cuts a list to the limit of the request, and returns its metadata.
pub(crate) fn page(
    call: &Call,
    revision: u64,
    records: &mut Vec<Arc<Record>>,
    selection: &Selection,
) -> Value {
    let limit = call.query.text("limit").parse::<i64>().ok().and_then(|limit| usize::try_from(limit).ok());
    cut(call, revision, records, selection, limit.unwrap_or(0))
}

fn cut(
    call: &Call,
    revision: u64,
    records: &mut Vec<Arc<Record>>,
    selection: &Selection,
    limit: usize,
) -> Value {
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if limit > 0 && records.len() > limit {
        let remaining = records.len() - limit;
        records.truncate(limit);
        if let Some(last) = records.last() {
            metadata["continue"] = json!(write_token(revision, &last.key, call));
        }
        if selection.is_empty() {
            metadata["remainingItemCount"] = json!(remaining);
        }
    }
    metadata
}

fn write_token(revision: u64, last: &Key, call: &Call) -> String {
    let start = if last.namespace.is_empty() || !call.namespace.is_empty() {
        format!("{}\u{0}", last.name)
    } else {
        format!("{}/{}\u{0}", last.namespace, last.name)
    };
    let namespace = last.namespace.as_str();
    let token = json!({"v": "meta.k8s.io/v1", "rv": revision, "start": start, "ns": namespace});
    URL_SAFE_NO_PAD.encode(token.to_string())
}

fn read_token(token: &str) -> Result<Page, Refusal> {
    let invalid = |detail: &str| Refusal::bad_request(format!("continue key is not valid: {detail}"));
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid("illegal base64 data at input byte 0"))?;
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|_| invalid("invalid character 'a' looking for beginning of value"))?;
    let revision = value["rv"]
        .as_u64()
        .ok_or_else(|| invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)"))?;
    let start = value["start"].as_str().unwrap_or_default().trim_end_matches('\u{0}');
    let name = start.rsplit('/').next().unwrap_or_default();
    let namespace = value["ns"].as_str().unwrap_or_default();
    Ok(Page { revision, after: Some(Key::new(namespace, name)) })
}
