// SPDX-License-Identifier: Apache-2.0

//! Applying against the embedded API server.

mod faults;
mod lifecycle;
mod waiting;

use gitops_apply::{Cluster, Options, Owner, plan, run};
use gitops_manifest::ManifestSet;
use gitops_testing::{TestServer, Workloads};

const GROUP: &str = "kustomize.toolkit.fluxcd.io";

async fn server(workloads: Workloads) -> TestServer {
    TestServer::builder().workloads(workloads).start().await
}

fn options() -> Options {
    Options::new("kustomize-controller").owner(Owner::new(GROUP, "flux-system", "apps")).prune(true)
}

fn set(yaml: &str) -> ManifestSet {
    ManifestSet::from_yaml(yaml.as_bytes()).expect("because the test writes YAML")
}

/// Plans and runs; returns what was done and the inventory after it.
async fn apply(
    cluster: &Cluster,
    yaml: &str,
    inventory: &gitops_apply::Inventory,
    options: &Options,
) -> Result<gitops_apply::Applied, gitops_apply::Error> {
    run(cluster, plan(cluster, &set(yaml), inventory, options).await?).await
}

fn config_map(name: &str, color: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: default}}, data: {{color: {color}}}}}\n---\n"
    )
}

fn deployment(name: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: default}}, spec: {{replicas: 1, \
         selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: \
         [{{name: main, image: app:1, ports: [{{containerPort: 80}}]}}]}}}}}}}}\n---\n"
    )
}

/// Does what a workload controller would do for a Deployment.
async fn finish(server: &TestServer, name: &str) {
    use k8s_openapi::api::apps::v1::Deployment;
    use kube::api::{Api, Patch, PatchParams};

    let api: Api<Deployment> = Api::namespaced(server.client(), "default");
    let generation = api.get(name).await.expect("because it was applied").metadata.generation;
    let conditions = serde_json::json!([
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
    ]);
    let status = serde_json::json!({"status": {
        "observedGeneration": generation, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        "conditions": conditions,
    }});
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.expect("because it exists");
}

/// A kind with a field that cannot change.
fn stone() -> serde_json::Value {
    serde_json::json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "stones.example.test"},
        "spec": {
            "group": "example.test",
            "scope": "Namespaced",
            "names": {"kind": "Stone", "plural": "stones", "singular": "stone", "listKind": "StoneList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": {"type": "object", "properties": {
                    "weight": {"type": "integer", "minimum": 1},
                    "color": {"type": "string", "x-kubernetes-validations": [
                        {"rule": "self == oldSelf", "message": "Value is immutable"}]},
                }}},
            }}}],
        },
    })
}

#[test]
fn futures_can_move_between_threads() {
    fn check<T: Send>(_: impl FnOnce() -> T) {}
    fn cluster() -> Cluster {
        unreachable!("because it is never called")
    }
    check(|| async { apply(&cluster(), "", &gitops_apply::Inventory::default(), &options()).await });
    check(|| async { gitops_apply::wait(&cluster(), &[], &gitops_apply::WaitOptions::default()).await });
}
