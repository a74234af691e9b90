// SPDX-License-Identifier: Apache-2.0

use std::{fs::File, io::BufReader, path::PathBuf};

use clap::Args;
use gitops_artifact::{UnpackLimits, unpack};

use crate::Failed;

/// Unpacks an archive below a directory. Links, and names that lead out of the directory, are refused.
#[derive(Debug, Args)]
pub(crate) struct Unpack {
    /// The archive, a gzip-compressed tar file.
    file: PathBuf,
    /// The directory; it is made if it is missing.
    dir: PathBuf,
}

pub(crate) fn run(args: &Unpack) -> Result<(), Failed> {
    let input = BufReader::with_capacity(64 * 1024, File::open(&args.file)?);
    unpack(input, &args.dir, &UnpackLimits::default())?;
    Ok(())
}
