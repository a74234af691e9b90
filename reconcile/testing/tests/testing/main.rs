// SPDX-License-Identifier: Apache-2.0

//! The embedded server as clients see it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod apply;
mod crud;
mod custom;
mod faults;
mod git;
mod port;
mod watch;
mod workloads;
