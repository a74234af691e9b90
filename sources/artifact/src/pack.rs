// SPDX-License-Identifier: Apache-2.0

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};

use crate::{
    digest::{Algorithm, Digest, Hasher},
    error::{Error, ErrorKind},
    ignore::IgnoreRules,
    tree::{Entry, EntryKind, Tree},
};

const BLOCK: usize = 512;

/// How an archive is made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PackOptions {
    /// The hash function of the digest.
    pub algorithm: Algorithm,
    /// The compression level, 0 to 9; 6 by default.
    pub level: u32,
    /// The largest sum of file sizes, in bytes; no limit by default.
    pub max_bytes: Option<u64>,
}

impl Default for PackOptions {
    fn default() -> Self {
        Self { algorithm: Algorithm::default(), level: 6, max_bytes: None }
    }
}

impl PackOptions {
    /// Sets the hash function.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Sets the compression level.
    #[must_use]
    pub fn level(mut self, level: u32) -> Self {
        self.level = level.min(9);
        self
    }

    /// Limits the sum of file sizes.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: Option<u64>) -> Self {
        self.max_bytes = max_bytes;
        self
    }
}

/// What was packed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Packed {
    /// The digest of the compressed bytes.
    pub digest: Digest,
    /// The number of compressed bytes.
    pub size: u64,
    /// The number of files.
    pub files: u64,
    /// The sum of the file sizes before compression.
    pub content_bytes: u64,
}

/// Writes the files of a tree as a gzip-compressed tar archive, straight from the walk.
///
/// The same tree gives the same bytes: entries are in the order of the walk, owners and times are zero, directories have mode
/// 0750, files 0600 or 0700. Links are left out, as are entries that the rules ignore; a directory whose entry is left out
/// may still have files in the archive. Names that do not fit a ustar header are written with a pax record.
///
/// ```
/// use gitops_artifact::{pack, IgnoreRules, MemoryTree, PackOptions};
///
/// let tree = MemoryTree::from([("app/cm.yaml", "kind: ConfigMap\n"), ("logo.png", "…")]);
/// let mut archive = Vec::new();
/// let packed = pack(&tree, &IgnoreRules::default(), &mut archive, &PackOptions::default())?;
/// assert_eq!((packed.files, packed.size), (1, archive.len() as u64));
/// # Ok::<(), gitops_artifact::Error>(())
/// ```
///
/// # Errors
/// The tree cannot be read, the output cannot be written, or a limit was passed.
pub fn pack(
    tree: &dyn Tree,
    rules: &IgnoreRules,
    output: impl Write,
    options: &PackOptions,
) -> Result<Packed, Error> {
    let matcher = rules.compile(tree)?;
    let measured = Measured { inner: output, hasher: options.algorithm.hasher(), size: 0 };
    let gzip =
        GzBuilder::new().mtime(0).operating_system(255).write(measured, Compression::new(options.level));
    let mut writer =
        Writer { output: gzip, files: 0, bytes: 0, max_bytes: options.max_bytes, buffer: Vec::new() };
    writer.header(b".", EntryKind::Directory, 0)?;
    tree.walk(&mut |entry| match matcher.is_ignored(entry.path(), entry.kind() == EntryKind::Directory) {
        true => Ok(()),
        false => writer.entry(entry),
    })?;
    writer.output.write_all(&[0; 2 * BLOCK]).map_err(writing)?;
    let measured = writer.output.finish().map_err(writing)?;
    Ok(Packed {
        digest: measured.hasher.finish(),
        size: measured.size,
        files: writer.files,
        content_bytes: writer.bytes,
    })
}

fn writing(error: io::Error) -> Error {
    Error::io("cannot write archive", error)
}

/// Hashes and counts what passes through.
struct Measured<W> {
    inner: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> Write for Measured<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.size += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

struct Writer<W: Write> {
    output: W,
    files: u64,
    bytes: u64,
    max_bytes: Option<u64>,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn entry(&mut self, mut entry: Entry<'_>) -> Result<(), Error> {
        match entry.kind() {
            EntryKind::Symlink => Ok(()),
            EntryKind::Directory => self.header(entry.path(), EntryKind::Directory, 0),
            kind => {
                let mut content = std::mem::take(&mut self.buffer);
                content.clear();
                let done = entry.read(&mut content).and_then(|()| self.file(entry.path(), kind, &content));
                self.buffer = content;
                done
            }
        }
    }

    fn file(&mut self, path: &[u8], kind: EntryKind, content: &[u8]) -> Result<(), Error> {
        self.bytes += content.len() as u64;
        if let Some(max) = self.max_bytes
            && self.bytes > max
        {
            return Err(Error::new(ErrorKind::TooLarge, format!("tree holds more than {max} bytes")));
        }
        self.files += 1;
        self.header(path, kind, content.len() as u64)?;
        self.output.write_all(content).map_err(writing)?;
        self.pad(content.len())
    }

    fn pad(&mut self, written: usize) -> Result<(), Error> {
        let short = written.next_multiple_of(BLOCK) - written;
        self.output.write_all(&[0; BLOCK][..short]).map_err(writing)
    }

    fn header(&mut self, path: &[u8], kind: EntryKind, size: u64) -> Result<(), Error> {
        let mut header = tar::Header::new_ustar();
        let (entry_type, mode) = match kind {
            EntryKind::Directory => (tar::EntryType::Directory, 0o750),
            EntryKind::Executable => (tar::EntryType::Regular, 0o700),
            EntryKind::File | EntryKind::Symlink => (tar::EntryType::Regular, 0o600),
        };
        header.set_entry_type(entry_type);
        header.set_mode(mode);
        header.set_size(size);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        match split_name(path) {
            Some((prefix, name)) => set_name(&mut header, prefix, name),
            None => {
                self.pax_path(path)?;
                let ascii: Vec<u8> = path.iter().copied().filter(u8::is_ascii).take(100).collect();
                set_name(&mut header, b"", &ascii);
            }
        }
        header.set_cksum();
        self.output.write_all(header.as_bytes()).map_err(writing)
    }

    /// Writes a pax header with the path of the entry that follows.
    fn pax_path(&mut self, path: &[u8]) -> Result<(), Error> {
        let record = pax_record("path", path);
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::XHeader);
        header.set_mode(0);
        header.set_size(record.len() as u64);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        set_name(&mut header, b"PaxHeaders.0", b"path");
        header.set_cksum();
        self.output.write_all(header.as_bytes()).map_err(writing)?;
        self.output.write_all(&record).map_err(writing)?;
        self.pad(record.len())
    }
}

/// A record is `<length> <key>=<value>\n`, where the length counts its own digits.
fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    let mut record = format!("{length} {key}=").into_bytes();
    record.extend_from_slice(value);
    record.push(b'\n');
    record
}

fn set_name(header: &mut tar::Header, prefix: &[u8], name: &[u8]) {
    if let Some(ustar) = header.as_ustar_mut() {
        ustar.name[..name.len()].copy_from_slice(name);
        ustar.prefix[..prefix.len()].copy_from_slice(prefix);
    }
}

/// Splits a path over the two fields of a ustar header, or gives nothing where it does not fit.
fn split_name(path: &[u8]) -> Option<(&[u8], &[u8])> {
    const NAME: usize = 100;
    const PREFIX: usize = 155;
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= NAME {
        return Some((b"", path));
    }
    let end = path.len().min(PREFIX + 1);
    let at = path[..end].iter().rposition(|b| *b == b'/')?;
    let (prefix, name) = (&path[..at], &path[at + 1..]);
    (!prefix.is_empty() && !name.is_empty() && name.len() <= NAME).then_some((prefix, name))
}
