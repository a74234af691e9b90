// SPDX-License-Identifier: Apache-2.0

//! Sources: where manifests, charts and other content come from.

pub mod v1;
