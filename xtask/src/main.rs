// SPDX-License-Identifier: Apache-2.0

//! Development tasks: ci, tidy, crds, oracles, bench.

fn main() {}
