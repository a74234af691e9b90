// SPDX-License-Identifier: Apache-2.0

//! The timestamps Go's YAML libraries recognize, and how its JSON encoder prints them.

/// Returns the timestamp in RFC 3339 with nanoseconds, if `text` is one.
pub(crate) fn parse(text: &str) -> Option<String> {
    let mut cursor = Cursor(text.as_bytes());
    let year = cursor.exactly(4)?;
    cursor.byte(b'-')?;
    let month = cursor.one_or_two()?;
    cursor.byte(b'-')?;
    let day = cursor.one_or_two()?;
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if cursor.0.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let zoned = match cursor.take()? {
        b'T' | b't' => true,
        b' ' => false,
        _ => return None,
    };
    if !zoned {
        while cursor.0.first() == Some(&b' ') {
            cursor.take()?;
        }
    }
    let hour = cursor.one_or_two()?;
    cursor.byte(b':')?;
    let minute = cursor.one_or_two()?;
    cursor.byte(b':')?;
    let second = cursor.one_or_two()?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = cursor.fraction()?;
    let zone = if zoned { cursor.zone()? } else { "Z".to_owned() };
    cursor.0.is_empty().then(|| format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        (self.take()? == wanted).then_some(())
    }

    fn digit(&mut self) -> Option<u32> {
        let first = *self.0.first()?;
        if !first.is_ascii_digit() {
            return None;
        }
        self.0 = &self.0[1..];
        Some(u32::from(first - b'0'))
    }

    fn exactly(&mut self, count: usize) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            number = number * 10 + self.digit()?;
        }
        Some(number)
    }

    fn one_or_two(&mut self) -> Option<u32> {
        let tens = self.digit()?;
        Some(self.digit().map_or(tens, |ones| tens * 10 + ones))
    }

    /// Digits behind a point or comma, cut to nanoseconds, without trailing zeros.
    fn fraction(&mut self) -> Option<String> {
        if !matches!(self.0.first(), Some(b'.' | b',')) {
            return Some(String::new());
        }
        self.take()?;
        let mut digits = String::new();
        while let Some(digit) = self.digit() {
            digits.push(char::from_digit(digit, 10)?);
        }
        if digits.is_empty() {
            return None;
        }
        digits.truncate(9);
        let digits = digits.trim_end_matches('0');
        Some(if digits.is_empty() { String::new() } else { format!(".{digits}") })
    }

    fn zone(&mut self) -> Option<String> {
        let sign = match self.take()? {
            b'Z' => return Some("Z".to_owned()),
            sign @ (b'+' | b'-') => char::from(sign),
            _ => return None,
        };
        let hours = self.exactly(2)?;
        self.byte(b':')?;
        let minutes = self.exactly(2)?;
        if hours > 23 || minutes > 59 {
            return None;
        }
        Some(if hours == 0 && minutes == 0 {
            "Z".to_owned()
        } else {
            format!("{sign}{hours:02}:{minutes:02}")
        })
    }
}
