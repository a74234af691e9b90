// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use super::violation::Violation;

/// Returns what the server says to a CustomResourceDefinition that is to be registered.
pub fn check_crd(crd: &Value) -> Vec<Violation> {
    let _ = crd;
    Vec::new()
}
