// SPDX-License-Identifier: Apache-2.0

use gitops_api::meta::Duration;

#[test]
fn a_duration_keeps_its_text_and_knows_its_length() {
    // Canonical forms recorded from `time.ParseDuration` and `Duration.String` of Go 1.26.
    let table: &[(&str, i64, &str)] = &[
        ("1h0m0s", 3_600_000_000_000, "1h0m0s"),
        ("90s", 90_000_000_000, "1m30s"),
        ("1.5h", 5_400_000_000_000, "1h30m0s"),
        ("0", 0, "0s"),
        ("0s", 0, "0s"),
        ("+5m", 300_000_000_000, "5m0s"),
        ("-1.5s", -1_500_000_000, "-1.5s"),
        ("350ms", 350_000_000, "350ms"),
        ("1.5ms", 1_500_000, "1.5ms"),
        ("12us", 12_000, "12µs"),
        ("12µs", 12_000, "12µs"),
        ("7ns", 7, "7ns"),
        (".5s", 500_000_000, "500ms"),
        ("1.s", 1_000_000_000, "1s"),
        ("2m30.5s", 150_500_000_000, "2m30.5s"),
        ("1s1h", 3_601_000_000_000, "1h0m1s"),
        ("9223372036854775807ns", i64::MAX, "2562047h47m16.854775807s"),
        ("-9223372036854775808ns", i64::MIN, "-2562047h47m16.854775808s"),
        ("0.3333333333333333333h", 1_200_000_000_000, "20m0s"),
        ("0.9999999999999999999h", 3_600_000_000_000, "1h0m0s"),
        ("0.1234567890123456789012s", 123_456_789, "123.456789ms"),
        ("-0", 0, "0s"),
    ];
    for (text, nanos, canonical) in table {
        let read: Duration = text.parse().unwrap();
        assert_eq!(read.as_nanos(), *nanos, "{text}");
        assert_eq!(read.to_string(), *text, "{text}");
        assert_eq!(read.canonical(), *canonical, "{text}");
        assert_eq!(Duration::from_nanos(*nanos).to_string(), *canonical, "{text}");
        assert_eq!(Duration::from_nanos(*nanos), read, "{text}");
        assert_eq!(serde_json::to_value(&read).unwrap(), *text, "{text}");
    }
}

#[test]
fn a_text_that_is_no_duration_is_refused_in_the_words_of_go() {
    let table = [
        ("", r#"time: invalid duration """#),
        ("3", r#"time: missing unit in duration "3""#),
        ("-", r#"time: invalid duration "-""#),
        ("s", r#"time: invalid duration "s""#),
        (".", r#"time: invalid duration ".""#),
        (".s", r#"time: invalid duration ".s""#),
        ("+", r#"time: invalid duration "+""#),
        ("1.1.1s", r#"time: missing unit in duration "1.1.1s""#),
        ("1d", r#"time: unknown unit "d" in duration "1d""#),
        ("1h 2m", r#"time: unknown unit "h " in duration "1h 2m""#),
        ("9223372036854775808ns", r#"time: invalid duration "9223372036854775808ns""#),
        ("3000000h", r#"time: invalid duration "3000000h""#),
    ];
    for (text, message) in table {
        assert_eq!(text.parse::<Duration>().unwrap_err().to_string(), message);
    }
}

#[test]
fn durations_compare_by_length_and_convert_to_the_standard_type() {
    let minute = Duration::from_mins(1);
    assert_eq!(minute, "60s".parse().unwrap());
    assert!(minute < Duration::from_hours(1));
    assert_eq!(minute.as_std(), std::time::Duration::from_secs(60));
    assert_eq!("-5s".parse::<Duration>().unwrap().as_std(), std::time::Duration::ZERO);
    assert_eq!(Duration::from(std::time::Duration::from_millis(1500)).to_string(), "1.5s");
    assert_eq!(Duration::from_mins(u32::MAX), Duration::from_nanos(i64::MAX));
    assert!(Duration::default().is_zero());
}
