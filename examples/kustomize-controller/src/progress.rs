// SPDX-License-Identifier: Apache-2.0

/// Something that a person who watches the controller may want to see. Objects are named `namespace/name`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// The manifests of a revision were built.
    Built {
        /// The Kustomization.
        object: String,
        /// The revision.
        revision: String,
        /// How many objects came out.
        objects: usize,
    },
    /// The objects were applied.
    Applied {
        /// The Kustomization.
        object: String,
        /// The revision.
        revision: String,
        /// How many were created.
        created: usize,
        /// How many were changed.
        configured: usize,
        /// How many were as they should be.
        unchanged: usize,
        /// One line per change, such as `Deployment/web/app configured`.
        changes: Vec<String>,
    },
    /// Objects that are no longer part of it were removed.
    Pruned {
        /// The Kustomization.
        object: String,
        /// The revision.
        revision: String,
        /// How many were deleted.
        deleted: usize,
        /// One line per change.
        changes: Vec<String>,
    },
    /// The objects are waited for.
    Waiting {
        /// The Kustomization.
        object: String,
        /// The revision.
        revision: String,
        /// How many objects have to become ready.
        objects: usize,
    },
    /// A run succeeded.
    Ready {
        /// The Kustomization.
        object: String,
        /// The revision.
        revision: String,
    },
    /// A run failed.
    Failed {
        /// The Kustomization.
        object: String,
        /// The reason of the Ready condition.
        reason: String,
        /// Its message.
        message: String,
    },
}
