// SPDX-License-Identifier: Apache-2.0

//! Builds a kustomization of this machine and prints it: `cargo run -p gitops-kustomize --example build -- DIR`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example program talks to its user")]

use std::process::ExitCode;

use gitops_kustomize::{Error, Options, Report, fs::Directory, report};

fn run(path: &str) -> Result<Report, Error> {
    let here = std::env::current_dir().unwrap_or_default();
    let root = here.join(path).to_string_lossy().into_owned();
    report(&Directory::open("/")?, &root, &Options::default())
}

fn main() -> ExitCode {
    let path = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    match run(&path) {
        Ok(report) => {
            for notice in &report.notices {
                eprintln!("{notice}");
            }
            print!("{}", report.objects.to_yaml());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
