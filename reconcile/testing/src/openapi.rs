// SPDX-License-Identifier: Apache-2.0

//! OpenAPI v3 documents.

use serde_json::json;

use crate::cluster::Cluster;
use crate::http::Reply;
use crate::refusal::Refusal;

/// Answers below `/openapi/v3`.
pub(crate) fn answer(_cluster: &Cluster, path: &str) -> Result<Reply, Refusal> {
    if path.is_empty() { Ok(Reply::json(200, &json!({"paths": {}}))) } else { Err(Refusal::no_route()) }
}
