// SPDX-License-Identifier: Apache-2.0

//! Every vector against what kubectl 1.37.1 (kustomize 5.8.1) made of it; see `record.py`.

use std::path::Path;

use gitops_kustomize::fs::{Directory, FileSystem, Memory};
use gitops_kustomize::{Options, build};

struct Vector {
    name: String,
    files: Vec<(String, String)>,
    expected: Result<String, String>,
}

impl Vector {
    fn parse(name: &str, text: &str) -> Self {
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            match line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
                Some(path) => sections.push((path.to_owned(), String::new())),
                None => sections.last_mut().unwrap().1.push_str(line),
            }
        }
        let (verdict, text) = sections.pop().unwrap();
        let expected = if verdict == "output" { Ok(text) } else { Err(text) };
        Self { name: name.to_owned(), files: sections, expected }
    }

    fn target(&self) -> String {
        self.files[0].0.rsplit_once('/').map_or("/".to_owned(), |(dir, _)| dir.to_owned())
    }

    fn check(&self, fs: &dyn FileSystem) {
        let built = build(fs, &self.target(), &Options::default()).map(|set| set.to_yaml());
        match (&self.expected, built) {
            (Ok(expected), Ok(built)) => assert_eq!(*expected, built, "{}", self.name),
            (Err(_), Err(_)) => {}
            (expected, built) => panic!("{}: expected {expected:?}, got {built:?}", self.name),
        }
    }
}

fn vectors() -> Vec<Vector> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kustomize/vectors");
    let mut out: Vec<Vector> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            Vector::parse(&name, &std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    out.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(out.len() > 25, "the vectors are missing");
    out
}

#[test]
fn every_vector_builds_from_memory_to_the_bytes_kubectl_prints() {
    for vector in vectors() {
        let fs: Memory = vector.files.iter().map(|(path, text)| (path, text.as_str())).collect();
        vector.check(&fs);
    }
}

#[test]
fn every_vector_builds_the_same_from_a_directory() {
    for vector in vectors() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in &vector.files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        vector.check(&Directory::open(root.path()).unwrap());
    }
}

#[test]
fn most_refusals_begin_with_kubectls_words() {
    let (mut same, mut all) = (0, 0);
    for vector in vectors() {
        let Err(expected) = &vector.expected else { continue };
        let fs: Memory = vector.files.iter().map(|(path, text)| (path, text.as_str())).collect();
        let error = build(&fs, &vector.target(), &Options::default()).unwrap_err();
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        all += 1;
        same += usize::from(first(expected) == first(&format!("error: {error}")));
    }
    assert!(same * 10 >= all * 7, "{same} of {all}");
}
