// SPDX-License-Identifier: Apache-2.0

use gitops_testing::TestServer;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.test"},
        "spec": {
            "group": "example.test", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "required": ["size"], "properties": {
                        "size": {"type": "integer", "minimum": 1},
                        "color": {"type": "string", "default": "blue"},
                        "fixed": {"type": "string", "x-kubernetes-validations": [
                            {"rule": "self == oldSelf", "message": "fixed is immutable"}]},
                    }},
                    "status": {"type": "object", "properties": {"seen": {"type": "integer"}}},
                }}},
            }],
        },
    })
}

async fn widgets(server: &TestServer) -> Api<DynamicObject> {
    let resource = ApiResource {
        group: "example.test".into(),
        version: "v1".into(),
        api_version: "example.test/v1".into(),
        kind: "Widget".into(),
        plural: "widgets".into(),
    };
    Api::default_namespaced_with(server.client(), &resource)
}

fn widget(spec: &Value) -> DynamicObject {
    serde_json::from_value(json!({
        "apiVersion": "example.test/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": spec,
        "status": {"seen": 9},
    }))
    .unwrap()
}

#[tokio::test]
async fn custom_objects_are_pruned_defaulted_and_lose_their_status_on_create() {
    let server = TestServer::builder().crd(definition()).start().await;
    let api = widgets(&server).await;
    let made = api.create(&PostParams::default(), &widget(&json!({"size": 1, "other": 2}))).await.unwrap();
    assert_eq!(made.data["spec"], json!({"size": 1, "color": "blue"}));
    assert_eq!(made.data.get("status"), None);
    assert_eq!(made.metadata.generation, Some(1));
}

#[tokio::test]
async fn what_the_schema_or_a_rule_forbids_is_invalid() {
    let server = TestServer::builder().crd(definition()).start().await;
    let api = widgets(&server).await;
    let error = api.create(&PostParams::default(), &widget(&json!({"size": 0}))).await.unwrap_err();
    let kube::Error::Api(status) = error else { panic!("{error}") };
    let expected = "Widget.example.test \"a\" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater \
                    than or equal to 1";
    assert_eq!((status.code, status.message.as_str()), (422, expected));
    api.create(&PostParams::default(), &widget(&json!({"size": 1, "fixed": "a"}))).await.unwrap();
    let patch = Patch::Merge(json!({"spec": {"fixed": "b"}}));
    let error = api.patch("a", &PatchParams::default(), &patch).await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.message.contains("fixed is immutable")));
}

#[tokio::test]
async fn the_status_is_written_through_its_subresource_only() {
    let server = TestServer::builder().crd(definition()).start().await;
    let api = widgets(&server).await;
    api.create(&PostParams::default(), &widget(&json!({"size": 1}))).await.unwrap();
    let patch = Patch::Merge(json!({"spec": {"size": 5}, "status": {"seen": 1}}));
    let status = api.patch_status("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(status.data, json!({"spec": {"size": 1, "color": "blue"}, "status": {"seen": 1}}));
    let main =
        api.patch("a", &PatchParams::default(), &Patch::Merge(json!({"status": {"seen": 2}}))).await.unwrap();
    assert_eq!(main.data["status"], json!({"seen": 1}));
    assert_eq!(server.requests().writes_to("widgets/status"), 1);
}

#[tokio::test]
async fn a_deleted_definition_takes_its_objects_along() {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    let server = TestServer::builder().crd(definition()).start().await;
    let api = widgets(&server).await;
    api.create(&PostParams::default(), &widget(&json!({"size": 1}))).await.unwrap();
    let definitions: Api<CustomResourceDefinition> = Api::all(server.client());
    definitions.delete("widgets.example.test", &DeleteParams::default()).await.unwrap();
    assert!(definitions.get_opt("widgets.example.test").await.unwrap().is_none());
    let error = api.get("a").await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.code == 404));
}
