// SPDX-License-Identifier: Apache-2.0

use std::{fs, io::Write as _};

use flate2::{Compression, write::GzEncoder};
use gitops_artifact::{ErrorKind, UnpackLimits, unpack};
use tar::{EntryType, Header};

/// An archive of raw headers: nothing that a library would tidy up is tidied up.
fn archive(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    for (name, kind, content) in entries {
        let mut header = Header::new_ustar();
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        if *kind == EntryType::Symlink || *kind == EntryType::Link {
            header.set_link_name("/etc/passwd").unwrap();
            header.set_size(0);
        }
        header.set_cksum();
        out.write_all(header.as_bytes()).unwrap();
        out.write_all(content).unwrap();
        out.write_all(&vec![0; content.len().next_multiple_of(512) - content.len()]).unwrap();
    }
    out.write_all(&[0; 1024]).unwrap();
    out.finish().unwrap()
}

fn file(name: &str) -> Vec<u8> {
    archive(&[(name, EntryType::Regular, b"x")])
}

#[track_caller]
fn refused(bytes: &[u8], limits: &UnpackLimits, expected: ErrorKind) {
    let outside = tempfile::tempdir().unwrap();
    let error = unpack(bytes, outside.path().join("target"), limits).unwrap_err();
    assert_eq!(error.kind(), expected, "{error}");
    let left: Vec<_> = fs::read_dir(outside.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|name| name == "target"), "{left:?}");
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../x", "a/../../x", "/etc/x", "a/..", "..", "a\\b", "", "./../x"] {
        refused(&file(name), &UnpackLimits::default(), ErrorKind::UnsafePath);
    }
}

#[test]
fn links_and_devices_are_refused_and_links_can_be_skipped() {
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Fifo, EntryType::Char, EntryType::Block] {
        let bytes = archive(&[("a", kind, b"")]);
        refused(&bytes, &UnpackLimits::default(), ErrorKind::UnsupportedEntry);
    }
    let dir = tempfile::tempdir().unwrap();
    let bytes = archive(&[("a", EntryType::Symlink, b""), ("b", EntryType::Regular, b"b")]);
    let done = unpack(&bytes[..], dir.path().join("t"), &UnpackLimits::default().skip_links(true)).unwrap();
    assert_eq!(done.files, 1);
    assert!(fs::symlink_metadata(dir.path().join("t/a")).is_err());
}

#[test]
fn archives_over_a_limit_are_refused() {
    let zeros = vec![0; 1 << 20];
    let bomb = archive(&[("a", EntryType::Regular, &zeros), ("b", EntryType::Regular, &zeros)]);
    refused(&bomb, &UnpackLimits::default().max_bytes(1 << 20), ErrorKind::TooLarge);
    let many = archive(&[("a", EntryType::Regular, &b""[..]); 20]);
    refused(&many, &UnpackLimits::default().max_entries(10), ErrorKind::TooLarge);
    let name = archive(&[("a", EntryType::XHeader, &zeros), ("b", EntryType::Regular, b"")]);
    refused(&name, &UnpackLimits::default(), ErrorKind::TooLarge);
    let name = archive(&[("a", EntryType::GNULongName, &zeros), ("b", EntryType::Regular, b"")]);
    refused(&name, &UnpackLimits::default(), ErrorKind::TooLarge);
}

#[test]
fn an_extended_header_cannot_smuggle_a_name_or_a_size() {
    let bytes = archive(&[("p", EntryType::XHeader, b"12 path=../x\n"), ("ok", EntryType::Regular, b"x")]);
    refused(&bytes, &UnpackLimits::default(), ErrorKind::Corrupt);
    let bytes = archive(&[("p", EntryType::XHeader, b"13 path=../x\n"), ("ok", EntryType::Regular, b"x")]);
    refused(&bytes, &UnpackLimits::default(), ErrorKind::UnsafePath);
    let bytes =
        archive(&[("p", EntryType::XHeader, b"18 size=999999999\n"), ("ok", EntryType::Regular, b"x")]);
    refused(&bytes, &UnpackLimits::default(), ErrorKind::Corrupt);
    let bytes =
        archive(&[("p", EntryType::XHeader, b"22 GNU.sparse.major=1\n"), ("ok", EntryType::Regular, b"x")]);
    refused(&bytes, &UnpackLimits::default(), ErrorKind::UnsupportedEntry);
}

#[test]
fn broken_archives_are_refused() {
    let good = file("a");
    let mut flipped = good.clone();
    let at = flipped.len() - 6;
    flipped[at] ^= 1;
    for bytes in [&b"no gzip"[..], &good[..good.len() / 2], &good[..good.len() - 4], &flipped, b""] {
        refused(bytes, &UnpackLimits::default(), ErrorKind::Corrupt);
    }
}

#[test]
fn nothing_is_written_through_what_stands_in_the_way() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("target");
    fs::create_dir(&target).unwrap();
    fs::create_dir(outside.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", target.join("d")).unwrap();
    std::os::unix::fs::symlink("../elsewhere/f", target.join("f")).unwrap();
    for name in ["d/x", "f"] {
        let error = unpack(&file(name)[..], &target, &UnpackLimits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsafePath, "{name}");
    }
    let link = outside.path().join("link");
    std::os::unix::fs::symlink("elsewhere", &link).unwrap();
    assert_eq!(
        unpack(&file("x")[..], &link, &UnpackLimits::default()).unwrap_err().kind(),
        ErrorKind::UnsafePath
    );
    assert_eq!(fs::read_dir(outside.path().join("elsewhere")).unwrap().count(), 0);
}
