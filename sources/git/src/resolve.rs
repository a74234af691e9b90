// SPDX-License-Identifier: Apache-2.0

use gitops_artifact::Revision;
use gix::{ObjectId, bstr::ByteSlice as _};

use crate::{
    error::{Error, ErrorKind},
    request::{Reference, Request},
    session::{RemoteRef, Session},
    worker::{self, Stop},
};

mod semver;

/// Finds out which revision a reference names now, by the server's list of references. Nothing is downloaded.
///
/// Only a range over tags that differ in nothing but build metadata needs the commits of those tags, for their dates.
///
/// # Errors
/// [`ReferenceNotFound`](ErrorKind::ReferenceNotFound), [`EmptyRepository`](ErrorKind::EmptyRepository), and those of the
/// connection.
pub async fn resolve(request: &Request) -> Result<Revision, Error> {
    let work = request.clone();
    worker::run(request.timeout, move |stop| resolve_now(&work, stop)).await.map_err(|e| context(request, e))
}

/// Says what was tried. Errors that stand for themselves, and addresses that were never used, stay as they are.
pub(crate) fn context(request: &Request, error: Error) -> Error {
    let looked = match request.reference {
        Reference::Name(_) => true,
        Reference::Branch(_) | Reference::Tag(_) => request.observed.is_some(),
        Reference::SemVer(_) | Reference::Commit { .. } => false,
    };
    let verb = match error.kind() {
        ErrorKind::Invalid => return error,
        ErrorKind::ReferenceNotFound | ErrorKind::UnsafeTree => "clone",
        _ if looked => "list remote for",
        _ => "clone",
    };
    error.during(format_args!("unable to {verb} '{}'", request.shown()))
}

fn resolve_now(request: &Request, stop: &Stop) -> Result<Revision, Error> {
    let mut session = Session::open(request, stop)?;
    match &request.reference {
        Reference::Branch(name) => {
            let found = exact(&mut session, request, &format!("refs/heads/{name}"))?;
            revision(Some(name), found.target)
        }
        Reference::Tag(name) => {
            let found = exact(&mut session, request, &format!("refs/tags/{name}"))?;
            revision(Some(name), found.target)
        }
        Reference::Name(name) => by_name(&mut session, request, name),
        Reference::SemVer(range) => by_range(&mut session, request, stop, range),
        Reference::Commit { id, on } => {
            let id = commit_id(id)?;
            if let Some(branch) = on.as_deref().filter(|on| !on.starts_with("refs/")) {
                exact(&mut session, request, &format!("refs/heads/{branch}"))?;
            }
            revision(on.as_deref(), id)
        }
    }
}

fn revision(pointer: Option<&str>, commit: ObjectId) -> Result<Revision, Error> {
    Revision::of_commit(pointer, &commit.to_string())
        .map_err(|e| Error::new(ErrorKind::Invalid, "invalid reference name").caused_by(e))
}

/// Reads a commit id as upstream does: letter case does not matter, and digits past the fortieth are not looked at.
pub(crate) fn commit_id(text: &str) -> Result<ObjectId, Error> {
    text.get(..40)
        .and_then(|digits| ObjectId::from_hex(digits.to_ascii_lowercase().as_bytes()).ok())
        .ok_or_else(|| Error::new(ErrorKind::Invalid, format!("'{text}' is not a commit id")))
}

fn exact(session: &mut Session, request: &Request, name: &str) -> Result<RemoteRef, Error> {
    let found = session.references(&[name])?.into_iter().find(|r| r.name == name);
    match found {
        Some(found) => Ok(found),
        None => {
            let missing =
                Error::new(ErrorKind::ReferenceNotFound, format!("couldn't find remote ref {name:?}"));
            Err(absent(session, request, missing)?)
        }
    }
}

/// A reference that is not there reads differently when nothing is there at all.
fn absent(session: &mut Session, request: &Request, otherwise: Error) -> Result<Error, Error> {
    if !session.references(&[])?.is_empty() {
        return Ok(otherwise);
    }
    let shown = request.shown();
    let looked =
        matches!(request.reference, Reference::Branch(_) | Reference::Tag(_)) && request.observed.is_some();
    // Only one of these is a repository that waits for its first commit; in the others something is missing.
    let (kind, what) = match &request.reference {
        Reference::Branch(_) if !looked => (ErrorKind::EmptyRepository, "git repository is empty".into()),
        Reference::Name(_) => {
            (ErrorKind::NotFound, format!("unable to list remote for '{shown}': remote repository is empty"))
        }
        _ if looked => {
            (ErrorKind::NotFound, format!("unable to list remote for '{shown}': remote repository is empty"))
        }
        _ => (ErrorKind::NotFound, format!("unable to clone '{shown}': git repository: '{shown}'")),
    };
    Ok(Error::new(kind, what).whole())
}

fn by_name(session: &mut Session, request: &Request, name: &str) -> Result<Revision, Error> {
    if name.starts_with('/') || name.ends_with('/') {
        let what = format!("ref {name} is invalid; Git refs cannot begin or end with a slash '/'");
        return Err(Error::new(ErrorKind::Invalid, what));
    }
    let unresolved = Error::new(
        ErrorKind::ReferenceNotFound,
        format!("unable to resolve ref '{name}' to a specific commit"),
    )
    .whole();
    let (plain, must_peel) = match name.strip_suffix("^{}") {
        Some(plain) => (plain, true),
        None => (name, false),
    };
    let found = session.references(&[plain])?.into_iter().find(|r| r.name == plain);
    match found.filter(|r| r.annotated || !must_peel) {
        Some(found) => revision(Some(name), found.target),
        None => Err(absent(session, request, unresolved)?),
    }
}

fn by_range(session: &mut Session, request: &Request, stop: &Stop, range: &str) -> Result<Revision, Error> {
    let tags = session.references(&["refs/tags/"])?;
    let mut named = Vec::new();
    for tag in &tags {
        if let Some(name) = tag.name.strip_prefix(b"refs/tags/").and_then(|name| name.to_str().ok()) {
            named.push((name, tag.target));
        }
    }
    if tags.is_empty() && session.references(&[])?.is_empty() {
        return Err(absent(session, request, no_match(range))?);
    }
    let best = semver::highest(range, &named)?;
    let Some((first, rest)) = best.split_first() else {
        return Err(no_match(range));
    };
    let chosen = match rest.iter().any(|(_, commit)| *commit != first.1) {
        true => crate::fetch::newest(session, stop, &best)?,
        false => *first,
    };
    revision(Some(chosen.0), chosen.1)
}

fn no_match(range: &str) -> Error {
    Error::new(ErrorKind::ReferenceNotFound, format!("no match found for semver: {range}")).whole()
}
