// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use crate::{
    error::Error,
    tree::{EntryKind, Tree},
};

mod pattern;

use pattern::Pattern;

/// The name of the file that holds rules, in any directory of a tree.
pub const IGNORE_FILE: &str = ".sourceignore";

/// Always left out, whatever the rules say first.
const VERSION_CONTROL: &str = ".git/\n.gitignore\n.gitmodules\n.gitattributes\n";

/// Left out as long as there is no rule at all.
const BY_DEFAULT: &str = "*.jpg\n*.jpeg\n*.gif\n*.png\n*.wmv\n*.flv\n*.tar.gz\n*.zip\n\
    .github/\n.circleci/\n.travis.yml\n.gitlab-ci.yml\nappveyor.yml\n.drone.yml\ncloudbuild.yaml\n\
    codeship-services.yml\ncodeship-steps.yml\n\
    **/.goreleaser.yml\n**/.sops.yaml\n**/.flux.yaml\n";

/// A line that fills this many bytes ends the reading of its file, as it does upstream.
const LINE_LIMIT: usize = 64 * 1024;

/// A link that names a rule file is followed this often.
const MAX_LINKS: usize = 8;

/// What is left out of an archive: the rule files inside a tree, rules given from outside, and the defaults.
///
/// The dialect is close to that of `.gitignore`, and differs where upstream's does: a file can be taken in again below a
/// directory that is left out, `**` counts only as a whole path element, and `#` starts a comment only as the very first byte.
/// The last rule that matches wins. Rules of a directory come after those of the directories above, and rules given from
/// outside come last. Files of version control (`.git/`, `.gitignore`, `.gitmodules`, `.gitattributes`) are always
/// left out first; images, archives and CI configuration only while there is no rule at all.
///
/// ```
/// use gitops_artifact::{IgnoreRules, MemoryTree};
///
/// let tree = MemoryTree::from([(".sourceignore", "docs/\n"), ("docs/a.md", ""), ("logo.png", "")]);
/// let matcher = IgnoreRules::default().compile(&tree)?;
/// assert!(matcher.is_ignored(b"docs/a.md", false));
/// assert!(!matcher.is_ignored(b"logo.png", false), "defaults end where rules begin");
/// # Ok::<(), gitops_artifact::Error>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct IgnoreRules {
    /// Rules from outside the tree, in the text form of a rule file; they apply at the root and win.
    pub extra: Option<String>,
    /// Leaves rule files inside the tree unread.
    pub without_files: bool,
}

impl IgnoreRules {
    /// Sets the rules from outside the tree, such as `spec.ignore` of an object.
    #[must_use]
    pub fn extra(mut self, text: Option<impl Into<String>>) -> Self {
        self.extra = text.map(Into::into);
        self
    }

    /// Leaves rule files inside the tree unread.
    #[must_use]
    pub fn without_files(mut self) -> Self {
        self.without_files = true;
        self
    }

    /// Reads the rule files of a tree, in one walk that reads nothing else.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn compile(&self, tree: &dyn Tree) -> Result<Matcher, Error> {
        let mut rules = Vec::new();
        if !self.without_files {
            for (scope, content) in rule_files(tree)? {
                parse(&content, &scope, &mut rules);
            }
        }
        if let Some(extra) = &self.extra {
            parse(extra.as_bytes(), &[], &mut rules);
        }
        let mut patterns = Vec::new();
        parse(VERSION_CONTROL.as_bytes(), &[], &mut patterns);
        if rules.is_empty() {
            parse(BY_DEFAULT.as_bytes(), &[], &mut patterns);
        }
        patterns.append(&mut rules);
        Ok(Matcher { patterns })
    }
}

/// Compiled [`IgnoreRules`].
#[derive(Clone, Debug)]
pub struct Matcher {
    patterns: Vec<Pattern>,
}

impl Matcher {
    /// Returns whether a path below the root is left out.
    ///
    /// Each path is judged on its own: a file may be taken in although its directory is not.
    pub fn is_ignored(&self, path: &[u8], is_directory: bool) -> bool {
        let elements: Vec<&[u8]> = path.split(|b| *b == b'/').collect();
        self.patterns.iter().rev().find(|p| p.matches(&elements, is_directory)).is_some_and(|p| !p.takes_in())
    }
}

type Elements = Vec<Vec<u8>>;

fn split(path: &[u8]) -> Elements {
    path.split(|b| *b == b'/').map(<[u8]>::to_vec).collect()
}

/// The rule files of a tree with the directories that they rule, those of a directory before those below it.
fn rule_files(tree: &dyn Tree) -> Result<BTreeMap<Elements, Vec<u8>>, Error> {
    let (mut files, mut links) = (BTreeMap::new(), Vec::new());
    tree.walk(&mut |mut entry| {
        let path = entry.path();
        let (dir, name) = match path.iter().rposition(|b| *b == b'/') {
            Some(at) => (split(&path[..at]), &path[at + 1..]),
            None => (Vec::new(), path),
        };
        if name != IGNORE_FILE.as_bytes() || dir.iter().any(|e| e == b".git") {
            return Ok(());
        }
        let mut content = Vec::new();
        match entry.kind() {
            EntryKind::Directory => {}
            EntryKind::File | EntryKind::Executable => {
                entry.read(&mut content)?;
                files.insert(dir, content);
            }
            EntryKind::Symlink => {
                entry.read(&mut content)?;
                links.push((dir, content));
            }
        }
        Ok(())
    })?;
    for (dir, target) in links {
        if let Some(content) = follow(tree, &dir, target)? {
            files.insert(dir, content);
        }
    }
    Ok(files)
}

/// Reads what a link inside a tree names, or nothing if that is outside, absent or a directory.
///
/// Links in the middle of the target are not followed: nobody keeps rules that way.
fn follow(tree: &dyn Tree, dir: &[Vec<u8>], target: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
    let (mut dir, mut target) = (dir.to_vec(), target);
    for _ in 0..MAX_LINKS {
        let Some(wanted) = resolve(&dir, &target) else { return Ok(None) };
        let (path, mut found) = (wanted.join(&b'/'), None);
        tree.walk(&mut |mut entry| {
            if entry.path() == path && entry.kind() != EntryKind::Directory {
                let mut content = Vec::new();
                entry.read(&mut content)?;
                found = Some((entry.kind(), content));
            }
            Ok(())
        })?;
        match found {
            None => return Ok(None),
            Some((EntryKind::Symlink, next)) => {
                dir = wanted[..wanted.len() - 1].to_vec();
                target = next;
            }
            Some((_, content)) => return Ok(Some(content)),
        }
    }
    Ok(None)
}

fn resolve(dir: &[Vec<u8>], target: &[u8]) -> Option<Elements> {
    if target.starts_with(b"/") {
        return None;
    }
    let mut path = dir.to_vec();
    for element in target.split(|b| *b == b'/') {
        match element {
            b"" | b"." => {}
            b".." => {
                path.pop()?;
            }
            name => path.push(name.to_vec()),
        }
    }
    (!path.is_empty()).then_some(path)
}

fn parse(text: &[u8], scope: &[Vec<u8>], patterns: &mut Vec<Pattern>) {
    for line in text.split(|b| *b == b'\n') {
        if line.len() >= LINE_LIMIT {
            return;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.starts_with(b"#") && !is_blank(line) {
            patterns.push(Pattern::parse(line, scope));
        }
    }
}

/// Blank means white space of Unicode, not only of ASCII.
fn is_blank(line: &[u8]) -> bool {
    match std::str::from_utf8(line) {
        Ok(text) => text.trim().is_empty(),
        Err(_) => false,
    }
}
