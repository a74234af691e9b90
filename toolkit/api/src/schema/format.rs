// SPDX-License-Identifier: Apache-2.0

use std::net::Ipv6Addr;
use std::sync::LazyLock;

use regex::Regex;

use super::names;

/// A format that the server knows; others are ignored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Format(&'static str);

/// Numeric formats limit numbers, the others texts.
const NUMERIC: [&str; 4] = ["int32", "int64", "float", "double"];

const TEXTUAL: [&str; 27] = [
    "bsonobjectid",
    "uri",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "cidr",
    "mac",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
    "isbn",
    "isbn10",
    "isbn13",
    "creditcard",
    "ssn",
    "hexcolor",
    "rgbcolor",
    "byte",
    "password",
    "date",
    "duration",
    "datetime",
    "date-time",
    "k8s-short-name",
    "k8s-long-name",
];

impl Format {
    pub(super) fn parse(text: &str) -> Option<Self> {
        NUMERIC.iter().chain(&TEXTUAL).find(|name| **name == text).map(|name| Self(name))
    }

    pub(super) fn name(self) -> &'static str {
        self.0
    }

    pub(super) fn is_textual(self) -> bool {
        TEXTUAL.contains(&self.0)
    }

    pub(super) fn accepts(self, text: &str) -> bool {
        match self.0 {
            "bsonobjectid" => text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit()),
            "uri" => is_request_uri(text),
            "email" => is_email(text),
            "hostname" => is_hostname(text),
            "ipv4" => is_ipv4(text),
            "ipv6" => is_ipv6(text),
            "cidr" => is_cidr(text),
            "mac" => is_mac(text),
            "uuid" => matches(&UUID, text),
            "uuid3" => matches(&UUID, text) && digits(text).get(12) == Some(&b'3'),
            "uuid4" => matches(&UUID, text) && versioned(text, b'4'),
            "uuid5" => matches(&UUID, text) && versioned(text, b'5'),
            "isbn" => is_isbn10(text) || is_isbn13(text),
            "isbn10" => is_isbn10(text),
            "isbn13" => is_isbn13(text),
            "creditcard" => matches(&CARD, &bare(text)) && luhn(&bare(text)),
            "ssn" => matches(&SSN, text),
            "hexcolor" => matches(&HEX_COLOR, text),
            "rgbcolor" => matches(&RGB_COLOR, text),
            "byte" => matches(&BASE64, text),
            "date" => is_date(text),
            "duration" => is_duration(text),
            "datetime" | "date-time" => is_date_time(text),
            "k8s-short-name" => names::dns_label(text).is_empty(),
            "k8s-long-name" => names::dns_subdomain(text).is_empty(),
            _ => true,
        }
    }
}

macro_rules! regexes {
    ($($name:ident = $pattern:expr;)+) => {
        $(static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("valid because it is a constant"));)+
    };
}

regexes! {
    UUID = r"^(?i-u)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$";
    CARD = r"^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})$";
    SSN = r"^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$";
    HEX_COLOR = r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$";
    RGB_COLOR = r"^rgb\([\t\n\f\r ]*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])[\t\n\f\r ]*,[\t\n\f\r ]*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])[\t\n\f\r ]*,[\t\n\f\r ]*(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])[\t\n\f\r ]*\)$";
    BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$";
    TIME = r"^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$";
    HOSTNAME = r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$";
    GO_DURATION = r"^[-+]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$";
    LONG_DURATION = r"([0-9]+)[\t\n\f\r ]*([A-Za-zµ]+)";
}

fn matches(regex: &Regex, text: &str) -> bool {
    regex.is_match(text)
}

fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(|b| *b != b'-').collect()
}

fn versioned(text: &str, version: u8) -> bool {
    let digits = digits(text);
    digits.get(12) == Some(&version)
        && digits.get(16).is_some_and(|b| matches!(b.to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b'))
}

fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let value = u32::from(digit - b'0') * if index % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn isbn_digits(text: &str) -> Vec<u8> {
    text.bytes().filter(|b| !matches!(b, b'-' | b' ' | b'\t' | b'\n' | b'\r')).collect()
}

fn is_isbn10(text: &str) -> bool {
    let digits = isbn_digits(text);
    let [head @ .., last] = digits.as_slice() else { return false };
    if digits.len() != 10 || !head.iter().all(u8::is_ascii_digit) || !(last.is_ascii_digit() || *last == b'X')
    {
        return false;
    }
    let value = |b: u8| if b == b'X' { 10 } else { u32::from(b - b'0') };
    let sum: u32 = (1..).zip(&digits).map(|(weight, digit)| weight * value(*digit)).sum();
    sum.is_multiple_of(11)
}

fn is_isbn13(text: &str) -> bool {
    let digits = isbn_digits(text);
    if digits.len() != 13 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let weights = [1, 3].into_iter().cycle();
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| weight * u32::from(digit - b'0')).sum();
    sum.is_multiple_of(10)
}

/// A URI reference as an HTTP request line has it: with a scheme, or an absolute path.
fn is_request_uri(text: &str) -> bool {
    if text.is_empty() || text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return false;
    }
    if text == "*" {
        return true;
    }
    let rest = match text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))) {
        Some(0) => text,
        Some(end) if text.as_bytes()[end] == b':' && text.as_bytes()[0].is_ascii_alphabetic() => {
            &text[end + 1..]
        }
        Some(end) if text.as_bytes()[end] == b':' => return false,
        _ => return false,
    };
    let has_scheme = rest.len() < text.len();
    let rest = rest.split('?').next().unwrap_or_default();
    if !rest.starts_with('/') {
        return has_scheme && !rest.is_empty();
    }
    let (authority, path) = match rest.strip_prefix("//").filter(|_| has_scheme || !rest.starts_with("///")) {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    is_authority(authority) && escapes_are_valid(path)
}

fn is_authority(authority: &str) -> bool {
    let host = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
            if !user.bytes().all(allowed) || !escapes_are_valid(user) {
                return false;
            }
            host
        }
        None => authority,
    };
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    if let Some(rest) = host.strip_prefix('[') {
        return rest
            .split_once(']')
            .is_some_and(|(_, rest)| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
    }
    let name = match host.rfind(':') {
        Some(colon) if !is_port(&host[colon + 1..]) => return false,
        Some(colon) => &host[..colon],
        None => host,
    };
    escapes_are_valid(name) && !name.bytes().any(|b| b" \\^`{|}#".contains(&b))
}

fn escapes_are_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, b)| **b == b'%').all(|(index, _)| {
        bytes.get(index + 1..index + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    })
}

/// An address, with or without a display name before it in angle brackets.
fn is_email(text: &str) -> bool {
    let address = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((_, address)) => address,
        None => text.trim(),
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii())
    };
    let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let literal = domain.starts_with('[') && domain.ends_with(']');
    (quoted || local.split('.').all(atom)) && (literal || domain.split('.').all(atom))
}

fn is_hostname(text: &str) -> bool {
    if !HOSTNAME.is_match(text) {
        return false;
    }
    let labels = text.split('.');
    labels.map(str::len).all(|length| (1..=63).contains(&length))
}

/// Octets may have leading zeros.
fn is_ipv4(text: &str) -> bool {
    let octet = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|value: u32| value < 256)
    };
    text.split('.').count() == 4 && text.split('.').all(octet)
}

fn is_ipv6(text: &str) -> bool {
    let tail = text.rfind(':').map_or(0, |colon| colon + 1);
    let sloppy = is_ipv4(&text[tail..]).then(|| format!("{}0.0.0.0", &text[..tail]));
    text.contains(':') && sloppy.as_deref().unwrap_or(text).parse::<Ipv6Addr>().is_ok()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let limit = if is_ipv4(address) {
        32
    } else if is_ipv6(address) {
        128
    } else {
        return false;
    };
    !bits.is_empty()
        && bits.bytes().all(|b| b.is_ascii_digit())
        && bits.parse().is_ok_and(|bits: u32| bits <= limit)
}

fn is_mac(text: &str) -> bool {
    let hex = |part: &str, width: usize| part.len() == width && part.bytes().all(|b| b.is_ascii_hexdigit());
    let groups = |separator: char, width: usize, counts: &[usize]| {
        let parts: Vec<&str> = text.split(separator).collect();
        counts.contains(&parts.len()) && parts.iter().all(|part| hex(part, width))
    };
    groups(':', 2, &[6, 8, 20]) || groups('-', 2, &[6, 8, 20]) || groups('.', 4, &[3, 4, 10])
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let number = |range: std::ops::Range<usize>| {
        let part = text.get(range)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// A date, `T`, and a time with an offset. Any sign may stand before the fraction, and any offset of four digits passes.
pub(super) fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let Some(found) = TIME.captures(time).filter(|_| is_date(date)) else { return false };
    let at_most = |group: usize, limit: &str| found.get(group).is_some_and(|part| part.as_str() <= limit);
    at_most(1, "23") && at_most(2, "59") && at_most(3, "59")
}

/// Go's durations, and number and unit words as in `2 hours`.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 26] = [
        "ns",
        "nano",
        "nanosecond",
        "us",
        "µs",
        "micro",
        "microsecond",
        "ms",
        "milli",
        "millisecond",
        "s",
        "sec",
        "second",
        "m",
        "min",
        "minute",
        "h",
        "hr",
        "hour",
        "d",
        "day",
        "w",
        "wk",
        "week",
        "nanos",
        "micros",
    ];
    if GO_DURATION.is_match(text) {
        return true;
    }
    let mut found = LONG_DURATION.captures_iter(text).peekable();
    found.peek().is_some()
        && found.all(|part| {
            let unit = part.get(2).map_or("", |unit| unit.as_str()).to_lowercase();
            UNITS.contains(&unit.as_str()) || unit.strip_suffix('s').is_some_and(|unit| UNITS.contains(&unit))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_accept_what_the_server_accepts() {
        let cases = [
            ("date-time", "2024-02-29T23:59:59Z", true),
            ("date-time", "2024-02-29t23:59:59,123456789012z", true),
            ("date-time", "0000-01-01T00:00:00+99:99", true),
            ("date-time", "2023-02-29T00:00:00Z", false),
            ("date-time", "2024-01-01T24:00:00Z", false),
            ("date-time", "2024-01-01T00:00:60Z", false),
            ("date-time", "2024-01-01T00:00:00+0100", false),
            ("date-time", "2024-01-01 00:00:00Z", false),
            ("date", "2024-13-01", false),
            ("byte", "dg==", true),
            ("byte", "%%", false),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", true),
            ("ipv4", "999.1.1.1", false),
            ("ipv6", "::1", true),
            ("cidr", "10.0.0.0/8", true),
            ("cidr", "10", false),
            ("email", "a@b.test", true),
            ("email", "nope", false),
            ("uri", "http://x.test/", true),
            ("uri", ":", false),
            ("uri", "x.test", false),
            ("duration", "1h5m", true),
            ("duration", "2 hours", true),
            ("duration", "soon", false),
            ("hostname", "-x", false),
            ("hostname", "a.example.com", true),
            ("mac", "00:00:5e:00:53:01", true),
            ("isbn10", "0-306-40615-2", true),
            ("creditcard", "4111 1111 1111 1111", true),
        ];
        for (name, text, expected) in cases {
            let format = Format::parse(name).expect("a known format");
            assert_eq!(format.accepts(text), expected, "{name} {text}");
        }
        assert_eq!(Format::parse("weird"), None);
    }
}
