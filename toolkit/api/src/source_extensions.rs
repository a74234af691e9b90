// SPDX-License-Identifier: Apache-2.0

//! Extensions of the sources: artifacts made from artifacts.

pub mod v1beta1;
