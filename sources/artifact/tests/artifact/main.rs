// SPDX-License-Identifier: Apache-2.0

//! Tests of the public interface, one module per concept.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as it should be"
)]

mod fetch;
mod ignore;
mod pack;
mod store;
mod text;
mod unpack;
