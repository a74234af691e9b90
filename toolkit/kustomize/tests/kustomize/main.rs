// SPDX-License-Identifier: Apache-2.0

//! Builds against recordings of kubectl, hostile input, file systems and substitution.

mod hostile;
mod recorded;
mod substitute;
