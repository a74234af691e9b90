// SPDX-License-Identifier: Apache-2.0

//! Fetch and archive of a repository: `gitops pull git` against `git clone --depth 1` + `tar` + `gzip -6`.

use std::fs;
use std::path::Path;

use super::measure::measure;
use crate::process::{command, exists, status, target};

const FILES: usize = 5500;

pub(crate) fn run() -> Result<(), String> {
    if !exists("git") {
        println!("SKIPPED: git is missing");
        return Ok(());
    }
    let work = target().join("bench/artifact");
    let origin = work.join("origin");
    if !origin.join(".git").is_dir() {
        create(&origin)?;
    }
    let url = format!("{}/origin/.git", super::http::serve(&work)?);
    let out = work.join("ours.tar.gz").to_string_lossy().into_owned();
    let ours = target().join("release/gitops").to_string_lossy().into_owned();
    let pull = ["pull", "git", &url, "--branch", "main", "-o", &out];
    let script = format!(
        "set -e; rm -rf {dir}/clone; git clone -q --depth 1 --branch main {url} {dir}/clone; \
         tar -C {dir}/clone --exclude .git -cf - . | gzip -6 > {dir}/theirs.tar.gz",
        dir = work.display()
    );
    let list = |archive: &str, strip: &str| {
        format!("tar tvzf {archive} | grep '^-' | awk '{{print $6}}' | sed 's|^{strip}||' | LC_ALL=C sort")
    };
    status(&mut command(&ours, &pull))?;
    status(&mut command("bash", &["-c", &script]))?;
    let theirs = work.join("theirs.tar.gz").to_string_lossy().into_owned();
    let compare = format!("diff <({}) <({})", list(&out, ""), list(&theirs, "./"));
    status(&mut command("bash", &["-c", &compare]))?;
    let left = measure(&ours, &pull, 5)?;
    let right = measure("bash", &["-c", &script], 5)?;
    println!(
        "{FILES} files: ours {:.2} s wall, {:.2} s CPU, {:.0} MiB; git+tar+gzip {:.2} s wall, {:.2} s CPU, {:.0} MiB; \
         ratio {:.2} wall, {:.2} CPU",
        left.wall,
        left.cpu,
        left.memory,
        right.wall,
        right.cpu,
        right.memory,
        right.wall / left.wall,
        right.cpu / left.cpu
    );
    Ok(())
}

/// A repository of many text files of a few kilobytes, in nested folders, with one commit.
fn create(origin: &Path) -> Result<(), String> {
    for index in 0..FILES {
        let dir = origin.join(format!("apps/team-{:02}/service-{:03}", index % 50, index % 700));
        let mut text = format!("# service {index}\n");
        let mut state = index as u64 + 1;
        while text.len() < 2000 + index % 9000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("key-{:x}: value-{:x}\n", state >> 48, state >> 20));
        }
        fs::create_dir_all(&dir)
            .and_then(|()| fs::write(dir.join(format!("file-{index}.yaml")), text))
            .map_err(|error| error.to_string())?;
    }
    let script = format!(
        "set -e; cd {}; git init -q -b main; git add -A; \
         git -c user.name=bench -c user.email=bench@example commit -qm files; git repack -adq",
        origin.display()
    );
    status(&mut command("bash", &["-c", &script]))
}
