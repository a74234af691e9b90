// SPDX-License-Identifier: Apache-2.0

//! A small command line over the engines of the GitOps Toolkit.

fn main() {}
