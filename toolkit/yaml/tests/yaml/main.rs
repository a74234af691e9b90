// SPDX-License-Identifier: Apache-2.0

//! Behavior of the crate, most of it against vectors recorded from Go's libraries (`xtask/oracle/yaml`).

mod oracle;
