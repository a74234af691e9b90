// SPDX-License-Identifier: Apache-2.0

//! The embedded server as clients see it.

mod apply;
mod crud;
mod custom;
mod faults;
mod git;
mod port;
mod watch;
mod workloads;
