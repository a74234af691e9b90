// SPDX-License-Identifier: Apache-2.0

//! Source and kustomize controller together: from a commit on a real Git server to objects in the embedded API server.

#![allow(unreachable_pub, reason = "modules of one test binary")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod harness;

mod failures;
mod pipeline;
