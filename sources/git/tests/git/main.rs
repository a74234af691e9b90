// SPDX-License-Identifier: Apache-2.0

//! Tests against real `git http-backend` on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it should be"
)]

mod failures;
mod fetch;
mod hostile;
mod mirror;
mod resolve;
mod server;
mod submodules;
