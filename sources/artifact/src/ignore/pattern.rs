// SPDX-License-Identifier: Apache-2.0

/// One rule, with the directory that it applies below.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    scope: Vec<Vec<u8>>,
    takes_in: bool,
    directories_only: bool,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// No slash inside: any element of the path may match.
    Name(Vec<u8>),
    /// With a slash: anchored at the scope.
    Path(Vec<Vec<u8>>),
}

impl Pattern {
    pub(super) fn parse(line: &[u8], scope: &[Vec<u8>]) -> Self {
        let (takes_in, mut text) = match line.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        if !text.ends_with(b"\\ ") {
            while let Some(shorter) = text.strip_suffix(b" ") {
                text = shorter;
            }
        }
        let (directories_only, text) = match text.strip_suffix(b"/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let form = match text.contains(&b'/') {
            true => Form::Path(text.split(|b| *b == b'/').map(<[u8]>::to_vec).collect()),
            false => Form::Name(text.to_vec()),
        };
        Self { scope: scope.to_vec(), takes_in, directories_only, form }
    }

    pub(super) fn takes_in(&self) -> bool {
        self.takes_in
    }

    pub(super) fn matches(&self, path: &[&[u8]], is_directory: bool) -> bool {
        if path.len() <= self.scope.len() || self.scope.iter().zip(path).any(|(s, p)| s != p) {
            return false;
        }
        let path = &path[self.scope.len()..];
        match &self.form {
            Form::Name(name) => match path.iter().position(|element| wildcard(name, element)) {
                Some(at) => !(self.directories_only && !is_directory && at == path.len() - 1),
                None => false,
            },
            Form::Path(elements) => self.matches_path(elements, path, is_directory),
        }
    }

    /// Matches element by element. `**` skips any number of elements before the next one, and takes the first that fits:
    /// there is no second try further down. This is upstream's matcher, not Git's.
    fn matches_path(&self, elements: &[Vec<u8>], path: &[&[u8]], is_directory: bool) -> bool {
        let (mut rest, mut matched, mut skipping) = (path, false, false);
        for (i, element) in elements.iter().enumerate() {
            let last = i == elements.len() - 1;
            match element.as_slice() {
                b"" => skipping = false,
                b"**" if last => break,
                b"**" => skipping = true,
                name if name.windows(2).any(|w| w == b"**") => return false,
                _ if rest.is_empty() => return false,
                name if skipping => {
                    skipping = false;
                    if !is_well_formed(name) {
                        return false;
                    }
                    match rest.iter().position(|e| wildcard(name, e)) {
                        Some(at) => {
                            matched = true;
                            rest = &rest[at + 1..];
                        }
                        None => {
                            matched = false;
                            rest = &[];
                        }
                    }
                }
                name => {
                    if !wildcard(name, rest[0]) {
                        return false;
                    }
                    rest = &rest[1..];
                    // A file in the place of a directory that the rule goes on below is no match.
                    matched = !(rest.is_empty() && !last && !is_directory);
                }
            }
        }
        matched && !(self.directories_only && !is_directory && rest.is_empty())
    }
}

fn is_well_formed(pattern: &[u8]) -> bool {
    let mut rest = pattern;
    while let Some(first) = rest.first() {
        rest = match first {
            b'[' => match class(&rest[1..], None) {
                Some((_, after)) => after,
                None => return false,
            },
            b'\\' if rest.len() == 1 => return false,
            b'\\' => &rest[2..],
            _ => &rest[1..],
        };
    }
    true
}

/// Matches a whole name against `*`, `?`, `[…]` and `\`, in the manner of Go's path matching. A malformed pattern matches nothing.
fn wildcard(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (pattern, name);
    // Where to go on after a mismatch: behind the last star, one character further in the name.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some(after) = p.strip_prefix(b"*") {
            p = after;
            retry = Some((p, n));
            continue;
        }
        match step(p, n) {
            Step::Both(next_p, next_n) => (p, n) = (next_p, next_n),
            Step::End => return is_well_formed(pattern),
            Step::No => match retry {
                Some((after, from)) if !from.is_empty() => {
                    let next = &from[character(from).1..];
                    (p, n) = (after, next);
                    retry = Some((after, next));
                }
                _ => return false,
            },
        }
    }
}

enum Step<'p, 'n> {
    Both(&'p [u8], &'n [u8]),
    End,
    No,
}

fn step<'p, 'n>(p: &'p [u8], n: &'n [u8]) -> Step<'p, 'n> {
    let Some(first) = p.first() else {
        return if n.is_empty() { Step::End } else { Step::No };
    };
    if n.is_empty() {
        return Step::No;
    }
    let (c, width) = character(n);
    match first {
        b'?' => Step::Both(&p[1..], &n[width..]),
        b'[' => match class(&p[1..], Some(c)) {
            Some((true, after)) => Step::Both(after, &n[width..]),
            _ => Step::No,
        },
        b'\\' => match p.get(1) {
            Some(literal) if *literal == n[0] => Step::Both(&p[2..], &n[1..]),
            _ => Step::No,
        },
        literal if *literal == n[0] => Step::Both(&p[1..], &n[1..]),
        _ => Step::No,
    }
}

/// Reads a class behind its `[`: whether the character is in it, and what follows `]`. Nothing if it is malformed.
fn class(text: &[u8], c: Option<char>) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match text.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mut found, mut ranges) = (false, 0);
    loop {
        if let Some(after) = rest.strip_prefix(b"]")
            && ranges > 0
        {
            return Some((found != negated, after));
        }
        let (low, after) = class_character(rest)?;
        let (high, after) = match after.strip_prefix(b"-") {
            Some(after) => class_character(after)?,
            None => (low, after),
        };
        found |= c.is_some_and(|c| low <= c && c <= high);
        ranges += 1;
        rest = after;
    }
}

fn class_character(text: &[u8]) -> Option<(char, &[u8])> {
    let text = match text.first()? {
        b'-' | b']' => return None,
        b'\\' => &text[1..],
        _ => text,
    };
    text.first()?;
    let (c, width) = character(text);
    // A class that ends right here is not closed; bytes that are no text are no member.
    (text.len() > width && !(c == char::REPLACEMENT_CHARACTER && width == 1)).then(|| (c, &text[width..]))
}

/// The first character and its width in bytes; a byte that is no UTF-8 counts as one replacement character.
fn character(text: &[u8]) -> (char, usize) {
    let head = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(s) => s,
        Err(e) => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(c) => (c, c.len_utf8()),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}
