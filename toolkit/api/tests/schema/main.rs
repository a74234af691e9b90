// SPDX-License-Identifier: Apache-2.0

//! The schema engine against what a kube-apiserver 1.37.2 said (see `tests/oracle/record.py`) and on its own.

mod admission;
mod recorded;
