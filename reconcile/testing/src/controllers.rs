// SPDX-License-Identifier: Apache-2.0

//! The controllers that make the server more than an API server alone.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::server::Workloads;

/// Starts the controllers that are switched on.
pub(crate) fn start(_cluster: &Arc<Cluster>, _controllers: bool, _workloads: Workloads) {}
