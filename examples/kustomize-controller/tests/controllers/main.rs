// SPDX-License-Identifier: Apache-2.0

//! Both reference controllers in one process, against the embedded API server and a real Git server on loopback.

#![allow(unreachable_pub, reason = "modules of one test binary")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking and report counts"
)]

mod budget;
mod crash;
mod faults;
mod input;
mod life;
mod sample;
mod state;
mod tap;
mod world;
