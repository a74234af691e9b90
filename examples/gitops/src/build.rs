// SPDX-License-Identifier: Apache-2.0

use clap::Args;
use gitops_kustomize::fs::Directory;
use gitops_kustomize::{Options, report};

use crate::Failed;

/// Builds a kustomization and prints its objects, as `kubectl kustomize` does.
#[derive(Args, Debug)]
pub(crate) struct Build {
    /// The directory of the kustomization.
    #[arg(default_value = ".")]
    path: String,
}

pub(crate) fn run(args: &Build) -> Result<(), Failed> {
    let here = std::env::current_dir()?;
    let root = here.join(&args.path).to_string_lossy().into_owned();
    let report = report(&Directory::open("/")?, &root, &Options::default())?;
    for notice in &report.notices {
        eprintln!("{notice}");
    }
    print!("{}", report.objects.to_yaml());
    Ok(())
}
