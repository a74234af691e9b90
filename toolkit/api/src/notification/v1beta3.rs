// SPDX-License-Identifier: Apache-2.0

//! Kinds of `notification.toolkit.fluxcd.io/v1beta3`.

mod alert;
mod provider;

pub use self::{
    alert::{Alert, AlertSeverity, AlertSpec},
    provider::{Provider, ProviderSpec, ProviderType},
};
