// SPDX-License-Identifier: Apache-2.0

//! Variables in text: `${name}`, with the operators of a shell's parameter expansion that upstream's dialect has.

use std::collections::BTreeMap;

/// How deep defaults may hold further variables.
const DEPTH: usize = 32;
/// The most bytes that may come out.
const LIMIT: usize = 64 << 20;

/// Why a text cannot be substituted. `Display` is the text for the object's status.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Error {
    #[error("'{0}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'")]
    Name(String),
    #[error("variable substitution failed: variable not set (strict mode): \"{0}\"")]
    NotSet(String),
    #[error("variable substitution failed: {0}")]
    Syntax(&'static str),
}

/// Replaces the variables of a text. In strict mode a variable without a value is an error, unless it has a default.
pub(crate) fn substitute(
    text: &str,
    variables: &BTreeMap<String, String>,
    strict: bool,
) -> Result<String, Error> {
    if let Some(name) = variables.keys().find(|name| !is_name(name)) {
        return Err(Error::Name(name.clone()));
    }
    let mut parser = Parser { rest: text, variables, strict };
    let mut output = String::with_capacity(text.len());
    parser.text(&mut output, false, 0)?;
    Ok(output)
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && characters.all(|c| c == '_' || c.is_ascii_alphanumeric())
}

struct Parser<'a> {
    rest: &'a str,
    variables: &'a BTreeMap<String, String>,
    strict: bool,
}

impl<'a> Parser<'a> {
    /// Copies text up to its end, or up to the closing brace of the expression that it is part of.
    fn text(&mut self, output: &mut String, inside: bool, depth: usize) -> Result<(), Error> {
        if depth > DEPTH {
            return Err(Error::Syntax("too many nested variables"));
        }
        while let Some(c) = self.rest.chars().next() {
            if output.len() > LIMIT {
                return Err(Error::Syntax("the result is too large"));
            }
            if inside && c == '}' {
                return Ok(());
            }
            if let Some(rest) = self.rest.strip_prefix("$$") {
                // Two dollars are one, and what follows is text.
                output.push('$');
                self.rest = rest;
                if let Some(rest) = rest.strip_prefix('{') {
                    output.push('{');
                    self.rest = rest;
                }
            } else if let Some(rest) = self.rest.strip_prefix("${") {
                self.rest = rest;
                let value = self.expression(depth)?;
                output.push_str(&value);
            } else {
                output.push(c);
                self.rest = &self.rest[c.len_utf8()..];
            }
        }
        if inside { Err(Error::Syntax("missing closing brace")) } else { Ok(()) }
    }

    fn expression(&mut self, depth: usize) -> Result<String, Error> {
        if let Some(rest) = self.rest.strip_prefix('#') {
            self.rest = rest;
            let name = self.name()?;
            self.close()?;
            return Ok(self.value(&name)?.len().to_string());
        }
        let name = self.name()?;
        let operators = [
            "^^", "^", ",,", ",", "##", "#", "%%", "%", "//", "/#", "/%", "/", ":=", ":-", ":+", ":?", "=",
            ":", "}",
        ];
        let Some(operator) = operators.iter().find(|operator| self.rest.starts_with(**operator)) else {
            return Err(Error::Syntax("missing closing brace"));
        };
        self.rest = &self.rest[operator.len()..];
        match *operator {
            "}" => self.value(&name),
            ":=" | ":-" | ":+" | ":?" | "=" => {
                let mut default = String::new();
                self.text(&mut default, true, depth + 1)?;
                self.close()?;
                let value = self.variables.get(&name).filter(|value| !value.is_empty());
                Ok(value.cloned().unwrap_or(default))
            }
            "^^" | "^" | ",," | "," => {
                self.close()?;
                Ok(change_case(&self.value(&name)?, operator))
            }
            ":" => {
                let arguments = self.argument(&[])?;
                Ok(slice(&self.value(&name)?, &arguments))
            }
            "##" | "#" | "%%" | "%" => {
                let pattern = self.argument(&[])?;
                Ok(trim(&self.value(&name)?, operator, &pattern))
            }
            operator => {
                let (from, to) = self.pair()?;
                Ok(replace(&self.value(&name)?, operator, &from, to.as_deref()))
            }
        }
    }

    fn name(&mut self) -> Result<String, Error> {
        let end = self.rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err(Error::Syntax("unable to parse variable name"));
        }
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn close(&mut self) -> Result<(), Error> {
        self.rest = self.rest.strip_prefix('}').ok_or(Error::Syntax("missing closing brace"))?;
        Ok(())
    }

    /// The text up to the closing brace, or up to one of the given characters; a backslash keeps the character after it.
    fn argument(&mut self, ends: &[char]) -> Result<String, Error> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((position, c)) = characters.next() {
            if c == '\\'
                && let Some(next) = self.rest[position + 1..].chars().next()
                && (next == '/' || next == '\\')
            {
                text.push(next);
                characters.next();
                continue;
            }
            if c == '}' || ends.contains(&c) {
                self.rest = &self.rest[position..];
                if c == '}' {
                    self.close()?;
                }
                return Ok(text);
            }
            text.push(c);
        }
        Err(Error::Syntax("missing closing brace"))
    }

    fn pair(&mut self) -> Result<(String, Option<String>), Error> {
        let from = self.argument(&['/'])?;
        match self.rest.strip_prefix('/') {
            Some(rest) => {
                self.rest = rest;
                Ok((from, Some(self.argument(&[])?)))
            }
            None => Ok((from, None)),
        }
    }

    fn value(&self, name: &str) -> Result<String, Error> {
        match self.variables.get(name) {
            Some(value) => Ok(value.clone()),
            None if self.strict => Err(Error::NotSet(name.to_owned())),
            None => Ok(String::new()),
        }
    }
}

fn change_case(value: &str, operator: &str) -> String {
    let mut characters = value.chars();
    match operator {
        "^^" => value.to_uppercase(),
        ",," => value.to_lowercase(),
        _ => match characters.next() {
            Some(first) if operator == "^" => first.to_uppercase().chain(characters).collect(),
            Some(first) => first.to_lowercase().chain(characters).collect(),
            None => String::new(),
        },
    }
}

/// A part of a value, counted in bytes; what is no number leaves the value alone.
fn slice(value: &str, arguments: &str) -> String {
    let (start, length) = match arguments.split_once(':') {
        Some((start, length)) => (start, Some(length)),
        None => (arguments, None),
    };
    let Ok(start) = start.parse::<i64>() else { return value.to_owned() };
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let start = if start < 0 { (size + start).max(0) } else { start.min(size) };
    let end = match length.map(str::parse::<i64>) {
        Some(Ok(length)) if length >= 0 => start.saturating_add(length).min(size),
        Some(_) => return value.to_owned(),
        None => size,
    };
    let index = |position: i64| usize::try_from(position).unwrap_or(0);
    String::from_utf8_lossy(&value.as_bytes()[index(start)..index(end)]).into_owned()
}

/// Removes the shortest or longest beginning or end that matches a pattern.
fn trim(value: &str, operator: &str, pattern: &str) -> String {
    let pattern: Vec<char> = pattern.chars().collect();
    let characters: Vec<char> = value.chars().collect();
    let count = characters.len();
    let prefix = operator.starts_with('#');
    let mut lengths: Vec<usize> = (0..=count).collect();
    if operator.len() == 2 {
        lengths.reverse();
    }
    for length in lengths {
        let (part, kept) = match prefix {
            true => (&characters[..length], &characters[length..]),
            false => (&characters[count - length..], &characters[..count - length]),
        };
        if matches(&pattern, part) {
            return kept.iter().collect();
        }
    }
    value.to_owned()
}

/// `*`, `?` and plain characters, without backtracking over more than one star at a time.
fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

fn replace(value: &str, operator: &str, from: &str, to: Option<&str>) -> String {
    let to = to.unwrap_or_default();
    match operator {
        "//" => value.replace(from, to),
        "/#" | "/%" if to.is_empty() => value.to_owned(),
        "/#" => value.strip_prefix(from).map_or_else(|| value.to_owned(), |rest| format!("{to}{rest}")),
        "/%" => value.strip_suffix(from).map_or_else(|| value.to_owned(), |rest| format!("{rest}{to}")),
        _ => value.replacen(from, to, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, Error>) {
        let variables = BTreeMap::from(
            [("v", "Hello World"), ("e", ""), ("path", "a/b/c.txt")]
                .map(|(k, v)| (k.to_owned(), v.to_owned())),
        );
        assert_eq!(substitute(text, &variables, true), expected.map(ToOwned::to_owned), "{text}");
    }

    #[test]
    fn expressions_of_the_dialect() {
        let cases = [
            ("a ${v} b", "a Hello World b"),
            ("$v", "$v"),
            ("$${v}", "${v}"),
            ("$$", "$"),
            ("${#v}", "11"),
            ("${v^^}${v,}", "HELLO WORLDhello World"),
            ("${v:6}", "World"),
            ("${v:0:5}", "Hello"),
            ("${path##*/}", "c.txt"),
            ("${path#*/}", "b/c.txt"),
            ("${path%.*}", "a/b/c"),
            ("${path%%/*}", "a"),
            ("${v/l/L}", "HeLlo World"),
            ("${v//l/L}", "HeLLo WorLd"),
            ("${v/#Hello/Bye}", "Bye World"),
            ("${x:=d}", "d"),
            ("${x:-${v}!}", "Hello World!"),
            ("${e:=d}", "d"),
            ("${v:=d}", "Hello World"),
        ];
        for (text, expected) in cases {
            check(text, Ok(expected));
        }
    }

    #[test]
    fn mistakes_are_named() {
        check("${undefined}", Err(Error::NotSet("undefined".into())));
        check("${v", Err(Error::Syntax("missing closing brace")));
        check("${}", Err(Error::Syntax("unable to parse variable name")));
        check("${v-d}", Err(Error::Syntax("missing closing brace")));
    }

    #[test]
    fn a_bad_name_fails_even_where_it_is_not_used() {
        let variables = BTreeMap::from([("a.b".to_owned(), "1".to_owned())]);
        assert_eq!(substitute("x", &variables, false), Err(Error::Name("a.b".into())));
    }
}
