// SPDX-License-Identifier: Apache-2.0

//! Structured merge and diff: field sets, managed fields, server-side apply by schema.
