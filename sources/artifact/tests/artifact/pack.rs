// SPDX-License-Identifier: Apache-2.0

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use gitops_artifact::{
    Algorithm, DirectoryTree, EntryKind, ErrorKind, IgnoreRules, MemoryTree, PackOptions, Packed, Tree,
    UnpackLimits, pack, unpack,
};

fn packed(tree: &dyn Tree) -> (Vec<u8>, Packed) {
    let mut bytes = Vec::new();
    let packed = pack(tree, &IgnoreRules::default(), &mut bytes, &PackOptions::default()).unwrap();
    (bytes, packed)
}

fn sample() -> MemoryTree {
    let mut tree = MemoryTree::from([("app/cm.yaml", "kind: ConfigMap\n"), ("app-x", "1"), ("app.d/x", "2")]);
    tree.insert("run.sh", EntryKind::Executable, "#!/bin/sh\n");
    tree.insert("link", EntryKind::Symlink, "run.sh");
    tree.insert("empty", EntryKind::Directory, "");
    tree.insert("ünïcode", EntryKind::File, "3");
    tree.insert(b"latin-\xe9", EntryKind::File, "4");
    tree.insert(format!("{}/{}", "d".repeat(120), "f".repeat(90)), EntryKind::File, "5");
    tree.insert("g".repeat(180), EntryKind::File, "6");
    tree
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let (first, described) = packed(&sample());
    let (second, _) = packed(&sample());
    assert_eq!(first, second);
    assert_eq!(described.digest, Algorithm::Sha256.digest(&first));
    assert_eq!((described.size, described.files), (first.len() as u64, 8));
    assert_eq!(first[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    // A change here means that another compressor was linked in, and that every digest changes for users.
    let golden = "sha256:20bda74dae9e2e510d0df0b424a501e93164fbd55f7db85f7e8a80dcf8b652f7";
    assert_eq!(described.digest.to_string(), golden);
}

#[test]
fn tar_reads_names_modes_and_content_as_packed() {
    let (bytes, _) = packed(&sample());
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("a.tar.gz");
    fs::write(&archive, &bytes).unwrap();
    let list =
        Command::new("tar").env("LC_ALL", "C").arg("tzf").arg(&archive).stderr(Stdio::inherit()).output();
    let Ok(list) = list else {
        eprintln!("SKIPPED: there is no tar on this machine");
        return;
    };
    let names = String::from_utf8_lossy(&list.stdout).into_owned();
    let names: Vec<&str> = names.lines().map(|name| name.trim_end_matches('/')).collect();
    let (d, g) = ("d".repeat(120), "g".repeat(180));
    let long = format!("{d}/{}", "f".repeat(90));
    let expected = [
        ".",
        "app",
        "app/cm.yaml",
        "app-x",
        "app.d",
        "app.d/x",
        &d,
        &long,
        "empty",
        &g,
        "latin-\\351",
        "run.sh",
        "\\303\\274n\\303\\257code",
    ];
    // The walk is by path elements: what stands in `app` comes before `app-x`, although `-` sorts before `/`.
    assert_eq!(names, expected);

    let out = dir.path().join("out");
    unpack(&bytes[..], &out, &UnpackLimits::default()).unwrap();
    assert_eq!(fs::read(out.join(&long)).unwrap(), b"5");
    assert_ne!(fs::metadata(out.join("run.sh")).unwrap().permissions().mode() & 0o100, 0);
    assert_eq!(fs::metadata(out.join("app/cm.yaml")).unwrap().permissions().mode() & 0o111, 0);
    assert!(!out.join("link").exists());
    // What was unpacked packs to the same archive.
    let (again, _) = packed(&DirectoryTree::new(&out));
    assert_eq!(again, bytes);
}

#[test]
fn a_tree_over_the_limit_is_not_packed() {
    let options = PackOptions::default().max_bytes(Some(10));
    let failed = pack(&sample(), &IgnoreRules::default(), Vec::new(), &options).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::TooLarge);
}
