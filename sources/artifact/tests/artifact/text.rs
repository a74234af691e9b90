// SPDX-License-Identifier: Apache-2.0

use gitops_artifact::{Algorithm, Digest, Revision};

const COMMIT: &str = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738";

#[test]
fn a_revision_splits_into_pointer_and_hash_and_reads_forms_of_old() {
    let hash = format!("sha1:{COMMIT}");
    for (text, written, pointer, hash) in [
        (format!("main@{hash}"), format!("main@{hash}"), Some("main"), Some(hash.as_str())),
        (format!("feature/x@{hash}"), format!("feature/x@{hash}"), Some("feature/x"), Some(&hash)),
        (format!("user@host@{hash}"), format!("user@host@{hash}"), Some("user@host"), Some(&hash)),
        (hash.clone(), hash.clone(), None, Some(&hash)),
        (COMMIT.into(), hash.clone(), None, Some(&hash)),
        (format!("HEAD/{COMMIT}"), hash.clone(), None, Some(&hash)),
        (format!("main/{COMMIT}"), format!("main@{hash}"), Some("main"), Some(&hash)),
        (format!("a/b/{COMMIT}"), format!("a/b@{hash}"), Some("a/b"), Some(&hash)),
        ("6.0.1+build".into(), "6.0.1+build".into(), Some("6.0.1+build"), None),
    ] {
        let revision: Revision = text.parse().unwrap();
        assert_eq!(revision.to_string(), written, "{text}");
        assert_eq!((revision.pointer(), revision.hash()), (pointer, hash), "{text}");
    }
    assert_eq!(Revision::of_commit(Some("main"), COMMIT).unwrap().hex(), Some(COMMIT));
}

#[test]
fn texts_that_are_no_revision_are_refused() {
    for text in ["", "a\nb", "a\u{7}", &"x".repeat(5000)] {
        assert!(text.parse::<Revision>().is_err(), "{text:?}");
    }
    assert!(Revision::of_commit(None, "abc").is_err());
}

#[test]
fn digests_of_every_algorithm_are_those_of_the_reference_tools() {
    for (algorithm, expected) in [
        (Algorithm::Sha1, "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (Algorithm::Sha256, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (
            Algorithm::Sha384,
            "sha384:38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
        ),
        (
            Algorithm::Sha512,
            "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        ),
        (Algorithm::Blake3, "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
    ] {
        assert_eq!(algorithm.digest(b"").to_string(), expected);
        assert_eq!(expected.parse::<Digest>().unwrap().to_string(), expected);
    }
}

#[test]
fn texts_that_are_no_digest_are_refused() {
    let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex.parse::<Digest>().unwrap().algorithm(), Algorithm::Sha256);
    for text in [
        "",
        "sha256:",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha256:abc",
        &format!("sha512:{hex}"),
        &hex.to_uppercase(),
    ] {
        assert!(text.parse::<Digest>().is_err(), "{text:?}");
    }
}

#[test]
fn addresses_are_shown_without_what_is_secret() {
    for (text, shown) in [
        ("https://git.example/a/b", "https://git.example/a/b"),
        ("https://u:p@git.example/a?t=1#f", "https://git.example/a"),
        ("https://u:p%40ss@git.example:8443/", "https://git.example:8443/"),
        ("https://u:p@ss@git.example/a", "https://git.example/a"),
        ("https://u:p?ss@git.example/a", "https://git.example/a"),
        ("https://u:p/ss@git.example/a", "https://git.example/a"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("http://[::1/a", "http://[::1/a"),
        ("git@git.example:a/b", "git.example:a/b"),
        ("nothing", "nothing"),
        ("", ""),
    ] {
        assert_eq!(gitops_artifact::RedactedUrl::new(text).to_string(), shown, "{text}");
    }
}
