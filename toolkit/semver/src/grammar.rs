// SPDX-License-Identifier: Apache-2.0

//! The patterns of ranges, as the Go library has them, and the pieces they find.
//!
//! A hand-written reader was rejected: what counts as one comparison in texts such as `>=1-2<3` follows from how a
//! leftmost-first regular expression finds them.

use std::sync::LazyLock;

use regex::Regex;

use crate::error::{Error, ErrorKind};
use crate::quote::quote;

const VERSION: &str = concat!(
    r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?",
    r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?",
    r"(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
);
const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
const SPACE: &str = r"[\t\n\x0c\r ]";

fn pattern(text: &str) -> Regex {
    let text = text.replace('V', VERSION).replace('O', OPERATORS).replace('S', SPACE);
    Regex::new(&text).expect("because the patterns are constants that a test reads")
}

static ONE: LazyLock<Regex> = LazyLock::new(|| pattern("^S*(O)S*(V)S*$"));
static HYPHEN: LazyLock<Regex> = LazyLock::new(|| pattern("S*(V)S+-S+(V)S*"));
static FIND: LazyLock<Regex> = LazyLock::new(|| pattern("(O)S*(V)"));
static VALID: LazyLock<Regex> = LazyLock::new(|| pattern("^(S*(O)S*(V)S*)((?:S+|,S*)(O)S*(V)S*)*$"));

/// One comparison, taken apart.
pub(crate) struct Piece<'a> {
    pub(crate) operator: &'a str,
    /// The version as written, wildcards included.
    pub(crate) version: &'a str,
    /// The numbers as written; `None` where one is missing or a wildcard.
    pub(crate) major: Option<&'a str>,
    pub(crate) minor: Option<&'a str>,
    pub(crate) patch: Option<&'a str>,
    /// The pre-release with its dash.
    pub(crate) prerelease: &'a str,
}

/// Turns `a - b` into `>= a, <= b `.
pub(crate) fn rewrite_hyphens(text: &str) -> String {
    let mut out = text.to_owned();
    for captures in HYPHEN.captures_iter(text) {
        let group = |at| captures.get(at).map_or("", |found: regex::Match<'_>| found.as_str());
        out = out.replacen(group(0), &format!(">= {}, <= {} ", group(1), group(11)), 1);
    }
    out
}

/// Cuts one alternative into its comparisons.
pub(crate) fn comparisons(text: &str) -> Result<Vec<&str>, Error> {
    if !VALID.is_match(text) {
        return Err(improper(text));
    }
    let found: Vec<_> = FIND.find_iter(text).map(|found| found.as_str()).collect();
    Ok(if found.is_empty() { vec![text] } else { found })
}

pub(crate) fn take_apart(text: &str) -> Result<Piece<'_>, Error> {
    let captures = ONE.captures(text).ok_or_else(|| improper(text))?;
    let group = |at| captures.get(at).map_or("", |found: regex::Match<'_>| found.as_str());
    let segment = |at| {
        let text = group(at);
        let text = text.strip_prefix('.').unwrap_or(text);
        (!matches!(text, "" | "x" | "X" | "*")).then_some(text)
    };
    Ok(Piece {
        operator: group(1),
        version: group(2),
        major: segment(3),
        minor: segment(4),
        patch: segment(5),
        prerelease: group(6),
    })
}

fn improper(text: &str) -> Error {
    Error::new(ErrorKind::Constraint, format!("improper constraint: {}", quote(text)))
}
