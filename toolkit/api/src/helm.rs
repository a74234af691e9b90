// SPDX-License-Identifier: Apache-2.0

//! Helm releases: charts installed and kept up to date in a cluster.

pub mod v2;
