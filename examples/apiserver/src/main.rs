// SPDX-License-Identifier: Apache-2.0

//! The embedded Kubernetes API server on a port.

fn main() {}
