// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::node::Document;
use crate::parse::parse_at;
use crate::scalar::Dialect;
use crate::split::{normalize, split};

/// Reads a stream of documents as kustomize reads a file: line ends normalized, cut at `---`, empty documents
/// dropped.
///
/// # Errors
///
/// As [`parse`](crate::parse) and [`split`], and [`ErrorKind::Encoding`] if the bytes are not UTF-8.
pub fn read_documents(bytes: &[u8], limits: &Limits) -> Result<Vec<Document>, Error> {
    documents(bytes, Dialect::V3, limits)
}

fn documents(bytes: &[u8], wording: Dialect, limits: &Limits) -> Result<Vec<Document>, Error> {
    if bytes.len() > limits.bytes {
        return Err(Error::limit(None, "bytes", limits.bytes));
    }
    let text = utf8(bytes)?;
    let text = normalize(text);
    let mut documents = Vec::new();
    for chunk in split(&text)? {
        // Only the first document of a piece counts, where `...` makes more than one of it.
        let first = parse_at(chunk.text, chunk.line, limits, wording, 1)?.into_iter().next();
        documents.extend(first.filter(|document| !document.root.is_null()));
    }
    Ok(documents)
}

/// Reads a stream of documents as values; see [`read_documents`].
///
/// # Errors
///
/// As [`read_documents`] and [`Node::to_value`](crate::Node::to_value).
///
/// ```
/// use gitops_yaml::{Dialect, Limits, read_values};
///
/// let values = read_values(b"---\na: 0755\n---\n# nothing\n---\nb: yes\n", Dialect::V3, &Limits::default())?;
/// assert_eq!(values, [serde_json::json!({"a": 493}), serde_json::json!({"b": "yes"})]);
/// # Ok::<(), gitops_yaml::Error>(())
/// ```
pub fn read_values(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<Vec<Value>, Error> {
    documents(bytes, dialect, limits)?.into_iter().map(|document| document.root.into_value(dialect)).collect()
}

/// Reads one document as a value, as `Unmarshal` of Go's library for the dialect does: what follows a second `---` is
/// not looked at, no content is null.
///
/// # Errors
///
/// As [`read_values`].
#[doc(alias = "Unmarshal")]
pub fn read_value(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<Value, Error> {
    first(bytes, dialect, limits)?.map_or(Ok(Value::Null), |document| document.root.into_value(dialect))
}

/// Reads one document as [`read_value`], with equal keys an error in both dialects.
///
/// # Errors
///
/// As [`read_value`], and [`ErrorKind::DuplicateKey`].
#[doc(alias = "UnmarshalStrict")]
pub fn read_value_strict(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<Value, Error> {
    first(bytes, dialect, limits)?.map_or(Ok(Value::Null), |document| document.root.to_value_strict(dialect))
}

fn first(bytes: &[u8], wording: Dialect, limits: &Limits) -> Result<Option<Document>, Error> {
    if bytes.len() > limits.bytes {
        return Err(Error::limit(None, "bytes", limits.bytes));
    }
    Ok(parse_at(utf8(bytes)?, 1, limits, wording, 1)?.into_iter().next())
}

fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes)
        .map_err(|_| Error::new(ErrorKind::Encoding, None, "invalid leading UTF-8 octet"))
}
