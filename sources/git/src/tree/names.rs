// SPDX-License-Identifier: Apache-2.0

use std::fmt::Write as _;

use crate::error::{Error, ErrorKind};

/// No file system that a consumer unpacks to takes more.
const MAX_NAME: usize = 255;

/// Refuses names that would not be safe on some disk: control characters, ways to say `.git`, and links where Git reads rules.
///
/// Windows device names are taken, unlike upstream (test `windows_device_names_are_taken`).
pub(super) fn check(name: &[u8], is_link: bool) -> Result<(), Error> {
    if name.iter().any(|b| *b < 0x20 || *b == 0x7f) {
        let what = format!("invalid path {}: contains control character", quote(name));
        return Err(Error::new(ErrorKind::UnsafeTree, what));
    }
    let bad = || Error::new(ErrorKind::UnsafeTree, format!("invalid path: {}", quote(name)));
    if name.len() > MAX_NAME {
        return Err(Error::new(ErrorKind::UnsafeTree, "file name too long"));
    }
    if name.is_empty() || name.contains(&b'/') {
        return Err(bad());
    }
    for part in name.split(|b| *b == b'\\') {
        if matches!(part, b"." | b"..") || is_dot_name(part, "git", "git~1") {
            return Err(bad());
        }
    }
    if is_link && is_dot_name(name, "gitmodules", "gitmod~1") {
        return Err(Error::new(ErrorKind::UnsafeTree, "symlink: .gitmodules is a symlink"));
    }
    Ok(())
}

/// Whether a name is, or becomes on NTFS or HFS+, a dot and a word. `short` is its 8.3 form.
fn is_dot_name(name: &[u8], word: &str, short: &str) -> bool {
    let Ok(text) = std::str::from_utf8(name) else { return false };
    let plain: String =
        text.chars().filter(|c| !is_ignored_by_hfs(*c)).flat_map(char::to_lowercase).collect();
    let ntfs = plain.split(':').next().unwrap_or_default().trim_end_matches([' ', '.']);
    let dotted = |s: &str| s.strip_prefix('.') == Some(word);
    dotted(&plain) || dotted(ntfs) || is_short_name(ntfs, word, short)
}

/// The 8.3 forms that Windows gives to long names, such as `gitmod~1`, and `gi7eba~1` after a few collisions.
fn is_short_name(text: &str, word: &str, short: &str) -> bool {
    if text == short {
        return true;
    }
    if word == "git" {
        return false;
    }
    match text.split_once('~') {
        Some((stem @ "gitmod", number)) => !stem.is_empty() && matches!(number, "1" | "2" | "3" | "4"),
        Some((stem, number)) => {
            let fallback = "gi7eba";
            let stem_matches = !stem.is_empty() && stem.len() <= 6 && fallback.starts_with(stem);
            stem_matches && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    }
}

fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Quotes a name so that nothing in it can act on a terminal.
fn quote(name: &[u8]) -> String {
    let mut out = String::from("\"");
    for c in String::from_utf8_lossy(name).chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_ascii_control() => {
                write!(out, "\\x{:02x}", u32::from(c)).ok();
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
