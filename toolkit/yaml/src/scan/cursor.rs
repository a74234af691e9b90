// SPDX-License-Identifier: Apache-2.0

/// A place in the text: byte offset, line and column, all from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) index: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The text and how far it has been read.
///
/// Line breaks are those of YAML 1.1: next to `\n` and `\r` also U+0085, U+2028 and U+2029. Past the end every byte
/// reads as zero, which the text itself never holds.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) mark: Mark,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let index = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, mark: Mark { index, line: 0, column: 0 } }
    }

    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.mark.index as usize + ahead).copied().unwrap_or(0)
    }

    pub(super) fn byte(&self) -> u8 {
        self.at(0)
    }

    /// The text between two byte offsets.
    pub(super) fn slice(&self, start: u32, end: u32) -> &'a str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    pub(super) fn is_end(&self) -> bool {
        self.mark.index as usize >= self.text.len()
    }

    pub(super) fn is_break_at(&self, ahead: usize) -> bool {
        match self.at(ahead) {
            b'\n' | b'\r' => true,
            0xc2 => self.at(ahead + 1) == 0x85,
            0xe2 => self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    pub(super) fn is_break(&self) -> bool {
        self.is_break_at(0)
    }

    pub(super) fn is_blank(&self) -> bool {
        matches!(self.byte(), b' ' | b'\t')
    }

    pub(super) fn is_break_or_end(&self) -> bool {
        self.byte() == 0 || self.is_break()
    }

    /// Whether a blank, a break or the end is there.
    pub(super) fn is_space_at(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t' | 0) || self.is_break_at(ahead)
    }

    pub(super) fn is_space(&self) -> bool {
        self.is_space_at(0)
    }

    /// Whether `---` or `...` stands at the beginning of a line.
    pub(super) fn is_document_indicator(&self) -> bool {
        self.mark.column == 0
            && matches!((self.at(0), self.at(1), self.at(2)), (b'-', b'-', b'-') | (b'.', b'.', b'.'))
            && self.is_space_at(3)
    }

    /// Steps over one character that is no line break.
    pub(super) fn skip(&mut self) {
        self.mark.index += match self.byte() {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        self.mark.column += 1;
    }

    /// Steps over the ASCII characters that fit.
    pub(super) fn skip_while(&mut self, fits: impl Fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.mark.index as usize..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| fits(**byte)).count();
        self.skip_ascii(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(super) fn skip_ascii(&mut self, count: u32) {
        self.mark.index += count;
        self.mark.column += count;
    }

    /// Steps over blanks.
    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.skip_ascii(1);
        }
    }

    /// Steps to the end of the line.
    pub(super) fn skip_to_break(&mut self) {
        let bytes = self.text.as_bytes();
        loop {
            self.skip_while(|b| matches!(b, b' '..=b'~'));
            let Some(&byte) = bytes.get(self.mark.index as usize) else { return };
            match byte {
                b'\n' | b'\r' => return,
                0xc2 | 0xe2 if self.is_break() => return,
                _ => {}
            }
            self.mark.index += 1;
            // Bytes inside a character are no column of their own.
            self.mark.column += u32::from(byte & 0xc0 != 0x80);
        }
    }

    /// Steps over a line break, and returns what it counts for in a scalar.
    pub(super) fn skip_line(&mut self) -> &'static str {
        let (width, kept) = match (self.byte(), self.at(1)) {
            (b'\r', b'\n') => (2, "\n"),
            (b'\n' | b'\r', _) => (1, "\n"),
            (0xc2, _) => (2, "\n"),
            (0xe2, _) if self.at(2) == 0xa8 => (3, "\u{2028}"),
            _ => (3, "\u{2029}"),
        };
        self.mark.index += width;
        self.mark.column = 0;
        self.mark.line += 1;
        kept
    }
}
