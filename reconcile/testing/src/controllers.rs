// SPDX-License-Identifier: Apache-2.0

//! The controllers that make the server more than an API server alone. They act within the write that they react to, so that
//! nothing has to be waited for.

mod collector;
mod namespaces;
mod workloads;

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::registry::Resource;
use crate::server::Workloads;
use crate::store::Record;

/// Reacts to a stored object.
pub(crate) fn written(cluster: &Arc<Cluster>, resource: &Resource, record: &Record) {
    if cluster.controllers {
        namespaces::written(cluster, resource, record);
        collector::written(cluster, resource, record);
    }
    if cluster.workloads == Workloads::Instant {
        workloads::written(cluster, resource, record);
    }
}

/// Reacts to a removed object.
pub(crate) fn removed(cluster: &Arc<Cluster>, resource: &Resource, record: &Record) {
    if cluster.controllers {
        collector::removed(cluster, record);
        namespaces::removed(cluster, resource, record);
    }
}
