// SPDX-License-Identifier: Apache-2.0

//! Manifests, sets, ids and order.
#![expect(clippy::unwrap_used, reason = "fixtures that do not read are a failed test")]

mod ids;
mod manifests;
mod order;
mod sets;

use gitops_manifest::Manifest;
use serde_json::json;

fn object(api_version: &str, kind: &str, namespace: &str, name: &str) -> Manifest {
    let mut manifest =
        Manifest::from_value(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}))
            .unwrap();
    manifest.set_namespace(namespace);
    manifest
}
