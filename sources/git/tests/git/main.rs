// SPDX-License-Identifier: Apache-2.0

//! Tests against real `git http-backend` on loopback.

mod failures;
mod fetch;
mod hostile;
mod resolve;
mod server;
mod submodules;
