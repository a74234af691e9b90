// SPDX-License-Identifier: Apache-2.0

use crate::error::{Error, ErrorKind};
use crate::node::{Node, ScalarStyle, Span};
use crate::scalar::{Dialect, Resolved, resolve_plain};

/// Changes to a text, by span, that leave every other byte as it is.
///
/// ```
/// use gitops_yaml::{Edits, Limits, parse};
///
/// let text = "image: app:1.0 # {\"$imagepolicy\": \"ns:app\"}\nports: [80]\n";
/// let document = parse(text, &Limits::default())?.remove(0);
/// let mut edits = Edits::default();
/// if let Some(image) = document.root.get("image") {
///     edits.set_scalar(image, "app:1.1");
/// }
/// assert_eq!(edits.apply(text)?, "image: app:1.1 # {\"$imagepolicy\": \"ns:app\"}\nports: [80]\n");
/// # Ok::<(), gitops_yaml::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Edits {
    changes: Vec<(Span, String)>,
}

impl Edits {
    /// Replaces the bytes of a span.
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        self.changes.push((span, text.into()));
    }

    /// Gives a scalar a new text, in the quotes it has; a plain or block scalar gets double quotes if the new text
    /// needs them to stay a string.
    pub fn set_scalar(&mut self, node: &Node, text: &str) {
        let style = node.as_scalar().map_or(ScalarStyle::Plain, |scalar| scalar.style);
        let simple = !text.contains(|c: char| c.is_control());
        let written = match style {
            ScalarStyle::SingleQuoted if simple => format!("'{}'", text.replace('\'', "''")),
            ScalarStyle::Plain if is_plain_safe(text) => text.to_owned(),
            // A block scalar reaches to the beginning of the next line.
            ScalarStyle::Literal | ScalarStyle::Folded => format!("{}\n", serde_json::Value::from(text)),
            _ => serde_json::Value::from(text).to_string(),
        };
        self.replace(node.span(), written);
    }

    /// Returns whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the text with all changes made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Edit`] if spans overlap or lie outside the text.
    pub fn apply(mut self, text: &str) -> Result<String, Error> {
        self.changes.sort_by_key(|(span, _)| (span.start, span.end));
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (span, new) in &self.changes {
            let (start, end) = (span.start as usize, span.end as usize);
            let kept = text.get(at..start).filter(|_| text.get(start..end).is_some());
            let Some(kept) = kept else {
                return Err(Error::new(ErrorKind::Edit, span.line, "edit does not fit the text"));
            };
            out.push_str(kept);
            out.push_str(new);
            at = end;
        }
        out.push_str(&text[at..]);
        Ok(out)
    }
}

/// Whether the text is the same string in both dialects, in block and flow context.
fn is_plain_safe(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, ',' | '[' | ']' | '{' | '}' | '?'))
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !text.starts_with(['-', ':', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', ' ', '.'])
        && !text.ends_with(' ')
        && resolve_plain(text, Dialect::V2) == Resolved::Text
        && resolve_plain(text, Dialect::V3) == Resolved::Text
}
