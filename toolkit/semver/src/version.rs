// SPDX-License-Identifier: Apache-2.0

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// The longest text that is read as a version, in bytes.
pub const MAX_VERSION_LEN: usize = 256;

/// A semantic version, with the text it was read from.
///
/// `FromStr` is lenient: a leading `v`, missing minor or patch numbers and leading zeros are accepted. Build metadata
/// takes no part in comparison, so versions that differ in nothing else are equal.
///
/// ```
/// use gitops_semver::Version;
///
/// let version: Version = "v1.02".parse()?;
/// assert_eq!(version.to_string(), "1.2.0");
/// assert_eq!(version.original(), "v1.02");
/// assert!(version > "1.2.0-rc.1".parse()?);
/// assert!(Version::parse_strict("v1.2").is_err());
/// # Ok::<(), gitops_semver::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
    prerelease: String,
    metadata: String,
    original: String,
}

impl Version {
    /// Reads a version of three numbers without leading zeros, as the specification has it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Version`] and [`ErrorKind::TooLong`].
    #[doc(alias = "StrictNewVersion")]
    pub fn parse_strict(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::version("version string empty"));
        }
        check_length(text)?;
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Error::version("invalid semantic version"));
        };
        let (rest, metadata) = match rest.split_once('+') {
            Some((rest, metadata)) => (rest, check_metadata(metadata)?),
            None => (rest, ""),
        };
        let (patch, prerelease) = match rest.split_once('-') {
            Some((patch, prerelease)) => (patch, check_prerelease(prerelease)?),
            None => (rest, ""),
        };
        for part in [major, minor, patch] {
            if !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Error::version("invalid characters in version"));
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(Error::version("version segment starts with 0"));
            }
        }
        Ok(Self {
            major: number(major).map_err(|message| Error::version(&message))?,
            minor: number(minor).map_err(|message| Error::version(&message))?,
            patch: number(patch).map_err(|message| Error::version(&message))?,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// Returns the first number.
    #[must_use]
    pub fn major(&self) -> u64 {
        self.major
    }

    /// Returns the second number; 0 if it was left out.
    #[must_use]
    pub fn minor(&self) -> u64 {
        self.minor
    }

    /// Returns the third number; 0 if it was left out.
    #[must_use]
    pub fn patch(&self) -> u64 {
        self.patch
    }

    /// Returns what stands behind `-`; empty for a release.
    #[must_use]
    pub fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// Returns what stands behind `+`; empty if there is nothing.
    #[must_use]
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// Returns the text the version was read from.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Returns whether this is a pre-release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        check_length(text)?;
        let invalid = || Error::version("invalid semantic version");
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (major, mut rest) = digits(rest);
        if major.is_empty() {
            return Err(invalid());
        }
        let mut segments = [major, "0", "0"];
        for segment in &mut segments[1..] {
            let Some(behind) = rest.strip_prefix('.') else { break };
            let (found, behind) = digits(behind);
            if found.is_empty() {
                return Err(invalid());
            }
            (*segment, rest) = (found, behind);
        }
        let (mut prerelease, mut metadata) = ("", "");
        if let Some(behind) = rest.strip_prefix('-') {
            (prerelease, rest) = identifiers(behind).ok_or_else(invalid)?;
        }
        if let Some(behind) = rest.strip_prefix('+') {
            (metadata, rest) = identifiers(behind).ok_or_else(invalid)?;
        }
        if !rest.is_empty() {
            return Err(invalid());
        }
        let parse = |segment| {
            number(segment).map_err(|m| Error::version(&format!("error parsing version segment: {m}")))
        };
        let (major, minor, patch) = (parse(segments[0])?, parse(segments[1])?, parse(segments[2])?);
        if !prerelease.is_empty() {
            check_prerelease(prerelease)?;
        }
        Ok(Self {
            major,
            minor,
            patch,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }
}

fn check_length(text: &str) -> Result<(), Error> {
    if text.len() > MAX_VERSION_LEN {
        let message = format!("version string is too long (max {MAX_VERSION_LEN} bytes)");
        return Err(Error::new(ErrorKind::TooLong, message));
    }
    Ok(())
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn is_identifier(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-'
}

/// Dot-separated identifiers at the beginning of `text`, and what follows them.
fn identifiers(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take_while(|b| is_identifier(*b) || *b == b'.').count();
    let (found, rest) = text.split_at(end);
    found.split('.').all(|part| !part.is_empty()).then_some((found, rest))
}

fn number(digits: &str) -> Result<u64, String> {
    if digits.is_empty() {
        return Err("strconv.ParseUint: parsing \"\": invalid syntax".to_owned());
    }
    digits.parse().map_err(|_| format!("strconv.ParseUint: parsing {digits:?}: value out of range"))
}

fn check_prerelease(text: &str) -> Result<&str, Error> {
    for part in text.split('.') {
        if part.is_empty() || !part.bytes().all(is_identifier) {
            return Err(Error::version("invalid prerelease string"));
        }
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::version("version segment starts with 0"));
        }
    }
    Ok(text)
}

fn check_metadata(text: &str) -> Result<&str, Error> {
    if text.split('.').all(|part| !part.is_empty() && part.bytes().all(is_identifier)) {
        return Ok(text);
    }
    Err(Error::version("invalid metadata string"))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch)).then_with(
            || match (self.is_prerelease(), other.is_prerelease()) {
                (true, true) => compare_prerelease(&self.prerelease, &other.prerelease),
                (a, b) => b.cmp(&a),
            },
        )
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.major, self.minor, self.patch, &self.prerelease).hash(state);
    }
}

/// Compares identifier by identifier: numbers before texts, fewer before more.
pub(crate) fn compare_prerelease(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some(a), Some(b)) => compare_identifier(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn compare_identifier(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}
