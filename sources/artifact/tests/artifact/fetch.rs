// SPDX-License-Identifier: Apache-2.0

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use gitops_artifact::{
    Algorithm, Cache, ErrorKind, IgnoreRules, MemoryTree, PackOptions, UnpackLimits,
    fetch::{Client, ClientOptions, fetch},
    pack,
};

/// Serves `/ok`, `/late/<n>` (fails n times first), and `/<status>`; counts requests.
async fn server(body: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let (counted, late) = (count.clone(), count.clone());
    let ok = body.clone();
    let router = Router::new()
        .route(
            "/late/{n}",
            get(move |Path(n): Path<usize>| async move {
                match late.fetch_add(1, Ordering::SeqCst) < n {
                    true => Err(StatusCode::BAD_GATEWAY),
                    false => Ok(body),
                }
            }),
        )
        .route(
            "/{what}",
            get(move |Path(what): Path<String>| async move {
                counted.fetch_add(1, Ordering::SeqCst);
                match what.parse::<u16>() {
                    Ok(code) => Err(StatusCode::from_u16(code).unwrap()),
                    Err(_) => Ok(ok),
                }
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, count)
}

fn client() -> Client {
    let quick = Duration::from_millis(1);
    Client::new(ClientOptions::default().retries(2).delays(quick, quick).max_bytes(1000)).unwrap()
}

#[tokio::test]
async fn downloads_are_retried_checked_and_bounded() {
    let (url, count) = server(b"hello".to_vec()).await;
    let good = Algorithm::Sha256.digest(b"hello");
    let bad = Algorithm::Sha256.digest(b"other");
    for (path, digest, expected, requests) in [
        ("ok", &good, None, 1),
        ("ok", &bad, Some(ErrorKind::DigestMismatch), 1),
        ("late/2", &good, None, 3),
        ("late/9", &good, Some(ErrorKind::Unavailable), 3),
        ("404", &good, Some(ErrorKind::NotFound), 1),
        ("403", &good, Some(ErrorKind::Unauthorized), 1),
        ("500", &good, Some(ErrorKind::Unavailable), 3),
    ] {
        count.store(0, Ordering::SeqCst);
        let staging = tempfile::tempdir().unwrap();
        let result = fetch(&client(), &format!("{url}/{path}"), digest, staging.path()).await;
        assert_eq!(result.as_ref().err().map(gitops_artifact::Error::kind), expected, "{path}");
        assert_eq!(count.load(Ordering::SeqCst), requests, "{path}");
        drop(result);
        assert_eq!(fs::read_dir(staging.path()).unwrap().count(), 0, "{path} leaves nothing");
    }
}

#[tokio::test]
async fn a_download_larger_than_the_limit_is_refused() {
    let (url, _) = server(vec![0; 1001]).await;
    let staging = tempfile::tempdir().unwrap();
    let digest = Algorithm::Sha256.digest(b"");
    let error = fetch(&client(), &format!("{url}/ok"), &digest, staging.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_server_that_never_answers_runs_into_the_deadline() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:secret@{}/x", listener.local_addr().unwrap());
    let client = Client::new(ClientOptions::default().deadline(Duration::from_millis(50))).unwrap();
    let staging = tempfile::tempdir().unwrap();
    let error = fetch(&client, &url, &Algorithm::Sha256.digest(b""), staging.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn an_artifact_is_downloaded_once_however_many_want_it() {
    let mut archive = Vec::new();
    let tree = MemoryTree::from([("a.yaml", "a: 1\n")]);
    let packed = pack(&tree, &IgnoreRules::default(), &mut archive, &PackOptions::default()).unwrap();
    let (url, count) = server(archive).await;
    let url = format!("{url}/ok");
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path(), 1, UnpackLimits::default()).unwrap();
    let client = client();
    let wanted = (0..8).map(|_| cache.get(&client, &url, &packed.digest));
    let trees = futures::future::join_all(wanted).await;
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let tree = trees[0].as_ref().unwrap().clone();
    assert_eq!(fs::read(tree.path().join("a.yaml")).unwrap(), b"a: 1\n");
    let kept = tree.path().to_path_buf();
    drop((trees, tree, cache));
    assert!(!kept.exists(), "the last holder removes the tree");
}
