// SPDX-License-Identifier: Apache-2.0

//! Field sets: text forms and laws.

use gitops_smd::{Element, FieldSet, Path};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn fields_v1_is_read_and_written_byte_for_byte() {
    for text in [
        "{}",
        r#"{"f:a":{}}"#,
        r#"{"f:a":{".":{},"f:b":{}}}"#,
        r#"{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}"#,
        r#"{"f:set":{"v:1":{},"v:\"a\"":{},"v:true":{}}}"#,
        r#"{"f:args":{"i:0":{},"i:10":{}}}"#,
        r#"{"k:{\"name\":\"\\u003cx\\u003e\"}":{}}"#,
    ] {
        assert_eq!(FieldSet::from_json(text).expect("because it is well formed").to_json(), text);
    }
}

#[test]
fn unknown_prefixes_are_skipped_and_malformed_elements_are_not() {
    assert_eq!(
        FieldSet::from_json(r#"{"x:a":{},"f:b":{}}"#).expect("because unknown is fine").to_json(),
        r#"{"f:b":{}}"#
    );
    for text in [r#"{"k:{":{}}"#, r#"{"v:":{}}"#, r#"{"f":{}}"#, r#"{"i:x":{}}"#, "[]", r#"{"f:a":1}"#] {
        assert!(FieldSet::from_json(text).is_err(), "{text}");
    }
}

#[test]
fn numbers_are_written_without_a_point() {
    assert_eq!(Element::Value(json!(1.0)).serialize(), "v:1");
    assert_eq!(Element::Value(json!(1.5)).serialize(), "v:1.5");
    assert_eq!(Element::Value(json!(1.0)), Element::Value(json!(1)));
}

#[test]
fn elements_are_ordered_by_class_and_then_by_content() {
    let ordered = [
        Element::field("a"),
        Element::field("b"),
        Element::key([("n".into(), json!(9))]),
        Element::key([("n".into(), json!(10))]),
        Element::key([("n".into(), json!("9"))]),
        Element::Value(json!(2)),
        Element::Value(json!("a")),
        Element::Index(0),
    ];
    assert!(ordered.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn the_text_of_a_path_is_that_of_kube_apiserver() {
    for (elements, expected) in [
        (vec![Element::field("spec"), Element::field("replicas")], ".spec.replicas"),
        (
            vec![Element::field("p"), Element::key([("b".into(), json!("x")), ("a".into(), json!(1))])],
            ".p[a=1,b=\"x\"]",
        ),
        (vec![Element::field("s"), Element::Value(json!("a\"b"))], ".s[=\"a\\\"b\"]"),
        (vec![Element::field("l"), Element::Index(2)], ".l[2]"),
    ] {
        assert_eq!(elements.into_iter().collect::<Path>().to_string(), expected);
    }
}

fn element() -> impl Strategy<Value = Element> {
    prop_oneof![
        "[a-c]".prop_map(Element::field),
        (0..2i64).prop_map(|n| Element::key([("k".into(), json!(n))])),
        (0..2i64).prop_map(|n| Element::Value(json!(n))),
    ]
}

fn paths() -> impl Strategy<Value = FieldSet> {
    let path =
        prop::collection::vec(element(), 1..4).prop_map(|elements| elements.into_iter().collect::<Path>());
    prop::collection::vec(path, 0..12).prop_map(|paths| paths.into_iter().collect())
}

proptest! {
    #[test]
    fn operations_agree_with_membership(left in paths(), right in paths()) {
        for path in left.union(&right).paths() {
            let (l, r) = (left.contains(&path), right.contains(&path));
            prop_assert_eq!(left.union(&right).contains(&path), l || r);
            prop_assert_eq!(left.intersection(&right).contains(&path), l && r);
            prop_assert_eq!(left.difference(&right).contains(&path), l && !r);
        }
        prop_assert_eq!(left.union(&right), right.union(&left));
        prop_assert_eq!(left.difference(&left).len(), 0);
        prop_assert!(left.difference(&left).is_empty());
        prop_assert_eq!(left.recursive_difference(&right).union(&left), left.clone());
    }

    #[test]
    fn what_is_written_is_read_again(set in paths()) {
        prop_assert_eq!(FieldSet::from_json(&set.to_json()).expect("because we wrote it"), set.clone());
        prop_assert_eq!(FieldSet::from_value(&set.to_value()).expect("because we wrote it"), set);
    }
}
