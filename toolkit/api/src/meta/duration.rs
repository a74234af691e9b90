// SPDX-License-Identifier: Apache-2.0

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// A length of time in the text form of Go, such as `1h0m0s`, `90s` or `1.5h`.
///
/// A value that was read keeps the text it was written with, so that reading and writing an object changes nothing;
/// a value that was computed is written in the canonical form of Go. Comparison looks at the length alone.
///
/// ```
/// use gitops_api::meta::Duration;
///
/// let written: Duration = "90s".parse()?;
/// assert_eq!(written.to_string(), "90s");
/// assert_eq!(written.canonical(), "1m30s");
/// assert_eq!(written, Duration::from_secs(90));
/// assert_eq!(Duration::from_mins(60).to_string(), "1h0m0s");
/// # Ok::<(), gitops_api::meta::ParseDurationError>(())
/// ```
#[derive(Clone, Default)]
#[doc(alias = "metav1.Duration")]
pub struct Duration {
    nanos: i64,
    text: Option<Box<str>>,
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self::from_nanos(0);

    /// Returns a length of so many nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos, text: None }
    }

    /// Returns a length of so many milliseconds, at most about 292 years.
    pub const fn from_millis(millis: u32) -> Self {
        Self::from_nanos(millis as i64 * MILLISECOND as i64)
    }

    /// Returns a length of so many seconds.
    pub const fn from_secs(secs: u32) -> Self {
        Self::from_nanos(secs as i64 * SECOND as i64)
    }

    /// Returns a length of so many minutes; more than about 292 years is cut to that.
    pub const fn from_mins(mins: u32) -> Self {
        Self::from_nanos((mins as i64).saturating_mul(MINUTE as i64))
    }

    /// Returns a length of so many hours; more than about 292 years is cut to that.
    pub const fn from_hours(hours: u32) -> Self {
        Self::from_nanos((hours as i64).saturating_mul(HOUR as i64))
    }

    /// Returns the length in nanoseconds, which is negative for a text such as `-5s`.
    pub const fn as_nanos(&self) -> i64 {
        self.nanos
    }

    /// Returns the length as a standard duration; a negative one becomes zero.
    pub const fn as_std(&self) -> std::time::Duration {
        if self.nanos < 0 {
            std::time::Duration::ZERO
        } else {
            std::time::Duration::from_nanos(self.nanos as u64)
        }
    }

    /// Returns whether the length is zero.
    pub const fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// Returns the text that Go writes for this length, whatever text it was read from.
    pub fn canonical(&self) -> String {
        canonical(self.nanos)
    }
}

fn canonical(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let abs = nanos.unsigned_abs();
    if abs == 0 {
        return "0s".to_owned();
    }
    if abs < SECOND {
        let (unit, name) = match abs {
            n if n < MICROSECOND => (1, "ns"),
            n if n < MILLISECOND => (MICROSECOND, "µs"),
            _ => (MILLISECOND, "ms"),
        };
        return format!("{sign}{}{name}", decimal(abs, unit));
    }
    let seconds = decimal(abs % MINUTE, SECOND);
    let minutes = abs / MINUTE;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, m) => format!("{sign}{m}m{seconds}s"),
        (h, m) => format!("{sign}{h}h{m}m{seconds}s"),
    }
}

/// Writes `value / unit` with as many decimals as needed and no more.
fn decimal(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    format!("{whole}.{}", format!("{rest:0width$}").trim_end_matches('0'))
}

impl FromStr for Duration {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let nanos = parse(text).map_err(|problem| ParseDurationError { problem, text: text.to_owned() })?;
        Ok(Self { nanos, text: (canonical(nanos) != text).then(|| text.into()) })
    }
}

fn parse(text: &str) -> Result<i64, Problem> {
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(Problem::Invalid);
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (value, after) = component(rest)?;
        total = total.checked_add(value).filter(|sum| *sum <= 1 << 63).ok_or(Problem::Invalid)?;
        rest = after;
    }
    match (negative, i64::try_from(total)) {
        (true, _) => Ok((total as i64).wrapping_neg()),
        (false, Ok(nanos)) => Ok(nanos),
        (false, Err(_)) => Err(Problem::Invalid),
    }
}

/// Reads one number with its unit and returns its length in nanoseconds and the text behind it.
fn component(text: &str) -> Result<(u64, &str), Problem> {
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let whole_len = digits(text);
    let whole = match &text[..whole_len] {
        "" => 0,
        number => number.parse::<u64>().ok().filter(|n| *n <= 1 << 63).ok_or(Problem::Invalid)?,
    };
    let mut rest = &text[whole_len..];
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        let len = digits(after);
        (fraction, rest) = after.split_at(len);
    }
    if whole_len == 0 && fraction.is_empty() {
        return Err(Problem::Invalid);
    }
    let unit_len = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(unit_len);
    let unit = match name {
        "" => return Err(Problem::MissingUnit),
        "ns" => 1,
        "us" | "µs" | "μs" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        other => return Err(Problem::UnknownUnit(other.to_owned())),
    };
    let value = whole.checked_mul(unit).filter(|n| *n <= 1 << 63).ok_or(Problem::Invalid)?;
    // Go too computes the fraction in floating point, and drops the digits that do not fit an integer.
    let (mut number, mut scale) = (0_i64, 1_f64);
    for digit in fraction.bytes().map(|byte| i64::from(byte - b'0')) {
        let Some(next) = number.checked_mul(10).and_then(|tens| tens.checked_add(digit)) else { break };
        number = next;
        scale *= 10.0;
    }
    let part = (number as f64 * (unit as f64 / scale)) as u64;
    let value = value.checked_add(part).filter(|n| *n <= 1 << 63).ok_or(Problem::Invalid)?;
    Ok((value, rest))
}

impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self::from_nanos(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        duration.as_std()
    }
}

impl PartialEq for Duration {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Duration {}

impl PartialOrd for Duration {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Duration {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl Hash for Duration {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanos.hash(state);
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => f.write_str(text),
            None => f.write_str(&canonical(self.nanos)),
        }
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "crds")]
impl schemars::JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

/// A text that is not a length of time; prints the words of Go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParseDurationError {
    problem: Problem,
    text: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Problem {
    Invalid,
    MissingUnit,
    UnknownUnit(String),
}

impl fmt::Display for ParseDurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match &self.problem {
            Problem::Invalid => write!(f, "time: invalid duration {text:?}"),
            Problem::MissingUnit => write!(f, "time: missing unit in duration {text:?}"),
            Problem::UnknownUnit(unit) => write!(f, "time: unknown unit {unit:?} in duration {text:?}"),
        }
    }
}

impl std::error::Error for ParseDurationError {}
