// SPDX-License-Identifier: Apache-2.0

//! Variables in built text: `${name}` and the forms of a shell that transform a value.
//!
//! ```
//! use std::collections::BTreeMap;
//! use gitops_kustomize::substitute::substitute;
//!
//! let variables = BTreeMap::from([("env".to_owned(), "Prod".to_owned())]);
//! let text = "host: ${env,,}.example.com # $env, $${env}, ${region:=eu}";
//! assert_eq!(substitute(text, &variables, true)?, "host: prod.example.com # $env, ${env}, eu");
//! # Ok::<(), gitops_kustomize::Error>(())
//! ```

use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind};

mod function;

/// How deep expressions may contain each other.
const DEPTH: usize = 64;
/// The bytes a text may grow to.
const OUTPUT: usize = 256 << 20;

/// Returns whether a name can be used in an expression: letters, digits and `_`, no digit first.
///
/// Controllers refuse all variables if one of them is not named so, used or not.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Replaces the expressions in a text.
///
/// `$$` stands for one `$`, and `$name` for itself. A variable that is not set is empty; if `strict`, it is an error
/// unless the expression gives a default.
///
/// # Errors
///
/// [`ErrorKind::Substitute`] for a malformed expression or an unset variable, [`ErrorKind::Limit`] for expressions
/// nested too deeply and for results that are too large.
#[doc(alias = "envsubst")]
pub fn substitute(text: &str, variables: &BTreeMap<String, String>, strict: bool) -> Result<String, Error> {
    if !text.contains('$') {
        return Ok(text.to_owned());
    }
    let mut parser = Parser { rest: text, variables, strict, grown: 0 };
    parser.text().map_err(|error| match error.kind() {
        ErrorKind::Substitute => error.within("variable substitution failed"),
        _ => error,
    })
}

fn fail<T>(text: &str) -> Result<T, Error> {
    Err(Error::new(ErrorKind::Substitute, text))
}

const BAD: &str = "bad substitution";
const BRACE: &str = "missing closing brace";
const WITHIN: &str = "unable to parse substitution within function";

struct Parser<'a> {
    rest: &'a str,
    variables: &'a BTreeMap<String, String>,
    strict: bool,
    grown: usize,
}

impl<'a> Parser<'a> {
    fn text(&mut self) -> Result<String, Error> {
        let mut out = String::with_capacity(self.rest.len());
        while let Some(at) = self.rest.find('$') {
            out.push_str(&self.rest[..at]);
            self.rest = &self.rest[at..];
            if let Some(rest) = self.rest.strip_prefix("$$") {
                out.push('$');
                self.rest = rest;
            } else if let Some(rest) = self.rest.strip_prefix("${") {
                self.rest = rest;
                let value = self.expression(0)?;
                self.grow(value.len())?;
                out.push_str(&value);
            } else {
                out.push('$');
                self.rest = &self.rest[1..];
            }
        }
        out.push_str(self.rest);
        Ok(out)
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        self.grown += bytes;
        if self.grown > OUTPUT {
            return Err(Error::new(ErrorKind::Limit, format!("text exceeds the limit `output` of {OUTPUT}")));
        }
        Ok(())
    }

    /// What stands between `${` and `}`.
    fn expression(&mut self, depth: usize) -> Result<String, Error> {
        if depth > DEPTH {
            return Err(Error::new(ErrorKind::Limit, format!("text exceeds the limit `depth` of {DEPTH}")));
        }
        if let Some(rest) = self.rest.strip_prefix('#') {
            self.rest = rest;
            let name = self.name()?;
            self.close()?;
            return Ok(self.value(name)?.len().to_string());
        }
        let name = self.name()?;
        match self.rest.chars().next() {
            Some(':') if self.rest[1..].starts_with(['=', '-', '?', '+']) => {
                self.rest = &self.rest[2..];
                self.default(name, depth)
            }
            Some(':') => self.slice(name, depth),
            Some('=') => {
                self.rest = &self.rest[1..];
                self.default(name, depth)
            }
            Some(',' | '^') => self.case(name),
            Some('/') => self.replace(name, depth),
            Some('#' | '%') => self.trim(name, depth),
            _ => {
                self.close()?;
                self.value(name).map(str::to_owned)
            }
        }
    }

    fn name(&mut self) -> Result<&'a str, Error> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        if end == 0 {
            return fail("unable to parse variable name");
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(name)
    }

    fn value(&self, name: &str) -> Result<&'a str, Error> {
        match self.variables.get(name) {
            Some(value) => Ok(value),
            None if self.strict => fail(&format!("variable not set (strict mode): \"{name}\"")),
            None => Ok(""),
        }
    }

    fn close(&mut self) -> Result<(), Error> {
        match self.rest.strip_prefix('}') {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => fail(BRACE),
        }
    }

    /// One piece of an argument: an expression, or text up to one or to a character that ends it.
    fn piece(&mut self, ends: &[char], escapes: bool, depth: usize) -> Result<Option<String>, Error> {
        if let Some(rest) = self.rest.strip_prefix("${") {
            self.rest = rest;
            return self.expression(depth + 1).map(Some);
        }
        let mut out = String::new();
        while let Some(next) = self.rest.chars().next() {
            if escapes && next == '\\' && self.rest[1..].starts_with(['/', '\\']) {
                out.push_str(&self.rest[1..2]);
                self.rest = &self.rest[2..];
                continue;
            }
            if ends.contains(&next) || self.rest.starts_with("${") {
                break;
            }
            out.push(next);
            self.rest = &self.rest[next.len_utf8()..];
        }
        Ok((!out.is_empty()).then_some(out))
    }

    fn needed(&mut self, ends: &[char], escapes: bool, depth: usize) -> Result<String, Error> {
        match self.piece(ends, escapes, depth)? {
            Some(piece) => Ok(piece),
            None => fail(WITHIN),
        }
    }

    /// `${v:-d}` and its relatives all do the same: the default counts where there is no value.
    fn default(&mut self, name: &str, depth: usize) -> Result<String, Error> {
        let mut default = String::new();
        while !self.rest.starts_with('}') {
            if self.rest.is_empty() {
                return fail("unable to parse default function");
            }
            if let Some(piece) = self.piece(&['}'], false, depth)? {
                self.grow(piece.len())?;
                default.push_str(&piece);
            }
        }
        self.close()?;
        match self.variables.get(name).filter(|value| !value.is_empty()) {
            Some(value) => Ok(value.clone()),
            None => Ok(default),
        }
    }

    fn slice(&mut self, name: &str, depth: usize) -> Result<String, Error> {
        self.rest = &self.rest[1..];
        let position = self.needed(&[':', '}'], false, depth)?;
        let length = match self.rest.strip_prefix(':') {
            None => None,
            Some(rest) => {
                self.rest = rest;
                Some(self.needed(&['}'], false, depth)?)
            }
        };
        if !self.rest.starts_with('}') {
            return fail(BAD);
        }
        self.close()?;
        match function::slice(self.value(name)?, &position, length.as_deref()) {
            Some(value) => Ok(value),
            None => fail(BAD),
        }
    }

    fn case(&mut self, name: &str) -> Result<String, Error> {
        let Some(operator) = [",,", "^^", ",", "^"].iter().find(|op| self.rest.starts_with(**op)) else {
            return fail(BAD);
        };
        self.rest = &self.rest[operator.len()..];
        self.close()?;
        Ok(function::case(self.value(name)?, operator))
    }

    fn trim(&mut self, name: &str, depth: usize) -> Result<String, Error> {
        let Some(operator) = ["##", "%%", "#", "%"].iter().find(|op| self.rest.starts_with(**op)) else {
            return fail(BAD);
        };
        self.rest = &self.rest[operator.len()..];
        let pattern = self.needed(&['}'], false, depth)?;
        self.close()?;
        Ok(function::trim(self.value(name)?, operator, &pattern))
    }

    fn replace(&mut self, name: &str, depth: usize) -> Result<String, Error> {
        let Some(operator) = ["//", "/#", "/%", "/"].iter().find(|op| self.rest.starts_with(**op)) else {
            return fail(BAD);
        };
        self.rest = &self.rest[operator.len()..];
        let from = self.needed(&['/'], true, depth)?;
        let Some(rest) = self.rest.strip_prefix('/') else { return fail(BAD) };
        self.rest = rest;
        let to = if self.rest.starts_with('}') { None } else { Some(self.needed(&['}'], true, depth)?) };
        self.close()?;
        let value = function::replace(self.value(name)?, operator, &from, to.as_deref());
        self.grow(value.len())?;
        Ok(value)
    }
}
