// SPDX-License-Identifier: Apache-2.0

//! Artifacts: digests, revisions, deterministic archives, storage, serving and fetching.
