// SPDX-License-Identifier: Apache-2.0

//! Kinds of `notification.toolkit.fluxcd.io/v1`.

mod receiver;
mod reference;

pub use self::{
    receiver::{
        OIDCProvider, OIDCValidation, OIDCVariable, Receiver, ReceiverResource, ReceiverSpec, ReceiverStatus,
        ReceiverType,
    },
    reference::{CrossNamespaceObjectReference, EventSourceKind},
};

/// Reasons of conditions and events of the group, besides those of [`meta::reason`](crate::meta::reason).
pub mod reason {
    /// The object is set up.
    pub const INITIALIZED: &str = "Initialized";
    /// The token of the receiver is not there.
    pub const TOKEN_NOT_FOUND: &str = "TokenNotFound";
    /// The spec breaks a rule that the definition cannot state.
    pub const VALIDATION_FAILED: &str = "ValidationFailed";
    /// A notification could not be sent.
    pub const NOTIFICATION_DISPATCH_FAILED: &str = "NotificationDispatchFailed";
    /// The metadata of an alert clash with those of an event.
    pub const METADATA_APPEND_FAILED: &str = "MetadataAppendFailed";
    /// An alert cannot be used.
    pub const INVALID_CONFIG: &str = "InvalidConfig";
    /// An old object was brought into the new form.
    pub const MIGRATION: &str = "Migration";
}
