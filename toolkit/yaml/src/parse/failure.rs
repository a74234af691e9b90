// SPDX-License-Identifier: Apache-2.0

//! The parser's errors in the words of Go's libraries.

use granit_parser::{ErrorKind as Cause, ScanError};

use crate::error::{Error, ErrorKind};

pub(super) fn translate(text: &str, first_line: u32, error: &ScanError, depth: usize) -> Error {
    let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX).saturating_add(first_line - 1);
    let message = match error.kind() {
        Cause::RecursionLimitExceeded => return Error::limit(line, "depth", depth),
        Cause::UnknownAnchor => {
            let at = error.marker().byte_offset().unwrap_or_default();
            let name: String = text
                .get(at..)
                .unwrap_or_default()
                .trim_start_matches('*')
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                .collect();
            return Error::new(ErrorKind::Alias, None, format!("unknown anchor '{name}' referenced"));
        }
        Cause::MappingValueNotAllowed | Cause::InvalidColonPlacement => {
            "mapping values are not allowed in this context"
        }
        Cause::BlockSequenceEntryNotAllowed => "block sequence entries are not allowed in this context",
        Cause::MappingKeyNotAllowed => "mapping keys are not allowed in this context",
        Cause::ExpectedBlockMappingKey | Cause::UnexpectedEofBlockMapping | Cause::InvalidIndentation => {
            "did not find expected key"
        }
        Cause::ExpectedBlockSequenceEntry | Cause::UnexpectedEofBlockSequence => {
            "did not find expected '-' indicator"
        }
        Cause::ExpectedFlowMappingSeparator | Cause::UnexpectedEofFlowMapping => {
            "did not find expected ',' or '}'"
        }
        Cause::ExpectedFlowSequenceSeparator | Cause::UnexpectedEofFlowSequence => {
            "did not find expected ',' or ']'"
        }
        Cause::UnclosedFlowCollection { open: '{' } => "did not find expected ',' or '}'",
        Cause::UnclosedFlowCollection { .. } => "did not find expected ',' or ']'",
        Cause::ExpectedNodeContent => "did not find expected node content",
        Cause::ExpectedDocumentStart => "did not find expected <document start>",
        Cause::SimpleKeyExpected | Cause::InvalidSimpleKey => "could not find expected ':'",
        Cause::UnexpectedCharacter { .. } | Cause::TabNotAllowed => {
            "found character that cannot start any token"
        }
        Cause::TabInBlockIndentation | Cause::TabInIndentation => {
            "found a tab character that violates indentation"
        }
        Cause::UnclosedQuotedScalar => "found unexpected end of stream",
        Cause::DocumentIndicatorInQuotedScalar => "found unexpected document indicator",
        Cause::UnknownQuotedScalarEscape => "found unknown escape character",
        Cause::InvalidQuotedScalarHexEscape => "did not find expected hexdecimal number",
        Cause::MissingAnchorOrAliasName => "did not find expected alphabetic or numeric character",
        Cause::UndeclaredTagHandle => "found undefined tag handle",
        _ => return Error::new(ErrorKind::Syntax, line, error.info()),
    };
    Error::new(ErrorKind::Syntax, line, message)
}
