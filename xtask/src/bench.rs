// SPDX-License-Identifier: Apache-2.0

//! Ratios against the real tools on the same input, outputs compared first.

mod artifact;
mod http;
mod kustomize;
mod measure;
mod ready;

use crate::process::exec;

type Bench = fn() -> Result<(), String>;

const BENCHES: &[(&str, Bench)] =
    &[("kustomize", kustomize::run), ("artifact", artifact::run), ("ready", ready::run)];

pub(crate) fn run(names: &[String]) -> Result<(), String> {
    exec("cargo", &["build", "--release", "-p", "gitops", "-p", "quickstart"])?;
    for (name, bench) in BENCHES {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            println!("## {name}");
            bench()?;
        }
    }
    Ok(())
}
