// SPDX-License-Identifier: Apache-2.0

//! One conversation with a server: greeting, list of references, pack.

use std::{ops::ControlFlow, path::Path};

use gix::{ObjectId, bstr::BString, progress::Discard};
use gix_protocol::{
    Command, Handshake, LsRefsCommand,
    fetch::{Arguments, Response},
    handshake::Ref,
    ls_refs::RefPrefixes,
};
use gix_transport::{Protocol, Service, client::blocking_io::http::Transport};

use crate::{
    error::{Error, ErrorKind},
    http::Remote,
    request::{Address, Limits, Request},
    tree::Store,
    worker::Stop,
};

const AGENT: &str = concat!("gitops-git/", env!("CARGO_PKG_VERSION"));

pub(crate) struct Session {
    remote: Remote,
    transport: Transport<Remote>,
    handshake: Handshake,
    limits: Limits,
    stop: Stop,
}

/// A reference of a server, peeled.
#[derive(Clone, Debug)]
pub(crate) struct RemoteRef {
    pub(crate) name: BString,
    /// What it names in the end: a commit, if all is well.
    pub(crate) target: ObjectId,
    /// Whether a tag object stands in between.
    pub(crate) annotated: bool,
}

/// What to download beside the commits that are wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum History {
    /// Nothing: their own files only.
    None,
    /// All commits before them, and of the files as few as the server lets us ask for.
    Commits,
    /// All commits before them, with their files.
    Full,
}

impl Session {
    pub(crate) fn open(request: &Request, stop: &Stop) -> Result<Self, Error> {
        let address = Address::of(request)?;
        let remote = Remote::new(request, &address, stop)?;
        let url = gix::url::parse(address.url.as_str()).map_err(|_| {
            Error::new(ErrorKind::Invalid, format!("failed to parse url '{}'", request.shown()))
        })?;
        let mut transport = Transport::new_http(remote.clone(), url, Protocol::V2, false);
        let no_helper = |_| Ok(None);
        let greeting =
            gix_protocol::handshake(&mut transport, Service::UploadPack, no_helper, Vec::new(), &mut Discard);
        let handshake = greeting.map_err(|e| cause(&remote, stop, &e))?;
        Ok(Self { remote, transport, handshake, limits: request.limits, stop: stop.clone() })
    }

    /// Lists the references that begin with any of the prefixes; all of them without a prefix.
    pub(crate) fn references(&mut self, prefixes: &[&str]) -> Result<Vec<RemoteRef>, Error> {
        let listed = match self.handshake.refs.clone() {
            Some(refs) => refs,
            None => {
                let wanted = (!prefixes.is_empty()).then(|| {
                    let mut wanted = RefPrefixes::new();
                    wanted.extend(prefixes.iter().map(|p| BString::from(*p)));
                    wanted
                });
                let agent = ("agent", Some(AGENT.to_owned()));
                LsRefsCommand::new(wanted, &self.handshake.capabilities, agent)
                    .invoke_blocking(&mut self.transport, &mut Discard, false)
                    .map_err(|e| cause(&self.remote, &self.stop, &e))?
            }
        };
        if listed.len() > self.limits.references {
            let what = format!("the server lists more than {} references", self.limits.references);
            return Err(Error::new(ErrorKind::TooLarge, what));
        }
        let wanted =
            |name: &BString| prefixes.is_empty() || prefixes.iter().any(|p| name.starts_with(p.as_bytes()));
        Ok(listed.into_iter().filter_map(peeled).filter(|r| wanted(&r.name)).collect())
    }

    /// Downloads commits without their history into the object directory of a bare repository.
    ///
    /// What hangs on the commits of `have`, which are there without their history, is not sent again.
    pub(crate) fn download(
        &mut self,
        wants: &[ObjectId],
        history: History,
        objects: &Path,
        have: Option<(&Store, &[ObjectId])>,
    ) -> Result<(), Error> {
        let (remote, stop) = (self.remote.clone(), self.stop.clone());
        let failed = |e: gix::Error| cause(&remote, &stop, &e);
        let version = self.handshake.server_protocol_version;
        let mut features = Command::Fetch.default_features(version, &self.handshake.capabilities);
        // Before version 2 gix repeats every capability of the server on the first want. That one would turn "one commit
        // deep" into "one commit deeper than nothing", which is everything
        // (test `one_commit_is_fetched_with_either_protocol`).
        features.retain(|(name, _)| *name != "deepen-relative");
        features.push(("agent", Some(AGENT.to_owned())));
        Response::check_required_features(version, &features).map_err(&failed)?;
        let mut arguments = Arguments::new(version, features, false);
        for want in wants {
            arguments.want(want);
        }
        match history {
            History::None if arguments.can_use_deepen() => arguments.deepen(1),
            History::Commits if arguments.can_use_filter() => arguments.filter("tree:0"),
            _ => {}
        }
        if let Some((_, commits)) = have
            && arguments.can_use_shallow()
        {
            for commit in commits {
                arguments.shallow(commit);
                arguments.have(commit);
            }
        }
        let mut reader =
            arguments.send(&mut self.transport, true).map_err(|e| cause_of(&remote, &stop, &e))?;
        let response = Response::from_line_reader(version, &mut reader, true, false).map_err(&failed)?;
        if !response.has_pack() {
            return Err(Error::new(ErrorKind::Protocol, "the server sent no pack"));
        }
        let flag = stop.flag();
        reader.set_progress_handler(Some(Box::new(move |_, _| {
            match flag.load(std::sync::atomic::Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })));
        let options = gix::odb::pack::bundle::write::Options {
            alloc_limit_bytes: Some(self.limits.object_bytes),
            ..Default::default()
        };
        gix::odb::pack::Bundle::write_to_directory(
            &mut reader,
            Some(&objects.join("pack")),
            &mut Discard,
            flag,
            have.map(|(store, _)| store.handle()),
            gix::hash::Kind::Sha1,
            options,
        )
        .map_err(&failed)?;
        Ok(())
    }
}

fn peeled(listed: Ref) -> Option<RemoteRef> {
    let (name, target, annotated) = match listed {
        Ref::Peeled { full_ref_name, object, .. } => (full_ref_name, object, true),
        Ref::Direct { full_ref_name, object } => (full_ref_name, object, false),
        Ref::Symbolic { full_ref_name, object, tag, .. } => (full_ref_name, object, tag.is_some()),
        Ref::Unborn { .. } => return None,
    };
    Some(RemoteRef { name, target, annotated })
}

/// The error behind an error of gix: the one of HTTP if there was one, else what gix says, put in our terms.
fn cause(remote: &Remote, stop: &Stop, error: &gix::Error) -> Error {
    cause_of(remote, stop, &chain(error))
}

fn chain(error: &gix::Error) -> String {
    let (mut text, mut next) = (error.to_string(), std::error::Error::source(error));
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

fn cause_of(remote: &Remote, stop: &Stop, error: &dyn std::fmt::Display) -> Error {
    if let Some(failure) = remote.take_failure() {
        return failure;
    }
    if let Err(stopped) = stop.check() {
        return stopped;
    }
    let text = error.to_string();
    let kind = match () {
        () if text.contains("not our ref") || text.contains("unadvertised object") => {
            ErrorKind::ReferenceNotFound
        }
        () if text.contains("too large") || text.contains("limit") => ErrorKind::TooLarge,
        () => ErrorKind::Protocol,
    };
    Error::new(kind, text)
}
