// SPDX-License-Identifier: Apache-2.0

use std::net::SocketAddr;

use base64::Engine;
use gitops_testing::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn exchange(address: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let code = answer[9..12].parse().unwrap();
    (code, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[tokio::test]
async fn a_namespace_in_protobuf_is_created_over_the_port() {
    let server = TestServer::builder().start().await;
    let serving = server.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    assert!(serving.kubeconfig().contains(&serving.url()));
    // What `kubectl create namespace demo` of 1.37 sends.
    let body = base64::engine::general_purpose::STANDARD
        .decode("azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhgKEgoEZGVtbxIAGgAiACoAMgA4AEIAEgAaABoAIgA=")
        .unwrap();
    let head = "POST /api/v1/namespaces HTTP/1.1\r\nContent-Type: application/vnd.kubernetes.protobuf";
    let (code, answer) = exchange(serving.address(), head, &body).await;
    assert_eq!(code, 201, "{answer}");
    let (code, answer) = exchange(serving.address(), "GET /api/v1/namespaces/demo HTTP/1.1", b"").await;
    assert_eq!(code, 200);
    assert!(answer.contains("\"phase\":\"Active\""), "{answer}");
}

#[tokio::test]
async fn discovery_comes_plain_and_aggregated() {
    let server = TestServer::builder().start().await;
    let serving = server.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let aggregated =
        "GET /apis HTTP/1.1\r\nAccept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let cases = [
        ("GET /api HTTP/1.1", "\"kind\":\"APIVersions\""),
        ("GET /apis HTTP/1.1", "\"kind\":\"APIGroupList\""),
        ("GET /apis/apps/v1 HTTP/1.1", "\"name\":\"deployments\""),
        (aggregated, "\"kind\":\"APIGroupDiscoveryList\""),
        ("GET /openapi/v3 HTTP/1.1", "\"apis/apps/v1\""),
        ("GET /version HTTP/1.1", "\"minor\":\"37\""),
    ];
    for (head, expected) in cases {
        let (code, answer) = exchange(serving.address(), head, b"").await;
        assert!(code == 200 && answer.contains(expected), "{head}: {answer}");
    }
}

#[tokio::test]
async fn a_table_has_the_columns_of_the_kind() {
    let server = TestServer::builder().start().await;
    let serving = server.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let accept = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let cases = [
        ("/api/v1/namespaces", "Name,Status,Age"),
        ("/api/v1/services", "Name,Type,Cluster-IP,External-IP,Port(s),Age,Selector"),
        ("/apis/apps/v1/deployments", "Name,Ready,Up-to-date,Available,Age,Containers,Images,Selector"),
        ("/apis/storage.k8s.io/v1/csinodes", "Name,Age"),
    ];
    for (path, expected) in cases {
        let (code, answer) =
            exchange(serving.address(), &format!("GET {path} HTTP/1.1\r\n{accept}"), b"").await;
        let table: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let columns = table["columnDefinitions"].as_array().unwrap();
        let names: Vec<_> = columns.iter().map(|column| column["name"].as_str().unwrap()).collect();
        assert_eq!((code, names.join(",").as_str()), (200, expected), "{path}");
    }
}

#[tokio::test]
async fn strategic_patches_merge_lists_by_key() {
    let server = TestServer::builder().start().await;
    let serving = server.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let account = br#"{"metadata": {"name": "a"}, "secrets": [{"name": "x"}, {"name": "y"}]}"#;
    let path = "/api/v1/namespaces/default/serviceaccounts";
    exchange(serving.address(), &format!("POST {path} HTTP/1.1"), account).await;
    let cases = [
        (r#"{"secrets": [{"name": "z"}]}"#, "z,x,y"),
        (r#"{"secrets": [{"$patch": "delete", "name": "x"}]}"#, "z,y"),
        (r#"{"$setElementOrder/secrets": [{"name": "y"}, {"name": "z"}], "secrets": []}"#, "y,z"),
        (r#"{"secrets": [{"$patch": "replace"}, {"name": "only"}]}"#, "only"),
        (r#"{"secrets": null}"#, ""),
    ];
    for (patch, expected) in cases {
        let head = format!("PATCH {path}/a HTTP/1.1\r\nContent-Type: application/strategic-merge-patch+json");
        let (code, answer) = exchange(serving.address(), &head, patch.as_bytes()).await;
        let object: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let secrets = object["secrets"].as_array().cloned().unwrap_or_default();
        let names: Vec<_> = secrets.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!((code, names.join(",").as_str()), (200, expected), "{patch}");
    }
}
