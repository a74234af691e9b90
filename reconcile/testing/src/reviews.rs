// SPDX-License-Identifier: Apache-2.0

//! Resources that are only created: reviews, tokens, evictions.

use crate::http::Reply;
use crate::refusal::Refusal;
use crate::rest::Call;

/// Answers GET of the log of a pod.
pub(crate) fn log(_call: &Call) -> Result<Reply, Refusal> {
    Ok(Reply::text(200, ""))
}

/// Answers POST to a review or a subresource.
pub(crate) fn create(_call: &mut Call) -> Result<Reply, Refusal> {
    Err(Refusal::method_not_allowed())
}
