// SPDX-License-Identifier: Apache-2.0

//! The reference source controller as a library, so that other programs can start it in process.
