// SPDX-License-Identifier: Apache-2.0

/// Something that a person who watches the controller may want to see.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// The repository has a revision that is not stored yet.
    Found {
        /// `namespace/name` of the object.
        object: String,
        /// The revision.
        revision: String,
    },
    /// An artifact was stored.
    Stored {
        /// `namespace/name` of the object.
        object: String,
        /// The revision.
        revision: String,
        /// The digest of the archive.
        digest: String,
        /// The bytes of the archive.
        size: u64,
    },
    /// The remote has nothing new.
    Unchanged {
        /// `namespace/name` of the object.
        object: String,
        /// The revision.
        revision: String,
    },
    /// A run failed.
    Failed {
        /// `namespace/name` of the object.
        object: String,
        /// The reason of the Ready condition.
        reason: String,
        /// Its message.
        message: String,
    },
}
