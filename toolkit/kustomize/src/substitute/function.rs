// SPDX-License-Identifier: Apache-2.0

//! The transformations of values.

/// Bytes from a position, counted from the end if negative; numbers that are none return the value.
pub(super) fn slice(value: &str, position: &str, length: Option<&str>) -> Option<String> {
    let Ok(position) = position.parse::<i64>() else { return Some(value.to_owned()) };
    let size = i64::try_from(value.len()).ok()?;
    let start = if position < 0 { (size + position).max(0) } else { position.min(size) };
    let end = match length.map(str::parse::<i64>) {
        None => size,
        Some(Err(_)) => return Some(value.to_owned()),
        Some(Ok(length)) if length < 0 => return None,
        Some(Ok(length)) => start.saturating_add(length).min(size),
    };
    let bytes = &value.as_bytes()[usize::try_from(start).ok()?..usize::try_from(end).ok()?];
    Some(String::from_utf8_lossy(bytes).into_owned())
}

pub(super) fn case(value: &str, operator: &str) -> String {
    let mut chars = value.chars();
    let first = chars.next();
    match operator {
        ",," => value.to_lowercase(),
        "^^" => value.to_uppercase(),
        "," => first.into_iter().flat_map(char::to_lowercase).chain(chars).collect(),
        _ => first.into_iter().flat_map(char::to_uppercase).chain(chars).collect(),
    }
}

/// Literal replacement: the first, all, a prefix or a suffix. The last two do nothing without a replacement.
pub(super) fn replace(value: &str, operator: &str, from: &str, to: Option<&str>) -> String {
    let text = to.unwrap_or_default();
    match operator {
        "//" => value.replace(from, text),
        "/" => value.replacen(from, text, 1),
        "/#" => match (value.strip_prefix(from), to) {
            (Some(rest), Some(to)) => format!("{to}{rest}"),
            _ => value.to_owned(),
        },
        _ => match (value.strip_suffix(from), to) {
            (Some(rest), Some(to)) => format!("{rest}{to}"),
            _ => value.to_owned(),
        },
    }
}

/// Removes the shortest or longest prefix or suffix that a pattern matches.
pub(super) fn trim(value: &str, operator: &str, pattern: &str) -> String {
    let reversed = |text: &str| text.chars().rev().collect::<String>();
    let longest = operator.len() == 2;
    // Suffixes are found from the back, pattern and all.
    if operator.starts_with('%') {
        return reversed(&trim_prefix(&reversed(value), &reversed(pattern), longest));
    }
    trim_prefix(value, pattern, longest)
}

fn trim_prefix(value: &str, pattern: &str, longest: bool) -> String {
    let Some(pattern) = Pattern::parse(pattern) else { return value.to_owned() };
    let text: Vec<char> = value.chars().collect();
    match pattern.prefix(&text, longest) {
        Some(length) => text[length..].iter().collect(),
        None => value.to_owned(),
    }
}

/// A shell pattern; `*` matches anything, `/` too.
struct Pattern(Vec<Item>);

enum Item {
    Char(char),
    Any,
    Many,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl Pattern {
    fn parse(pattern: &str) -> Option<Self> {
        let mut items = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            items.push(match c {
                '*' => Item::Many,
                '?' => Item::Any,
                '\\' => Item::Char(chars.next()?),
                '[' => {
                    let negated = chars.next_if_eq(&'^').is_some();
                    let mut ranges = Vec::new();
                    loop {
                        let low = match chars.next()? {
                            ']' if !ranges.is_empty() => break,
                            ']' | '-' => return None,
                            '\\' => chars.next()?,
                            low => low,
                        };
                        let high = match chars.next_if_eq(&'-') {
                            None => low,
                            Some(_) => match chars.next()? {
                                ']' | '-' => return None,
                                '\\' => chars.next()?,
                                high => high,
                            },
                        };
                        ranges.push((low, high));
                    }
                    Item::Set { negated, ranges }
                }
                c => Item::Char(c),
            });
        }
        Some(Self(items))
    }

    /// The length of the shortest or longest prefix that matches.
    fn prefix(&self, text: &[char], longest: bool) -> Option<usize> {
        // The set of lengths that the items so far can match, as flags: linear in text times pattern.
        let mut reachable = vec![false; text.len() + 1];
        reachable[0] = true;
        for item in &self.0 {
            let mut next = vec![false; text.len() + 1];
            match item {
                Item::Many => {
                    let mut seen = false;
                    for (at, flag) in reachable.iter().enumerate() {
                        seen |= flag;
                        next[at] = seen;
                    }
                }
                item => {
                    for at in (0..text.len()).filter(|&at| reachable[at]) {
                        next[at + 1] = item.matches(text[at]);
                    }
                }
            }
            reachable = next;
        }
        if longest {
            reachable.iter().rposition(|&flag| flag)
        } else {
            reachable.iter().position(|&flag| flag)
        }
    }
}

impl Item {
    fn matches(&self, c: char) -> bool {
        match self {
            Self::Char(wanted) => *wanted == c,
            Self::Any | Self::Many => true,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|&(low, high)| (low..=high).contains(&c)) != *negated
            }
        }
    }
}
