// SPDX-License-Identifier: Apache-2.0

//! From events to documents.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind};
use crate::event::{Event, Parser, Properties};
use crate::limits::Limits;
use crate::node::{Comments, Document, Kind, Mapping, Node, Scalar, Sequence, Span};
use crate::scalar::Dialect;
use crate::scan::{Lines, Mark, RawComment};

/// Reads every document of a YAML stream.
///
/// # Errors
///
/// [`ErrorKind::Syntax`], [`ErrorKind::Alias`] and [`ErrorKind::Limit`].
///
/// ```
/// use gitops_yaml::{Limits, parse};
///
/// let documents = parse("a: 1\n---\n- b # two\n", &Limits::default())?;
/// assert_eq!(documents[0].root.get("a").and_then(|node| node.as_str()), Some("1"));
/// assert_eq!(documents[1].root.items()[0].comments().line.as_deref(), Some(" two"));
/// # Ok::<(), gitops_yaml::Error>(())
/// ```
pub fn parse(text: &str, limits: &Limits) -> Result<Vec<Document>, Error> {
    parse_at(text, 1, limits, Dialect::V3, usize::MAX)
}

/// Reads up to `most` documents of a stream whose first line counts as `first_line` in errors and spans.
///
/// The dialects differ in the line an error names: the older library names that of the problem, the newer one where the
/// construct around it began.
pub(crate) fn parse_at(
    text: &str,
    first_line: u32,
    limits: &Limits,
    wording: Dialect,
    most: usize,
) -> Result<Vec<Document>, Error> {
    let bytes = limits.bytes.min(u32::MAX as usize);
    if text.len() > bytes {
        return Err(Error::limit(None, "bytes", bytes));
    }
    check_characters(text)?;
    let mut parser = Parser::new(text, Lines { first: first_line, wording });
    let mut builder = Builder::new(text, first_line, limits);
    while builder.documents.len() < most {
        let (event, start, end) = parser.next()?;
        if matches!(event, Event::StreamEnd) {
            break;
        }
        while let Some(comment) = parser.comment_before(start.index) {
            builder.comment(comment);
        }
        builder.event(event, start, end)?;
    }
    Ok(builder.documents)
}

/// Go's reader refuses control characters before anything is parsed.
fn check_characters(text: &str) -> Result<(), Error> {
    let suspect = |b: &u8| matches!(b, 0..=8 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f | 0xc2 | 0xef);
    if text.bytes().any(|b| suspect(&b)) {
        let refused = |c: char| match c {
            '\t' | '\n' | '\r' | '\u{85}' => false,
            _ => c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'),
        };
        if text.contains(refused) {
            return Err(Error::new(ErrorKind::Encoding, None, "control characters are not allowed"));
        }
    }
    Ok(())
}

/// A collection whose end has not been seen, or a mapping that waits for a value.
struct Frame {
    node: Node,
    key: Option<Node>,
}

struct Builder<'a> {
    text: &'a str,
    first_line: u32,
    limits: &'a Limits,
    documents: Vec<Document>,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<String, Node>,
    /// Comments that wait for the node below them.
    comments: Vec<String>,
    nodes: usize,
    aliased: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, first_line: u32, limits: &'a Limits) -> Self {
        Self {
            text,
            first_line,
            limits,
            documents: Vec::new(),
            stack: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            comments: Vec::new(),
            nodes: 0,
            aliased: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, start: Mark, end: Mark) -> Result<(), Error> {
        let line = start.line + self.first_line;
        let span = Span { start: start.index, end: end.index, line, column: start.column + 1 };
        match event {
            Event::StreamEnd => {}
            Event::DocumentStart => {
                self.anchors.clear();
                (self.nodes, self.aliased) = (0, 0);
            }
            Event::DocumentEnd => {
                let root = self.root.take().unwrap_or_else(|| Node::null(span));
                self.documents.push(Document::new(root, std::mem::take(&mut self.comments)));
            }
            Event::Scalar { properties, value, style } => {
                let kind = Kind::Scalar(Scalar { value: value.into_owned(), style });
                let mut node = self.start(kind, &properties, span)?;
                self.take_head(&mut node);
                self.complete(node)?;
            }
            Event::SequenceStart { properties, flow } => {
                let kind = Kind::Sequence(Sequence { items: Vec::new(), flow });
                let node = self.start(kind, &properties, span)?;
                self.open(node, flow)?;
            }
            Event::MappingStart { properties, flow } => {
                let kind = Kind::Mapping(Mapping { entries: Vec::new(), flow });
                let node = self.start(kind, &properties, span)?;
                self.open(node, flow)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Frame { mut node, .. }) = self.stack.pop() {
                    node.span.end = match &node.kind {
                        // A block collection ends with its last node, not where the next one begins.
                        Kind::Sequence(s) if !s.flow => s.items.last().map_or(node.span.end, |n| n.span.end),
                        Kind::Mapping(m) if !m.flow => {
                            m.entries.last().map_or(node.span.end, |(_, n)| n.span.end)
                        }
                        _ => span.end,
                    };
                    self.complete(node)?;
                }
            }
            Event::Alias(name) => self.alias(name, span)?,
        }
        Ok(())
    }

    fn start(&mut self, kind: Kind, properties: &Properties<'_>, span: Span) -> Result<Node, Error> {
        self.count(span)?;
        let mut node = Node::new(kind, span);
        if let Some(tag) = &properties.tag {
            set_tag(&mut node, tag);
        }
        if let Some(anchor) = properties.anchor {
            node.extra_mut().anchor = Some(anchor.to_owned());
        }
        Ok(node)
    }

    fn count(&mut self, span: Span) -> Result<(), Error> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(Error::limit(span.line, "nodes", self.limits.nodes));
        }
        Ok(())
    }

    fn open(&mut self, mut node: Node, flow: bool) -> Result<(), Error> {
        if self.stack.len() >= self.limits.depth {
            return Err(Error::limit(node.span.line, "depth", self.limits.depth));
        }
        // Above a block collection stands the comment of its first key or item.
        if flow {
            self.take_head(&mut node);
        }
        self.stack.push(Frame { node, key: None });
        Ok(())
    }

    fn take_head(&mut self, node: &mut Node) {
        if !self.comments.is_empty() {
            node.extra_mut().comments.head = std::mem::take(&mut self.comments);
        }
    }

    /// Puts a finished node where it belongs, and remembers it if it has an anchor.
    fn complete(&mut self, node: Node) -> Result<(), Error> {
        if let Some(name) = node.anchor() {
            // Anchors around anchors are copied once for each level, which must not multiply.
            let limit = self.limits.nodes;
            self.nodes = self.nodes.saturating_add(measure(&node, limit).0);
            if self.nodes > limit {
                return Err(Error::limit(node.span.line, "nodes", limit));
            }
            self.anchors.insert(name.to_owned(), node.clone());
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut frame.node.kind {
            Kind::Sequence(sequence) => sequence.items.push(node),
            Kind::Mapping(mapping) => match frame.key.take() {
                None => frame.key = Some(node),
                Some(key) => mapping.entries.push((key, node)),
            },
            Kind::Scalar(_) => {}
        }
        Ok(())
    }

    fn alias(&mut self, name: &str, span: Span) -> Result<(), Error> {
        self.count(span)?;
        if self.stack.iter().any(|frame| frame.node.anchor() == Some(name)) {
            return Err(Error::new(ErrorKind::Alias, None, format!("anchor '{name}' value contains itself")));
        }
        let Some(target) = self.anchors.get(name) else {
            return Err(Error::new(ErrorKind::Alias, None, format!("unknown anchor '{name}' referenced")));
        };
        let budget = self.limits.aliases.saturating_sub(self.aliased);
        let (size, depth) = measure(target, budget + 1);
        self.aliased = self.aliased.saturating_add(size);
        if self.aliased > self.limits.aliases {
            return Err(Error::new(
                ErrorKind::Limit,
                None,
                format!("document contains excessive aliasing (limit `aliases` of {})", self.limits.aliases),
            ));
        }
        if depth + self.stack.len() > self.limits.depth {
            return Err(Error::limit(span.line, "depth", self.limits.depth));
        }
        let mut node = target.clone();
        node.span = span;
        let extra = node.extra_mut();
        extra.alias = Some(name.to_owned());
        extra.anchor = None;
        extra.comments = Comments::default();
        self.take_head(&mut node);
        self.complete(node)
    }

    /// A comment behind a node on its line belongs to that node, any other to the node below.
    fn comment(&mut self, comment: RawComment) {
        let slice = |start: u32, end: u32| self.text.get(start as usize..end as usize).unwrap_or_default();
        let text = slice(comment.start + 1, comment.end).to_owned();
        let alone = slice(comment.line_start, comment.start).trim().is_empty();
        let left = if alone { None } else { self.left_of(comment.line_start) };
        match left {
            Some(node) => node.extra_mut().comments.line = Some(text),
            None => self.comments.push(text),
        }
    }

    /// The last finished scalar, alias or flow collection, if it ends behind `line_start`.
    fn left_of(&mut self, line_start: u32) -> Option<&mut Node> {
        let mut node = match self.stack.last_mut() {
            None => self.root.as_mut()?,
            Some(Frame { key: Some(key), .. }) => key,
            Some(frame) => last_child(&mut frame.node)?,
        };
        loop {
            let descend = match &node.kind {
                Kind::Sequence(sequence) => !sequence.flow && !sequence.items.is_empty(),
                Kind::Mapping(mapping) => !mapping.flow && !mapping.entries.is_empty(),
                Kind::Scalar(_) => false,
            };
            if !descend || node.alias().is_some() {
                return (node.span.end > line_start).then_some(node);
            }
            node = last_child(node)?;
        }
    }
}

fn last_child(node: &mut Node) -> Option<&mut Node> {
    match &mut node.kind {
        Kind::Sequence(sequence) => sequence.items.last_mut(),
        Kind::Mapping(mapping) => mapping.entries.last_mut().map(|(_, value)| value),
        Kind::Scalar(_) => None,
    }
}

/// Counts the nodes of a tree up to `limit`, and its depth.
fn measure(node: &Node, limit: usize) -> (usize, usize) {
    let (mut count, mut deepest) = (0, 0);
    let mut stack = vec![(node, 0)];
    while let Some((node, depth)) = stack.pop() {
        count += 1;
        deepest = deepest.max(depth);
        if count >= limit {
            break;
        }
        match node.kind() {
            Kind::Scalar(_) => {}
            Kind::Sequence(sequence) => stack.extend(sequence.items.iter().map(|item| (item, depth + 1))),
            Kind::Mapping(mapping) => {
                stack.extend(
                    mapping.entries.iter().flat_map(|(key, value)| [(key, depth + 1), (value, depth + 1)]),
                );
            }
        }
    }
    (count, deepest)
}

/// Keeps the short form of a tag.
fn set_tag(node: &mut Node, tag: &str) {
    let short = match tag.strip_prefix("tag:yaml.org,2002:") {
        Some(rest) => format!("!!{rest}"),
        None => tag.to_owned(),
    };
    node.extra_mut().tag = Some(short);
}
