// SPDX-License-Identifier: Apache-2.0

//! Running other programs from the workspace root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workspace root: the parent of this package.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command that runs in the workspace root.
pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs `program` with the workspace's output; fails unless it exits with 0.
pub(crate) fn exec(program: &str, args: &[&str]) -> Result<(), String> {
    status(&mut command(program, args))
}

/// Runs a prepared command; fails unless it exits with 0.
pub(crate) fn status(command: &mut Command) -> Result<(), String> {
    eprintln!("+ {}", show(command));
    let status = command.status().map_err(|error| format!("{}: {error}", show(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", show(command))) }
}

/// Runs a prepared command and returns what it printed on stdout; fails unless it exits with 0.
pub(crate) fn stdout(command: &mut Command) -> Result<Vec<u8>, String> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| format!("{}: {error}", show(command)))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{} ended with {}", show(command), output.status))
    }
}

/// Whether `program` can be started.
pub(crate) fn exists(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

fn show(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}
