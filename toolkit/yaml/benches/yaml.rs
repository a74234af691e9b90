// SPDX-License-Identifier: Apache-2.0

//! Reading and writing ten megabytes of manifests.

use divan::Bencher;
use divan::counter::BytesCount;
use gitops_yaml::{Dialect, Limits, emit, parse, read_values};

fn main() {
    divan::main();
}

/// Deployments and ConfigMaps in the style people write them, about ten megabytes.
fn manifests() -> String {
    let mut out = String::new();
    let mut n = 0;
    while out.len() < 10_000_000 {
        n += 1;
        out.push_str(&format!(
            "---
# Web server number {n}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{n}
  namespace: apps
  labels: {{app.kubernetes.io/name: web, tier: \"front\"}}
spec:
  replicas: {}
  selector:
    matchLabels:
      app.kubernetes.io/name: web
  template:
    spec:
      containers:
      - name: web
        image: registry.example.com/team/web:1.{n}.0 # {{\"$imagepolicy\": \"apps:web\"}}
        args: ['--listen=:8080', --log-level=info]
        ports:
        - containerPort: 8080
          protocol: TCP
        resources:
          limits: {{cpu: 500m, memory: 128Mi}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-{n}
data:
  enabled: \"true\"
  description: A rather long description of what the settings are for, which goes on past the eightieth column.
  app.conf: |
    [server]
    listen = 0.0.0.0:8080
    workers = {n}

    [log]
    level = info
",
            n % 5
        ));
    }
    out
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn nodes(bencher: Bencher<'_, '_>) {
    let text = manifests();
    let limits = Limits::default();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| parse(&text, &limits).map(|documents| documents.len()));
}

#[divan::bench(args = [Dialect::V2, Dialect::V3], sample_count = 5, sample_size = 1)]
fn values(bencher: Bencher<'_, '_>, dialect: Dialect) {
    let text = manifests();
    let limits = Limits::default();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| read_values(text.as_bytes(), dialect, &limits).map(|values| values.len()));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn write(bencher: Bencher<'_, '_>) {
    let text = manifests();
    let values = read_values(text.as_bytes(), Dialect::V3, &Limits::default()).unwrap_or_default();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| values.iter().map(|value| emit::to_yaml(value).len()).sum::<usize>());
}
