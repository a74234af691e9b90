// SPDX-License-Identifier: Apache-2.0

//! Behavior of the crate, most of it against vectors recorded from Go's libraries (`xtask/oracle/yaml`).
#![expect(clippy::unwrap_used, reason = "a test that cannot read its vectors has failed")]

mod edits;
mod limits;
mod nodes;
mod oracle;
mod round_trip;
mod streams;
