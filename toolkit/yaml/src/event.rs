// SPDX-License-Identifier: Apache-2.0

//! From tokens to events: the grammar.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};
use crate::node::ScalarStyle;
use crate::scan::{Lines, Mark, RawComment, Scanner, Token, TokenKind};

#[derive(Debug)]
pub(crate) enum Event<'a> {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'a str),
    Scalar { properties: Properties<'a>, value: Cow<'a, str>, style: ScalarStyle },
    SequenceStart { properties: Properties<'a>, flow: bool },
    SequenceEnd,
    MappingStart { properties: Properties<'a>, flow: bool },
    MappingEnd,
}

/// Anchor and resolved tag of a node.
#[derive(Debug, Default)]
pub(crate) struct Properties<'a> {
    pub(crate) anchor: Option<&'a str>,
    pub(crate) tag: Option<String>,
}

/// An event and the range of text it stands for.
pub(crate) type Placed<'a> = (Event<'a>, Mark, Mark);

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    DocumentStart { first: bool },
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequence { first: bool },
    IndentlessSequence,
    BlockMappingKey { first: bool },
    BlockMappingValue,
    FlowSequence { first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue { empty: bool },
    End,
}

pub(crate) struct Parser<'a> {
    scanner: Scanner<'a>,
    lines: Lines,
    state: State,
    states: Vec<State>,
    /// Where the open collections began.
    marks: Vec<Mark>,
    tag_handles: Vec<(String, String)>,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, lines: Lines) -> Self {
        Self {
            scanner: Scanner::new(text, lines),
            lines,
            state: State::DocumentStart { first: true },
            states: Vec::new(),
            marks: Vec::new(),
            tag_handles: Vec::new(),
        }
    }

    /// Takes the first comment that begins before a place in the text, of those scanned so far.
    pub(crate) fn comment_before(&mut self, index: u32) -> Option<RawComment> {
        self.scanner.comments.pop_front_if(|comment| comment.start < index)
    }

    pub(crate) fn next(&mut self) -> Result<Placed<'a>, Error> {
        match self.state {
            State::DocumentStart { first } => self.document_start(first),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequence { first } => self.block_sequence(first),
            State::IndentlessSequence => self.indentless_sequence(),
            State::BlockMappingKey { first } => self.block_mapping_key(first),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequence { first } => self.flow_sequence(first),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                self.state = State::FlowSequence { first: false };
                let mark = self.scanner.peek()?.start;
                Ok((Event::MappingEnd, mark, mark))
            }
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue { empty } => self.flow_mapping_value(empty),
            State::End => Ok((Event::StreamEnd, Mark::default(), Mark::default())),
        }
    }

    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    fn peek(&mut self) -> Result<&TokenKind<'a>, Error> {
        Ok(&self.scanner.peek()?.kind)
    }

    /// Grammar errors count lines from zero, as Go prints them.
    fn error(&self, context: Option<Mark>, problem: Mark, message: &str) -> Error {
        Error::new(ErrorKind::Syntax, self.lines.of(context.unwrap_or_default(), problem, 0, 0), message)
    }

    fn empty(&mut self, mark: Mark) -> Placed<'a> {
        let value = Cow::Borrowed("");
        (Event::Scalar { properties: Properties::default(), value, style: ScalarStyle::Plain }, mark, mark)
    }

    fn document_start(&mut self, first: bool) -> Result<Placed<'a>, Error> {
        if !first {
            while *self.peek()? == TokenKind::DocumentEnd {
                self.scanner.next()?;
            }
        }
        let token = self.scanner.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            TokenKind::StreamEnd => {
                self.state = State::End;
                return Ok((Event::StreamEnd, start, end));
            }
            TokenKind::VersionDirective(..) | TokenKind::TagDirective { .. } | TokenKind::DocumentStart => {}
            _ if first => {
                self.process_directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                return Ok((Event::DocumentStart, start, start));
            }
            _ => {}
        }
        self.process_directives()?;
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::DocumentStart {
            let mark = token.start;
            return Err(self.error(None, mark, "did not find expected <document start>"));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        let token = self.scanner.next()?;
        Ok((Event::DocumentStart, start, token.end))
    }

    fn process_directives(&mut self) -> Result<(), Error> {
        let mut version = false;
        self.tag_handles.clear();
        while matches!(self.peek()?, TokenKind::VersionDirective(..) | TokenKind::TagDirective { .. }) {
            let token = self.scanner.next()?;
            match token.kind {
                TokenKind::VersionDirective(..) if version => {
                    return Err(self.error(None, token.start, "found duplicate %YAML directive"));
                }
                TokenKind::VersionDirective(1, 1) => version = true,
                TokenKind::TagDirective { handle, prefix } => {
                    if self.tag_handles.iter().any(|(known, _)| *known == handle) {
                        return Err(self.error(None, token.start, "found duplicate %TAG directive"));
                    }
                    self.tag_handles.push((handle, prefix));
                }
                _ => return Err(self.error(None, token.start, "found incompatible YAML document")),
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Result<Placed<'a>, Error> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::VersionDirective(..)
            | TokenKind::TagDirective { .. }
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                let mark = token.start;
                self.pop_state();
                Ok(self.empty(mark))
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Result<Placed<'a>, Error> {
        let token = self.scanner.peek()?;
        let (start, mut end) = (token.start, token.start);
        if token.kind == TokenKind::DocumentEnd {
            end = self.scanner.next()?.end;
        }
        self.state = State::DocumentStart { first: false };
        Ok((Event::DocumentEnd, start, end))
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<Placed<'a>, Error> {
        if let TokenKind::Alias(_) = self.peek()? {
            let Token { kind, start, end } = self.scanner.next()?;
            self.pop_state();
            let name = if let TokenKind::Alias(name) = kind { name } else { "" };
            return Ok((Event::Alias(name), start, end));
        }
        let start = self.scanner.peek()?.start;
        let (properties, end) = self.properties()?;
        let token = self.scanner.peek()?;
        let place = (token.start, token.end);
        let flow_start = |flow_state, this: &mut Self| this.state = flow_state;
        let event = match token.kind {
            TokenKind::BlockEntry if indentless => {
                self.state = State::IndentlessSequence;
                Event::SequenceStart { properties, flow: false }
            }
            TokenKind::Scalar(..) => {
                self.pop_state();
                let Token { kind: TokenKind::Scalar(value, style), .. } = self.scanner.next()? else {
                    return Ok(self.empty(start));
                };
                Event::Scalar { properties, value, style }
            }
            TokenKind::FlowSequenceStart => {
                flow_start(State::FlowSequence { first: true }, self);
                Event::SequenceStart { properties, flow: true }
            }
            TokenKind::FlowMappingStart => {
                flow_start(State::FlowMappingKey { first: true }, self);
                Event::MappingStart { properties, flow: true }
            }
            TokenKind::BlockSequenceStart if block => {
                self.state = State::BlockSequence { first: true };
                Event::SequenceStart { properties, flow: false }
            }
            TokenKind::BlockMappingStart if block => {
                self.state = State::BlockMappingKey { first: true };
                Event::MappingStart { properties, flow: false }
            }
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                self.pop_state();
                let (value, style) = (Cow::Borrowed(""), ScalarStyle::Plain);
                return Ok((Event::Scalar { properties, value, style }, end, end));
            }
            _ => return Err(self.error(Some(start), place.0, "did not find expected node content")),
        };
        Ok((event, place.0, place.1))
    }

    /// Reads anchor and tag in either order, and returns where they end.
    fn properties(&mut self) -> Result<(Properties<'a>, Mark), Error> {
        let mut properties = Properties::default();
        let (mut tagged, mut end) = (false, self.scanner.peek()?.start);
        let start = end;
        loop {
            match self.peek()? {
                TokenKind::Anchor(_) if properties.anchor.is_none() => {}
                TokenKind::Tag { .. } if !tagged => {}
                _ => return Ok((properties, end)),
            }
            let token = self.scanner.next()?;
            end = token.end;
            match token.kind {
                TokenKind::Anchor(name) => properties.anchor = Some(name),
                TokenKind::Tag { handle, suffix } => {
                    tagged = true;
                    properties.tag = Some(self.resolve_tag(&handle, suffix, start, token.start)?);
                }
                _ => {}
            }
        }
    }

    fn resolve_tag(&self, handle: &str, suffix: String, start: Mark, at: Mark) -> Result<String, Error> {
        let declared =
            self.tag_handles.iter().find(|(known, _)| known == handle).map(|(_, prefix)| prefix.as_str());
        match (declared, handle) {
            (None, "") => Ok(suffix),
            (Some(prefix), _) => Ok(format!("{prefix}{suffix}")),
            (None, "!") => Ok(format!("!{suffix}")),
            (None, "!!") => Ok(format!("tag:yaml.org,2002:{suffix}")),
            (None, _) => Err(self.error(Some(start), at, "found undefined tag handle")),
        }
    }

    fn begin(&mut self, first: bool) -> Result<(), Error> {
        if first {
            let mark = self.scanner.next()?.start;
            self.marks.push(mark);
        }
        Ok(())
    }

    fn end(&mut self, event: Event<'a>) -> Result<Placed<'a>, Error> {
        self.pop_state();
        self.marks.pop();
        let token = self.scanner.next()?;
        Ok((event, token.start, token.end))
    }

    fn unexpected(&mut self, message: &str) -> Error {
        match self.scanner.peek().map(|token| token.start) {
            Ok(mark) => self.error(self.marks.last().copied(), mark, message),
            Err(error) => error,
        }
    }

    fn block_sequence(&mut self, first: bool) -> Result<Placed<'a>, Error> {
        self.begin(first)?;
        match self.peek()? {
            TokenKind::BlockEntry => {
                let mark = self.scanner.next()?.end;
                self.state = State::BlockSequence { first: false };
                if matches!(self.peek()?, TokenKind::BlockEntry | TokenKind::BlockEnd) {
                    return Ok(self.empty(mark));
                }
                self.states.push(self.state);
                self.node(true, false)
            }
            TokenKind::BlockEnd => self.end(Event::SequenceEnd),
            _ => Err(self.unexpected("did not find expected '-' indicator")),
        }
    }

    fn indentless_sequence(&mut self) -> Result<Placed<'a>, Error> {
        if *self.peek()? != TokenKind::BlockEntry {
            self.pop_state();
            let mark = self.scanner.peek()?.start;
            return Ok((Event::SequenceEnd, mark, mark));
        }
        let mark = self.scanner.next()?.end;
        self.state = State::IndentlessSequence;
        match self.peek()? {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                Ok(self.empty(mark))
            }
            _ => {
                self.states.push(self.state);
                self.node(true, false)
            }
        }
    }

    fn block_mapping_key(&mut self, first: bool) -> Result<Placed<'a>, Error> {
        self.begin(first)?;
        match self.peek()? {
            TokenKind::Key => {
                let mark = self.scanner.next()?.end;
                self.block_mapping_node(mark, State::BlockMappingValue)
            }
            TokenKind::BlockEnd => self.end(Event::MappingEnd),
            _ => Err(self.unexpected("did not find expected key")),
        }
    }

    fn block_mapping_value(&mut self) -> Result<Placed<'a>, Error> {
        let next = State::BlockMappingKey { first: false };
        if *self.peek()? != TokenKind::Value {
            self.state = next;
            let mark = self.scanner.peek()?.start;
            return Ok(self.empty(mark));
        }
        let mark = self.scanner.next()?.end;
        self.block_mapping_node(mark, next)
    }

    /// A key or value of a block mapping, which may be left out.
    fn block_mapping_node(&mut self, mark: Mark, next: State) -> Result<Placed<'a>, Error> {
        if matches!(self.peek()?, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
            self.state = next;
            return Ok(self.empty(mark));
        }
        self.states.push(next);
        self.node(true, true)
    }

    fn flow_sequence(&mut self, first: bool) -> Result<Placed<'a>, Error> {
        self.begin(first)?;
        if *self.peek()? != TokenKind::FlowSequenceEnd {
            if !first {
                if *self.peek()? != TokenKind::FlowEntry {
                    return Err(self.unexpected("did not find expected ',' or ']'"));
                }
                self.scanner.next()?;
            }
            match self.peek()? {
                TokenKind::Key => {
                    self.state = State::FlowPairKey;
                    let token = self.scanner.next()?;
                    let event = Event::MappingStart { properties: Properties::default(), flow: true };
                    return Ok((event, token.start, token.end));
                }
                TokenKind::FlowSequenceEnd => {}
                _ => {
                    self.states.push(State::FlowSequence { first: false });
                    return self.node(false, false);
                }
            }
        }
        self.end(Event::SequenceEnd)
    }

    fn flow_pair_key(&mut self) -> Result<Placed<'a>, Error> {
        if matches!(self.peek()?, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
            // What stands here is lost, as in Go.
            let mark = self.scanner.next()?.end;
            self.state = State::FlowPairValue;
            return Ok(self.empty(mark));
        }
        self.states.push(State::FlowPairValue);
        self.node(false, false)
    }

    fn flow_pair_value(&mut self) -> Result<Placed<'a>, Error> {
        if *self.peek()? == TokenKind::Value {
            self.scanner.next()?;
            if !matches!(self.peek()?, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                self.states.push(State::FlowPairEnd);
                return self.node(false, false);
            }
        }
        self.state = State::FlowPairEnd;
        let mark = self.scanner.peek()?.start;
        Ok(self.empty(mark))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Result<Placed<'a>, Error> {
        self.begin(first)?;
        if *self.peek()? != TokenKind::FlowMappingEnd {
            if !first {
                if *self.peek()? != TokenKind::FlowEntry {
                    return Err(self.unexpected("did not find expected ',' or '}'"));
                }
                self.scanner.next()?;
            }
            match self.peek()? {
                TokenKind::Key => {
                    self.scanner.next()?;
                    return self.flow_mapping_node(State::FlowMappingValue { empty: false });
                }
                TokenKind::FlowMappingEnd => {}
                _ => {
                    self.states.push(State::FlowMappingValue { empty: true });
                    return self.node(false, false);
                }
            }
        }
        self.end(Event::MappingEnd)
    }

    fn flow_mapping_value(&mut self, empty: bool) -> Result<Placed<'a>, Error> {
        let next = State::FlowMappingKey { first: false };
        if !empty && *self.peek()? == TokenKind::Value {
            self.scanner.next()?;
            if !matches!(self.peek()?, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                self.states.push(next);
                return self.node(false, false);
            }
        }
        self.state = next;
        let mark = self.scanner.peek()?.start;
        Ok(self.empty(mark))
    }

    /// A key of a flow mapping, which may be left out.
    fn flow_mapping_node(&mut self, next: State) -> Result<Placed<'a>, Error> {
        if matches!(self.peek()?, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
            self.state = next;
            let mark = self.scanner.peek()?.start;
            return Ok(self.empty(mark));
        }
        self.states.push(next);
        self.node(false, false)
    }
}
