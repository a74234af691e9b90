// SPDX-License-Identifier: Apache-2.0

//! Builds of N Deployments and N ConfigMaps, plain and with transformers; the cost must grow as N does.

use gitops_kustomize::fs::Memory;
use gitops_kustomize::{Options, build};

fn main() {
    divan::main();
}

fn objects(count: usize) -> String {
    (0..count)
        .map(|n| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: config-{n}}}\ndata: {{level: \"{n}\"}}\n---\n\
                 apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{n}}}\nspec:\n  selector:\n    matchLabels: {{app: app-{n}}}\n\
                 \x20 template:\n    metadata:\n      labels: {{app: app-{n}}}\n    spec:\n      containers:\n      - name: main\n        image: ghcr.io/acme/app:1.0\n\
                 \x20       envFrom:\n        - configMapRef: {{name: config-{n}}}\n---\n"
            )
        })
        .collect()
}

fn tree(count: usize, kustomization: &str) -> Memory {
    Memory::from([("kustomization.yaml", kustomization.to_owned()), ("all.yaml", objects(count))])
}

#[divan::bench(args = [250, 1000, 4000])]
fn plain(bencher: divan::Bencher, count: usize) {
    let fs = tree(count, "resources: [all.yaml]\n");
    bencher.bench(|| build(&fs, "/", &Options::default()).map(|set| set.to_yaml().len()));
}

#[divan::bench(args = [250, 1000, 4000])]
fn transformed(bencher: divan::Bencher, count: usize) {
    let fs = tree(
        count,
        "resources: [all.yaml]\nnamespace: shop\nnamePrefix: blue-\ncommonLabels: {team: a}\nimages: [{name: ghcr.io/acme/app, newTag: \"2\"}]\n\
         configMapGenerator: [{name: extra, literals: [a=b]}]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: app-1}\n    spec: {replicas: 2}\n",
    );
    bencher.bench(|| build(&fs, "/", &Options::default()).map(|set| set.to_yaml().len()));
}

#[divan::bench]
fn small_overlay(bencher: divan::Bencher) {
    let fs = Memory::from([
        ("o/kustomization.yaml", "resources: [../b]\nnamePrefix: a-\n".to_owned()),
        ("b/kustomization.yaml", "resources: [all.yaml]\n".to_owned()),
        ("b/all.yaml", objects(2)),
    ]);
    bencher.bench(|| build(&fs, "o", &Options::default()).map(|set| set.to_yaml().len()));
}
