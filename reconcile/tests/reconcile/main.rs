// SPDX-License-Identifier: Apache-2.0

//! Controllers over a kind of a stranger, against the embedded API server.

#![allow(unreachable_pub, reason = "the derived resource is public")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod site;

mod manager;
mod runs;
mod waits;
