// SPDX-License-Identifier: Apache-2.0

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::grammar;
use crate::version::{Version, compare_prerelease};

/// The longest text that is read as a range, in bytes.
pub const MAX_CONSTRAINT_LEN: usize = 512;

/// The most alternatives (`||`) a range may have.
pub const MAX_CONSTRAINT_GROUPS: usize = 32;

/// A range of versions: comparisons joined by space or comma, alternatives joined by `||`.
///
/// Comparisons are `=`, `!=`, `>`, `<`, `>=`, `<=`, `~`, `^` and hyphen ranges `1.2 - 2`; `x`, `X`, `*` and missing
/// numbers are wildcards. A pre-release matches only where a comparison of its alternative names one, or after
/// [`with_prereleases`](Constraint::with_prereleases).
///
/// ```
/// use gitops_semver::{Constraint, Version};
///
/// let range: Constraint = ">=1.0.0 <2.0.0 || ^3".parse()?;
/// assert!(range.matches(&"v1.4.1".parse()?));
/// assert!(!range.matches(&"2.0.0".parse()?));
/// assert!(!range.matches(&"3.1.0-rc.1".parse()?));
/// assert!(">=1.0.0-0".parse::<Constraint>()?.matches(&"3.1.0-rc.1".parse()?));
/// # Ok::<(), gitops_semver::Error>(())
/// ```
#[doc(alias = "Constraints")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    alternatives: Vec<Alternative>,
    prereleases: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternative {
    comparisons: Vec<Comparison>,
    /// Whether one comparison names a pre-release, which admits them for all.
    prereleases: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    operator: Operator,
    /// The operator as written.
    symbol: String,
    /// The version as written.
    text: String,
    bound: Version,
    wildcard: Wildcard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// The first number that is a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wildcard {
    None,
    Major,
    Minor,
    Patch,
}

impl Constraint {
    /// Lets pre-releases match as releases do.
    #[doc(alias = "IncludePrerelease")]
    #[must_use]
    pub fn with_prereleases(mut self) -> Self {
        self.prereleases = true;
        self
    }

    /// Returns whether a version is in the range.
    #[doc(alias = "Check")]
    #[must_use]
    pub fn matches(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|alternative| {
            let admitted = self.prereleases || alternative.prereleases || !version.is_prerelease();
            admitted && alternative.comparisons.iter().all(|comparison| comparison.matches(version))
        })
    }

    /// Returns the highest of the versions in the range; of equal ones the first.
    ///
    /// ```
    /// use gitops_semver::{Constraint, Version};
    ///
    /// let versions: Vec<Version> = ["1.0.0", "1.9.2", "2.0.0"].iter().map(|v| v.parse()).collect::<Result<_, _>>()?;
    /// let range: Constraint = "1.x".parse()?;
    /// assert_eq!(range.highest(&versions).map(Version::original), Some("1.9.2"));
    /// # Ok::<(), gitops_semver::Error>(())
    /// ```
    pub fn highest<'a>(&self, versions: impl IntoIterator<Item = &'a Version>) -> Option<&'a Version> {
        let matching = versions.into_iter().filter(|version| self.matches(version));
        matching.reduce(|best, version| if version > best { version } else { best })
    }
}

impl FromStr for Constraint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_CONSTRAINT_LEN {
            let message = format!("constraint string is too long (max {MAX_CONSTRAINT_LEN} bytes)");
            return Err(Error::new(ErrorKind::TooLong, message));
        }
        let text = grammar::rewrite_hyphens(text);
        if text.matches("||").count() >= MAX_CONSTRAINT_GROUPS {
            let message = format!("too many constraint groups (max {MAX_CONSTRAINT_GROUPS})");
            return Err(Error::new(ErrorKind::TooLong, message));
        }
        let alternatives = text.split("||").map(alternative).collect::<Result<_, _>>()?;
        Ok(Self { alternatives, prereleases: false })
    }
}

fn alternative(text: &str) -> Result<Alternative, Error> {
    let comparisons: Vec<_> =
        grammar::comparisons(text)?.into_iter().map(Comparison::parse).collect::<Result<_, _>>()?;
    let prereleases = comparisons.iter().any(|comparison| comparison.bound.is_prerelease());
    Ok(Alternative { comparisons, prereleases })
}

impl Comparison {
    fn parse(text: &str) -> Result<Self, Error> {
        let piece = grammar::take_apart(text)?;
        let prerelease = piece.prerelease;
        let (bound, wildcard) = match (piece.major, piece.minor, piece.patch) {
            (None, _, _) => (format!("0.0.0{prerelease}"), Wildcard::Major),
            (Some(major), None, _) => (format!("{major}.0.0{prerelease}"), Wildcard::Minor),
            (Some(major), Some(minor), None) => (format!("{major}.{minor}.0{prerelease}"), Wildcard::Patch),
            _ => (piece.version.to_owned(), Wildcard::None),
        };
        let operator = match piece.operator {
            "!=" => Operator::NotEqual,
            ">" => Operator::Greater,
            "<" => Operator::Less,
            ">=" | "=>" => Operator::GreaterEqual,
            "<=" | "=<" => Operator::LessEqual,
            "~" | "~>" => Operator::Tilde,
            "^" => Operator::Caret,
            _ => Operator::Equal,
        };
        Ok(Self {
            operator,
            symbol: piece.operator.to_owned(),
            text: piece.version.to_owned(),
            bound: bound.parse().map_err(|_| Error::new(ErrorKind::Constraint, "constraint parser error"))?,
            wildcard,
        })
    }

    fn matches(&self, version: &Version) -> bool {
        let (v, bound) = (version, &self.bound);
        match self.operator {
            Operator::Equal if self.wildcard == Wildcard::None => v == bound,
            Operator::Equal | Operator::Tilde => self.tilde(v),
            Operator::NotEqual => self.not_equal(v),
            Operator::Greater => match self.wildcard {
                Wildcard::None => v > bound,
                _ if v.major() != bound.major() => v.major() > bound.major(),
                Wildcard::Minor => false,
                Wildcard::Patch => v.minor() > bound.minor(),
                Wildcard::Major => v > bound,
            },
            Operator::Less => v < bound,
            Operator::GreaterEqual => v >= bound,
            Operator::LessEqual => match self.wildcard {
                Wildcard::None => v <= bound,
                _ if v.major() != bound.major() => v.major() < bound.major(),
                Wildcard::Minor => true,
                Wildcard::Major | Wildcard::Patch => v.minor() <= bound.minor(),
            },
            Operator::Caret => self.caret(v),
        }
    }

    fn not_equal(&self, v: &Version) -> bool {
        let bound = &self.bound;
        match self.wildcard {
            Wildcard::None => v != bound,
            _ if v.major() != bound.major() => true,
            Wildcard::Minor => false,
            _ if v.minor() != bound.minor() => true,
            Wildcard::Major => v != bound,
            // The number that is left open still tells pre-releases apart.
            Wildcard::Patch => {
                (v.is_prerelease() || bound.is_prerelease())
                    && compare_prerelease(v.prerelease(), bound.prerelease()) != Ordering::Equal
            }
        }
    }

    fn tilde(&self, v: &Version) -> bool {
        let bound = &self.bound;
        if v < bound {
            return false;
        }
        let zero = (bound.major(), bound.minor(), bound.patch()) == (0, 0, 0);
        if zero && matches!(self.wildcard, Wildcard::None | Wildcard::Major) {
            return true;
        }
        v.major() == bound.major() && (v.minor() == bound.minor() || self.wildcard == Wildcard::Minor)
    }

    fn caret(&self, v: &Version) -> bool {
        let bound = &self.bound;
        if v < bound {
            return false;
        }
        if bound.major() > 0 || self.wildcard == Wildcard::Minor {
            return v.major() == bound.major();
        }
        if v.major() > 0 {
            return false;
        }
        if bound.minor() > 0 || self.wildcard == Wildcard::Patch {
            return v.minor() == bound.minor();
        }
        v.minor() == 0 && v.patch() == bound.patch()
    }
}

/// Prints the comparisons as they were written, hyphen ranges as two.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, alternative) in self.alternatives.iter().enumerate() {
            if at > 0 {
                f.write_str(" || ")?;
            }
            for (at, comparison) in alternative.comparisons.iter().enumerate() {
                let space = if at > 0 { " " } else { "" };
                write!(f, "{space}{}{}", comparison.symbol, comparison.text)?;
            }
        }
        Ok(())
    }
}
