// SPDX-License-Identifier: Apache-2.0

//! Builds against recordings of kubectl, hostile input and substitution.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod deviations;
mod hostile;
mod recorded;
mod substitute;
