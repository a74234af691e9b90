// SPDX-License-Identifier: Apache-2.0

//! Events, as controllers post them to the notification controller.

pub mod v1beta1;
