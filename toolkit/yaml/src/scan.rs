// SPDX-License-Identifier: Apache-2.0

//! From text to tokens, with the rules of YAML 1.1 as the libyaml family applies them.
//!
//! Go's libraries are ports of libyaml. A parser for YAML 1.2 accepts and refuses other files and folds other line
//! breaks, so the scanner keeps to libyaml's way: indentation and simple keys are tracked while tokens are found, and a
//! key token is put in behind the fact, when its `:` shows up.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::error::{Error, ErrorKind};
use crate::node::ScalarStyle;
use crate::scalar::Dialect;

mod cursor;
mod property;
mod scalar;

use cursor::Cursor;
pub(crate) use cursor::Mark;

#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind<'a>,
    pub(crate) start: Mark,
    pub(crate) end: Mark,
}

#[derive(Debug, PartialEq)]
pub(crate) enum TokenKind<'a> {
    StreamEnd,
    VersionDirective(u32, u32),
    TagDirective { handle: String, prefix: String },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    Tag { handle: String, suffix: String },
    Scalar(Cow<'a, str>, ScalarStyle),
}

/// A comment, from its `#` to the end of the line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawComment {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Where its line begins.
    pub(crate) line_start: u32,
}

/// How errors count lines.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    /// The line of the first line of the text, from one.
    pub(crate) first: u32,
    pub(crate) wording: Dialect,
}

impl Lines {
    /// The line an error names, if any: Go leaves out what it takes for unset, which includes the first line.
    pub(crate) fn of(
        self,
        context: Mark,
        problem: Mark,
        context_base: u32,
        problem_base: u32,
    ) -> Option<u32> {
        let (context, problem) = ((context.line, context_base), (problem.line, problem_base));
        let (chosen, other) =
            if self.wording == Dialect::V3 { (context, problem) } else { (problem, context) };
        let (line, base) = if chosen.0 != 0 { chosen } else { other };
        (line != 0 || self.first > 1).then_some(line + base + self.first - 1)
    }
}

/// A token that becomes a key if a `:` follows on its line.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

pub(crate) struct Scanner<'a> {
    cursor: Cursor<'a>,
    lines: Lines,
    tokens: VecDeque<Token<'a>>,
    /// How many tokens were taken from the queue.
    taken: usize,
    flow_level: usize,
    /// The column of the current block collection, -1 outside.
    indent: i64,
    indents: Vec<i64>,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    pub(crate) comments: VecDeque<RawComment>,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, lines: Lines) -> Self {
        Self {
            cursor: Cursor::new(text),
            lines,
            tokens: VecDeque::new(),
            taken: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            comments: VecDeque::new(),
        }
    }

    /// Returns the next token without taking it.
    pub(crate) fn peek(&mut self) -> Result<&Token<'a>, Error> {
        while self.needs_more()? {
            self.fetch()?;
        }
        self.tokens.front().ok_or_else(|| Error::new(ErrorKind::Syntax, None, "unexpected end of stream"))
    }

    /// Takes the next token.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, Error> {
        self.peek()?;
        self.taken += 1;
        self.tokens.pop_front().ok_or_else(|| Error::new(ErrorKind::Syntax, None, "unexpected end of stream"))
    }

    /// Whether the first token may still turn out to be a key. How far ahead is
    /// looked decides which of two errors is found first: Go's newer library looks for comments three tokens ahead.
    fn needs_more(&mut self) -> Result<bool, Error> {
        let ahead = if self.lines.wording == Dialect::V3 { 3 } else { 1 };
        if self.tokens.len() < ahead {
            return Ok(true);
        }
        let taken = self.taken;
        match self.simple_keys.iter().position(|key| key.possible && key.token == taken) {
            Some(at) => self.is_valid_key(at),
            None => Ok(false),
        }
    }

    /// Scanner errors count lines from one.
    fn error(&self, context: Mark, problem: &str) -> Error {
        let of_context = if self.lines.wording == Dialect::V3 { 1 } else { 0 };
        let line = self.lines.of(context, self.cursor.mark, of_context, 1);
        Error::new(ErrorKind::Syntax, line, problem)
    }

    fn push(&mut self, kind: TokenKind<'a>, start: Mark) {
        let end = self.cursor.mark;
        self.tokens.push_back(Token { kind, start, end });
    }

    fn fetch(&mut self) -> Result<(), Error> {
        self.skip_to_token();
        self.unroll_indent(i64::from(self.cursor.mark.column));
        let byte = self.cursor.byte();
        if byte == 0 {
            return self.fetch_stream_end();
        }
        if self.cursor.mark.column == 0 && byte == b'%' {
            return self.fetch_directive();
        }
        if self.cursor.is_document_indicator() {
            return self.fetch_document_indicator();
        }
        let (flow, spaced) = (self.flow_level > 0, self.cursor.is_space_at(1));
        match byte {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.fetch_indicator(TokenKind::FlowEntry);
                Ok(())
            }
            b'-' if spaced => self.fetch_block_entry(),
            b'?' if flow || spaced => self.fetch_key(),
            b':' if flow || spaced => self.fetch_value(),
            b'*' | b'&' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let token = self.scan_anchor(byte == b'*')?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'!' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let token = self.scan_tag()?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'|' | b'>' if !flow => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                let token = self.scan_block(byte == b'|')?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'\'' | b'"' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let token = self.scan_quoted(byte == b'\'')?;
                self.tokens.push_back(token);
                Ok(())
            }
            _ if self.starts_plain(byte) => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                let token = self.scan_plain()?;
                self.tokens.push_back(token);
                Ok(())
            }
            _ => Err(self.error(self.cursor.mark, "found character that cannot start any token")),
        }
    }

    fn starts_plain(&self, byte: u8) -> bool {
        match byte {
            b'-' => !matches!(self.cursor.at(1), b' ' | b'\t'),
            b'?' | b':' => self.flow_level == 0 && !self.cursor.is_space_at(1),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
            | b'%' | b'@' | b'`' => false,
            _ => !self.cursor.is_space(),
        }
    }

    /// Steps over blanks, comments and line breaks.
    fn skip_to_token(&mut self) {
        loop {
            loop {
                match self.cursor.byte() {
                    b' ' => self.cursor.skip_ascii(1),
                    // A tab must not stand where it could be taken for indentation.
                    b'\t' if self.flow_level > 0 || !self.simple_key_allowed => self.cursor.skip_ascii(1),
                    _ => break,
                }
            }
            if self.cursor.byte() == b'#' {
                let start = self.cursor.mark;
                self.cursor.skip_to_break();
                let before = self.cursor.slice(0, start.index);
                let line_start = before.rfind('\n').map_or(0, |at| at + 1);
                self.comments.push_back(RawComment {
                    start: start.index,
                    end: self.cursor.mark.index,
                    line_start: u32::try_from(line_start).unwrap_or(u32::MAX),
                });
            }
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn is_valid_key(&mut self, at: usize) -> Result<bool, Error> {
        let key = self.simple_keys[at];
        if !key.possible {
            return Ok(false);
        }
        let mark = self.cursor.mark;
        if key.mark.line < mark.line || key.mark.column.saturating_add(1024) < mark.column {
            if key.required {
                return Err(self.error(key.mark, "could not find expected ':'"));
            }
            self.simple_keys[at].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn save_simple_key(&mut self) -> Result<(), Error> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        self.remove_simple_key()?;
        let mark = self.cursor.mark;
        let required = self.flow_level == 0 && self.indent == i64::from(mark.column);
        let token = self.taken + self.tokens.len();
        if let Some(key) = self.simple_keys.last_mut() {
            *key = SimpleKey { possible: true, required, token, mark };
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Result<(), Error> {
        let Some(key) = self.simple_keys.last_mut() else { return Ok(()) };
        if key.possible && key.required {
            let mark = key.mark;
            return Err(self.error(mark, "could not find expected ':'"));
        }
        key.possible = false;
        Ok(())
    }

    /// Opens a block collection at a column deeper than the current one; `at` is the place of its token in the queue.
    fn roll_indent(&mut self, column: u32, at: Option<usize>, kind: TokenKind<'a>, mark: Mark) {
        let column = i64::from(column);
        if self.flow_level > 0 || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let at = at.unwrap_or(self.tokens.len());
        self.tokens.insert(at, Token { kind, start: mark, end: mark });
    }

    fn unroll_indent(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_indicator(&mut self, kind: TokenKind<'a>) {
        let start = self.cursor.mark;
        self.cursor.skip_ascii(1);
        self.push(kind, start);
    }

    fn fetch_stream_end(&mut self) -> Result<(), Error> {
        if self.cursor.mark.column != 0 {
            self.cursor.mark.column = 0;
            self.cursor.mark.line += 1;
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(TokenKind::StreamEnd, self.cursor.mark);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Error> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self) -> Result<(), Error> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let kind = if self.cursor.byte() == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
        let start = self.cursor.mark;
        self.cursor.skip_ascii(3);
        self.push(kind, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind<'a>) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_keys.push(SimpleKey::default());
        self.flow_level += 1;
        self.simple_key_allowed = true;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind<'a>) -> Result<(), Error> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error(mark, "block sequence entries are not allowed in this context"));
            }
            self.roll_indent(mark.column, None, TokenKind::BlockSequenceStart, mark);
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.fetch_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error(mark, "mapping keys are not allowed in this context"));
            }
            self.roll_indent(mark.column, None, TokenKind::BlockMappingStart, mark);
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.fetch_indicator(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        let last = self.simple_keys.len() - 1;
        if self.is_valid_key(last)? {
            let SimpleKey { token, mark, .. } = self.simple_keys[last];
            let at = token.saturating_sub(self.taken);
            self.tokens.insert(at, Token { kind: TokenKind::Key, start: mark, end: mark });
            self.roll_indent(mark.column, Some(at), TokenKind::BlockMappingStart, mark);
            self.simple_keys[last].possible = false;
            self.simple_key_allowed = false;
        } else {
            let mark = self.cursor.mark;
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.error(mark, "mapping values are not allowed in this context"));
                }
                self.roll_indent(mark.column, None, TokenKind::BlockMappingStart, mark);
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.fetch_indicator(TokenKind::Value);
        Ok(())
    }
}
