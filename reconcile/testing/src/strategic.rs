// SPDX-License-Identifier: Apache-2.0

//! Strategic merge patches.

use serde_json::Value;

use crate::refusal::Refusal;
use crate::registry::Resource;

/// Returns the live object with a patch merged into it.
pub(crate) fn apply(_resource: &Resource, live: &Value, patch: &Value) -> Result<Value, Refusal> {
    let mut object = live.clone();
    if !patch.is_null() {
        crate::rest::merge(&mut object, patch);
    }
    Ok(object)
}
