// SPDX-License-Identifier: Apache-2.0

//! Versions and ranges against vectors recorded from Masterminds/semver (`xtask/oracle/semver`).
#![expect(clippy::unwrap_used, reason = "a test that cannot read its vectors has failed")]

use gitops_semver::{Constraint, ErrorKind, MAX_CONSTRAINT_LEN, MAX_VERSION_LEN, Version};
use proptest::prelude::*;
use serde_json::Value;

fn recorded() -> Value {
    serde_json::from_str(include_str!("../oracle/semver.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} differences\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn versions_read_as_in_go() {
    let recorded = recorded();
    let mut problems = Vec::new();
    for vector in list(&recorded["versions"]) {
        let text = vector["in"].as_str().unwrap();
        let loose = text.parse::<Version>().map(|v| v.to_string()).map_err(|e| e.to_string());
        let expected = match vector["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(vector["loose"].as_str().unwrap().to_owned()),
        };
        if loose != expected {
            problems.push(format!("{text:?}: ours {loose:?}, Go {expected:?}"));
        }
        let strict = Version::parse_strict(text).err().map(|e| e.to_string());
        if strict.as_deref() != vector["strict_error"].as_str() {
            problems.push(format!("{text:?} strictly: ours {strict:?}, Go {}", vector["strict_error"]));
        }
    }
    assert_none(&problems);
}

#[test]
fn versions_order_as_in_go() {
    let recorded = recorded();
    let versions: Vec<Version> =
        list(&recorded["matrix"]).iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect();
    for (a, row) in versions.iter().zip(list(&recorded["order"])) {
        let ours: String = versions
            .iter()
            .map(|b| match a.cmp(b) {
                std::cmp::Ordering::Less => '<',
                std::cmp::Ordering::Equal => '=',
                std::cmp::Ordering::Greater => '>',
            })
            .collect();
        assert_eq!(ours, row.as_str().unwrap(), "{a}");
    }
}

#[test]
fn ranges_match_as_in_go() {
    let recorded = recorded();
    let versions: Vec<Version> =
        list(&recorded["matrix"]).iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect();
    let bits = |range: &Constraint| -> String {
        versions
            .chunks(4)
            .map(|four| {
                let digit = four.iter().fold(0, |digit, v| digit << 1 | u32::from(range.matches(v)));
                char::from_digit(digit << (4 - four.len()), 16).unwrap()
            })
            .collect()
    };
    let mut problems = Vec::new();
    for vector in list(&recorded["constraints"]) {
        let text = vector["in"].as_str().unwrap();
        match (text.parse::<Constraint>(), vector["error"].as_str()) {
            (Err(ours), Some(theirs)) if ours.to_string() == theirs => {}
            (Ok(range), None) => {
                let expected = vector["matches"].as_str().unwrap();
                let all = vector["prereleases"].as_str().unwrap_or(expected);
                if bits(&range) != expected || bits(&range.clone().with_prereleases()) != all {
                    problems.push(format!("{text:?}: ours {}, Go {expected} and {all}", bits(&range)));
                }
                if range.to_string() != vector["text"].as_str().unwrap_or_default() {
                    problems.push(format!("{text:?}: ours prints {range}, Go {}", vector["text"]));
                }
            }
            (ours, theirs) => problems.push(format!("{text:?}: ours {ours:?}, Go {theirs:?}")),
        }
    }
    assert_none(&problems);
}

#[test]
fn texts_beyond_the_limits_are_refused_by_name() {
    let version = "1".repeat(MAX_VERSION_LEN + 1).parse::<Version>().unwrap_err();
    assert_eq!((version.kind(), version.to_string().contains("256")), (ErrorKind::TooLong, true));
    let range = "1 ".repeat(MAX_CONSTRAINT_LEN).parse::<Constraint>().unwrap_err();
    assert_eq!((range.kind(), range.to_string().contains("512")), (ErrorKind::TooLong, true));
}

#[test]
fn of_equal_versions_the_first_is_the_highest() {
    let versions: Vec<Version> = ["1.0.0+a", "1.0.0+b", "0.9.0"].iter().map(|v| v.parse().unwrap()).collect();
    let range: Constraint = "*".parse().unwrap();
    assert_eq!(range.highest(&versions).map(Version::original), Some("1.0.0+a"));
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "[0-9xX*v.+<>=!~^|, a-z-]{0,40}") {
        let _ = text.parse::<Version>();
        let _ = Version::parse_strict(&text);
        let _ = text.parse::<Constraint>();
    }

    #[test]
    fn printed_versions_read_back(major: u64, minor: u64, patch: u64, pre in "(-[a-z]{1,4}(\\.[1-9]{1,3})?)?") {
        let text = format!("{major}.{minor}.{patch}{pre}");
        let version: Version = text.parse().unwrap();
        prop_assert_eq!(version.to_string(), text.clone());
        prop_assert_eq!(Version::parse_strict(&text).unwrap(), version);
    }
}
