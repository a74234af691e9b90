// SPDX-License-Identifier: Apache-2.0

//! A small command line over the engines of the GitOps Toolkit.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to its user")]

mod build;
mod crds;
mod failed;
mod pull;
mod unpack;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use failed::Failed;

/// The engines of the GitOps Toolkit on the command line, with no cluster.
#[derive(Debug, Parser)]
#[command(name = "gitops", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Build),
    Crds(crds::Crds),
    Pull(pull::Pull),
    Unpack(unpack::Unpack),
    Validate(validate::Validate),
    Defaulted(validate::Defaulted),
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Build(args) => build::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Crds(args) => crds::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Pull(args) => pull::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Unpack(args) => unpack::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Validate(args) => validate::run(&args),
        Command::Defaulted(args) => validate::run_defaulted(&args),
    };
    match result {
        Ok(code) => code,
        Err(failed) => {
            eprintln!("error: {failed}");
            ExitCode::FAILURE
        }
    }
}
