// SPDX-License-Identifier: Apache-2.0

use std::{
    fs,
    io::{BufWriter, Write as _},
    path::Path,
};

use tempfile::NamedTempFile;

use crate::{
    digest::Digest,
    error::{Error, ErrorKind},
    ignore::IgnoreRules,
    pack::{PackOptions, Packed, pack},
    tree::Tree,
    unpack::{UnpackLimits, Unpacked, unpack},
};

/// The bytes of an artifact in a temporary file, with their digest. Dropping it removes the file.
#[derive(Debug)]
pub struct Archive {
    file: NamedTempFile,
    digest: Digest,
    size: u64,
    files: Option<u64>,
}

impl Archive {
    /// Packs a tree into a temporary file below a directory, best one on the file system of the store
    /// ([`Store::staging`](crate::store::Store::staging)), so that publishing is a rename.
    ///
    /// # Errors
    /// Those of [`pack`], or the file cannot be made.
    pub fn create(
        tree: &dyn Tree,
        rules: &IgnoreRules,
        options: &PackOptions,
        staging: &Path,
    ) -> Result<Self, Error> {
        let mut file = temporary(staging)?;
        let mut output = BufWriter::with_capacity(256 * 1024, file.as_file_mut());
        let Packed { digest, size, files, .. } = pack(tree, rules, &mut output, options)?;
        output.flush().map_err(|e| Error::io("cannot write archive", e))?;
        drop(output);
        Ok(Self { file, digest, size, files: Some(files) })
    }

    /// Takes bytes from memory, such as a repository index or a chart.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn from_bytes(bytes: &[u8], options: &PackOptions, staging: &Path) -> Result<Self, Error> {
        let mut file = temporary(staging)?;
        file.write_all(bytes).map_err(|e| Error::io("cannot write archive", e))?;
        Ok(Self { file, digest: options.algorithm.digest(bytes), size: bytes.len() as u64, files: None })
    }

    pub(crate) fn verified(file: NamedTempFile, digest: Digest, size: u64) -> Self {
        Self { file, digest, size, files: None }
    }

    /// Returns the digest of the bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns the number of bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the number of files inside, where this archive was packed here.
    pub fn files(&self) -> Option<u64> {
        self.files
    }

    /// Returns where the bytes are, for reading while this value lives.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Unpacks below a directory, as [`unpack`] does.
    ///
    /// # Errors
    /// Those of [`unpack`].
    pub fn unpack(&self, dir: impl AsRef<Path>, limits: &UnpackLimits) -> Result<Unpacked, Error> {
        let file = fs::File::open(self.path()).map_err(|e| Error::io("cannot read archive", e))?;
        unpack(std::io::BufReader::with_capacity(64 * 1024, file), dir, limits)
    }

    /// Moves the bytes to their final path: by rename, or over a temporary neighbor where the file systems differ.
    ///
    /// # Errors
    /// The path cannot be written.
    pub fn persist(self, path: &Path) -> Result<(), Error> {
        let failed = |e| Error::io(format!("cannot write {}", path.display()), e);
        let Err(refused) = self.file.persist(path) else { return Ok(()) };
        if refused.error.kind() != std::io::ErrorKind::CrossesDevices {
            return Err(failed(refused.error));
        }
        let dir =
            path.parent().ok_or_else(|| Error::new(ErrorKind::UnsafePath, "a file needs a directory"))?;
        let near = temporary(dir)?;
        fs::copy(refused.file.path(), near.path()).map_err(failed)?;
        near.persist(path).map(|_| ()).map_err(|e| failed(e.error))
    }
}

pub(crate) fn temporary(dir: &Path) -> Result<NamedTempFile, Error> {
    tempfile::Builder::new()
        .prefix(".tmp-")
        .tempfile_in(dir)
        .map_err(|e| Error::io(format!("cannot make a file in {}", dir.display()), e))
}
