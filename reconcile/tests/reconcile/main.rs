// SPDX-License-Identifier: Apache-2.0

//! Controllers over a kind of a stranger, against the embedded API server.

mod site;

mod manager;
mod runs;
mod waits;
