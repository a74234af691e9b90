// SPDX-License-Identifier: Apache-2.0

//! Notifications: events sent out, and webhooks taken in.

pub mod v1;
pub mod v1beta3;
