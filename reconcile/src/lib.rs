// SPDX-License-Identifier: Apache-2.0

//! The reconcile framework: queue, status, finalizers, events, leases, metrics.
