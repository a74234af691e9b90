// SPDX-License-Identifier: Apache-2.0

//! The controllers that make the server more than an API server alone.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::registry::Resource;
use crate::store::Record;

/// Reacts to a stored object.
pub(crate) fn written(_cluster: &Arc<Cluster>, _resource: &Resource, _record: &Record) {}

/// Reacts to a removed object.
pub(crate) fn removed(_cluster: &Arc<Cluster>, _resource: &Resource, _record: &Record) {}
