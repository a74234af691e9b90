// SPDX-License-Identifier: Apache-2.0

//! Table-driven tests of merging and ownership.

mod builtins;
mod manager;
mod random;
mod sets;
