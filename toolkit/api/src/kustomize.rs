// SPDX-License-Identifier: Apache-2.0

//! Kustomizations: manifests built from a source and applied to a cluster.

pub mod v1;
