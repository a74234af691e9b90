// SPDX-License-Identifier: Apache-2.0

//! The grammars of names, labels and annotation keys, and what CEL calls a field.

use std::sync::LazyLock;

use regex::Regex;

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL_1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

/// A grammar with the words in which a breach is reported.
struct Grammar {
    pattern: &'static str,
    words: &'static str,
    examples: &'static [&'static str],
    limit: usize,
    regex: LazyLock<Regex>,
}

macro_rules! grammar {
    ($name:ident, $pattern:expr, $limit:expr, $words:expr, $($example:expr),+) => {
        static $name: Grammar = Grammar {
            pattern: $pattern,
            words: $words,
            examples: &[$($example),+],
            limit: $limit,
            regex: LazyLock::new(|| {
                Regex::new(&format!("^(?:{})$", $pattern)).expect("valid because it is a constant")
            }),
        };
    };
}

grammar!(
    DNS_LABEL,
    LABEL,
    63,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end \
     with an alphanumeric character",
    "my-name",
    "123-abc"
);
grammar!(
    DNS_SUBDOMAIN,
    SUBDOMAIN,
    253,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
     and end with an alphanumeric character",
    "example.com"
);
grammar!(
    DNS_1035,
    LABEL_1035,
    63,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, \
     and end with an alphanumeric character",
    "my-name",
    "abc-123"
);
grammar!(
    NAME_PART,
    QUALIFIED,
    63,
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    "MyName",
    "my.name",
    "123-abc"
);
grammar!(
    VALUE,
    LABEL_VALUE,
    63,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and \
     end with an alphanumeric character",
    "MyValue",
    "my_value",
    "12345"
);

impl Grammar {
    fn problems(&self, text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        if text.len() > self.limit {
            problems.push(format!("must be no more than {} bytes", self.limit));
        }
        if !self.regex.is_match(text) {
            problems.push(explain(self.words, self.pattern, self.examples));
        }
        problems
    }
}

fn explain(words: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{words} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}

/// Returns what is wrong with a name in the form of a DNS label.
pub(super) fn dns_label(text: &str) -> Vec<String> {
    DNS_LABEL.problems(text)
}

/// Returns what is wrong with a name in the form of a DNS subdomain.
pub(super) fn dns_subdomain(text: &str) -> Vec<String> {
    DNS_SUBDOMAIN.problems(text)
}

/// Returns what is wrong with a name in the form of a DNS label that starts with a letter.
pub(super) fn dns_1035_label(text: &str) -> Vec<String> {
    DNS_1035.problems(text)
}

/// Returns what is wrong with a label value.
pub(super) fn label_value(text: &str) -> Vec<String> {
    VALUE.problems(text)
}

/// Returns what is wrong with a label key, an annotation key or a finalizer.
pub(super) fn qualified(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let mut problems = Vec::new();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else {
                problems.extend(
                    dns_subdomain(prefix).into_iter().map(|problem| format!("prefix part {problem}")),
                );
            }
            *name
        }
        _ => {
            let words = "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and \
                         end with an alphanumeric character";
            let optional = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![explain(words, NAME_PART.pattern, NAME_PART.examples) + optional];
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    }
    problems.extend(NAME_PART.problems(name).into_iter().map(|problem| format!("name part {problem}")));
    problems
}

const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Returns what CEL calls a field, or nothing if it cannot be named.
pub(super) fn escape(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let mut chars = name.chars();
    let first = chars.next()?;
    let rest = chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
    if !(first.is_ascii_alphabetic() || first == '_') || !rest {
        return None;
    }
    let escaped = name.replace("__", "__underscores__");
    Some(escaped.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_get_the_names_cel_knows_them_by() {
        let cases = [
            ("plain", Some("plain")),
            ("snake_case", Some("snake_case")),
            ("a__b", Some("a__underscores__b")),
            ("a-b", Some("a__dash__b")),
            ("x.y/z", Some("x__dot__y__slash__z")),
            ("namespace", Some("__namespace__")),
            ("$ref", None),
            ("1st", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(escape(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn qualified_names_have_one_optional_prefix() {
        assert!(qualified("example.com/My_Name.1").is_empty());
        assert_eq!(qualified("/x"), ["prefix part must be non-empty"]);
        assert_eq!(qualified("a/b/c").len(), 1);
        assert_eq!(qualified("Upper.example/x").len(), 1);
    }
}
