// SPDX-License-Identifier: Apache-2.0

//! One commit in Git becomes a ready cluster, in one command.

fn main() {}
