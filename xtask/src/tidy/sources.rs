// SPDX-License-Identifier: Apache-2.0

//! Rules about source files: size, header, names, tests that would never run.

use std::fs;
use std::path::{Path, PathBuf};

use super::metadata::Metadata;
use crate::process::{command, stdout};

const HEADER: &str = "// SPDX-License-Identifier: Apache-2.0";
const FILE_LINES: usize = 800;
const FUNCTION_LINES: usize = 100;
const BANNED_NAMES: &[&str] = &["mod.rs", "utils.rs", "util.rs", "common.rs", "helpers.rs", "types.rs"];

pub(crate) fn check(root: &Path, metadata: &Metadata) -> Result<Vec<String>, String> {
    let mut problems = Vec::new();
    let listing =
        stdout(&mut command("git", &["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"]))?;
    let listing = String::from_utf8_lossy(&listing).into_owned();
    let files: Vec<&str> = listing.lines().filter(|file| root.join(file).is_file()).collect();
    for file in &files {
        let text = fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))?;
        problems.extend(one(file, &text));
    }
    problems.extend(forgotten(root, metadata, &files));
    Ok(problems)
}

fn one(file: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if text.lines().next() != Some(HEADER) {
        problems.push(format!("{file}: the first line is not {HEADER:?}"));
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    if BANNED_NAMES.contains(&name) {
        problems.push(format!("{file}: name the file after what it holds"));
    }
    if text.lines().any(|line| line.trim_start().starts_with("#[ignore")) {
        problems.push(format!("{file}: an ignored test"));
    }
    let test = file.contains("/tests/") || file.contains("/benches/") || file.ends_with("/tests.rs");
    if test {
        return problems;
    }
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let lines = code.lines().count();
    if lines > FILE_LINES {
        problems.push(format!("{file}: {lines} lines, at most {FILE_LINES}"));
    }
    problems.extend(long_functions(code).map(|(line, length)| {
        format!("{file}:{line}: a function of {length} lines, at most {FUNCTION_LINES}")
    }));
    problems
}

/// Functions longer than allowed, found by the indentation that rustfmt gives them.
fn long_functions(code: &str) -> impl Iterator<Item = (usize, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let is_function = body.starts_with("fn ") || body.contains(" fn ") && !body.starts_with("//");
        if !is_function || body.ends_with(';') {
            continue;
        }
        let indent = &line[..line.len() - body.len()];
        let close = format!("{indent}}}");
        let length = lines[start..].iter().position(|line| *line == close).map_or(0, |length| length + 1);
        if length > FUNCTION_LINES {
            found.push((start + 1, length));
        }
    }
    found.into_iter()
}

/// Test files that no test binary includes.
fn forgotten(root: &Path, metadata: &Metadata, files: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in metadata.members() {
        let tests = package.dir().join("tests");
        let roots: Vec<PathBuf> = package.test_targets().map(PathBuf::from).collect();
        for file in files.iter().filter(|file| Path::new(file).starts_with(&tests)) {
            let path = root.join(file);
            if roots.contains(&path) {
                continue;
            }
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let declared = |parent: &Path| {
                fs::read_to_string(parent).is_ok_and(|text| text.contains(&format!("mod {stem};")))
            };
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            if !declared(&folder.join("main.rs")) && !declared(&folder.with_extension("rs")) {
                problems.push(format!("{file}: no test binary includes it"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{FUNCTION_LINES, long_functions, one};

    #[test]
    fn a_function_over_the_limit_is_found_with_its_line() {
        let body = "    let _ = 1;\n".repeat(FUNCTION_LINES);
        let code = format!("// a\nfn short() {{\n}}\n\npub(crate) fn long() {{\n{body}}}\n");
        assert_eq!(long_functions(&code).collect::<Vec<_>>(), [(5, FUNCTION_LINES + 2)]);
    }

    #[test]
    fn a_file_without_the_licence_header_is_reported() {
        assert_eq!(one("a/src/lib.rs", "fn main() {}\n").len(), 1);
        assert!(one("a/src/lib.rs", "// SPDX-License-Identifier: Apache-2.0\n").is_empty());
    }
}
