// SPDX-License-Identifier: Apache-2.0

//! Plain, quoted and block scalars.

use std::borrow::Cow;

use super::cursor::Mark;
use super::{Scanner, Token, TokenKind};
use crate::error::Error;
use crate::node::ScalarStyle;

/// Line breaks between two lines of a scalar.
#[derive(Default)]
struct Breaks {
    leading: &'static str,
    trailing: String,
}

impl Breaks {
    /// Adds a break, the first or a further one.
    fn push(&mut self, first: bool, text: &'static str) {
        if first {
            self.leading = text;
        } else {
            self.trailing.push_str(text);
        }
    }

    /// Folds the breaks into the text: one becomes a space, of more the first is dropped.
    fn fold(&mut self, text: &mut String) {
        if self.leading != "\n" {
            text.push_str(self.leading);
            text.push_str(&self.trailing);
        } else if self.trailing.is_empty() {
            text.push(' ');
        } else {
            text.push_str(&self.trailing);
        }
        self.leading = "";
        self.trailing.clear();
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_plain(&mut self) -> Result<Token<'a>, Error> {
        let indent = self.indent + 1;
        let start = self.cursor.mark;
        let mut end = start;
        // One line needs no text of its own.
        let mut text: Option<String> = None;
        let mut breaks = Breaks::default();
        let (mut after_break, mut blanks) = (false, 0..0);
        loop {
            if self.cursor.is_document_indicator() || self.cursor.byte() == b'#' {
                break;
            }
            let run = self.cursor.mark;
            self.skip_plain_run();
            if self.cursor.mark.index > run.index {
                let piece = self.cursor.slice(run.index, self.cursor.mark.index);
                if after_break {
                    let text =
                        text.get_or_insert_with(|| self.cursor.slice(start.index, end.index).to_owned());
                    breaks.fold(text);
                    text.push_str(piece);
                    after_break = false;
                } else if let Some(text) = &mut text {
                    text.push_str(self.cursor.slice(blanks.start, blanks.end));
                    text.push_str(piece);
                }
                end = self.cursor.mark;
            }
            if !(self.cursor.is_blank() || self.cursor.is_break()) {
                break;
            }
            blanks = self.cursor.mark.index..self.cursor.mark.index;
            while self.cursor.is_blank() || self.cursor.is_break() {
                if self.cursor.is_break() {
                    let first = !after_break;
                    let kept = self.cursor.skip_line();
                    breaks.push(first, kept);
                    after_break = true;
                } else {
                    let shallow = i64::from(self.cursor.mark.column) < indent;
                    if after_break && shallow && self.cursor.byte() == b'\t' {
                        return Err(self.error(start, "found a tab character that violates indentation"));
                    }
                    self.cursor.skip_ascii(1);
                }
                if !after_break {
                    blanks.end = self.cursor.mark.index;
                }
            }
            if self.flow_level == 0 && i64::from(self.cursor.mark.column) < indent {
                break;
            }
        }
        if after_break {
            self.simple_key_allowed = true;
        }
        let value = text.map_or_else(|| Cow::Borrowed(self.cursor.slice(start.index, end.index)), Cow::Owned);
        Ok(Token { kind: TokenKind::Scalar(value, ScalarStyle::Plain), start, end })
    }

    /// Steps over the characters of a plain scalar up to the next blank, break or indicator.
    fn skip_plain_run(&mut self) {
        let flow = self.flow_level > 0;
        loop {
            self.cursor.skip_while(is_word);
            match self.cursor.byte() {
                b':' if self.cursor.is_space_at(1) => return,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if flow => return,
                0 | b' ' | b'\t' | b'\n' | b'\r' => return,
                0xc2 | 0xe2 if self.cursor.is_break() => return,
                _ => self.cursor.skip(),
            }
        }
    }

    pub(super) fn scan_quoted(&mut self, single: bool) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark;
        self.cursor.skip_ascii(1);
        let quote = if single { b'\'' } else { b'"' };
        let mut text: Option<String> = None;
        let mut run = self.cursor.mark.index;
        let mut breaks = Breaks::default();
        loop {
            if self.cursor.is_document_indicator() {
                return Err(self.error(start, "found unexpected document indicator"));
            }
            if self.cursor.is_end() {
                return Err(self.error(start, "found unexpected end of stream"));
            }
            let mut after_break = false;
            self.cursor.skip_while(is_word);
            while !self.cursor.is_space() && self.cursor.byte() != quote || self.is_doubled(single) {
                let escape = self.is_doubled(single) || !single && self.cursor.byte() == b'\\';
                if !escape {
                    self.cursor.skip();
                    self.cursor.skip_while(is_word);
                    continue;
                }
                let text = text.get_or_insert_default();
                text.push_str(self.cursor.slice(run, self.cursor.mark.index));
                if single {
                    text.push('\'');
                    self.cursor.skip_ascii(2);
                } else if self.cursor.is_break_at(1) {
                    self.cursor.skip_ascii(1);
                    self.cursor.skip_line();
                    after_break = true;
                    run = self.cursor.mark.index;
                    break;
                } else {
                    self.scan_escape(start, text)?;
                }
                run = self.cursor.mark.index;
            }
            if self.cursor.byte() == quote && !self.is_doubled(single) && !after_break {
                break;
            }
            if self.cursor.byte() == quote {
                // A quote right behind an escaped break.
                break;
            }
            self.skip_quoted_space(after_break, &mut run, &mut text, &mut breaks);
        }
        let end = self.cursor.mark.index;
        let value = match text {
            Some(mut text) => {
                text.push_str(self.cursor.slice(run, end));
                Cow::Owned(text)
            }
            None => Cow::Borrowed(self.cursor.slice(run, end)),
        };
        self.cursor.skip_ascii(1);
        let style = if single { ScalarStyle::SingleQuoted } else { ScalarStyle::DoubleQuoted };
        Ok(Token { kind: TokenKind::Scalar(value, style), start, end: self.cursor.mark })
    }

    fn is_doubled(&self, single: bool) -> bool {
        single && self.cursor.byte() == b'\'' && self.cursor.at(1) == b'\''
    }

    /// Steps over blanks and breaks inside quotes. Blanks alone stay; what stands around breaks is folded.
    fn skip_quoted_space(
        &mut self,
        mut after_break: bool,
        run: &mut u32,
        text: &mut Option<String>,
        breaks: &mut Breaks,
    ) {
        let blanks = self.cursor.mark.index;
        let escaped = after_break;
        let mut broken = false;
        while self.cursor.is_blank() || self.cursor.is_break() {
            if self.cursor.is_blank() {
                self.cursor.skip_ascii(1);
                continue;
            }
            if !broken && !escaped {
                text.get_or_insert_default().push_str(self.cursor.slice(*run, blanks));
            }
            let first = !after_break;
            let kept = self.cursor.skip_line();
            breaks.push(first, kept);
            (after_break, broken) = (true, true);
        }
        if broken && !escaped {
            breaks.fold(text.get_or_insert_default());
            *run = self.cursor.mark.index;
        } else if escaped {
            let text = text.get_or_insert_default();
            text.push_str(breaks.leading);
            text.push_str(&breaks.trailing);
            *breaks = Breaks::default();
            *run = self.cursor.mark.index;
        }
    }

    fn scan_escape(&mut self, start: Mark, text: &mut String) -> Result<(), Error> {
        let plain = match self.cursor.at(1) {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            c @ (b' ' | b'"' | b'\'' | b'\\') => char::from(c),
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            c @ (b'x' | b'u' | b'U') => {
                let length = match c {
                    b'x' => 2,
                    b'u' => 4,
                    _ => 8,
                };
                self.cursor.skip_ascii(2);
                let mut code = 0u32;
                for at in 0..length {
                    let digit = char::from(self.cursor.at(at)).to_digit(16);
                    let Some(digit) = digit else {
                        return Err(self.error(start, "did not find expected hexdecimal number"));
                    };
                    code = code.checked_mul(16).unwrap_or(u32::MAX - 15) | digit;
                }
                let Some(c) = char::from_u32(code) else {
                    return Err(self.error(start, "found invalid Unicode character escape code"));
                };
                self.cursor.skip_ascii(u32::try_from(length).unwrap_or(0));
                text.push(c);
                return Ok(());
            }
            _ => return Err(self.error(start, "found unknown escape character")),
        };
        self.cursor.skip_ascii(2);
        text.push(plain);
        Ok(())
    }

    pub(super) fn scan_block(&mut self, literal: bool) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark;
        self.cursor.skip_ascii(1);
        let (chomping, increment) = self.scan_block_header(start)?;
        self.cursor.skip_blanks();
        if self.cursor.byte() == b'#' {
            self.cursor.skip_to_break();
        }
        if !self.cursor.is_break_or_end() {
            return Err(self.error(start, "did not find expected comment or line break"));
        }
        if self.cursor.is_break() {
            self.cursor.skip_line();
        }
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let mut end = self.cursor.mark;
        let (mut text, mut leading, mut trailing) = (String::new(), "", String::new());
        self.scan_block_breaks(&mut indent, &mut trailing, start, &mut end)?;
        let mut leading_blank = false;
        while i64::from(self.cursor.mark.column) == indent && !self.cursor.is_end() {
            let blank = self.cursor.is_blank();
            if !literal && !leading_blank && !blank && leading == "\n" {
                if trailing.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(leading);
            }
            text.push_str(&trailing);
            trailing.clear();
            leading_blank = blank;
            let run = self.cursor.mark.index;
            self.cursor.skip_to_break();
            text.push_str(self.cursor.slice(run, self.cursor.mark.index));
            leading = if self.cursor.is_break() { self.cursor.skip_line() } else { "" };
            self.scan_block_breaks(&mut indent, &mut trailing, start, &mut end)?;
        }
        if chomping != Chomping::Strip {
            text.push_str(leading);
        }
        if chomping == Chomping::Keep {
            text.push_str(&trailing);
        }
        let style = if literal { ScalarStyle::Literal } else { ScalarStyle::Folded };
        Ok(Token { kind: TokenKind::Scalar(Cow::Owned(text), style), start, end })
    }

    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, i64), Error> {
        let (mut chomping, mut increment) = (Chomping::Clip, 0);
        for _ in 0..2 {
            match self.cursor.byte() {
                b'+' if chomping == Chomping::Clip => chomping = Chomping::Keep,
                b'-' if chomping == Chomping::Clip => chomping = Chomping::Strip,
                b'0' if increment == 0 => {
                    return Err(self.error(start, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = i64::from(digit - b'0'),
                _ => break,
            }
            self.cursor.skip_ascii(1);
        }
        Ok((chomping, increment))
    }

    fn scan_block_breaks(
        &mut self,
        indent: &mut i64,
        breaks: &mut String,
        start: Mark,
        end: &mut Mark,
    ) -> Result<(), Error> {
        *end = self.cursor.mark;
        let mut deepest = 0;
        loop {
            let shallow = |column: u32, indent: i64| indent == 0 || i64::from(column) < indent;
            while shallow(self.cursor.mark.column, *indent) && self.cursor.byte() == b' ' {
                self.cursor.skip_ascii(1);
            }
            deepest = deepest.max(i64::from(self.cursor.mark.column));
            if shallow(self.cursor.mark.column, *indent) && self.cursor.byte() == b'\t' {
                return Err(self.error(start, "found a tab character where an indentation space is expected"));
            }
            if !self.cursor.is_break() {
                break;
            }
            breaks.push_str(self.cursor.skip_line());
            *end = self.cursor.mark;
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}

/// The characters that mean nothing in any scalar; stepped over first, because most are of them.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_')
}

/// What happens to the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Clip,
    Strip,
    Keep,
}
