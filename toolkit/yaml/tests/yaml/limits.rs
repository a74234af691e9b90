// SPDX-License-Identifier: Apache-2.0

use gitops_yaml::{Dialect, Error, ErrorKind, Limits, parse, read_value, read_values};

/// Expects an error that names a limit.
fn check<T: std::fmt::Debug>(result: Result<T, Error>, name: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
}

#[test]
fn every_limit_is_named_by_its_error() {
    let limits = Limits::default();
    check(parse("a: 12345", &limits.clone().bytes(4)), "bytes");
    check(read_values(b"a: 12345", Dialect::V2, &limits.clone().bytes(4)), "bytes");
    check(read_value(b"a: 12345", Dialect::V2, &limits.clone().bytes(4)), "bytes");
    check(parse("[[[1]]]", &limits.clone().depth(2)), "depth");
    check(parse("a:\n  b:\n    c: 1\n", &limits.clone().depth(2)), "depth");
    check(parse("[1, 2, 3]", &limits.clone().nodes(3)), "nodes");
    check(parse("a: &a [1, 2]\nb: [*a, *a]\n", &limits.clone().aliases(5)), "aliases");
    assert!(parse("a: &a [1, 2]\nb: [*a, *a]\n", &limits.aliases(6)).is_ok());
}

#[test]
fn aliases_of_aliases_do_not_multiply_without_bound() {
    let mut bomb = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let before = level - 1;
        let list = vec![format!("*a{before}"); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    check(parse(&bomb, &Limits::default()), "aliases");
}

#[test]
fn anchors_around_anchors_do_not_multiply_without_bound() {
    let inner = "x, ".repeat(50_000);
    let open: String = (0..400).map(|level| format!("&a{level} [")).collect();
    check(parse(&format!("{open}{inner}{}", "]".repeat(400)), &Limits::default()), "nodes");
}

#[test]
fn aliases_cannot_get_deeper_than_what_is_written() {
    let mut text = String::from("a0: &a0 [x]\n");
    for level in 1..50 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    check(parse(&text, &Limits::default().depth(20)), "depth");
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let limits = Limits::default();
    check(parse(&"[".repeat(100_000), &limits), "depth");
    check(parse(&"{a: ".repeat(100_000), &limits), "depth");
    check(parse(&"- ".repeat(100_000), &limits), "depth");
    check(parse(&"? ".repeat(100_000), &limits), "depth");
    let indented: String = (0..2_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    check(parse(&indented, &limits), "depth");
}

#[test]
fn the_default_depth_converts_without_overflowing_a_small_stack() {
    let depth = Limits::default().depth;
    let text = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let value = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(move || {
            let value = read_value(text.as_bytes(), Dialect::V3, &Limits::default()).unwrap();
            gitops_yaml::emit::to_yaml(&value).len()
        })
        .unwrap();
    assert!(value.join().is_ok_and(|length| length > depth));
}

#[test]
fn long_lines_and_many_comments_are_read_in_linear_time() {
    let long = "x".repeat(4 << 20);
    for text in
        [format!("a: {long}"), format!("a: \"{long}\""), format!("{long}: 1"), format!("# {long}\na: 1")]
    {
        assert!(parse(&text, &Limits::default()).is_ok() || text.starts_with('x'));
    }
    let comments = "# c\n".repeat(200_000) + "a: 1 # d\n";
    let document = parse(&comments, &Limits::default()).unwrap().remove(0);
    assert_eq!(document.root.entries()[0].0.comments().head.len(), 200_000);
    let flow = format!("[{}]", "a, # c\n".repeat(100_000));
    assert_eq!(parse(&flow, &Limits::default()).unwrap()[0].root.items().len(), 100_000);
}

#[test]
fn a_file_of_equal_keys_makes_a_short_message() {
    let text = "a: 1\n".repeat(2_000);
    let error = read_value(text.as_bytes(), Dialect::V3, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateKey);
    assert!(error.to_string().len() < 10_000);
}

#[test]
fn bytes_that_are_no_text_are_refused_as_in_go() {
    for (bytes, message) in [
        (&b"a: \xff"[..], "yaml: invalid leading UTF-8 octet"),
        (b"a: \x00b", "yaml: control characters are not allowed"),
        (b"a: \x7f", "yaml: control characters are not allowed"),
        (b"a: \xc2\x80", "yaml: control characters are not allowed"),
    ] {
        let error = read_value(bytes, Dialect::V3, &Limits::default()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Encoding, message));
    }
}
