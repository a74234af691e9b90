// SPDX-License-Identifier: Apache-2.0

use std::path::Path;

use gitops_artifact::EntryKind;
use gix::{bstr::ByteSlice as _, objs::FindExt as _};
use url::Url;

use crate::{
    error::{Error, ErrorKind},
    fetch::{download, root_tree},
    request::{Address, Auth, Reference, Request},
    tree::{FlatEntry, Store, flat},
    worker::Stop,
};

/// Submodules within submodules are followed this deep, as upstream does; what is deeper stays an empty directory.
const MAX_DEPTH: usize = 11;

/// All submodules of a repository together may be so many.
const MAX_COUNT: usize = 500;

/// Downloads every submodule of a tree, and those of the submodules, and puts their files in place.
///
/// A submodule on another host is asked without the login: a repository must not choose who gets to see it
/// (test `a_login_is_not_shown_to_the_host_of_a_submodule`).
pub(crate) fn add_all(
    request: &Request,
    staging: &Path,
    stop: &Stop,
    stores: &mut Vec<Store>,
    entries: &mut Vec<FlatEntry>,
) -> Result<(), Error> {
    let top = std::mem::take(entries);
    let mut adder = Adder { staging, stop, stores, done: 0 };
    *entries = adder.filled(request, top, 0, 0)?;
    Ok(())
}

struct Adder<'a> {
    staging: &'a Path,
    stop: &'a Stop,
    stores: &'a mut Vec<Store>,
    done: usize,
}

impl Adder<'_> {
    /// The entries of one repository with those of its submodules behind the directories that stand for them.
    fn filled(
        &mut self,
        request: &Request,
        entries: Vec<FlatEntry>,
        store: usize,
        depth: usize,
    ) -> Result<Vec<FlatEntry>, Error> {
        let modules = self.modules(&entries, store)?;
        let mut filled = Vec::with_capacity(entries.len());
        for entry in entries {
            let module = modules.iter().find(|(path, _)| entry.submodule && *path == entry.path);
            filled.push(entry.clone());
            let Some((_, url)) = module.filter(|_| depth < MAX_DEPTH) else { continue };
            self.done += 1;
            if self.done > MAX_COUNT {
                return Err(Error::new(
                    ErrorKind::TooLarge,
                    format!("there are more than {MAX_COUNT} submodules"),
                ));
            }
            for mut below in self.fetch(request, &entry, url, depth)? {
                below.path = [&entry.path[..], b"/", &below.path].concat();
                filled.push(below);
            }
        }
        Ok(filled)
    }

    fn fetch(
        &mut self,
        parent: &Request,
        entry: &FlatEntry,
        url: &str,
        depth: usize,
    ) -> Result<Vec<FlatEntry>, Error> {
        let mut request = child(parent, url)?;
        request.reference = Reference::commit(entry.id.to_string());
        let store = download(&request, entry.id, self.staging, self.stop).map_err(missing)?;
        let root = root_tree(&store, entry.id, &request.reference).map_err(missing)?;
        let mut entries = flat::read(&store, root, &request, self.stop)?;
        let at = self.stores.len();
        self.stores.push(store);
        for entry in &mut entries {
            entry.store = at;
        }
        self.filled(&request, entries, at, depth + 1)
    }

    /// The paths and addresses that `.gitmodules` gives. Each must have a commit in the tree.
    fn modules(&self, entries: &[FlatEntry], store: usize) -> Result<Vec<(Vec<u8>, String)>, Error> {
        let Some(file) = entries.iter().find(|e| e.path == b".gitmodules") else { return Ok(Vec::new()) };
        let bad = |e: String| Error::new(ErrorKind::Protocol, "cannot read .gitmodules").caused_by(e);
        let handle = self.stores[store].handle();
        let mut buffer = Vec::new();
        let text = handle.find_blob(&file.id, &mut buffer).map_err(|e| bad(e.to_string()))?.data;
        let config = gix::config::File::from_bytes_no_includes(
            text,
            gix::config::file::Metadata::api(),
            gix::config::file::init::Options::default(),
        )
        .map_err(|e| bad(e.to_string()))?;
        let mut modules = Vec::new();
        for section in config.sections_by_name("submodule").into_iter().flatten() {
            let (Some(path), Some(url)) = (section.value("path"), section.value("url")) else { continue };
            let path = path.trim_end_with(|c| c == '/').to_vec();
            // Paths that lead out are no entry of the tree, and are passed over like upstream does.
            if path.split(|b| *b == b'/').any(|e| e == b"..") {
                continue;
            }
            if !entries.iter().any(|e| e.path == path && (e.submodule || e.kind != EntryKind::Directory)) {
                return Err(Error::new(ErrorKind::ReferenceNotFound, "entry not found"));
            }
            modules.push((path, url.to_str_lossy().into_owned()));
        }
        Ok(modules)
    }
}

fn missing(error: Error) -> Error {
    match error.kind() {
        ErrorKind::ReferenceNotFound => Error::new(ErrorKind::ReferenceNotFound, "object not found"),
        _ => error,
    }
}

/// The request for a submodule: its address may be relative to that of its parent.
fn child(parent: &Request, url: &str) -> Result<Request, Error> {
    let home = Address::of(parent)?;
    let target = match url.starts_with("./") || url.starts_with("../") {
        true => relative(&home.url, url),
        false => Url::parse(url).ok(),
    };
    let target = target
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("git repository: '{}'", parent.shown())))?;
    let same_host = target.host_str() == home.url.host_str()
        && target.port_or_known_default() == home.url.port_or_known_default()
        && target.scheme() == home.url.scheme();
    let mut request = parent.clone();
    request.url = target.to_string();
    request.auth = if same_host { home.auth } else { Auth::none() };
    request.sparse = Vec::new();
    Ok(request)
}

/// The address of the parent counts as a directory: `../lib.git` is its neighbor.
fn relative(home: &Url, url: &str) -> Option<Url> {
    let mut elements: Vec<&str> = home.path().split('/').filter(|e| !e.is_empty()).collect();
    for element in url.split('/') {
        match element {
            "" | "." => {}
            ".." => {
                elements.pop()?;
            }
            name => elements.push(name),
        }
    }
    let mut target = home.clone();
    target.set_path(&elements.join("/"));
    Some(target)
}
