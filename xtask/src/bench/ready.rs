// SPDX-License-Identifier: Apache-2.0

//! Many Kustomizations on the embedded API server: time to all Ready, and API requests for each.

use crate::process::{command, status, target};

pub(crate) fn run() -> Result<(), String> {
    let program = target().join("release/quickstart").to_string_lossy().into_owned();
    for count in ["100", "500"] {
        status(&mut command(&program, &["--bench-ready", count]))?;
    }
    Ok(())
}
