// SPDX-License-Identifier: Apache-2.0

use gitops_manifest::{Manifest, order};

use crate::object;

fn names(manifests: &[&Manifest]) -> Vec<String> {
    manifests.iter().map(|manifest| manifest.id().subject()).collect()
}

#[test]
fn kinds_are_applied_in_the_order_of_their_rank() {
    let expected = [
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "z"),
        object("v1", "Namespace", "", "z"),
        object("rbac.authorization.k8s.io/v1", "ClusterRole", "", "z"),
        object("storage.k8s.io/v1", "StorageClass", "", "z"),
        object("gateway.networking.k8s.io/v1", "GatewayClass", "", "z"),
        object("example.com/v1", "MyClass", "", "z"),
        object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "z"),
        object("v1", "ResourceQuota", "a", "z"),
        object("v1", "ServiceAccount", "a", "z"),
        object("v1", "ConfigMap", "a", "b"),
        object("v1", "ConfigMap", "a", "c"),
        object("v1", "ConfigMap", "b", "a"),
        object("v1", "Secret", "a", "z"),
        object("v1", "Service", "a", "z"),
        // The rank is that of the kind, whatever its group.
        object("serving.knative.dev/v1", "Service", "a", "a"),
        object("apps/v1", "Deployment", "a", "z"),
        object("policy/v1", "PodDisruptionBudget", "a", "z"),
        object("v1", "Pod", "a", "z"),
        object("batch/v1", "Job", "a", "z"),
        object("networking.k8s.io/v1", "Ingress", "a", "z"),
        object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "", "z"),
        object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", "z"),
    ];
    let wanted: Vec<_> = expected.iter().collect();
    for rotation in 0..expected.len() {
        let mut shuffled = wanted.clone();
        shuffled.rotate_left(rotation);
        shuffled.reverse();
        assert_eq!(names(&order::apply_order(shuffled, &[])), names(&wanted));
    }
}

#[test]
fn stages_wait_for_definitions_and_classes_only() {
    let objects = [
        object("v1", "Pod", "a", "x"),
        object("example.com/v1", "Database", "a", "x"),
        object("other.com/v1", "Database", "a", "x"),
        object("example.com/v1", "DatabaseClass", "", "x"),
        object("v1", "Namespace", "", "a"),
    ];
    let stages = order::stages(&objects, &[("example.com", "Database")]);
    let shape: Vec<_> =
        stages.iter().map(|(stage, members)| (*stage, stage.waits(), members.len())).collect();
    assert_eq!(
        shape,
        [
            (order::Stage::Definitions, true, 1),
            (order::Stage::Classes, true, 1),
            (order::Stage::Custom, false, 1),
            (order::Stage::Resources, false, 2),
        ]
    );
    assert_eq!(stages[2].1[0].group(), "example.com");
}

#[test]
fn objects_are_deleted_in_reverse_without_stages() {
    let objects = [
        object("v1", "Namespace", "", "a"),
        object("v1", "Pod", "a", "x"),
        object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "", "m"),
        object("rbac.authorization.k8s.io/v1", "ClusterRole", "", "r"),
    ];
    assert_eq!(
        names(&order::delete_order(&objects)),
        ["MutatingWebhookConfiguration/m", "Pod/a/x", "ClusterRole/r", "Namespace/a"]
    );
}
