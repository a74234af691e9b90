// SPDX-License-Identifier: Apache-2.0

//! `gitops build` against `kubectl kustomize`: plain objects and one overlay with transformers.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::measure::measure;
use crate::oracles;
use crate::process::{command, stdout, target};

const SIZES: [usize; 2] = [1000, 4000];

pub(crate) fn run() -> Result<(), String> {
    let Some(kubectl) = oracles::find("kubectl") else {
        println!("SKIPPED: kubectl is missing, run `cargo xtask oracles`");
        return Ok(());
    };
    let kubectl = kubectl.to_string_lossy().into_owned();
    let ours = target().join("release/gitops").to_string_lossy().into_owned();
    for transformed in [false, true] {
        let mut times = Vec::new();
        for size in SIZES {
            let dir = target().join(format!("bench/kustomize-{size}-{transformed}"));
            generate(&dir, size, transformed).map_err(|error| format!("{}: {error}", dir.display()))?;
            let dir = dir.to_string_lossy().into_owned();
            let left = stdout(&mut command(&ours, &["build", &dir]))?;
            let right = stdout(&mut command(&kubectl, &["kustomize", &dir]))?;
            if left != right {
                return Err(format!("{dir}: the outputs differ"));
            }
            let left = measure(&ours, &["build", &dir], 5)?;
            let right = measure(&kubectl, &["kustomize", &dir], if size > 2000 { 1 } else { 3 })?;
            println!(
                "{size} objects, transformers {transformed}: ours {:.3} s CPU, {:.0} MiB; kubectl {:.3} s CPU, {:.0} MiB; \
                 ratio {:.1} CPU, {:.1} memory",
                left.cpu,
                left.memory,
                right.cpu,
                right.memory,
                right.cpu / left.cpu,
                right.memory / left.memory
            );
            times.push((left.cpu, right.cpu));
        }
        if let [small, large] = times[..] {
            println!(
                "slope from {} to {} objects, transformers {transformed}: ours {:.2}, kubectl {:.2}",
                SIZES[0],
                SIZES[1],
                large.0 / small.0,
                large.1 / small.1
            );
        }
    }
    Ok(())
}

/// Writes `size` objects, half Deployments and half ConfigMaps, in one file.
fn generate(dir: &Path, size: usize, transformed: bool) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut objects = String::new();
    for index in 0..size / 2 {
        let _ = write!(
            objects,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{index}\n  namespace: apps\nspec:\n  replicas: 2\n  \
             selector:\n    matchLabels:\n      app: web-{index}\n  template:\n    metadata:\n      labels:\n        app: web-{index}\n    \
             spec:\n      containers:\n      - name: app\n        image: registry.example/web:1.0.{index}\n        envFrom:\n        \
             - configMapRef:\n            name: settings-{index}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  \
             name: settings-{index}\n  namespace: apps\ndata:\n  index: \"{index}\"\n---\n"
        );
    }
    fs::write(dir.join("objects.yaml"), objects)?;
    let mut kustomization =
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- objects.yaml\n"
            .to_owned();
    if transformed {
        kustomization.push_str("namePrefix: dev-\nnamespace: dev\ncommonAnnotations:\n  team: web\nimages:\n- name: registry.example/web\n  newTag: 2.0.0\n");
    }
    fs::write(dir.join("kustomization.yaml"), kustomization)
}
