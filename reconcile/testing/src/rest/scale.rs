// SPDX-License-Identifier: Apache-2.0

use crate::http::Reply;
use crate::refusal::Refusal;
use crate::rest::call::Call;

/// Answers PUT of a scale.
pub(crate) fn update(_call: &mut Call) -> Result<Reply, Refusal> {
    Err(Refusal::method_not_allowed())
}

/// Answers GET of a scale.
pub(crate) fn get(_call: &Call) -> Result<Reply, Refusal> {
    Err(Refusal::method_not_allowed())
}

/// Answers PATCH of a scale.
pub(crate) fn patch(_call: &mut Call) -> Result<Reply, Refusal> {
    Err(Refusal::method_not_allowed())
}
