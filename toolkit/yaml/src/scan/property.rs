// SPDX-License-Identifier: Apache-2.0

//! Anchors, aliases, tags and directives.

use super::cursor::Mark;
use super::{Scanner, Token, TokenKind};
use crate::error::Error;

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl<'a> Scanner<'a> {
    fn skip_word(&mut self) -> &'a str {
        let start = self.cursor.mark.index;
        while is_word(self.cursor.byte()) {
            self.cursor.skip_ascii(1);
        }
        self.cursor.slice(start, self.cursor.mark.index)
    }

    pub(super) fn scan_anchor(&mut self, alias: bool) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark;
        self.cursor.skip_ascii(1);
        let name = self.skip_word();
        let end = self.cursor.mark;
        let closed = matches!(self.cursor.byte(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !(closed || self.cursor.is_space()) {
            return Err(self.error(start, "did not find expected alphabetic or numeric character"));
        }
        let kind = if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) };
        Ok(Token { kind, start, end })
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark;
        let (handle, suffix);
        if self.cursor.at(1) == b'<' {
            self.cursor.skip_ascii(2);
            suffix = self.scan_uri("", start)?;
            handle = String::new();
            if self.cursor.byte() != b'>' {
                return Err(self.error(start, "did not find the expected '>'"));
            }
            self.cursor.skip_ascii(1);
        } else {
            let written = self.scan_handle();
            if written.len() > 1 && written.ends_with('!') {
                suffix = self.scan_uri("", start)?;
                handle = written.to_owned();
            } else {
                let rest = self.scan_uri(written, start)?;
                // A lone `!` is a tag of its own.
                (handle, suffix) =
                    if rest.is_empty() { (String::new(), "!".to_owned()) } else { ("!".to_owned(), rest) };
            }
        }
        if !self.cursor.is_space() {
            return Err(self.error(start, "did not find expected whitespace or line break"));
        }
        Ok(Token { kind: TokenKind::Tag { handle, suffix }, start, end: self.cursor.mark })
    }

    fn scan_handle(&mut self) -> &'a str {
        let start = self.cursor.mark.index;
        self.cursor.skip_ascii(1);
        self.skip_word();
        if self.cursor.byte() == b'!' {
            self.cursor.skip_ascii(1);
        }
        self.cursor.slice(start, self.cursor.mark.index)
    }

    /// Reads the rest of a tag; `head` is a handle that turned out to be its beginning.
    fn scan_uri(&mut self, head: &str, start: Mark) -> Result<String, Error> {
        let mut bytes = head.as_bytes().get(1..).unwrap_or_default().to_vec();
        let mut found = !head.is_empty();
        loop {
            let byte = self.cursor.byte();
            let allowed = is_word(byte)
                || matches!(
                    byte,
                    b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'.' | b'!'
                )
                || matches!(byte, b'~' | b'*' | b'\'' | b'(' | b')' | b'[' | b']' | b'%');
            if !allowed {
                break;
            }
            found = true;
            if byte != b'%' {
                bytes.push(byte);
                self.cursor.skip_ascii(1);
                continue;
            }
            let digits = [self.cursor.at(1), self.cursor.at(2)].map(|digit| char::from(digit).to_digit(16));
            let [Some(high), Some(low)] = digits else {
                return Err(self.error(start, "did not find URI escaped octet"));
            };
            bytes.extend(u8::try_from(high * 16 + low));
            self.cursor.skip_ascii(3);
        }
        if !found {
            return Err(self.error(start, "did not find expected tag URI"));
        }
        String::from_utf8(bytes).map_err(|_| self.error(start, "found an incorrect trailing UTF-8 octet"))
    }

    pub(super) fn scan_directive(&mut self) -> Result<Token<'a>, Error> {
        let start = self.cursor.mark;
        self.cursor.skip_ascii(1);
        let name = self.skip_word();
        if name.is_empty() {
            return Err(self.error(start, "could not find expected directive name"));
        }
        if !self.cursor.is_space() {
            return Err(self.error(start, "found unexpected non-alphabetical character"));
        }
        let kind = match name {
            "YAML" => {
                self.cursor.skip_blanks();
                let major = self.scan_version_number(start)?;
                if self.cursor.byte() != b'.' {
                    return Err(self.error(start, "did not find expected digit or '.' character"));
                }
                self.cursor.skip_ascii(1);
                TokenKind::VersionDirective(major, self.scan_version_number(start)?)
            }
            "TAG" => {
                self.cursor.skip_blanks();
                if self.cursor.byte() != b'!' {
                    return Err(self.error(start, "did not find expected '!'"));
                }
                let handle = self.scan_handle();
                if handle != "!" && !handle.ends_with('!') {
                    return Err(self.error(start, "did not find expected '!'"));
                }
                if !self.cursor.is_blank() {
                    return Err(self.error(start, "did not find expected whitespace"));
                }
                self.cursor.skip_blanks();
                let prefix = self.scan_uri("", start)?;
                if !self.cursor.is_space() {
                    return Err(self.error(start, "did not find expected whitespace or line break"));
                }
                TokenKind::TagDirective { handle: handle.to_owned(), prefix }
            }
            _ => return Err(self.error(start, "found unknown directive name")),
        };
        let end = self.cursor.mark;
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
        Ok(Token { kind, start, end })
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u32, Error> {
        let (mut number, mut length) = (0, 0);
        while self.cursor.byte().is_ascii_digit() {
            length += 1;
            if length > 2 {
                return Err(self.error(start, "found extremely long version number"));
            }
            number = number * 10 + u32::from(self.cursor.byte() - b'0');
            self.cursor.skip_ascii(1);
        }
        if length == 0 {
            return Err(self.error(start, "did not find expected version number"));
        }
        Ok(number)
    }
}
