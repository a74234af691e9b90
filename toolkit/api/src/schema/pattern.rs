// SPDX-License-Identifier: Apache-2.0

//! Regular expressions in Go's syntax.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::CharIndices;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::violation::Violation;

/// A compiled pattern that remembers its text.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    regex: Regex,
}

/// What Go says about a pattern it cannot parse.
#[derive(Debug)]
pub(super) struct Problem(String);

impl Problem {
    pub(super) fn violation(&self, path: &str, source: &str) -> Violation {
        let detail = format!("must be a valid regular expression, but isn't: {}", self.0);
        Violation::invalid(&format!("{path}.pattern"), &Value::from(source), &detail)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl Pattern {
    pub(super) fn compile(source: &str) -> Result<Self, Problem> {
        let translated = Translator::new(source).run()?;
        let regex = RegexBuilder::new(&translated).size_limit(32 << 20).build();
        let regex =
            regex.map_err(|_| Problem(format!("error parsing regexp: invalid pattern: `{source}`")))?;
        Ok(Self { source: source.to_owned(), regex })
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Rewrites a pattern: classes such as `\d` are ASCII in Go, `\Q…\E` quotes, a brace that starts no repetition and
/// brackets and doubled signs in a class are literal.
struct Translator<'a> {
    source: &'a str,
    chars: Peekable<CharIndices<'a>>,
    out: String,
    /// Where each open group began.
    groups: usize,
    /// Whether something precedes that a repetition can apply to.
    operand: bool,
    /// Where the last repetition began, if it was the last thing read.
    repetition: Option<usize>,
}

impl<'a> Translator<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            chars: source.char_indices().peekable(),
            out: String::with_capacity(source.len() + 16),
            groups: 0,
            operand: false,
            repetition: None,
        }
    }

    fn run(mut self) -> Result<String, Problem> {
        while let Some((at, c)) = self.chars.next() {
            match c {
                '\\' => self.escape(at)?,
                '[' => {
                    self.class(at)?;
                    self.took_operand();
                }
                '(' => self.open()?,
                ')' => {
                    if self.groups == 0 {
                        return Err(self.problem("unexpected )", self.source));
                    }
                    self.groups -= 1;
                    self.out.push(')');
                    self.took_operand();
                }
                '|' | '^' => {
                    self.out.push(c);
                    self.operand = c == '^';
                    self.repetition = None;
                }
                '*' | '+' | '?' => self.repeat(at, 1)?,
                '{' => match repetition_length(&self.source[at..]) {
                    Some(length) => {
                        self.check_counts(&self.source[at..at + length])?;
                        for _ in 1..length {
                            self.chars.next();
                        }
                        self.repeat(at, length)?;
                    }
                    None => self.literal('{'),
                },
                '.' | '$' => {
                    self.out.push(c);
                    self.took_operand();
                }
                c => self.literal(c),
            }
        }
        if self.groups > 0 {
            return Err(self.problem("missing closing )", self.source));
        }
        Ok(self.out)
    }

    fn problem(&self, what: &str, part: &str) -> Problem {
        Problem(format!("error parsing regexp: {what}: `{part}`"))
    }

    fn took_operand(&mut self) {
        self.operand = true;
        self.repetition = None;
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        self.took_operand();
    }

    fn repeat(&mut self, at: usize, length: usize) -> Result<(), Problem> {
        let operator = &self.source[at..at + length];
        if let Some(start) = self.repetition {
            return Err(self.problem("invalid nested repetition operator", &self.source[start..at + length]));
        }
        if !self.operand {
            return Err(self.problem("missing argument to repetition operator", operator));
        }
        self.out.push_str(operator);
        let mut end = at + length;
        if self.chars.next_if(|(_, c)| *c == '?').is_some() {
            self.out.push('?');
            end += 1;
        }
        self.repetition = Some(at.min(end));
        Ok(())
    }

    fn check_counts(&self, operator: &str) -> Result<(), Problem> {
        let counts: Vec<u32> = operator
            .trim_matches(['{', '}'])
            .split(',')
            .filter(|count| !count.is_empty())
            .map(|count| count.parse().unwrap_or(u32::MAX))
            .collect();
        let ordered = counts.is_sorted();
        if counts.iter().any(|count| *count > 1000) || !ordered {
            return Err(self.problem("invalid repeat count", operator));
        }
        Ok(())
    }

    /// Groups: capturing, named, not capturing, and flags.
    fn open(&mut self) -> Result<(), Problem> {
        self.groups += 1;
        self.out.push('(');
        self.operand = false;
        self.repetition = None;
        if self.chars.next_if(|(_, c)| *c == '?').is_none() {
            return Ok(());
        }
        let rest = self.chars.peek().map_or("", |(at, _)| &self.source[*at..]);
        let names = rest.starts_with("P<")
            || rest.starts_with('<') && !rest.starts_with("<=") && !rest.starts_with("<!");
        let end = if names { rest.find('>') } else { rest.find([':', ')']) };
        let Some(end) = end else {
            let what = if names { "invalid named capture" } else { "missing closing )" };
            let part = if names { format!("(?{rest}") } else { self.source.to_owned() };
            return Err(self.problem(what, &part));
        };
        let head = &rest[..=end];
        let flags = head.trim_end_matches([':', ')']).chars().all(|c| "imsU-".contains(c));
        if !names && !flags {
            let shown: String = format!("(?{}", rest.chars().next().unwrap_or_default());
            return Err(self.problem("invalid or unsupported Perl syntax", &shown));
        }
        self.out.push('?');
        self.out.push_str(head);
        for _ in head.chars() {
            self.chars.next();
        }
        if head.ends_with(')') {
            self.groups -= 1;
        }
        Ok(())
    }

    fn escape(&mut self, at: usize) -> Result<(), Problem> {
        let Some((_, c)) = self.chars.next() else {
            return Err(self.problem("trailing backslash at end of expression", ""));
        };
        match c {
            'Q' => {
                let rest = &self.source[at + 2..];
                let length = rest.find("\\E").unwrap_or(rest.len());
                rest[..length].chars().for_each(|c| self.literal(c));
                let skipped = if length < rest.len() { length + 2 } else { length };
                while self.chars.next_if(|(next, _)| *next < at + 2 + skipped).is_some() {}
                return Ok(());
            }
            'A' | 'z' => self.out.push_str(if c == 'A' { "\\A" } else { "\\z" }),
            'b' => self.out.push_str("(?-u:\\b)"),
            'B' => self.out.push_str("\\B"),
            _ => match perl_class(c) {
                Some((set, false)) => push_all(&mut self.out, &["[", set, "]"]),
                Some((set, true)) => push_all(&mut self.out, &["[^", set, "]"]),
                None if matches!(c, 'p' | 'P') => self.unicode_class(c)?,
                None => {
                    let literal = self.escaped_char(at, c)?;
                    self.out.push_str(&regex::escape(literal.encode_utf8(&mut [0; 4])));
                }
            },
        }
        self.took_operand();
        Ok(())
    }

    fn unicode_class(&mut self, c: char) -> Result<(), Problem> {
        let start = self.out.len();
        self.out.push('\\');
        self.out.push(c);
        let braced = self.chars.peek().is_some_and(|(_, c)| *c == '{');
        for (_, c) in self.chars.by_ref() {
            self.out.push(c);
            if !braced || c == '}' {
                break;
            }
        }
        if is_class(&self.out[start..]) {
            return Ok(());
        }
        Err(self.problem("invalid character class range", &self.out[start..]))
    }

    /// A character written as an escape: octal, hexadecimal, a control letter, or punctuation as itself.
    fn escaped_char(&mut self, at: usize, c: char) -> Result<char, Problem> {
        let end =
            |translator: &mut Self| translator.chars.peek().map_or(translator.source.len(), |(at, _)| *at);
        let code = match c {
            'a' => 0x07,
            'f' => 0x0c,
            't' => 0x09,
            'n' => 0x0a,
            'r' => 0x0d,
            'v' => 0x0b,
            '0'..='7' => {
                let mut code = c.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some((_, digit)) = self.chars.next_if(|(_, c)| c.is_digit(8)) else { break };
                    code = code * 8 + digit.to_digit(8).unwrap_or_default();
                }
                code
            }
            'x' => {
                let rest = &self.source[at + 2..];
                let (hex, length) = match rest.strip_prefix('{') {
                    Some(rest) => rest.find('}').map_or(("", 0), |end| (&rest[..end], end + 2)),
                    None => (rest.get(..2).unwrap_or_default(), 2),
                };
                for _ in 0..length {
                    self.chars.next();
                }
                u32::from_str_radix(hex, 16).unwrap_or(u32::MAX)
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
            _ => u32::MAX,
        };
        char::from_u32(code).ok_or_else(|| {
            let part = &self.source[at..end(self)];
            // Go stops reading where the number becomes too large.
            let part = if code == u32::MAX { part } else { part.trim_end_matches('}') };
            self.problem("invalid escape sequence", part)
        })
    }

    fn class(&mut self, start: usize) -> Result<(), Problem> {
        self.out.push('[');
        if self.chars.next_if(|(_, c)| *c == '^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some((at, c)) = self.chars.next() else {
                return Err(self.problem("missing closing ]", &self.source[start..]));
            };
            match c {
                ']' if !first => break,
                '[' if self.source[at..].starts_with("[:") && self.source[at..].contains(":]") => {
                    let length = self.source[at..].find(":]").unwrap_or_default() + 2;
                    let name = &self.source[at..at + length];
                    if !is_posix_class(name) {
                        return Err(self.problem("invalid character class range", name));
                    }
                    self.out.push_str(name);
                    while self.chars.next_if(|(next, _)| *next < at + length).is_some() {}
                }
                '\\' => self.class_escape(at)?,
                c => self.class_range(at, c)?,
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    fn class_escape(&mut self, at: usize) -> Result<(), Problem> {
        let Some((_, c)) = self.chars.next() else {
            return Err(self.problem("trailing backslash at end of expression", ""));
        };
        match perl_class(c) {
            Some((set, false)) => self.out.push_str(set),
            Some((set, true)) => push_all(&mut self.out, &["[^", set, "]"]),
            None if matches!(c, 'p' | 'P') => self.unicode_class(c)?,
            None => {
                let low = self.escaped_char(at, c)?;
                self.class_range(at, low)?;
            }
        }
        Ok(())
    }

    /// One character or a range that begins with it.
    fn class_range(&mut self, at: usize, low: char) -> Result<(), Problem> {
        push_class_char(&mut self.out, low);
        let rest = self.chars.peek().map_or("", |(at, _)| &self.source[*at..]);
        if !rest.starts_with('-') || rest.starts_with("-]") || rest.len() == 1 {
            return Ok(());
        }
        self.chars.next();
        let Some((high_at, mut high)) = self.chars.next() else { return Ok(()) };
        if high == '\\' {
            let Some((_, c)) = self.chars.next() else {
                return Err(self.problem("trailing backslash at end of expression", ""));
            };
            high = self.escaped_char(high_at, c)?;
        }
        if high < low {
            let end = self.chars.peek().map_or(self.source.len(), |(at, _)| *at);
            return Err(self.problem("invalid character class range", &self.source[at..end]));
        }
        self.out.push('-');
        push_class_char(&mut self.out, high);
        Ok(())
    }
}

fn push_all(out: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| out.push_str(part));
}

fn push_class_char(out: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() {
        let written = write!(out, "\\x{:02x}", u32::from(c));
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    } else {
        out.push(c);
    }
}

/// The ASCII set of a letter class, and whether the letter means its complement.
fn perl_class(c: char) -> Option<(&'static str, bool)> {
    let set = match c.to_ascii_lowercase() {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\x0c\\r ",
        _ => return None,
    };
    Some((set, c.is_ascii_uppercase()))
}

fn is_posix_class(text: &str) -> bool {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
        "upper", "word", "xdigit",
    ];
    NAMES.contains(&text.trim_matches(['[', ':', ']']).trim_start_matches('^'))
}

fn is_class(text: &str) -> bool {
    Regex::new(text).is_ok()
}

/// Returns the length of `{n}`, `{n,}` or `{n,m}` at the start of a text.
fn repetition_length(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let (low, high) = text[1..end].split_once(',').unwrap_or((&text[1..end], ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (!low.is_empty() && digits(low) && digits(high)).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        let cases = [
            (r"^\d+$", "12", true),
            (r"^\d+$", "١٢", false),
            (r"^\w$", "é", false),
            (r"^[\w.]+$", "a_b.c", true),
            (r"^[^\s]$", "\u{a0}", true),
            (r"^\Qa.b\E+$", "a.bb", true),
            (r"^[[a]$", "[", true),
            (r"^[a&&b]+$", "a&b", true),
            (r"^a{,2}$", "a{,2}", true),
            (r"^{x}$", "{x}", true),
            (r"^[+--]$", ",", true),
            (r"^\x{1F600}\101\/$", "😀A/", true),
            (r"^[[:alpha:]]+$", "abc", true),
            (r"^[]a]$", "]", true),
            (r"(?i)^ABC$", "abc", true),
            (r"^(?P<x>a)(?:b)(?s:.)$", "ab\n", true),
            (r"^a.c$", "a\nc", false),
            (r"^(http|https)://.*$", "http://x\n", false),
            (r"^[a-zA-Z0-9=_-]+$", "a-b", true),
            (r"^\<\>$", "<>", true),
        ];
        for (pattern, text, expected) in cases {
            let compiled =
                Pattern::compile(pattern).unwrap_or_else(|problem| panic!("{pattern}: {}", problem.0));
            assert_eq!(compiled.is_match(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn bad_patterns_are_explained_as_in_go() {
        let cases = [
            ("(", "missing closing ): `(`"),
            ("[", "missing closing ]: `[`"),
            ("a)", "unexpected ): `a)`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("\\", "trailing backslash at end of expression: ``"),
            (r"\y", r"invalid escape sequence: `\y`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ];
        for (pattern, expected) in cases {
            let problem = Pattern::compile(pattern).err().map(|problem| problem.0);
            assert_eq!(problem, Some(format!("error parsing regexp: {expected}")), "{pattern}");
        }
    }
}
