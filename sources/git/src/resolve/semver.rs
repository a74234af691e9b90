// SPDX-License-Identifier: Apache-2.0

use gitops_semver::{Constraint, Version};
use gix::ObjectId;

use crate::error::{Error, ErrorKind};

/// The tags of the highest version in a range: several where they differ only in build metadata.
///
/// A tag is a version only if it has three parts; a leading `v` and leading zeros are fine.
pub(super) fn highest<'a>(
    range: &str,
    tags: &[(&'a str, ObjectId)],
) -> Result<Vec<(&'a str, ObjectId)>, Error> {
    let range: Constraint = range.parse().map_err(|e: gitops_semver::Error| {
        Error::new(ErrorKind::Invalid, format!("semver parse error: {e}")).whole()
    })?;
    let mut best: Option<Version> = None;
    let mut found = Vec::new();
    for (name, commit) in tags {
        if name.split('.').count() < 3 {
            continue;
        }
        let Some(version) = name.parse::<Version>().ok().filter(|version| range.matches(version)) else {
            continue;
        };
        if best.as_ref().is_none_or(|best| version > *best) {
            found.clear();
            best = Some(version.clone());
        }
        if best.as_ref() == Some(&version) {
            found.push((*name, *commit));
        }
    }
    Ok(found)
}
