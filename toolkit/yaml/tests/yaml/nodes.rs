// SPDX-License-Identifier: Apache-2.0

use gitops_yaml::{Kind, Limits, Node, ScalarStyle, parse};

fn root(text: &str) -> Node {
    parse(text, &Limits::default()).unwrap().remove(0).root
}

fn slice<'a>(text: &'a str, node: &Node) -> &'a str {
    &text[node.span().start as usize..node.span().end as usize]
}

#[test]
fn spans_cover_the_text_of_a_node() {
    let text =
        "a: 'x y' # c\né: [1, {b: \"q\"}] \nc: !!str &n\n  v w\nd: |\n  x\ne: *n\nf:\n- 1\n- g: 2\n\nh: 1\n";
    let root = root(text);
    for (key, expected) in [
        ("a", "'x y'"),
        ("é", "[1, {b: \"q\"}]"),
        ("c", "v w"),
        ("d", "|\n  x\n"),
        ("e", "*n"),
        ("f", "- 1\n- g: 2"),
        ("h", "1"),
    ] {
        assert_eq!(slice(text, root.get(key).unwrap()), expected, "{key}");
    }
    let b = root.get("é").unwrap().items()[1].get("b").unwrap();
    assert_eq!((slice(text, b), b.span().line, b.span().column), ("\"q\"", 2, 12));
}

#[test]
fn styles_tags_anchors_and_aliases_are_kept() {
    let root = root("a: &x !!int '1'\nb: *x\nc: !local {d: e}\nf: >-\n  g\n");
    let a = root.get("a").unwrap();
    assert_eq!((a.tag(), a.anchor(), a.alias()), (Some("!!int"), Some("x"), None));
    assert_eq!(a.as_scalar().map(|s| s.style), Some(ScalarStyle::SingleQuoted));
    let b = root.get("b").unwrap();
    assert_eq!((b.as_str(), b.anchor(), b.alias()), (Some("1"), None, Some("x")));
    let c = root.get("c").unwrap();
    assert!(matches!(c.kind(), Kind::Mapping(mapping) if mapping.flow));
    assert_eq!(c.tag(), Some("!local"));
    assert_eq!(root.get("f").unwrap().as_scalar().map(|s| s.style), Some(ScalarStyle::Folded));
}

#[test]
fn comments_belong_to_the_node_above_beside_or_below() {
    let text = "\
# first
# second
a: 1 # beside a
b: # behind key
  # above c
  c: {d: e} # beside flow
  f:
  # above item
  - g # beside g
  - # lost dash
    h: i
j: |
  # text
k: 'x' # {\"$imagepolicy\": \"ns:p\"}
# last
";
    let document = parse(text, &Limits::default()).unwrap().remove(0);
    let root = document.root;
    let key = |node: &Node, name: &str| {
        node.entries().iter().find(|(key, _)| key.as_str() == Some(name)).map(|(key, _)| key.clone()).unwrap()
    };
    let line = |node: &Node| node.comments().line.clone();
    assert_eq!(key(&root, "a").comments().head, [" first", " second"]);
    assert_eq!(line(root.get("a").unwrap()).as_deref(), Some(" beside a"));
    assert_eq!(line(&key(&root, "b")).as_deref(), Some(" behind key"));
    let b = root.get("b").unwrap();
    assert_eq!(key(b, "c").comments().head, [" above c"]);
    assert_eq!(line(b.get("c").unwrap()).as_deref(), Some(" beside flow"));
    let items = b.get("f").unwrap().items();
    assert_eq!(items[0].comments().head, [" above item"]);
    assert_eq!(line(&items[0]).as_deref(), Some(" beside g"));
    assert_eq!(key(&items[1], "h").comments().head, [" lost dash"]);
    assert_eq!(root.get("j").and_then(Node::as_str), Some("# text\n"));
    assert_eq!(line(root.get("k").unwrap()).as_deref(), Some(" {\"$imagepolicy\": \"ns:p\"}"));
    assert_eq!(document.trailing_comments, [" last"]);
}

#[test]
fn null_is_told_from_an_empty_string() {
    let root = root("a:\nb: ''\nc: ~\nd: !!null ''\ne: !!str\n");
    let nulls: Vec<_> = root.entries().iter().map(|(_, value)| value.is_null()).collect();
    assert_eq!(nulls, [true, false, true, true, false]);
}
