// SPDX-License-Identifier: Apache-2.0

//! The part of JSONPath that printer columns use.

use serde_json::Value;

/// Returns the first value that a path finds.
pub(super) fn first(object: &Value, path: &str) -> Option<Value> {
    let path = path.trim_start_matches('{').trim_end_matches('}');
    let mut found = vec![object.clone()];
    for step in steps(path)? {
        found = found.iter().flat_map(|value| step.find(value)).collect();
    }
    found.into_iter().next()
}

enum Step {
    Key(String),
    At(i64),
    From(i64),
    All,
    Where { path: String, equal: bool, value: Value },
    Has(String),
}

impl Step {
    fn find(&self, value: &Value) -> Vec<Value> {
        match self {
            Self::Key(key) => value.get(key).cloned().into_iter().collect(),
            Self::At(at) => value
                .as_array()
                .and_then(|items| items.get(place(*at, items.len())?))
                .cloned()
                .into_iter()
                .collect(),
            Self::From(at) => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                items.iter().skip(place(*at, items.len()).unwrap_or(0)).cloned().collect()
            }
            Self::All => match value {
                Value::Array(items) => items.clone(),
                Value::Object(map) => map.values().cloned().collect(),
                _ => Vec::new(),
            },
            Self::Where { path, equal, value: wanted } => {
                let items = value.as_array().cloned().unwrap_or_default();
                items
                    .into_iter()
                    .filter(|item| (first(item, path).as_ref() == Some(wanted)) == *equal)
                    .collect()
            }
            Self::Has(path) => {
                let items = value.as_array().cloned().unwrap_or_default();
                items.into_iter().filter(|item| first(item, path).is_some()).collect()
            }
        }
    }
}

fn place(at: i64, length: usize) -> Option<usize> {
    if at < 0 { length.checked_sub(usize::try_from(-at).ok()?) } else { usize::try_from(at).ok() }
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = closing(inner)?;
            steps.push(bracket(&inner[..end])?);
            rest = &inner[end + 1..];
        } else {
            let inner = rest.strip_prefix('.').unwrap_or(rest);
            let mut key = String::new();
            let mut chars = inner.char_indices();
            let mut end = inner.len();
            while let Some((at, c)) = chars.next() {
                match c {
                    '\\' => key.extend(chars.next().map(|(_, c)| c)),
                    '.' | '[' => {
                        end = at;
                        break;
                    }
                    c => key.push(c),
                }
            }
            rest = &inner[end..];
            match key.as_str() {
                "" => {}
                "*" => steps.push(Step::All),
                _ => steps.push(Step::Key(key)),
            }
        }
    }
    Some(steps)
}

/// Returns where the bracket ends that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn bracket(text: &str) -> Option<Step> {
    if text == "*" {
        return Some(Step::All);
    }
    if let Some(filter) = text.strip_prefix("?(").and_then(|text| text.strip_suffix(')')) {
        let filter = filter.trim().strip_prefix('@').unwrap_or(filter);
        for (operator, equal) in [("==", true), ("!=", false)] {
            if let Some((path, value)) = filter.split_once(operator) {
                let value = value.trim();
                let value = match value.trim_matches(['"', '\'']) {
                    text if text.len() < value.len() => Value::String(text.to_owned()),
                    text => serde_json::from_str(text).ok()?,
                };
                return Some(Step::Where { path: path.trim().to_owned(), equal, value });
            }
        }
        return Some(Step::Has(filter.trim().to_owned()));
    }
    if text.starts_with(['"', '\'']) {
        return Some(Step::Key(text.trim_matches(['"', '\'']).replace('\\', "")));
    }
    match text.split_once(':') {
        Some((from, _)) => Some(Step::From(from.parse().unwrap_or(0))),
        None => text.parse().ok().map(Step::At),
    }
}

#[cfg(test)]
mod tests {
    use super::first;
    use serde_json::{Value, json};

    #[test]
    fn paths_find_their_first_value() {
        let object = json!({"a": {"b": [{"n": "x", "v": 1}, {"n": "y", "v": 2}], "c.d/e": "q"}});
        let cases = [
            (".a.b[0].n", json!("x")),
            (".a.b[-1:].n", json!("y")),
            (".a.b[*].v", json!(1)),
            (".a.b[?(@.n==\"y\")].v", json!(2)),
            (".a.c\\.d/e", json!("q")),
            (".a['c.d/e']", json!("q")),
            (".a.x", Value::Null),
        ];
        for (path, expected) in cases {
            assert_eq!(first(&object, path).unwrap_or_default(), expected, "{path}");
        }
    }
}
