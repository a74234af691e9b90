// SPDX-License-Identifier: Apache-2.0

//! The embedded server as clients see it.

mod crud;
mod faults;
mod git;
mod watch;
