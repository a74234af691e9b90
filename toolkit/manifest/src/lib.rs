// SPDX-License-Identifier: Apache-2.0

//! Kubernetes objects as data: manifests, sets, ids and apply order.
