// SPDX-License-Identifier: Apache-2.0

use gitops_yaml::{Dialect, ErrorKind, Limits, parse, read_documents, read_values, split};
use serde_json::{Value, json};

fn check(text: &str, expected: &[Value]) {
    let values = read_values(text.as_bytes(), Dialect::V3, &Limits::default()).unwrap();
    assert_eq!(values, expected, "{text:?}");
}

#[test]
fn a_stream_is_cut_at_lines_that_begin_with_three_dashes() {
    let (a, b) = (json!({"a": 1}), json!({"b": 2}));
    check("a: 1\n---\nb: 2\n", &[a.clone(), b.clone()]);
    check("---\na: 1\n---\nb: 2", &[a.clone(), b.clone()]);
    check("--- # first\na: 1\n--- # second\nb: 2\n---\n", &[a.clone(), b.clone()]);
    check("a: 1\r\n---\r\nb: 2\r\n", &[a.clone(), b.clone()]);
    check("\u{feff}a: 1\n---   \nb: 2\n", &[a.clone(), b.clone()]);
    check("a: 1\n---\n# nothing\n---\n\n---\nnull\n---\nb: 2\n", &[a, b]);
    check("", &[]);
    check("# nothing\n", &[]);
}

#[test]
fn dashes_inside_a_block_scalar_cut_too_as_in_kustomize() {
    check("a: |\n  x\n---\nb: 2\n", &[json!({"a": "x\n"}), json!({"b": 2})]);
    check("a: |\n  x\n  ---\n  y\n", &[json!({"a": "x\n---\ny\n"})]);
}

#[test]
fn text_behind_a_separator_is_refused() {
    let error = read_values(b"a: 1\n--- b: 2\nc: 3\n", Dialect::V3, &Limits::default()).unwrap_err();
    assert_eq!((error.kind(), error.line()), (ErrorKind::Separator, Some(2)));
    assert_eq!(error.to_string(), "invalid document separator: --- b: 2");
}

#[test]
fn lines_count_from_the_beginning_of_the_stream() {
    let documents = read_documents(b"a: 1\n---\n\nb: 2\n", &Limits::default()).unwrap();
    assert_eq!(documents[1].root.get("b").unwrap().span().line, 4);
    let error = read_values(b"a: 1\n---\nb: 2\nc: [\n", Dialect::V3, &Limits::default()).unwrap_err();
    assert!(error.line() >= Some(4), "{error}");
    let chunks: Vec<_> =
        split("a\n---\nb\n---\nc").unwrap().iter().map(|chunk| (chunk.text, chunk.line)).collect();
    assert_eq!(chunks, [("a\n", 1), ("b\n", 3), ("c", 5)]);
}

#[test]
fn parsing_a_whole_stream_knows_document_ends_too() {
    let documents = parse("a\n...\n---\nb\n---\n", &Limits::default()).unwrap();
    let texts: Vec<_> = documents.iter().map(|document| document.root.as_str()).collect();
    assert_eq!(texts, [Some("a"), Some("b"), Some("")]);
}

#[test]
fn json_is_read_as_yaml() {
    let text = r#"{"a": [1, 1.5, true, null, "x\ty", {}], "b": {"c": "\u00e9"}}"#;
    check(text, &[serde_json::from_str(text).unwrap()]);
}
