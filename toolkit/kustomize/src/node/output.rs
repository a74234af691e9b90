// SPDX-License-Identifier: Apache-2.0

//! Out of the tree: the values that upstream's way through YAML and JSON text leaves.

use std::collections::HashSet;

use gitops_yaml::{Dialect, resolve};
use serde_json::{Map, Value};

use super::{Entry, Node, Scalar, Style, Tag};
use crate::error::{Error, ErrorKind};

/// Converts to the value that is printed. Keys of the outermost mapping may be numbers and the like, which become texts.
pub(crate) fn to_value(node: &Node) -> Result<Value, Error> {
    match node {
        Node::Map(entries) => {
            check_unique(entries)?;
            object(entries)
        }
        other => to_inner_value(other),
    }
}

/// Converts what is part of a larger value: keys must be texts.
pub(crate) fn to_inner_value(node: &Node) -> Result<Value, Error> {
    match node {
        Node::Scalar(scalar) => scalar_value(scalar),
        Node::Seq(items) => items.iter().map(to_inner_value).collect::<Result<_, _>>().map(Value::Array),
        Node::Map(entries) => {
            check_keys(entries)?;
            check_unique(entries)?;
            object(entries)
        }
    }
}

fn object(entries: &[Entry]) -> Result<Value, Error> {
    let mut out = Map::new();
    for entry in entries {
        let key = if entry.key.is_null() { "" } else { &*entry.key.text };
        out.insert(printable(key)?, to_inner_value(&entry.value)?);
    }
    Ok(Value::Object(out))
}

fn check_keys(entries: &[Entry]) -> Result<(), Error> {
    let is_text = |key: &Scalar| match (key.style, key.tag) {
        (_, Tag::Str | Tag::Other | Tag::Merge | Tag::Binary) => true,
        (Style::Plain, Tag::None) => matches!(Tag::of(&key.text), Tag::Str | Tag::Merge),
        (Style::Plain, _) => false,
        (_, Tag::None) => true,
        (_, tag) => !key.tagged && Tag::of(&key.text) == tag,
    };
    if entries.iter().all(|entry| is_text(&entry.key)) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Resource, "json: unsupported type: map[interface {}]interface {}"))
}

fn check_unique(entries: &[Entry]) -> Result<(), Error> {
    let duplicate = if entries.len() < 16 {
        entries
            .iter()
            .enumerate()
            .find(|(at, entry)| entries[..*at].iter().any(|before| before.key.text == entry.key.text))
    } else {
        let mut seen = HashSet::with_capacity(entries.len());
        entries.iter().enumerate().find(|(_, entry)| !seen.insert(&*entry.key.text))
    };
    match duplicate {
        Some((_, entry)) => Err(Error::new(
            ErrorKind::Resource,
            format!("yaml: unmarshal errors:\n  mapping key \"{}\" already defined", entry.key.text),
        )),
        None => Ok(()),
    }
}

fn scalar_value(scalar: &Scalar) -> Result<Value, Error> {
    let text = &*scalar.text;
    let by_text = match scalar.style {
        Style::Plain => scalar.tag == Tag::None && !text.contains('\n'),
        _ => false,
    };
    if by_text {
        return finish(resolve(text, None, Dialect::V3));
    }
    match (scalar.style, scalar.tag) {
        (Style::Folded, Tag::None | Tag::Str | Tag::Other) => Ok(Value::String(printable(&refold(text))?)),
        (style, Tag::None | Tag::Str | Tag::Other | Tag::Merge) => {
            if !matches!(style, Style::Single | Style::Double)
                && text.starts_with('\t')
                && text.contains('\n')
                && is_block(text)
            {
                return Err(Error::new(
                    ErrorKind::Resource,
                    "yaml: line 2: found a tab character where an indentation space is expected",
                ));
            }
            Ok(Value::String(printable(text)?))
        }
        // A tag that fits the text is not printed, and then the quotes decide.
        (style, tag) if style != Style::Plain && !scalar.tagged && Tag::of(text) == tag => {
            Ok(Value::String(printable(text)?))
        }
        (_, tag) => finish(resolve(text, Some(tag.name()), Dialect::V3)),
    }
}

fn finish(value: Result<Value, gitops_yaml::Error>) -> Result<Value, Error> {
    match value {
        Ok(Value::String(text)) => Ok(Value::String(printable(&text)?)),
        Ok(value) => Ok(value),
        Err(error) => Err(Error::new(ErrorKind::Resource, error.to_string())),
    }
}

/// Whether a text with line breaks can be written as a block: no blanks before a line end, nothing special.
fn is_block(text: &str) -> bool {
    !text.lines().any(|line| line.ends_with([' ', '\t'])) && !text.contains(['\r', '\u{feff}'])
}

/// What a string turns into when JSON text is read as YAML.
fn printable(text: &str) -> Result<String, Error> {
    if !text.contains(['\u{7f}', '\u{85}', '\u{80}', '\u{81}', '\u{82}', '\u{83}', '\u{84}'])
        && !text.contains(|c| ('\u{86}'..='\u{9f}').contains(&c) || c == '\u{fffe}' || c == '\u{ffff}')
    {
        return Ok(text.to_owned());
    }
    let control = |c: char| c == '\u{7f}' || (('\u{80}'..='\u{9f}').contains(&c) && c != '\u{85}');
    if text.contains(|c| control(c) || c == '\u{fffe}' || c == '\u{ffff}') {
        return Err(Error::new(ErrorKind::Resource, "yaml: control characters are not allowed"));
    }
    // A next-line character is a line break, which folds: one is a space, more are one line feed less.
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{85}') {
        let before = rest[..at].trim_end_matches([' ', '\t']);
        out.push_str(before);
        let mut breaks = 0;
        rest = &rest[at..];
        while let Some(next) = rest.strip_prefix('\u{85}') {
            breaks += 1;
            rest = next.trim_start_matches([' ', '\t']);
        }
        if breaks == 1 {
            out.push(' ');
        } else {
            out.extend(std::iter::repeat_n('\n', breaks - 1));
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Writes a text as a folded block the way upstream's emitter does, and reads it back: line breaks may come on top.
fn refold(text: &str) -> String {
    if !is_block(text) || text.is_empty() {
        return text.to_owned();
    }
    let written = write_folded(text);
    read_folded(&written, text)
}

/// The lines of the block, without indentation. Where a break follows a text line one more is put, always: the emitter
/// looks at the beginning of the text where it should look behind the break.
fn write_folded(text: &str) -> Vec<&str> {
    let first = text.trim_start_matches('\n').chars().next();
    let doubles = !first.is_none_or(|c| c == ' ' || c == '\t');
    let mut lines: Vec<&str> = Vec::new();
    let mut pieces = text.split('\n').peekable();
    while let Some(piece) = pieces.next() {
        let last = pieces.peek().is_none();
        if last {
            if !piece.is_empty() {
                lines.push(piece);
            }
            break;
        }
        lines.push(piece);
        if !piece.is_empty() && !piece.starts_with([' ', '\t']) && doubles {
            lines.push("");
        }
    }
    lines
}

fn read_folded(lines: &[&str], text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut at = 0;
    while at < lines.len() && lines[at].is_empty() {
        out.push('\n');
        at += 1;
    }
    let mut breaks = 0usize;
    let mut before_blank = false;
    let mut first = true;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        if line.is_empty() {
            breaks += 1;
            continue;
        }
        let blank = line.starts_with([' ', '\t']);
        if !first {
            // `breaks` counts the empty lines; the end of the line before is one more.
            if before_blank || blank {
                out.extend(std::iter::repeat_n('\n', breaks + 1));
            } else if breaks == 0 {
                out.push(' ');
            } else {
                out.extend(std::iter::repeat_n('\n', breaks));
            }
        }
        out.push_str(line);
        breaks = 0;
        before_blank = blank;
        first = false;
    }
    if !first && text.ends_with('\n') {
        // Clip keeps one line end, keep keeps all.
        out.push('\n');
        if text.ends_with("\n\n") {
            out.extend(std::iter::repeat_n('\n', breaks));
        }
    }
    out
}

/// Formats a float as Go's `strconv.FormatFloat(f, format, -1, 64)` for `g` and as its JSON encoder for `j`.
pub(crate) fn go_float(f: f64, format: char) -> String {
    if f == 0.0 {
        return if f.is_sign_negative() { "-0".to_owned() } else { "0".to_owned() };
    }
    let scientific = format!("{f:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let plain = match format {
        'g' => (-4..6).contains(&exponent),
        _ => f.abs() >= 1e-6 && f.abs() < 1e21,
    };
    if plain {
        return format!("{f}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let width = if format == 'g' { 2 } else { 1 };
    format!("{digits}e{sign}{:0width$}", exponent.abs())
}
