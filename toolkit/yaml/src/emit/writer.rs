// SPDX-License-Identifier: Apache-2.0

use super::analysis::{is_break, is_printable};

const INDENT: usize = 2;
const WIDTH: usize = 80;

/// The output, with the position that decides about spaces, indentation and folds.
#[derive(Default)]
pub(super) struct Writer {
    out: String,
    column: usize,
    indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// Whether the last character was white space.
    whitespace: Started,
    /// Whether only indentation and indicators stand on the line.
    indention: Started,
}

/// A flag that begins as true.
struct Started(bool);

impl Default for Started {
    fn default() -> Self {
        Self(true)
    }
}

impl Writer {
    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn indention(&self) -> bool {
        self.indention.0
    }

    pub(super) fn push_indent(&mut self, indentless: bool) {
        self.indents.push(self.indent);
        self.indent = match self.indent {
            None => Some(0),
            Some(indent) if indentless => Some(indent),
            Some(indent) => Some(indent + INDENT),
        };
    }

    /// Indents what belongs to a scalar: its folded lines, or the lines of a block.
    pub(super) fn push_scalar_indent(&mut self) {
        self.indents.push(self.indent);
        self.indent = Some(self.indent.map_or(INDENT, |indent| indent + INDENT));
    }

    pub(super) fn pop_indent(&mut self) {
        self.indent = self.indents.pop().flatten();
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Writes a break character of the text itself.
    fn text_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }

    pub(super) fn indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention.0 || self.column > indent || (self.column == indent && !self.whitespace.0) {
            self.line_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace.0 = true;
        self.indention.0 = true;
    }

    pub(super) fn indicator(&mut self, text: &str, need_space: bool, is_space: bool, is_indention: bool) {
        if need_space && !self.whitespace.0 {
            self.put(' ');
        }
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace.0 = is_space;
        self.indention.0 = self.indention.0 && is_indention;
    }

    fn end_scalar(&mut self) {
        self.whitespace.0 = false;
        self.indention.0 = false;
    }

    pub(super) fn plain(&mut self, text: &str, breaks: bool) {
        if !self.whitespace.0 {
            self.put(' ');
        }
        // Nothing to fold: the common case, in one copy.
        if self.column + text.len() <= WIDTH {
            self.out.push_str(text);
            self.column += text.chars().count();
        } else {
            let mut after_space = false;
            let mut chars = text.chars().peekable();
            while let Some(c) = chars.next() {
                if c == ' ' && breaks && !after_space && self.column > WIDTH && chars.peek() != Some(&' ') {
                    self.indent();
                } else {
                    self.put(c);
                }
                after_space = c == ' ';
                if !after_space {
                    self.indention.0 = false;
                }
            }
        }
        self.end_scalar();
    }

    pub(super) fn single_quoted(&mut self, text: &str, breaks: bool) {
        self.indicator("'", true, false, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            if c == ' ' {
                let inner = at > 0 && next.is_some();
                if breaks && !after_space && self.column > WIDTH && inner && next != Some(' ') {
                    self.indent();
                } else {
                    self.put(c);
                }
                after_space = true;
            } else if is_break(c) {
                if !after_break && c == '\n' {
                    self.line_break();
                }
                self.text_break(c);
                self.indention.0 = true;
                after_break = true;
            } else {
                if after_break {
                    self.indent();
                }
                if c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention.0 = false;
                (after_space, after_break) = (false, false);
            }
        }
        self.indicator("'", false, false, false);
        self.end_scalar();
    }

    pub(super) fn double_quoted(&mut self, text: &str, breaks: bool) {
        self.indicator("\"", true, false, false);
        // The original looks for a byte-order mark at the start of the text, whatever character it is at.
        let escape_all = text.starts_with('\u{feff}');
        let mut after_space = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
                after_space = false;
            } else if c == ' ' {
                let next = chars.peek().map(|(_, c)| *c);
                if breaks && !after_space && self.column > WIDTH && at > 0 && next.is_some() {
                    self.indent();
                    if next == Some(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                after_space = true;
            } else {
                self.put(c);
                after_space = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.end_scalar();
    }

    fn escape(&mut self, c: char) {
        let code = u32::from(c);
        let short = match code {
            0x00 => '0',
            0x07 => 'a',
            0x08 => 'b',
            0x09 => 't',
            0x0a => 'n',
            0x0b => 'v',
            0x0c => 'f',
            0x0d => 'r',
            0x1b => 'e',
            0x22 => '"',
            0x5c => '\\',
            0x85 => 'N',
            0xa0 => '_',
            0x2028 => 'L',
            0x2029 => 'P',
            _ => {
                let text = match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.out.push_str(&text);
                self.column += text.len();
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }

    pub(super) fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut back = text.chars().rev();
        let chomping = match (back.next(), back.next()) {
            (Some(last), _) if !is_break(last) => "-",
            (Some(_), None) => "+",
            (Some(_), Some(before)) if is_break(before) => "+",
            _ => "",
        };
        if !chomping.is_empty() {
            self.indicator(chomping, false, false, false);
        }
        self.line_break();
        self.indention.0 = true;
        self.whitespace.0 = true;
        let mut after_break = true;
        for c in text.chars() {
            if is_break(c) {
                self.text_break(c);
                self.indention.0 = true;
                after_break = true;
            } else {
                if after_break {
                    self.indent();
                }
                self.put(c);
                self.indention.0 = false;
                after_break = false;
            }
        }
    }
}
