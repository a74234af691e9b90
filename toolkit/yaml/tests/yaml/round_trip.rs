// SPDX-License-Identifier: Apache-2.0

use gitops_yaml::{Dialect, Limits, emit, parse, read_value};
use proptest::prelude::*;
use serde_json::Value;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9f64)
            .prop_filter("whole floats become integers", |f| f.fract() != 0.0)
            .prop_map(Value::from),
        text().prop_map(Value::from),
    ]
}

/// Texts of the characters that YAML gives a meaning to; not U+0085, which Go's own reader folds.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ a-c\n\t:#,?!&*|>'\"%@`{}\\[\\]=<~.0-9_+-]{0,24}",
        "[ -~é日\u{a0}\u{2028}\u{feff}\u{1F600}\r\n\t]{0,120}",
        "(word |longer-word |x: |- |# |  ){0,40}",
        "(yes|no|on|y|null|~|true|0x1F|1_0|1e3|[.]5|12:30|2001-01-01|<<|=|---|[.][.][.])",
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_in_both_dialects(value in tree()) {
        let yaml = emit::to_yaml(&value);
        for dialect in [Dialect::V2, Dialect::V3] {
            // A key `<<` is printed plain, as Go does, and reads back as a merge.
            if !yaml.contains("<<:") {
                let read = read_value(yaml.as_bytes(), dialect, &Limits::default());
                prop_assert_eq!(read.as_ref(), Ok(&value), "{}", yaml);
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ a\n\t:#,?!&*|>'\"%@\\\\{}\\[\\]<~.0-9-]{0,60}") {
        if let Ok(documents) = parse(&text, &Limits::default()) {
            for document in documents {
                let span = document.root.span();
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
                for dialect in [Dialect::V2, Dialect::V3] {
                    let _ = document.root.to_value(dialect);
                    let _ = document.root.to_value_strict(dialect);
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = gitops_yaml::read_values(&bytes, Dialect::V2, &Limits::default());
    }
}
