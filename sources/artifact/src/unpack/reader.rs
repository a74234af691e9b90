// SPDX-License-Identifier: Apache-2.0

use std::{
    borrow::Cow,
    io::{self, Read},
};

use crate::error::{Error, ErrorKind};

const BLOCK: u64 = 512;

/// Names that do not fit a header come in entries of their own; more than this is no name.
const MAX_EXTENSION: u64 = 64 * 1024;

/// The members of a tar stream, one after the other. Memory is bounded whatever the stream says.
pub(super) struct Members<R> {
    input: R,
    /// Bytes of the current member's content that are not read yet, and the zeros that fill its last block.
    left: u64,
    padding: u64,
}

pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) kind: MemberKind,
    pub(super) size: u64,
    pub(super) executable: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum MemberKind {
    Directory,
    File,
    Symlink,
    Other,
}

impl Member {
    pub(super) fn display_name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }
}

/// What extension entries say about the member that follows them.
#[derive(Default)]
struct Extensions {
    path: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<R: Read> Members<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, left: 0, padding: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Option<Member>, Error> {
        let mut extensions = Extensions::default();
        loop {
            self.skip_rest()?;
            let Some(header) = self.header()? else { return Ok(None) };
            let size = header.entry_size().map_err(corrupt)?;
            let kind = header.entry_type();
            if kind.is_pax_local_extensions() {
                let data = self.extension(size)?;
                extensions.read_pax(&data)?;
            } else if kind.is_gnu_longname() {
                let mut data = self.extension(size)?;
                while data.last() == Some(&0) {
                    data.pop();
                }
                extensions.path = Some(data);
            } else if kind.is_gnu_longlink() || kind.is_pax_global_extensions() {
                self.extension(size)?;
            } else {
                return self.member(&header, size, extensions).map(Some);
            }
        }
    }

    /// The content of the member that was returned last.
    pub(super) fn content(&mut self) -> impl Read + '_ {
        Content(self)
    }

    fn member(&mut self, header: &tar::Header, size: u64, extensions: Extensions) -> Result<Member, Error> {
        let kind = match header.entry_type() {
            tar::EntryType::Regular | tar::EntryType::Continuous => MemberKind::File,
            tar::EntryType::Directory => MemberKind::Directory,
            tar::EntryType::Symlink => MemberKind::Symlink,
            _ => MemberKind::Other,
        };
        let name = extensions.path.unwrap_or_else(|| header.path_bytes().into_owned());
        // A file of old whose name ends in a slash is a directory.
        let kind = match kind {
            MemberKind::File if name.ends_with(b"/") => MemberKind::Directory,
            kind => kind,
        };
        let size = match kind {
            MemberKind::File | MemberKind::Other => extensions.size.unwrap_or(size),
            MemberKind::Directory | MemberKind::Symlink => 0,
        };
        self.set_left(size);
        let executable = header.mode().map_err(corrupt)? & 0o111 != 0;
        Ok(Member { name, kind, size, executable })
    }

    fn header(&mut self) -> Result<Option<tar::Header>, Error> {
        let mut header = tar::Header::new_old();
        let block = header.as_mut_bytes();
        let mut filled = 0;
        while filled < block.len() {
            match self.input.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(Error::new(ErrorKind::Corrupt, "archive ends inside a header")),
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(reading(e)),
            }
        }
        if block.iter().all(|b| *b == 0) {
            return self.end().map(|()| None);
        }
        let sum = block[..148].iter().chain(&block[156..]).fold(8 * 32, |sum, b| sum + u32::from(*b));
        match header.cksum() {
            Ok(expected) if expected == sum => Ok(Some(header)),
            _ => Err(Error::new(ErrorKind::Corrupt, "archive has a broken header")),
        }
    }

    /// Reads a little of what follows the end, so that a gzip checksum that is there gets checked.
    fn end(&mut self) -> Result<(), Error> {
        io::copy(&mut (&mut self.input).take(1 << 20), &mut io::sink()).map(|_| ()).map_err(reading)
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>, Error> {
        if size > MAX_EXTENSION {
            let what = format!("archive has an extended header of more than {MAX_EXTENSION} bytes");
            return Err(Error::new(ErrorKind::TooLarge, what));
        }
        self.set_left(size);
        let mut data = Vec::new();
        self.content().read_to_end(&mut data).map_err(reading)?;
        match data.len() as u64 == size {
            true => Ok(data),
            false => Err(Error::new(ErrorKind::Corrupt, "archive ends inside an extended header")),
        }
    }

    fn set_left(&mut self, size: u64) {
        self.left = size;
        self.padding = size.checked_next_multiple_of(BLOCK).map_or(0, |full| full - size);
    }

    fn skip_rest(&mut self) -> Result<(), Error> {
        let rest = self.left.saturating_add(self.padding);
        (self.left, self.padding) = (0, 0);
        let skipped = io::copy(&mut (&mut self.input).take(rest), &mut io::sink()).map_err(reading)?;
        match skipped == rest {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Corrupt, "archive ends inside an entry")),
        }
    }
}

impl Extensions {
    fn read_pax(&mut self, data: &[u8]) -> Result<(), Error> {
        let bad = || Error::new(ErrorKind::Corrupt, "archive has a broken extended header");
        let mut rest = data;
        while !rest.is_empty() {
            let space = rest.iter().position(|b| *b == b' ').ok_or_else(bad)?;
            let length: usize =
                std::str::from_utf8(&rest[..space]).ok().and_then(|s| s.parse().ok()).ok_or_else(bad)?;
            if length <= space + 1 || length > rest.len() || rest[length - 1] != b'\n' {
                return Err(bad());
            }
            let record = &rest[space + 1..length - 1];
            let equals = record.iter().position(|b| *b == b'=').ok_or_else(bad)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            if key.starts_with(b"GNU.sparse.") {
                return Err(Error::new(ErrorKind::UnsupportedEntry, "archive holds a sparse file"));
            }
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"size" => {
                    let size =
                        std::str::from_utf8(value).ok().and_then(|s| s.parse().ok()).ok_or_else(bad)?;
                    self.size = Some(size);
                }
                _ => {}
            }
            rest = &rest[length..];
        }
        Ok(())
    }
}

struct Content<'a, R>(&'a mut Members<R>);

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(usize::try_from(self.0.left).unwrap_or(usize::MAX));
        // The error is wrapped here, so that a broken stream is not mistaken for a broken disk.
        let n = self.0.input.read(&mut buffer[..room]).map_err(|e| match e.kind() {
            io::ErrorKind::Interrupted => e,
            _ => reading(e).into(),
        })?;
        self.0.left -= n as u64;
        Ok(n)
    }
}

fn reading(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => own,
        Err(error) => Error::new(ErrorKind::Corrupt, "cannot read gzip-compressed archive").caused_by(error),
    }
}

fn corrupt(error: io::Error) -> Error {
    Error::new(ErrorKind::Corrupt, "archive has a broken header").caused_by(error)
}
