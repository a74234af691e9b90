// SPDX-License-Identifier: Apache-2.0

//! The pipeline of requests: what is asked, whether it may be, and the answer.

mod call;
mod change;
mod create;
mod decode;
mod delete;
mod discovery;
mod internal;
mod list;
mod meta;
mod options;
mod patch;
mod present;
mod scale;
mod update;
mod watch;

use std::io;
use std::sync::Arc;

pub(crate) use call::{Call, Verb};
pub(crate) use internal::{delete_quietly, drop_finalizer, edit, write_status};
pub(crate) use meta::{metadata_mut, remove};
pub(crate) use patch::merge;
pub(crate) use present::metadata_of;

use crate::cluster::Cluster;
use crate::faults::Fault;
use crate::http::{Incoming, Reply, Route};
use crate::journal::Entry;
use crate::refusal::Refusal;

/// Answers one request; an error stands for a connection that breaks.
pub(crate) async fn dispatch(cluster: &Arc<Cluster>, incoming: Incoming) -> io::Result<Reply> {
    let reply = match Route::parse(&incoming.path) {
        Route::Resource(target) => match Call::new(cluster, target, incoming) {
            Ok(call) => return observed(call).await,
            Err(refusal) => Err(refusal),
        },
        route => discovery::answer(cluster, &route, &incoming),
    };
    Ok(reply.unwrap_or_else(|refusal| Reply::refusal(&refusal)))
}

/// Carries out a call under the fault plan, and writes it down.
async fn observed(call: Call) -> io::Result<Reply> {
    let cluster = Arc::clone(&call.cluster);
    let mut entry = Entry {
        verb: call.verb.name().to_owned(),
        resource: call.resource.plural.clone(),
        group: call.resource.group.clone(),
        subresource: call.subresource.clone(),
        namespace: call.namespace.clone(),
        name: call.name.clone(),
        manager: call.manager(),
        dry_run: call.dry_run(),
        code: 0,
    };
    let path = match &call.subresource {
        Some(subresource) => format!("{}/{subresource}", call.resource.plural),
        None => call.resource.plural.clone(),
    };
    let fault = cluster.faults.take(call.verb.name(), &path);
    let reply = match fault {
        Some(Fault::Refused) => return Err(broken()),
        Some(Fault::Conflict) => {
            Err(Refusal::modified(call.resource.about(), &call.name.clone().unwrap_or_default()))
        }
        Some(Fault::Unavailable) => Err(Refusal::internal("planned failure")),
        Some(Fault::Gone) => gone(call).await,
        Some(Fault::Latency(wait)) => {
            tokio::time::sleep(wait).await;
            carry_out(call).await
        }
        Some(Fault::LostResponse) => {
            let _ = carry_out(call).await;
            return Err(broken());
        }
        Some(Fault::ConflictAfterWrite) => {
            let about = (Arc::clone(&call.resource), call.name.clone().unwrap_or_default());
            let _ = carry_out(call).await;
            Err(Refusal::modified(about.0.about(), &about.1))
        }
        Some(Fault::WatchReplaysOlderState) if call.verb == Verb::Watch => watch::watch(call, true),
        Some(Fault::WatchReplaysOlderState) | None => carry_out(call).await,
    };
    let reply = reply.unwrap_or_else(|refusal| Reply::refusal(&refusal));
    entry.code = reply.code;
    cluster.journal.push(entry);
    Ok(reply)
}

async fn gone(call: Call) -> Result<Reply, Refusal> {
    call.cluster.store.compact(&call.resource.table);
    if call.verb == Verb::Watch
        && call.query.text("resourceVersion").parse::<u64>().is_ok_and(|from| from > 0)
    {
        return Ok(watch::expired(call.query.text("resourceVersion"), &call));
    }
    Err(Refusal::expired("The resourceVersion for the provided list is too old."))
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the connection broke, as planned")
}

async fn carry_out(mut call: Call) -> Result<Reply, Refusal> {
    call.check_subresource()?;
    let warnings = call.standing_warnings();
    let reply = match call.verb {
        Verb::Get => present::get(&call).await,
        Verb::List => list::list(&call).await,
        Verb::Watch => watch::watch(call, false),
        Verb::Create => create::create(&mut call),
        Verb::Update => update::update(&mut call),
        Verb::Patch | Verb::Apply => patch::patch(&mut call),
        Verb::Delete => delete::delete(&mut call),
        Verb::DeleteCollection => delete::delete_collection(&mut call),
    };
    reply.map(|mut reply| {
        reply.warnings.splice(0..0, warnings);
        reply
    })
}
