// SPDX-License-Identifier: Apache-2.0

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};

/// The text of one document of a stream, with the line it begins on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk<'a> {
    /// The text between two separators, without them.
    pub text: &'a str,
    /// The line of the stream on which `text` begins, counted from one.
    pub line: u32,
}

/// Cuts a stream at the lines that begin with `---`, as kustomize does.
///
/// A separator may carry a comment and nothing else. A `---` on the very first line stays in the first chunk.
/// Lines must end in `\n`; see [`normalize`].
///
/// # Errors
///
/// [`ErrorKind::Separator`] if something else follows `---` on a line.
#[doc(alias = "splitDocuments")]
pub fn split(text: &str) -> Result<Vec<Chunk<'_>>, Error> {
    let mut chunks = Vec::new();
    let (mut start, mut start_line) = (0, 1);
    let (mut at, mut line) = (0, 1);
    while let Some(newline) = text[at..].find('\n').map(|n| at + n) {
        let rest = &text[newline + 1..];
        line += 1;
        at = newline + 1;
        if !rest.starts_with("---") {
            continue;
        }
        let Some(end) = rest.find('\n') else { break };
        let behind = rest[3..end].trim();
        if !behind.is_empty() && !behind.starts_with('#') {
            return Err(Error::new(
                ErrorKind::Separator,
                line,
                format!("invalid document separator: {}", rest[..end].trim()),
            ));
        }
        chunks.push(Chunk { text: &text[start..=newline], line: start_line });
        start = newline + 1 + end + 1;
        // The line break of a separator cannot open the next one, as in the original.
        at = start;
        line += 1;
        start_line = line;
    }
    if !text.is_empty() {
        chunks.push(Chunk { text: &text[start..], line: start_line });
    }
    Ok(chunks)
}

/// Replaces `\r\n` by `\n`, and drops a byte-order mark at the beginning.
#[must_use]
pub fn normalize(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }
}
