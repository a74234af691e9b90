// SPDX-License-Identifier: Apache-2.0

//! Wall time, CPU time and peak memory of a child process.

use std::process::{Command, Stdio};

use crate::process::exists;

/// What one run of a command cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// Peak resident memory in MiB.
    pub(crate) memory: f64,
}

/// Runs the command `rounds` times under `python3`'s resource accounting and returns the median by CPU time.
///
/// The operating system's own account of a finished child is the only one that includes its children;
/// the standard library does not expose it.
pub(crate) fn measure(program: &str, args: &[&str], rounds: usize) -> Result<Cost, String> {
    if !exists("python3") {
        return Err("python3 is needed to account for child processes".into());
    }
    let mut costs = Vec::new();
    for _ in 0..rounds {
        costs.push(once(program, args)?);
    }
    costs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    costs.get(costs.len() / 2).copied().ok_or_else(|| "no rounds".into())
}

const ACCOUNT: &str = "
import os, resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
wall = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(code)
";

fn once(program: &str, args: &[&str]) -> Result<Cost, String> {
    let output = Command::new("python3")
        .args(["-c", ACCOUNT, program])
        .args(args)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{program} {args:?} ended with {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [wall, cpu, memory] => Ok(Cost { wall, cpu, memory }),
        _ => Err(format!("{program}: no account in {text:?}")),
    }
}
