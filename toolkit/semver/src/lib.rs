// SPDX-License-Identifier: Apache-2.0

//! Versions and ranges in the Masterminds dialect.
