// SPDX-License-Identifier: Apache-2.0

use gitops_artifact::{EntryKind, IgnoreRules, MemoryTree};

#[track_caller]
fn check(rules: &str, path: &str, expected: bool) {
    let (path, is_directory) = match path.strip_suffix('/') {
        Some(path) => (path, true),
        None => (path, false),
    };
    let matcher = IgnoreRules::default().extra(Some(rules)).compile(&MemoryTree::default()).unwrap();
    assert_eq!(matcher.is_ignored(path.as_bytes(), is_directory), expected, "{rules:?} {path:?}");
}

#[test]
fn rules_match_as_upstream_matches_them() {
    for (rules, path, expected) in [
        ("*.md", "a.md", true),
        ("*.md", "d/a.md", true),
        ("docs", "docs/x/y", true),
        ("docs/", "docs", false),
        ("docs/", "docs/", true),
        ("docs/", "docs/x", true),
        ("/docs", "docs", true),
        ("/docs", "x/docs", false),
        ("a/b", "a/b/c", true),
        ("a/b", "x/a/b", false),
        ("a/*", "a/b/c", true),
        ("**/x", "a/b/x", true),
        ("a/**", "a/b/c", true),
        ("a/**", "a/", true),
        ("a/**", "a", false),
        ("/a/*", "a/", false),
        ("a/**/c", "a/b/d/c", true),
        ("a/**/c", "a/c", true),
        ("a**b", "ab", true),
        ("x/a**b", "x/ab", false),
        ("docs\n!docs/keep", "docs/keep", false),
        ("!docs/keep\ndocs", "docs/keep", true),
        ("#x", "#x", false),
        (" #x", " #x", true),
        ("\\#x", "#x", true),
        ("x  ", "x", true),
        ("x\\ ", "x ", true),
        ("x\r\n", "x", true),
        ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false),
        ("[!a-c]x", "dx", false),
        ("[a", "[a", false),
        ("[]a]", "a", false),
        ("?", "é", true),
        ("??", "é", false),
        ("*[", "[", false),
        ("a*b*c", "aXbXbc", true),
        (".gitignore\n!.gitmodules", ".gitmodules", false),
        ("nothing", ".gitignore", true),
        ("nothing", "a.png", false),
        ("", "a.png", true),
        ("# only a comment\n\n  \n", ".github/w.yaml", true),
        ("", "x/.sops.yaml", true),
    ] {
        check(rules, path, expected);
    }
}

#[test]
fn a_line_of_64_kibibytes_ends_the_rules() {
    check(&format!("{}\nx", "y".repeat(64 * 1024 - 1)), "x", true);
    check(&format!("x\n{}\n!x", "y".repeat(64 * 1024)), "x", true);
    check(&format!("{}\nx", "y".repeat(64 * 1024)), "x", false);
}

#[test]
fn rule_files_apply_below_their_directory_and_those_from_outside_win() {
    let mut tree = MemoryTree::from([(".sourceignore", "*.txt\n"), ("d/.sourceignore", "!b.txt\nc\n")]);
    tree.insert("e/.sourceignore", EntryKind::Symlink, "../shared");
    tree.insert("shared", EntryKind::File, "z\n");
    tree.insert("f/.sourceignore", EntryKind::Symlink, "../../outside");
    tree.insert("g/.sourceignore", EntryKind::Symlink, ".sourceignore");
    tree.insert(".git/.sourceignore", EntryKind::File, "d\n");
    let plain = IgnoreRules::default().compile(&tree).unwrap();
    let extra = IgnoreRules::default().extra(Some("!a.txt")).compile(&tree).unwrap();
    for (matcher, path, expected) in [
        (&plain, "a.txt", true),
        (&plain, "d/b.txt", false),
        (&plain, "b.txt", true),
        (&plain, "c", false),
        (&plain, "d/c", true),
        (&plain, "e/z", true),
        (&plain, "a.png", false),
        (&extra, "a.txt", false),
        (&extra, "d/a.txt", false),
    ] {
        assert_eq!(matcher.is_ignored(path.as_bytes(), false), expected, "{path}");
    }
}
