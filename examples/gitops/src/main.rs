// SPDX-License-Identifier: Apache-2.0

//! A small command line over the engines of the GitOps Toolkit.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to its user")]

mod crds;
mod failed;
mod pull;
mod unpack;

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
    Crds(crds::Crds),
    Pull(pull::Pull),
    Unpack(unpack::Unpack),
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Crds(args) => crds::run(&args),
        Command::Pull(args) => pull::run(&args),
        Command::Unpack(args) => unpack::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("error: {failed}");
            ExitCode::FAILURE
        }
    }
}
