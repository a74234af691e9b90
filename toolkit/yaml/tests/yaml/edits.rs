// SPDX-License-Identifier: Apache-2.0

use gitops_yaml::{Edits, ErrorKind, Limits, Node, parse};

fn root(text: &str) -> Node {
    parse(text, &Limits::default()).unwrap().remove(0).root
}

/// Sets the value of `image` in one of several notations, and compares every byte.
fn check(text: &str, new: &str, expected: &str) {
    let root = root(text);
    let mut edits = Edits::default();
    edits.set_scalar(root.get("image").unwrap(), new);
    let changed = edits.apply(text).unwrap();
    assert_eq!(changed, expected, "{text:?}");
    assert_eq!(self::root(&changed).get("image").and_then(Node::as_str), Some(new), "{text:?}");
}

#[test]
fn a_scalar_is_replaced_in_its_own_notation() {
    check("image: app:1.0\nb: 1\n", "app:1.1", "image: app:1.1\nb: 1\n");
    check("image: 'app:1.0' # c\n", "it's", "image: 'it''s' # c\n");
    check("image: \"app:1.0\"\t# c\n", "say \"x\"", "image: \"say \\\"x\\\"\"\t# c\n");
    check("a: é\r\nimage:   app:1.0   # c\r\n", "app:1.1", "a: é\r\nimage:   app:1.1   # c\r\n");
    check("{image: app:1.0, b: 1}", "app:1.1", "{image: app:1.1, b: 1}");
    check("image: &tag app:1.0\nb: *tag\n", "app:2", "image: &tag app:2\nb: *tag\n");
    check("image: !!str app:1.0\n", "app:2", "image: !!str app:2\n");
}

#[test]
fn a_plain_scalar_gets_quotes_when_the_new_text_would_change_its_type() {
    for text in
        ["1", "1.10", "yes", "null", "0x1F", "2001-01-01", "a: b", "- a", "a #b", "", "[x", "x]", " x", "<<"]
    {
        let quoted = if text == "<<" { "<<".to_owned() } else { serde_json::Value::from(text).to_string() };
        check("image: app:1.0\nb: 1\n", text, &format!("image: {quoted}\nb: 1\n"));
    }
}

#[test]
fn a_block_scalar_becomes_a_quoted_one() {
    check("image: |\n  app:1.0\nb: 1\n", "x", "image: \"x\"\nb: 1\n");
    check("image: >-\n  app:1.0\n\n# c\nb: 1\n", "x\ny", "image: \"x\\ny\"\n# c\nb: 1\n");
}

#[test]
fn several_edits_apply_in_any_order_of_making() {
    let text = "a: 1\nimage: x\nc: 3\n";
    let root = root(text);
    let mut edits = Edits::default();
    edits.set_scalar(root.get("c").unwrap(), "three");
    edits.set_scalar(root.get("a").unwrap(), "one");
    assert_eq!(edits.apply(text).unwrap(), "a: one\nimage: x\nc: three\n");
}

#[test]
fn edits_that_overlap_or_leave_the_text_are_refused() {
    let text = "a: 1\nb: 2\n";
    let root = root(text);
    let mut twice = Edits::default();
    twice.set_scalar(root.get("a").unwrap(), "one");
    twice.set_scalar(root.get("a").unwrap(), "two");
    assert_eq!(twice.apply(text).unwrap_err().kind(), ErrorKind::Edit);
    let mut beyond = Edits::default();
    beyond.set_scalar(root.get("b").unwrap(), "two");
    assert_eq!(beyond.apply("a: 1\n").unwrap_err().kind(), ErrorKind::Edit);
}
