// SPDX-License-Identifier: Apache-2.0

//! Prints the custom resource definitions of all kinds as one JSON array.
#![allow(clippy::print_stdout, reason = "printing is what this example does")]

fn main() {
    println!("{}", serde_json::Value::Array(gitops_api::crds()));
}
