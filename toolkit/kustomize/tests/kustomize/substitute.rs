// SPDX-License-Identifier: Apache-2.0

//! Substitution in the dialect that controllers of this family have.

use std::collections::BTreeMap;

use gitops_kustomize::ErrorKind;
use gitops_kustomize::substitute::{is_name, substitute};

fn variables() -> BTreeMap<String, String> {
    [("v", "Hello/World.txt"), ("empty", ""), ("n", "12345"), ("u", "äöü"), ("nested", "n")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn expressions_give_what_the_dialect_says() {
    for (text, expected) in [
        ("plain $v $ {v} $", "plain $v $ {v} $"),
        ("${v}", "Hello/World.txt"),
        ("$${v} $$$${v} a$$b", "${v} $${v} a$b"),
        ("${#v} ${#u} ${#empty}", "15 6 0"),
        ("${v^^} ${v,,} ${v,} ${u^}", "HELLO/WORLD.TXT hello/world.txt hello/World.txt Äöü"),
        ("${n:1} ${n:1:2} ${n: -1} ${n:9} ${n:x}", "2345 23 12345  12345"),
        ("${n:-1} ${none:-1}", "12345 1"),
        ("${v#*/} ${v##*o} ${v%.*} ${v%%/*} ${v#x}", "World.txt rld.txt Hello/World Hello Hello/World.txt"),
        ("${v#[HX]?} ${v#[^H]} ${v#[}", "llo/World.txt Hello/World.txt Hello/World.txt"),
        (
            "${v/o/0} ${v//o/0} ${v/#Hello/Bye} ${v/%txt/md}",
            "Hell0/World.txt Hell0/W0rld.txt Bye/World.txt Hello/World.md",
        ),
        ("${v/\\//-} ${v/#Hello/} ${v//l/}", "Hello-World.txt Hello/World.txt Heo/Word.txt"),
        ("${none:=a ${n} b} ${empty=x} ${none:+y} ${none:?z}", "a 12345 b x y z"),
        ("${none:-} ${none:-${empty:-deep}}", " deep"),
        ("${v/Hello/${n}}", "12345/World.txt"),
    ] {
        assert_eq!(substitute(text, &variables(), true).unwrap(), expected, "{text}");
    }
}

#[test]
fn malformed_expressions_are_errors_that_say_what_is_wrong() {
    for (text, expected) in [
        ("${", "unable to parse variable name"),
        ("${}", "unable to parse variable name"),
        ("${ v}", "unable to parse variable name"),
        ("${v", "missing closing brace"),
        ("${v-d}", "missing closing brace"),
        ("${v:-d", "unable to parse default function"),
        ("${v/a}", "bad substitution"),
        ("${n:0:-1}", "bad substitution"),
    ] {
        let error = substitute(text, &variables(), false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Substitute);
        assert_eq!(error.to_string(), format!("variable substitution failed: {expected}"), "{text}");
    }
}

#[test]
fn unset_variables_are_empty_or_in_strict_mode_errors() {
    assert_eq!(substitute("[${none}${none^^}]", &variables(), false).unwrap(), "[]");
    for text in ["${none}", "${none^^}", "${#none}", "${none/a/b}"] {
        let error = substitute(text, &variables(), true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "variable substitution failed: variable not set (strict mode): \"none\"",
            "{text}"
        );
    }
    assert_eq!(substitute("${empty}${none:-d}", &variables(), true).unwrap(), "d");
}

#[test]
fn expressions_in_expressions_meet_a_limit() {
    let text = format!("{}{}", "${none:-".repeat(10_000), "}".repeat(10_000));
    assert_eq!(substitute(&text, &variables(), true).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn names_are_letters_digits_and_underscores() {
    for (name, fits) in
        [("a", true), ("_A9", true), ("9a", false), ("a.b", false), ("a-b", false), ("", false)]
    {
        assert_eq!(is_name(name), fits, "{name}");
    }
}
