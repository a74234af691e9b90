// SPDX-License-Identifier: Apache-2.0

//! From events to documents.

use std::collections::HashMap;

use granit_parser::{Event, Parser, Placement, StructureStyle, Tag};

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::node::{Document, Kind, Mapping, Node, Scalar, ScalarStyle, Sequence, Span};

mod failure;

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
    parse_at(text, 1, limits)
}

/// Reads a stream whose first line counts as `first_line` in errors and spans.
pub(crate) fn parse_at(text: &str, first_line: u32, limits: &Limits) -> Result<Vec<Document>, Error> {
    let bytes = limits.bytes.min(u32::MAX as usize);
    if text.len() > bytes {
        return Err(Error::limit(None, "bytes", bytes));
    }
    let depth = limits.depth;
    let options = granit_parser::options! {
        bom_inside_document_as_content: true,
        block_scalar_eof_without_line_feed: true,
        emit_anchor_events: true,
        max_buffered_comment_events: limits.nodes,
        flow_nesting_limit: depth,
        block_nesting_limit: depth,
    };
    let mut builder = Builder::new(text, first_line, limits);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| failure::translate(text, first_line, &error, depth))?;
        let start = span.start;
        let place = Span {
            start: offset(start.byte_offset()),
            end: offset(span.end.byte_offset()),
            line: offset(Some(start.line())) + first_line - 1,
            column: offset(Some(start.col())) + 1,
        };
        builder.event(event, place)?;
    }
    Ok(builder.documents)
}

fn offset(value: Option<usize>) -> u32 {
    value.and_then(|value| u32::try_from(value).ok()).unwrap_or(u32::MAX)
}

/// A collection whose end has not been seen, or a mapping that waits for a value.
struct Frame {
    node: Node,
    key: Option<Node>,
    anchor: usize,
}

struct Builder<'a> {
    text: &'a str,
    last_line: u32,
    limits: &'a Limits,
    documents: Vec<Document>,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    names: HashMap<usize, String>,
    /// Anchors of the node that was just completed or opened, until its name arrives.
    comments: Vec<String>,
    nodes: usize,
    aliased: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, first_line: u32, limits: &'a Limits) -> Self {
        Self {
            text,
            last_line: first_line,
            limits,
            documents: Vec::new(),
            stack: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            names: HashMap::new(),
            comments: Vec::new(),
            nodes: 0,
            aliased: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.names.clear();
                (self.nodes, self.aliased) = (0, 0);
            }
            Event::DocumentEnd => {
                let root = self.root.take().unwrap_or_else(|| Node::null(span));
                self.documents.push(Document::new(root, std::mem::take(&mut self.comments)));
            }
            Event::Comment(text, placement) => self.comment(text.into_owned(), placement, span),
            Event::Scalar(value, style, anchor, tag) => {
                let mut node = Node::new(
                    Kind::Scalar(Scalar { value: value.into_owned(), style: style_of(style) }),
                    span,
                );
                set_tag(&mut node, tag.as_deref());
                self.count(span)?;
                self.take_head(&mut node);
                self.complete(node, anchor);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let flow = style == StructureStyle::Flow;
                self.open(
                    Kind::Sequence(Sequence { items: Vec::new(), flow }),
                    flow,
                    anchor,
                    tag.as_deref(),
                    span,
                )?;
            }
            Event::MappingStart(style, anchor, tag) => {
                let flow = style == StructureStyle::Flow;
                self.open(
                    Kind::Mapping(Mapping { entries: Vec::new(), flow }),
                    flow,
                    anchor,
                    tag.as_deref(),
                    span,
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut frame) = self.stack.pop() {
                    frame.node.span.end = span.end.max(frame.node.span.end);
                    self.complete(frame.node, frame.anchor);
                }
            }
            Event::Alias(id) => self.alias(id, span)?,
            Event::Anchor(id, name) => {
                self.names.insert(id, name.clone().into_owned());
                if let Some(anchored) = self.anchors.get_mut(&id) {
                    anchored.extra_mut().anchor = Some(name.clone().into_owned());
                }
                if let Some(node) = self.newest(id) {
                    node.extra_mut().anchor = Some(name.into_owned());
                }
            }
            _ => {}
        }
        self.last_line = span.line;
        Ok(())
    }

    fn count(&mut self, span: Span) -> Result<(), Error> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(Error::limit(span.line, "nodes", self.limits.nodes));
        }
        Ok(())
    }

    fn open(
        &mut self,
        kind: Kind,
        flow: bool,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Error> {
        self.count(span)?;
        if self.stack.len() >= self.limits.depth {
            return Err(Error::limit(span.line, "depth", self.limits.depth));
        }
        let mut node = Node::new(kind, span);
        set_tag(&mut node, tag);
        // Above a block collection stands the comment of its first key or item.
        if flow {
            self.take_head(&mut node);
        }
        self.stack.push(Frame { node, key: None, anchor });
        Ok(())
    }

    fn take_head(&mut self, node: &mut Node) {
        if !self.comments.is_empty() {
            node.extra_mut().comments.head = std::mem::take(&mut self.comments);
        }
    }

    /// Puts a finished node where it belongs, and remembers it if it has an anchor.
    fn complete(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut frame.node.kind {
            Kind::Sequence(sequence) => sequence.items.push(node),
            Kind::Mapping(mapping) => match frame.key.take() {
                None => frame.key = Some(node),
                Some(key) => mapping.entries.push((key, node)),
            },
            Kind::Scalar(_) => {}
        }
    }

    /// The node an anchor event belongs to: the collection just opened, or the scalar just read.
    fn newest(&mut self, id: usize) -> Option<&mut Node> {
        if self.stack.last().is_some_and(|frame| frame.anchor == id) {
            return self.stack.last_mut().map(|frame| &mut frame.node);
        }
        match self.stack.last_mut() {
            None => self.root.as_mut(),
            Some(frame) if frame.key.is_some() => frame.key.as_mut(),
            Some(frame) => match &mut frame.node.kind {
                Kind::Sequence(sequence) => sequence.items.last_mut(),
                Kind::Mapping(mapping) => mapping.entries.last_mut().map(|(_, value)| value),
                Kind::Scalar(_) => None,
            },
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Error> {
        self.count(span)?;
        let name = self.text.get(span.start as usize + 1..span.end as usize).unwrap_or_default().to_owned();
        let Some(target) = self.anchors.get(&id) else {
            return Err(Error::new(ErrorKind::Alias, None, format!("anchor '{name}' value contains itself")));
        };
        let budget = self.limits.aliases.saturating_sub(self.aliased);
        let (size, depth) = measure(target, budget + 1);
        self.aliased = self.aliased.saturating_add(size);
        if self.aliased > self.limits.aliases {
            return Err(Error::new(
                ErrorKind::Limit,
                span.line,
                format!("document contains excessive aliasing (limit `aliases` of {})", self.limits.aliases),
            ));
        }
        if depth + self.stack.len() > self.limits.depth {
            return Err(Error::limit(span.line, "depth", self.limits.depth));
        }
        let mut node = target.clone();
        node.span = span;
        let extra = node.extra_mut();
        extra.alias = Some(name);
        extra.anchor = None;
        extra.comments = Default::default();
        self.take_head(&mut node);
        self.complete(node, 0);
        Ok(())
    }

    fn comment(&mut self, text: String, placement: Placement, span: Span) {
        let here = span.line;
        if placement == Placement::Right
            && self.comments.is_empty()
            && let Some(node) = self.left_of(span.start)
            && here >= node.span.line
        {
            node.extra_mut().comments.line = Some(text);
            return;
        }
        self.comments.push(text);
    }

    /// The last finished scalar, alias or flow collection.
    fn left_of(&mut self, start: u32) -> Option<&mut Node> {
        let mut node = match self.stack.last_mut() {
            None => self.root.as_mut()?,
            Some(frame) if frame.key.is_some() => return frame.key.as_mut(),
            Some(frame) => match &mut frame.node.kind {
                Kind::Sequence(sequence) => sequence.items.last_mut()?,
                Kind::Mapping(mapping) => mapping.entries.last_mut().map(|(_, value)| value)?,
                Kind::Scalar(_) => return None,
            },
        };
        if node.span.start >= start {
            return None;
        }
        loop {
            let descend = match &node.kind {
                Kind::Sequence(sequence) => !sequence.flow && !sequence.items.is_empty(),
                Kind::Mapping(mapping) => !mapping.flow && !mapping.entries.is_empty(),
                Kind::Scalar(_) => false,
            };
            if !descend || node.alias().is_some() {
                return Some(node);
            }
            node = match &mut node.kind {
                Kind::Sequence(sequence) => sequence.items.last_mut()?,
                Kind::Mapping(mapping) => mapping.entries.last_mut().map(|(_, value)| value)?,
                Kind::Scalar(_) => return None,
            };
        }
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

fn style_of(style: granit_parser::ScalarStyle) -> ScalarStyle {
    match style {
        granit_parser::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        granit_parser::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        granit_parser::ScalarStyle::Literal => ScalarStyle::Literal,
        granit_parser::ScalarStyle::Folded => ScalarStyle::Folded,
        granit_parser::ScalarStyle::Plain => ScalarStyle::Plain,
    }
}

fn set_tag(node: &mut Node, tag: Option<&Tag>) {
    let Some(tag) = tag else { return };
    let short = match (tag.handle(), tag.suffix()) {
        ("tag:yaml.org,2002:", suffix) => format!("!!{suffix}"),
        // The non-specific tag makes a scalar a string and says nothing about collections.
        ("" | "!", "" | "!") if node.as_str().is_some() => "!!str".to_owned(),
        (handle, suffix) => match format!("{handle}{suffix}").strip_prefix("tag:yaml.org,2002:") {
            Some(rest) => format!("!!{rest}"),
            None => format!("{handle}{suffix}"),
        },
    };
    node.extra_mut().tag = Some(short);
}
