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
