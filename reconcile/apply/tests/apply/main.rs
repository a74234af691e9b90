// SPDX-License-Identifier: Apache-2.0

//! Applying against the embedded API server.
