// SPDX-License-Identifier: Apache-2.0

//! The built-in kinds, as data.

use crate::registry::{Flags, Resource, Scale};

/// Which rule the names of a kind follow.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Names {
    #[default]
    Subdomain,
    Label,
    PathSegment,
}

struct Entry {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static str,
    /// Letters: n namespaced, s status, c scale, g generation, u create on update, v needs a version on update,
    /// d answers a deletion with the object, k no deletion of collections, o create only, l label names,
    /// p path segment names, a in category all, f own field labels.
    marks: &'static str,
    fields: &'static str,
}

const fn entry(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static str,
    marks: &'static str,
    fields: &'static str,
) -> Entry {
    Entry { group, version, kind, plural, short, marks, fields }
}

const EVENT_FIELDS: &str = "involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid \
                            involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath reason \
                            reportingComponent source type";
const POD_FIELDS: &str = "spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName \
                          spec.hostNetwork status.phase status.podIP status.podIPs status.nominatedNodeName";
const ADMISSION: &str = "admissionregistration.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const NETWORK: &str = "networking.k8s.io";
const STORAGE: &str = "storage.k8s.io";
const AUTHORIZATION: &str = "authorization.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";

const ENTRIES: &[Entry] = &[
    entry("", "v1", "ConfigMap", "configmaps", "cm", "n", ""),
    entry("", "v1", "Endpoints", "endpoints", "ep", "nu", ""),
    entry("", "v1", "Event", "events", "ev", "nufp", EVENT_FIELDS),
    entry("", "v1", "LimitRange", "limitranges", "limits", "nu", ""),
    entry("", "v1", "Namespace", "namespaces", "ns", "sdklf", "status.phase"),
    entry("", "v1", "Node", "nodes", "no", "sf", "spec.unschedulable"),
    entry("", "v1", "PersistentVolume", "persistentvolumes", "pv", "sd", ""),
    entry("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", "nsd", ""),
    entry("", "v1", "Pod", "pods", "po", "nsgdaf", POD_FIELDS),
    entry("", "v1", "PodTemplate", "podtemplates", "", "ngd", ""),
    entry("", "v1", "ReplicationController", "replicationcontrollers", "rc", "nscgaf", "status.replicas"),
    entry("", "v1", "ResourceQuota", "resourcequotas", "quota", "nsd", ""),
    entry("", "v1", "Secret", "secrets", "", "nf", "type"),
    entry("", "v1", "Service", "services", "svc", "nsudaklf", "spec.clusterIP spec.type"),
    entry("", "v1", "ServiceAccount", "serviceaccounts", "sa", "nd", ""),
    entry(ADMISSION, "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "", "g", ""),
    entry(ADMISSION, "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", "", "sg", ""),
    entry(
        ADMISSION,
        "v1",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        "",
        "g",
        "",
    ),
    entry(ADMISSION, "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "", "g", ""),
    entry(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "crd crds",
        "sgvx",
        "",
    ),
    entry("apiregistration.k8s.io", "v1", "APIService", "apiservices", "", "sx", ""),
    entry("apps", "v1", "ControllerRevision", "controllerrevisions", "", "nu", ""),
    entry("apps", "v1", "DaemonSet", "daemonsets", "ds", "nsga", ""),
    entry("apps", "v1", "Deployment", "deployments", "deploy", "nscga", ""),
    entry("apps", "v1", "ReplicaSet", "replicasets", "rs", "nscga", ""),
    entry("apps", "v1", "StatefulSet", "statefulsets", "sts", "nscga", ""),
    entry(AUTHENTICATION, "v1", "SelfSubjectReview", "selfsubjectreviews", "", "o", ""),
    entry(AUTHENTICATION, "v1", "TokenReview", "tokenreviews", "", "o", ""),
    entry(AUTHORIZATION, "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", "", "no", ""),
    entry(AUTHORIZATION, "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "", "o", ""),
    entry(AUTHORIZATION, "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "", "o", ""),
    entry(AUTHORIZATION, "v1", "SubjectAccessReview", "subjectaccessreviews", "", "o", ""),
    entry("autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "nsga", ""),
    entry("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "nsga", ""),
    entry("batch", "v1", "CronJob", "cronjobs", "cj", "nsga", ""),
    entry("batch", "v1", "Job", "jobs", "", "nsgaf", "status.successful"),
    entry(
        "certificates.k8s.io",
        "v1",
        "CertificateSigningRequest",
        "certificatesigningrequests",
        "csr",
        "sf",
        "spec.signerName",
    ),
    entry("coordination.k8s.io", "v1", "Lease", "leases", "", "nuv", ""),
    entry("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "", "ng", ""),
    entry("events.k8s.io", "v1", "Event", "events", "ev", "nufp", EVENT_FIELDS),
    entry("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema", "flowschemas", "", "sg", ""),
    entry(
        "flowcontrol.apiserver.k8s.io",
        "v1",
        "PriorityLevelConfiguration",
        "prioritylevelconfigurations",
        "",
        "sg",
        "",
    ),
    entry(NETWORK, "v1", "Ingress", "ingresses", "ing", "nsg", ""),
    entry(NETWORK, "v1", "IngressClass", "ingressclasses", "", "g", ""),
    entry(NETWORK, "v1", "NetworkPolicy", "networkpolicies", "netpol", "ng", ""),
    entry("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", "", "", ""),
    entry("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", "nsg", ""),
    entry(RBAC, "v1", "ClusterRole", "clusterroles", "", "pu", ""),
    entry(RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", "", "pu", ""),
    entry(RBAC, "v1", "Role", "roles", "", "npu", ""),
    entry(RBAC, "v1", "RoleBinding", "rolebindings", "", "npu", ""),
    entry("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", "pc", "g", ""),
    entry(STORAGE, "v1", "CSIDriver", "csidrivers", "", "g", ""),
    entry(STORAGE, "v1", "CSINode", "csinodes", "", "", ""),
    entry(STORAGE, "v1", "CSIStorageCapacity", "csistoragecapacities", "", "n", ""),
    entry(STORAGE, "v1", "StorageClass", "storageclasses", "sc", "", ""),
    entry(STORAGE, "v1", "VolumeAttachment", "volumeattachments", "", "s", ""),
];

/// Returns all built-in resources.
pub(crate) fn resources() -> Vec<Resource> {
    ENTRIES.iter().map(resource).collect()
}

fn resource(entry: &Entry) -> Resource {
    let has = |mark: char| entry.marks.contains(mark);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let names = match (has('l'), has('p')) {
        (true, _) => Names::Label,
        (_, true) => Names::PathSegment,
        _ => Names::Subdomain,
    };
    let flags = Flags {
        generation: has('g'),
        create_on_update: has('u'),
        needs_version: has('v'),
        returns_deleted: has('d'),
        no_collection_delete: has('k') && entry.plural == "namespaces",
        create_only: has('o'),
        own_field_labels: has('f'),
    };
    let categories = match entry.group {
        _ if has('a') => vec!["all".to_owned()],
        "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io" => {
            vec!["api-extensions".to_owned()]
        }
        _ => Vec::new(),
    };
    let table_group = if entry.group == "events.k8s.io" { "" } else { entry.group };
    Resource {
        group: entry.group.to_owned(),
        version: entry.version.to_owned(),
        kind: entry.kind.to_owned(),
        list_kind: format!("{}List", entry.kind),
        plural: entry.plural.to_owned(),
        singular: entry.kind.to_lowercase(),
        short_names: words(entry.short),
        categories,
        namespaced: has('n'),
        status: has('s'),
        scale: has('c').then(workload_scale),
        table: format!("{table_group}/{}", entry.plural),
        fields: words(entry.fields),
        names,
        flags,
        custom: None,
    }
}

fn workload_scale() -> Scale {
    Scale {
        spec: "spec.replicas".to_owned(),
        status: "status.replicas".to_owned(),
        selector: Some("spec.selector".to_owned()),
    }
}
