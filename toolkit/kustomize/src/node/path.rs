// SPDX-License-Identifier: Apache-2.0

//! Paths to fields, in the two grammars upstream has: `a/b[]/c` of field specs and `a.[b=c].0` of replacements.

use regex::Regex;

use super::{Kind, Node, Scalar, WrongKind};
use crate::error::{Error, ErrorKind};

/// Why a path cannot be followed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PathError {
    Kind(WrongKind),
    Other(String),
}

impl From<WrongKind> for PathError {
    fn from(error: WrongKind) -> Self {
        Self::Kind(error)
    }
}

impl std::fmt::Display for PathError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kind(error) => error.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl From<PathError> for Error {
    fn from(error: PathError) -> Self {
        Self::new(ErrorKind::Transform, error.to_string())
    }
}

/// Splits at a separator that a backslash can escape; a leading separator is ignored.
pub(crate) fn split_path(path: &str, separator: char) -> Vec<String> {
    let mut pieces: Vec<&str> = path.split(separator).collect();
    if pieces.len() > 1 && pieces[0].is_empty() {
        pieces.remove(0);
    }
    let mut out: Vec<String> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match out.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(separator);
                last.push_str(piece);
            }
            _ => out.push(piece.to_owned()),
        }
    }
    out
}

/// Splits as [`split_path`], keeping `[name=a.b]` whole and unwrapping `[a.b]`.
pub(crate) fn smart_split(path: &str) -> Vec<String> {
    let pieces = split_path(path, '.');
    let mut out = Vec::with_capacity(pieces.len());
    let mut pieces = pieces.into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            out.push(piece);
            continue;
        }
        let mut joined = piece;
        for next in pieces.by_ref() {
            joined.push('.');
            joined.push_str(&next);
            if next.ends_with(']') {
                break;
            }
        }
        if joined.contains('=') {
            out.push(joined);
        } else {
            out.push(joined.trim_matches(['[', ']']).to_owned());
        }
    }
    out
}

fn is_list_index(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

fn number(part: &str) -> Option<i64> {
    part.parse().ok()
}

/// The `name=value` of a list element; the name is empty for lists of scalars.
fn element_key(part: &str) -> Result<(&str, &str), PathError> {
    let inner = part.strip_suffix(']').unwrap_or(part);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner.split_once('=').ok_or_else(|| {
        PathError::Other(
            "list path element must contain fieldName=fieldValue for element to match".to_owned(),
        )
    })
}

fn expect(node: &Node, kind: Kind) -> Result<(), WrongKind> {
    if node.is_null() || node.kind() == kind {
        return Ok(());
    }
    Err(WrongKind { expected: kind, found: node.kind() })
}

/// Finds the node at a path, without making anything.
pub(crate) fn lookup<'a, S: AsRef<str>>(node: &'a Node, path: &[S]) -> Result<Option<&'a Node>, PathError> {
    let mut node = node;
    for part in path.iter().map(|part| part.as_ref().trim()).filter(|part| !part.is_empty()) {
        let next = match number(part) {
            Some(index) if index < 0 => {
                return Err(PathError::Other(format!("array index {index} cannot be negative")));
            }
            Some(index) => {
                expect(node, Kind::Seq)?;
                usize::try_from(index).ok().and_then(|index| node.items().get(index))
            }
            None if part == "-" => {
                expect(node, Kind::Seq)?;
                node.items().last()
            }
            None if part == "*" => {
                return Err(PathError::Other("wildcard is not supported in PathGetter".to_owned()));
            }
            None if is_list_index(part) => {
                let (name, value) = element_key(part)?;
                expect(node, Kind::Seq)?;
                node.items().iter().find(|item| is_element(item, name, value))
            }
            None => {
                expect(node, Kind::Map)?;
                node.get(part)
            }
        };
        match next {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

fn is_element(item: &Node, name: &str, value: &str) -> bool {
    if name.is_empty() {
        return item.text() == value;
    }
    item.get(name).is_some_and(|field| field.text() == value)
}

/// The kind of node to make for a part of a path, by the part that follows.
fn kind_for(next: Option<&str>, last: Kind) -> Kind {
    match next {
        None => last,
        Some(next) if is_list_index(next) || number(next).is_some_and(|index| index >= 0) => Kind::Seq,
        Some("") => last,
        Some(_) => Kind::Map,
    }
}

type Visit<'v> = &'v mut dyn FnMut(&mut Node) -> Result<(), PathError>;

/// Visits every node that a path matches, wildcards and expressions included, and returns how many there are.
///
/// With `create`, missing fields and elements come into being, the last one with that kind.
pub(crate) fn matching(
    node: &mut Node,
    path: &[String],
    create: Option<Kind>,
    visit: Visit<'_>,
) -> Result<usize, PathError> {
    let Some((part, rest)) = path.split_first() else {
        visit(node)?;
        return Ok(1);
    };
    match number(part) {
        Some(index) if index >= 0 => return element(node, index, rest, create, visit),
        _ => {}
    }
    if is_list_index(part) {
        return elements(node, part, rest, create, visit);
    }
    if part == "*" {
        expect(node, Kind::Seq)?;
        let mut count = 0;
        for item in node.items_mut().into_iter().flatten() {
            count += matching(item, rest, create, visit)?;
        }
        return Ok(count);
    }
    field(node, part, rest, create, visit)
}

fn field(
    node: &mut Node,
    name: &str,
    rest: &[String],
    create: Option<Kind>,
    visit: Visit<'_>,
) -> Result<usize, PathError> {
    expect(node, Kind::Map)?;
    let mut detached;
    let field = match (node.get(name).is_some(), create) {
        (false, None) => return Ok(0),
        (false, Some(kind)) => {
            let kind = kind_for(rest.first().map(String::as_str), kind);
            if node.is_null() {
                // What hangs below a null is never printed.
                detached = Node::empty(kind);
                &mut detached
            } else {
                match node.get_or_create(name, kind) {
                    Some(field) => field,
                    None => return Ok(0),
                }
            }
        }
        (true, _) => match node.get_mut(name) {
            Some(field) => field,
            None => return Ok(0),
        },
    };
    if let (Node::Scalar(scalar), false) = (&*field, rest.is_empty())
        && !scalar.is_null()
    {
        // The text may be a document of its own; changes below it were tried before and do not count here.
        let mut inner = parse_scalar(scalar)?;
        return matching(&mut inner, rest, create, &mut |_| Ok(()));
    }
    matching(field, rest, create, visit)
}

fn parse_scalar(scalar: &Scalar) -> Result<Node, PathError> {
    let documents = gitops_yaml::parse(&scalar.text, &gitops_yaml::Limits::default())
        .map_err(|error| PathError::Other(error.to_string()))?;
    Ok(documents.first().map_or_else(|| Node::untyped(""), |document| Node::from(&document.root)))
}

fn element(
    node: &mut Node,
    index: i64,
    rest: &[String],
    create: Option<Kind>,
    visit: Visit<'_>,
) -> Result<usize, PathError> {
    expect(node, Kind::Seq)?;
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let length = node.items().len();
    let Some(items) = node.items_mut() else {
        return Err(PathError::Other(format!("index {index} specified but only 0 elements found")));
    };
    if let (Some(kind), true) = (create, index == length) {
        items.push(Node::empty(kind_for(rest.first().map(String::as_str), kind)));
    }
    match items.get_mut(index) {
        Some(item) => matching(item, rest, create, visit),
        None => Err(PathError::Other(format!("index {index} specified but only {length} elements found"))),
    }
}

fn elements(
    node: &mut Node,
    part: &str,
    rest: &[String],
    create: Option<Kind>,
    visit: Visit<'_>,
) -> Result<usize, PathError> {
    let (name, pattern) = element_key(part)?;
    expect(node, Kind::Seq)?;
    if node.items().is_empty() && create.is_none() {
        return Ok(0);
    }
    let regex = regex(pattern)?;
    let count = visit_elements(node, name, &regex, rest, create, visit)?;
    if count > 0 || create.is_none() {
        return Ok(count);
    }
    let Some(items) = node.items_mut() else { return Ok(0) };
    let element = if name.is_empty() {
        Node::untyped(pattern)
    } else {
        let mut element = Node::map();
        if let Some(field) = element.get_or_create(name, Kind::Scalar) {
            *field = Node::untyped(pattern);
        }
        element
    };
    items.push(element);
    visit_elements(node, name, &regex, rest, create, visit)
}

fn visit_elements(
    node: &mut Node,
    name: &str,
    regex: &Regex,
    rest: &[String],
    create: Option<Kind>,
    visit: Visit<'_>,
) -> Result<usize, PathError> {
    let matches = |item: &Node| {
        let value = if name.is_empty() { Some(item) } else { item.get(name) };
        value.is_some_and(|value| regex.is_match(value.text().trim()))
    };
    let wanted: Vec<usize> =
        node.items().iter().enumerate().filter(|(_, item)| matches(item)).map(|(at, _)| at).collect();
    let mut count = 0;
    if wanted.is_empty() {
        return Ok(0);
    }
    let Some(items) = node.items_mut() else { return Ok(0) };
    for at in wanted {
        if name.is_empty() {
            visit(&mut items[at])?;
            count += 1;
        } else {
            count += matching(&mut items[at], rest, create, visit)?;
        }
    }
    Ok(count)
}

fn regex(pattern: &str) -> Result<Regex, PathError> {
    crate::selector::compile(pattern).map_err(|error| PathError::Other(error.to_string()))
}
