// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Time;

/// An archive that a source has published for others to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "crds", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[doc(alias = "meta.Artifact")]
pub struct Artifact {
    /// Path of the file below the root of the store that holds it.
    pub path: String,
    /// HTTP address at which the file can be fetched from inside the cluster.
    pub url: String,
    /// Where the content comes from, in a form a person can follow: `main@sha1:…` for a Git branch, a version for a chart.
    pub revision: String,
    /// Checksum of the file as `<algorithm>:<checksum>`.
    #[cfg_attr(
        feature = "crds",
        schemars(extend("pattern" = "^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$"))
    )]
    pub digest: String,
    /// Time at which the file was last written.
    pub last_update_time: Time,
    /// Size of the file in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Facts from upstream, such as the annotations of an OCI manifest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Artifact {
    /// Returns whether the artifact holds this revision, compared letter by letter.
    pub fn has_revision(&self, revision: &str) -> bool {
        self.revision == revision
    }

    /// Returns whether the artifact has this digest, compared letter by letter.
    pub fn has_digest(&self, digest: &str) -> bool {
        self.digest == digest
    }
}
