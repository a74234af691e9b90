// SPDX-License-Identifier: Apache-2.0

//! Images: registries that are scanned, tags that are chosen, and choices that are committed to Git.

pub mod v1;
