// SPDX-License-Identifier: Apache-2.0

//! The reference kustomize controller.

fn main() {}
