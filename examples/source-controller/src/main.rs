// SPDX-License-Identifier: Apache-2.0

//! The reference source controller.

fn main() {}
