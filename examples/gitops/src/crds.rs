// SPDX-License-Identifier: Apache-2.0

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::Failed;

/// Print the custom resource definitions, or write them to a folder.
#[derive(Debug, Args)]
pub(crate) struct Crds {
    /// Write one file per definition into this folder instead of printing them.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Crds) -> Result<(), Failed> {
    let crds = gitops_api::crds();
    let Some(dir) = &args.dir else {
        let mut out = std::io::stdout().lock();
        for crd in &crds {
            write!(out, "---\n{}", gitops_toolkit::yaml::emit::to_yaml(crd))?;
        }
        return Ok(());
    };
    std::fs::create_dir_all(dir)?;
    for crd in &crds {
        let group = crd["spec"]["group"].as_str().unwrap_or_default();
        let plural = crd["spec"]["names"]["plural"].as_str().unwrap_or_default();
        std::fs::write(dir.join(format!("{group}_{plural}.yaml")), gitops_toolkit::yaml::emit::to_yaml(crd))?;
    }
    Ok(())
}
