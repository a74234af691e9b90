// SPDX-License-Identifier: Apache-2.0

//! Both reference controllers in one process, against the embedded API server and a real Git server on loopback.

mod budget;
mod crash;
mod faults;
mod input;
mod life;
mod sample;
mod state;
mod tap;
mod world;
