// SPDX-License-Identifier: Apache-2.0

/// What the characters of a scalar allow.
pub(super) struct Analysis {
    /// Whether the text has a line break of any kind.
    pub(super) multiline: bool,
    /// Whether it may stand without quotes in block context.
    pub(super) block_plain: bool,
    /// Whether single quotes can hold it.
    pub(super) single_quoted: bool,
    /// Whether a block scalar can hold it.
    pub(super) block: bool,
}

impl Analysis {
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self { multiline: false, block_plain: true, single_quoted: true, block: false };
        }
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut breaks, mut special) = (false, false);
        let (mut edge, mut trailing_space) = (false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut after_blank = true;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let last = chars.peek().is_none();
            let before_blank = chars.peek().is_none_or(|c| matches!(c, ' ' | '\t'));
            indicators |= match c {
                '#' => first || after_blank,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    first
                }
                '?' | '-' => first && before_blank,
                ':' => before_blank,
                _ => false,
            };
            special |= !is_printable(c);
            if c == ' ' {
                edge |= first || last;
                trailing_space |= last;
                break_space |= after_break;
                (after_space, after_break) = (true, false);
            } else if is_break(c) {
                breaks = true;
                edge |= first || last;
                space_break |= after_space;
                (after_space, after_break) = (false, true);
            } else {
                (after_space, after_break) = (false, false);
            }
            after_blank = matches!(c, ' ' | '\t' | '\0') || is_break(c);
            first = false;
        }
        let hard = space_break || special;
        Self {
            multiline: breaks,
            block_plain: !(edge || break_space || hard || breaks || indicators),
            single_quoted: !(break_space || hard),
            block: !(trailing_space || hard),
        }
    }
}

/// The characters the emitter takes for line breaks.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The characters the emitter writes as they are; nothing beyond U+FFFF is among them.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}
