// SPDX-License-Identifier: Apache-2.0

use gitops_testing::TestServer;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

fn config(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
}

fn deployment(replicas: Option<i32>, image: &str) -> Value {
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": image}]}}},
    });
    if let Some(replicas) = replicas {
        object["spec"]["replicas"] = json!(replicas);
    }
    object
}

#[tokio::test]
async fn a_field_that_two_managers_want_differently_is_a_conflict_until_forced() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    api.patch("a", &PatchParams::apply("m1"), &Patch::Apply(config(&json!({"k": "1"})))).await.unwrap();
    let other = Patch::Apply(config(&json!({"k": "2"})));
    let error = api.patch("a", &PatchParams::apply("m2"), &other).await.unwrap_err();
    let kube::Error::Api(status) = error else { panic!("{error}") };
    assert_eq!((status.code, status.reason.as_str()), (409, "Conflict"));
    assert_eq!(status.message, "Apply failed with 1 conflict: conflict with \"m1\": .data.k");
    let forced = api.patch("a", &PatchParams::apply("m2").force(), &other).await.unwrap();
    assert_eq!(forced.data.unwrap()["k"], "2");
}

#[tokio::test]
async fn a_field_that_is_no_longer_applied_goes_and_one_of_another_manager_stays() {
    let server = TestServer::builder().start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(server.client());
    api.patch("a", &PatchParams::apply("m1"), &Patch::Apply(config(&json!({"k": "1", "l": "1"}))))
        .await
        .unwrap();
    api.patch("a", &PatchParams::apply("m2"), &Patch::Apply(config(&json!({"m": "1"})))).await.unwrap();
    let last =
        api.patch("a", &PatchParams::apply("m1"), &Patch::Apply(config(&json!({"k": "1"})))).await.unwrap();
    let keys: Vec<String> = last.data.unwrap().into_keys().collect();
    assert_eq!(keys, ["k", "m"]);
}

#[tokio::test]
async fn a_repeated_apply_of_a_deployment_is_no_write() {
    let server = TestServer::builder().start().await;
    let api: Api<Deployment> = Api::default_namespaced(server.client());
    let apply = Patch::Apply(deployment(None, "app:1"));
    let first = api.patch("web", &PatchParams::apply("m1"), &apply).await.unwrap();
    server.advance(std::time::Duration::from_secs(5));
    let second = api.patch("web", &PatchParams::apply("m1"), &apply).await.unwrap();
    assert_eq!(first.metadata.resource_version, second.metadata.resource_version);
    assert_eq!(second.spec.replicas, Some(1));
}

#[tokio::test]
async fn only_a_change_of_the_spec_counts_the_generation_up() {
    let server = TestServer::builder().start().await;
    let api: Api<Deployment> = Api::default_namespaced(server.client());
    let params = PatchParams::apply("m1");
    api.patch("web", &params, &Patch::Apply(deployment(Some(1), "app:1"))).await.unwrap();
    let changes = [
        (Patch::Merge(json!({"metadata": {"labels": {"a": "b"}}})), 1),
        (Patch::Merge(json!({"spec": {"replicas": 2}})), 2),
        (
            Patch::Strategic(
                json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "app:2"}]}}}}),
            ),
            3,
        ),
        (Patch::Merge(json!({"status": {"replicas": 7}})), 3),
    ];
    for (change, expected) in changes {
        let object = api.patch("web", &PatchParams::default(), &change).await.unwrap();
        assert_eq!(object.metadata.generation, Some(expected), "{change:?}");
        assert_eq!(object.status.unwrap().replicas, None);
    }
}

#[tokio::test]
async fn immutable_fields_are_refused_as_invalid() {
    let server = TestServer::builder().start().await;
    let api: Api<Deployment> = Api::default_namespaced(server.client());
    api.patch("web", &PatchParams::apply("m1"), &Patch::Apply(deployment(None, "app:1"))).await.unwrap();
    let patch = Patch::Merge(json!({"spec": {"selector": {"matchLabels": {"app": "other"}},
        "template": {"metadata": {"labels": {"app": "other"}}}}}));
    let error = api.patch("web", &PatchParams::default(), &patch).await.unwrap_err();
    assert!(
        matches!(error, kube::Error::Api(status) if status.code == 422 && status.message.contains("field is immutable"))
    );
}

#[tokio::test]
async fn an_address_of_a_service_is_given_once_and_owned_by_nobody() {
    let server = TestServer::builder().start().await;
    let api: Api<Service> = Api::default_namespaced(server.client());
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80}]}});
    let first = api.patch("web", &PatchParams::apply("m1"), &Patch::Apply(&service)).await.unwrap();
    let second = api.patch("web", &PatchParams::apply("m1"), &Patch::Apply(&service)).await.unwrap();
    assert!(first.spec.as_ref().unwrap().cluster_ip.is_some());
    assert_eq!(first, second);
}
