// SPDX-License-Identifier: Apache-2.0

//! Plain functions from the spec of a kind to the options of an engine: kinds and engines do not know each other.

pub mod kustomization;
