// SPDX-License-Identifier: Apache-2.0

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs,
    io::{self, Read},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, OpenOptionsExt as _},
    },
    path::{Path, PathBuf},
};

use crate::error::{Error, ErrorKind};

mod reader;

use reader::{Member, MemberKind, Members};

/// How much an archive may make us write, and what it may hold.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnpackLimits {
    /// The largest sum of file sizes in bytes; 1 GiB by default.
    pub max_bytes: u64,
    /// The largest number of entries; 1,000,000 by default.
    pub max_entries: u64,
    /// The longest path in bytes; 4096 by default.
    pub max_path: usize,
    /// Passes over symbolic links, instead of refusing the archive. They are never created.
    pub skip_links: bool,
}

impl Default for UnpackLimits {
    fn default() -> Self {
        Self { max_bytes: 1 << 30, max_entries: 1_000_000, max_path: 4096, skip_links: false }
    }
}

impl UnpackLimits {
    /// Sets the largest sum of file sizes.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Sets the largest number of entries.
    #[must_use]
    pub fn max_entries(mut self, max_entries: u64) -> Self {
        self.max_entries = max_entries;
        self
    }

    /// Passes over symbolic links.
    #[must_use]
    pub fn skip_links(mut self, skip: bool) -> Self {
        self.skip_links = skip;
        self
    }
}

/// What was unpacked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Unpacked {
    /// The number of files written.
    pub files: u64,
    /// The sum of their sizes.
    pub bytes: u64,
}

/// Unpacks a gzip-compressed tar archive below a directory, which is made if it is missing.
///
/// Names that are absolute, climb with `..` or hold a backslash are refused, as are links, devices and pipes. No link is
/// made or followed, so that no entry can lead out of the directory. Owner and time of entries are not kept; execute bits are.
///
/// # Errors
/// [`Corrupt`](ErrorKind::Corrupt), [`UnsafePath`](ErrorKind::UnsafePath), [`UnsupportedEntry`](ErrorKind::UnsupportedEntry),
/// [`TooLarge`](ErrorKind::TooLarge) or [`Io`](ErrorKind::Io). Files written before the error stay: unpack into a fresh directory.
pub fn unpack(input: impl Read, dir: impl AsRef<Path>, limits: &UnpackLimits) -> Result<Unpacked, Error> {
    let mut target = Target::open(dir.as_ref())?;
    let mut members = Members::new(flate2::read::GzDecoder::new(input));
    let (mut done, mut entries, mut promised) = (Unpacked::default(), 0, 0_u64);
    while let Some(member) = members.next()? {
        entries += 1;
        if entries > limits.max_entries {
            return Err(too_large(format!("archive has more than {} entries", limits.max_entries)));
        }
        promised = promised.saturating_add(member.size);
        if promised > limits.max_bytes {
            return Err(too_large(format!(
                "tar \"{}\" is bigger than max archive size of {} bytes",
                member.display_name(),
                limits.max_bytes
            )));
        }
        let path = checked(&member, limits.max_path)?;
        match member.kind {
            MemberKind::Directory => target.directory(&path)?,
            MemberKind::File => {
                let written = target.file(&path, member.executable, &mut members.content())?;
                if written != member.size {
                    let what =
                        format!("only wrote {written} bytes to {}; expected {}", path.display(), member.size);
                    return Err(Error::new(ErrorKind::Corrupt, what));
                }
                done.files += 1;
                done.bytes += written;
            }
            MemberKind::Symlink if limits.skip_links => {}
            MemberKind::Symlink | MemberKind::Other => {
                let what =
                    format!("tar file entry {} contained unsupported file type", member.display_name());
                return Err(Error::new(ErrorKind::UnsupportedEntry, what));
            }
        }
    }
    Ok(done)
}

fn too_large(what: String) -> Error {
    Error::new(ErrorKind::TooLarge, what)
}

/// The path of an entry below the target: only plain names, none of them `..`.
fn checked(member: &Member, max_path: usize) -> Result<PathBuf, Error> {
    let name = member.name.as_slice();
    let bad = name.is_empty()
        || name.len() > max_path
        || name.starts_with(b"/")
        || name.contains(&b'\\')
        || name.contains(&0)
        || name.split(|b| *b == b'/').any(|e| e == b"..");
    if bad {
        let what = format!("tar contained invalid name error \"{}\"", member.display_name());
        return Err(Error::new(ErrorKind::UnsafePath, what));
    }
    Ok(name.split(|b| *b == b'/').filter(|e| !e.is_empty() && *e != b".").map(OsStr::from_bytes).collect())
}

/// The directory that is written to, and the directories below it that are known to be real.
struct Target {
    root: PathBuf,
    known: HashSet<PathBuf>,
}

impl Target {
    fn open(root: &Path) -> Result<Self, Error> {
        match fs::symlink_metadata(root) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => {
                let what = format!("dir '{}' must be a directory", root.display());
                return Err(Error::new(ErrorKind::UnsafePath, what));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => fs::DirBuilder::new()
                .recursive(true)
                .mode(0o750)
                .create(root)
                .map_err(|e| writing(root, e))?,
            Err(e) => return Err(writing(root, e)),
        }
        Ok(Self { root: root.to_path_buf(), known: HashSet::new() })
    }

    fn directory(&mut self, path: &Path) -> Result<(), Error> {
        if path.as_os_str().is_empty() || self.known.contains(path) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.directory(parent)?;
        }
        let full = self.root.join(path);
        match fs::DirBuilder::new().mode(0o750).create(&full) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                let meta = fs::symlink_metadata(&full).map_err(|e| writing(&full, e))?;
                if !meta.is_dir() {
                    let what = format!("'{}' is in the way of a directory", path.display());
                    return Err(Error::new(ErrorKind::UnsafePath, what));
                }
            }
            Err(e) => return Err(writing(&full, e)),
        }
        self.known.insert(path.to_path_buf());
        Ok(())
    }

    fn file(&mut self, path: &Path, executable: bool, content: &mut dyn Read) -> Result<u64, Error> {
        let Some(parent) = path.parent() else {
            return Err(Error::new(ErrorKind::UnsafePath, "tar contained a file without a name"));
        };
        self.directory(parent)?;
        let full = self.root.join(path);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(if executable { 0o755 } else { 0o644 });
        let mut file = match options.open(&full) {
            // A name that comes twice: the later entry wins. `create_new` never follows a link.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                let meta = fs::symlink_metadata(&full).map_err(|e| writing(&full, e))?;
                if !meta.is_file() {
                    let what = format!("'{}' is in the way of a file", path.display());
                    return Err(Error::new(ErrorKind::UnsafePath, what));
                }
                fs::remove_file(&full).and_then(|()| options.open(&full)).map_err(|e| writing(&full, e))?
            }
            opened => opened.map_err(|e| writing(&full, e))?,
        };
        io::copy(content, &mut file).map_err(|e| writing(&full, e))
    }
}

fn writing(path: &Path, error: io::Error) -> Error {
    Error::io(format!("cannot write {}", path.display()), error)
}
