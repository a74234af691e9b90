// SPDX-License-Identifier: Apache-2.0

//! Development tasks. `cargo xtask` without arguments lists them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to its user")]

mod bench;
mod ci;
mod conformance;
mod crds;
mod oracles;
mod process;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK [options]

  ci                       everything that decides whether a change lands, cheapest first
  tidy                     layering, file and function sizes, licence headers, forgotten tests
  crds [--check]           write toolkit/api/crds/*.yaml, or fail when they are stale
  oracles                  fetch or build the real tools that tests compare with, into target/oracles
  conformance [NAME]…      run the judges over the recorded answers of real tools (needs ../shared)
  bench [NAME]…            measure against the real tools: kustomize, artifact, ready
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let result = match task.as_str() {
        "ci" => ci::run(),
        "tidy" => tidy::run(),
        "crds" => crds::run(rest.iter().any(|arg| arg == "--check")),
        "oracles" => oracles::run(&rest),
        "conformance" => conformance::run(&rest),
        "bench" => bench::run(&rest),
        "" | "help" | "--help" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => Err(format!("unknown task {other:?}\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
