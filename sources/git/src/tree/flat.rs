// SPDX-License-Identifier: Apache-2.0

use std::{cmp::Ordering, collections::HashMap};

use gitops_artifact::EntryKind;
use gix::{ObjectId, objs::Find as _};

use super::{FlatEntry, Store, names};
use crate::{
    error::{Error, ErrorKind},
    request::{Limits, Request},
    worker::Stop,
};

/// Reads all trees below one, checks every name, and returns the entries in the order of a walk.
///
/// Directories with nothing in them are left out, as no tool of Git would make them.
pub(crate) fn read(
    store: &Store,
    root: ObjectId,
    request: &Request,
    stop: &Stop,
) -> Result<Vec<FlatEntry>, Error> {
    let mut reader =
        Reader { handle: store.handle(), stop, limits: &request.limits, entries: Vec::new(), seen: 0 };
    reader.read(root)?;
    let entries = reader.entries;
    match request.sparse.is_empty() {
        true => Ok(entries),
        false => sparse(entries, &request.sparse),
    }
}

struct Reader<'a> {
    handle: super::Handle,
    stop: &'a Stop,
    limits: &'a Limits,
    entries: Vec<FlatEntry>,
    seen: usize,
}

/// A directory that is being read: what is left of it, and where its own entry stands.
struct Open {
    rest: std::vec::IntoIter<Raw>,
    path: Vec<u8>,
    /// So many entries there are, up to and with that of the directory.
    before: usize,
}

impl Reader<'_> {
    /// Goes down with a stack of its own: how deep directories are is the server's choice.
    fn read(&mut self, root: ObjectId) -> Result<(), Error> {
        let mut open = vec![Open { rest: self.tree(root)?, path: Vec::new(), before: 0 }];
        while let Some(dir) = open.last_mut() {
            let Some(raw) = dir.rest.next() else {
                if self.entries.len() == dir.before {
                    self.entries.pop();
                }
                open.pop();
                continue;
            };
            let path = match dir.path.is_empty() {
                true => raw.name.clone(),
                false => [&dir.path[..], b"/", &raw.name].concat(),
            };
            self.entry(&raw, path.clone())?;
            if raw.form == Form::Tree {
                open.push(Open { rest: self.tree(raw.id)?, path, before: self.entries.len() });
            }
        }
        Ok(())
    }

    fn tree(&mut self, id: ObjectId) -> Result<std::vec::IntoIter<Raw>, Error> {
        self.stop.check()?;
        let mut buffer = Vec::new();
        let found = self.handle.try_find(&id, &mut buffer).map(|o| o.map(|o| o.kind));
        match found {
            Ok(Some(gix::objs::Kind::Tree)) => Ok(checked(&buffer)?.into_iter()),
            Ok(_) => Err(Error::new(ErrorKind::Protocol, "object not found")),
            Err(e) => Err(Error::new(ErrorKind::Protocol, "broken tree").caused_by(e.to_string())),
        }
    }

    fn entry(&mut self, raw: &Raw, path: Vec<u8>) -> Result<(), Error> {
        names::check(&raw.name, raw.form == Form::Link)?;
        self.seen += 1;
        if self.seen > self.limits.entries {
            let what = format!("tree has more than {} entries", self.limits.entries);
            return Err(Error::new(ErrorKind::TooLarge, what));
        }
        if path.len() > self.limits.path_bytes {
            let what = format!("tree has a path of more than {} bytes", self.limits.path_bytes);
            return Err(Error::new(ErrorKind::TooLarge, what));
        }
        let (kind, submodule) = match raw.form {
            Form::Tree | Form::Odd => (EntryKind::Directory, false),
            Form::Submodule => (EntryKind::Directory, true),
            Form::File => (EntryKind::File, false),
            Form::Executable => (EntryKind::Executable, false),
            Form::Link => (EntryKind::Symlink, false),
        };
        self.entries.push(FlatEntry { path, kind, id: raw.id, store: 0, submodule });
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Tree,
    File,
    Executable,
    Link,
    Submodule,
    /// A mode that no tool writes. Upstream makes an empty directory of it.
    Odd,
}

struct Raw {
    name: Vec<u8>,
    form: Form,
    id: ObjectId,
}

/// The entries of a tree object, ordered by name. A name that comes twice counts as it comes last.
fn checked(bytes: &[u8]) -> Result<Vec<Raw>, Error> {
    let malformed = || Error::new(ErrorKind::UnsafeTree, "malformed tree");
    let mut entries: Vec<Raw> = Vec::new();
    let mut place: HashMap<&[u8], usize> = HashMap::new();
    let (mut rest, mut before) = (bytes, None);
    while !rest.is_empty() {
        let space = rest.iter().position(|b| *b == b' ').ok_or_else(malformed)?;
        let (mode, after) = (&rest[..space], &rest[space + 1..]);
        let end = after.iter().position(|b| *b == 0).ok_or_else(malformed)?;
        let (name, after) = (&after[..end], &after[end + 1..]);
        let id = ObjectId::try_from(after.get(..20).ok_or_else(malformed)?).map_err(|_| malformed())?;
        rest = &after[20..];
        let form = form(mode).ok_or_else(malformed)?;
        if let Some((name_before, form_before)) = before
            && order((name_before, form_before), (name, form)) == Ordering::Greater
        {
            return Err(Error::new(ErrorKind::UnsafeTree, "tree entries are not in order"));
        }
        before = Some((name, form));
        match place.get(name) {
            Some(at) if (entries[*at].form == Form::Tree) != (form == Form::Tree) => {
                return Err(Error::new(ErrorKind::UnsafeTree, "a file and a directory have the same name"));
            }
            Some(at) => entries[*at] = Raw { name: name.to_vec(), form, id },
            None => {
                place.insert(name, entries.len());
                entries.push(Raw { name: name.to_vec(), form, id });
            }
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn form(mode: &[u8]) -> Option<Form> {
    let mode = u32::from_str_radix(std::str::from_utf8(mode).ok()?, 8).ok()?;
    Some(match mode & 0o170_000 {
        0o040_000 => Form::Tree,
        0o100_000 if mode & 0o111 != 0 => Form::Executable,
        0o100_000 => Form::File,
        0o120_000 => Form::Link,
        0o160_000 => Form::Submodule,
        _ => Form::Odd,
    })
}

/// Git orders a directory as if its name ended in a slash.
fn order((a, a_form): (&[u8], Form), (b, b_form): (&[u8], Form)) -> Ordering {
    let slash = |form| (form == Form::Tree).then_some(&b'/');
    a.iter().chain(slash(a_form)).cmp(b.iter().chain(slash(b_form)))
}

/// Keeps what is at or below the wanted paths, and the directories above that.
fn sparse(entries: Vec<FlatEntry>, wanted: &[String]) -> Result<Vec<FlatEntry>, Error> {
    let mut wanted_paths = Vec::new();
    for text in wanted {
        let path = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        if path.is_empty() || path == "." {
            return Ok(entries);
        }
        if !entries.iter().any(|e| e.path == path.as_bytes()) {
            let what = format!(
                "failed to sparse checkout directories : sparse checkout dir '{text}' does not exist in repository: \
                 lstat {path}: no such file or directory"
            );
            return Err(Error::new(ErrorKind::PathNotFound, what).whole());
        }
        wanted_paths.push(path.as_bytes());
    }
    let below = |path: &[u8], dir: &[u8]| {
        path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    };
    let keep = |e: &FlatEntry| {
        wanted_paths.iter().any(|w| below(&e.path, w) || e.kind == EntryKind::Directory && below(w, &e.path))
    };
    Ok(entries.into_iter().filter(|e| keep(e)).collect())
}
