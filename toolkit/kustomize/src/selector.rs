// SPDX-License-Identifier: Apache-2.0

//! Selectors by expression, and label selectors in the text form of Kubernetes.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use crate::error::{Error, ErrorKind};
use crate::id::{Gvk, Id};
use crate::node::Node;
use crate::resource::Resource;

/// What patches, replacements and other transformers select by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) annotations: String,
    pub(crate) labels: String,
}

impl Selector {
    /// Whether no part of the id is given.
    pub(crate) fn has_no_id(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace]
            .iter()
            .all(|part| part.is_empty())
    }

    pub(crate) fn compile(&self) -> Result<Matcher, Error> {
        Ok(Matcher {
            group: Pattern::new(&self.group)?,
            version: Pattern::new(&self.version)?,
            kind: Pattern::new(&self.kind)?,
            name: Pattern::new(&self.name)?,
            namespace: Pattern::new(&self.namespace)?,
        })
    }
}

/// Compiles an expression with a bound on its size.
pub(crate) fn compile(pattern: &str) -> Result<Regex, Error> {
    RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .unicode(true)
        .build()
        .map_err(|error| Error::new(ErrorKind::Kustomization, format!("error parsing regexp: {error}")))
}

/// An anchored expression, a plain text where it is one, or anything.
#[derive(Debug)]
enum Pattern {
    Any,
    Text(String),
    Regex(Regex),
}

impl Pattern {
    fn new(pattern: &str) -> Result<Self, Error> {
        if pattern.is_empty() {
            return Ok(Self::Any);
        }
        if pattern.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '/') {
            return Ok(Self::Text(pattern.to_owned()));
        }
        compile(&format!("^(?:{pattern})$")).map(Self::Regex)
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Text(wanted) => wanted == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// The compiled id part of a [`Selector`].
#[derive(Debug)]
pub(crate) struct Matcher {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
}

impl Matcher {
    pub(crate) fn gvk(&self, gvk: &Gvk) -> bool {
        self.kind.matches(&gvk.kind) && self.group.matches(&gvk.group) && self.version.matches(&gvk.version)
    }

    /// Whether an id matches in all parts, its namespace taken as written.
    pub(crate) fn id(&self, id: &Id) -> bool {
        self.gvk(&id.gvk) && self.name.matches(&id.name) && self.namespace.matches(&id.namespace)
    }

    /// Whether a resource matches by its current kind and its current or original name and namespace.
    pub(crate) fn resource(&self, resource: &Resource) -> bool {
        let current = resource.id();
        if !self.gvk(&current.gvk) {
            return false;
        }
        let (name, namespace) = resource.original_name();
        (self.name.matches(name) || self.name.matches(&current.name))
            && (self.namespace.matches(namespace) || self.namespace.matches(current.effective_namespace()))
    }
}

/// A parsed label selector.
#[derive(Debug, Default)]
pub(crate) struct Requirements(Vec<Requirement>);

#[derive(Debug)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Operator {
    In,
    NotIn,
    Exists,
    Missing,
    Greater,
    Less,
}

impl Requirements {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Parser { tokens: tokens(text), at: 0 }.selector().map(Self)
    }

    /// Whether the labels, or annotations, of a resource fit.
    pub(crate) fn matches(&self, labels: Option<&Node>) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels.and_then(|l| l.get(&requirement.key))))
    }
}

impl Requirement {
    fn matches(&self, value: Option<&Node>) -> bool {
        let value = value.map(Node::text);
        match (self.operator, value) {
            (Operator::Exists, value) => value.is_some(),
            (Operator::Missing, value) => value.is_none(),
            (Operator::In, value) => value.is_some_and(|value| self.values.iter().any(|v| v == value)),
            (Operator::NotIn, value) => value.is_none_or(|value| self.values.iter().all(|v| v != value)),
            (Operator::Greater | Operator::Less, value) => {
                let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
                match (number(value), number(self.values.first().map(String::as_str))) {
                    (Some(have), Some(want)) if self.operator == Operator::Greater => have > want,
                    (Some(have), Some(want)) => have < want,
                    _ => false,
                }
            }
        }
    }
}

fn tokens(text: &str) -> Vec<Cow<'_, str>> {
    let special = |c: char| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if special(first) {
            ["==", "!="].iter().find(|op| rest.starts_with(**op)).map_or(1, |op| op.len())
        } else {
            rest.find(|c: char| special(c) || c.is_whitespace()).unwrap_or(rest.len())
        };
        out.push(Cow::Borrowed(&rest[..length]));
        rest = rest[length..].trim_start();
    }
    out
}

struct Parser<'a> {
    tokens: Vec<Cow<'a, str>>,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", |token| token)
    }

    fn next(&mut self) -> String {
        let token = self.peek().to_owned();
        self.at += 1;
        token
    }

    fn selector(&mut self) -> Result<Vec<Requirement>, Error> {
        let mut out = Vec::new();
        if self.tokens.is_empty() {
            return Ok(out);
        }
        loop {
            out.push(self.requirement()?);
            match self.next().as_str() {
                "" => return Ok(out),
                "," if !self.peek().is_empty() => {}
                other => return Err(unexpected(other, "',' or 'end of string'")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, Error> {
        let negated = self.peek() == "!";
        if negated {
            self.next();
        }
        let key = self.word("!, identifier, or 'end of string'")?;
        check_key(&key)?;
        if negated {
            return Ok(Requirement { key, operator: Operator::Missing, values: Vec::new() });
        }
        let (operator, values) = match self.peek() {
            "" | "," => return Ok(Requirement { key, operator: Operator::Exists, values: Vec::new() }),
            "=" | "==" => (Operator::In, self.single()?),
            "!=" => (Operator::NotIn, self.single()?),
            ">" => (Operator::Greater, self.single()?),
            "<" => (Operator::Less, self.single()?),
            "in" => (Operator::In, self.set()?),
            "notin" => (Operator::NotIn, self.set()?),
            other => {
                return Err(unexpected(other, "in, notin, =, ==, !=, gt, lt, or 'end of string'"));
            }
        };
        if matches!(operator, Operator::Greater | Operator::Less)
            && values.first().is_none_or(|value| value.parse::<i64>().is_err())
        {
            return Err(Error::new(
                ErrorKind::Kustomization,
                "for 'Gt', 'Lt' operators, the value must be an integer",
            ));
        }
        values.iter().try_for_each(|value| check_value(value))?;
        Ok(Requirement { key, operator, values })
    }

    fn word(&mut self, expected: &str) -> Result<String, Error> {
        let token = self.next();
        let first = token.chars().next();
        if first.is_none_or(|c| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<')) {
            return Err(unexpected(&token, expected));
        }
        Ok(token)
    }

    fn single(&mut self) -> Result<Vec<String>, Error> {
        self.next();
        match self.peek() {
            "" | "," => Ok(vec![String::new()]),
            _ => Ok(vec![self.word("identifier")?]),
        }
    }

    fn set(&mut self) -> Result<Vec<String>, Error> {
        self.next();
        let open = self.next();
        if open != "(" {
            return Err(unexpected(&open, "'('"));
        }
        let mut values = Vec::new();
        loop {
            match self.peek() {
                ")" | "," => values.push(String::new()),
                _ => values.push(self.word("',', ')' or identifier")?),
            }
            match self.next().as_str() {
                ")" => return Ok(values),
                "," => {}
                other => return Err(unexpected(other, "',' or ')'")),
            }
        }
    }
}

fn unexpected(found: &str, expected: &str) -> Error {
    Error::new(
        ErrorKind::Kustomization,
        format!("unable to parse requirement: found '{found}', expected: {expected}"),
    )
}

fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(inner)
}

fn check_key(key: &str) -> Result<(), Error> {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefix_fits = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|label| {
                !label.is_empty()
                    && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            })
    });
    if prefix_fits && is_name(name) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Kustomization, format!("key: Invalid value: \"{key}\"")))
}

fn check_value(value: &str) -> Result<(), Error> {
    if value.is_empty() || is_name(value) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Kustomization, format!("values[0]: Invalid value: \"{value}\"")))
}
