// SPDX-License-Identifier: Apache-2.0

use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{Router, body::Body};
use gitops_artifact::{
    Archive, ErrorKind, PackOptions, serve,
    store::{ArtifactPath, Local, Owner, Presence, Retention, Store},
};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

struct Fixture {
    dir: tempfile::TempDir,
    store: Local,
    owner: Owner,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Local::open(dir.path().join("data")).unwrap();
        Self { dir, store, owner: Owner::new("GitRepository", "apps", "web").unwrap() }
    }

    async fn publish(&self, file: &str, content: &[u8]) -> ArtifactPath {
        let path = self.owner.file(file).unwrap();
        let archive = Archive::from_bytes(content, &PackOptions::default(), self.store.staging()).unwrap();
        self.store.publish(&path, archive).await.unwrap();
        path
    }

    fn age(&self, path: &ArtifactPath, age: Duration) {
        let file = fs::File::options().write(true).open(self.store.path(path)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    fn names(&self) -> Vec<String> {
        let dir = self.dir.path().join("data").join(self.owner.to_string());
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_tampered_artifact_is_removed_and_a_missing_one_is_missing() {
    let fixture = Fixture::new();
    let path = fixture.publish("a.tar.gz", b"content").await;
    let digest = gitops_artifact::Algorithm::Sha256.digest(b"content");
    assert_eq!(fixture.store.verify(&path, &digest).await.unwrap(), Presence::Intact);
    fs::write(fixture.store.path(&path), "tampered").unwrap();
    assert_eq!(fixture.store.verify(&path, &digest).await.unwrap(), Presence::Corrupt);
    assert_eq!(fixture.store.verify(&path, &digest).await.unwrap(), Presence::Missing);
    assert_eq!(fixture.store.stat(&path).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn retention_removes_the_old_and_then_the_too_many_but_never_the_current() {
    let minute = Duration::from_secs(60);
    for (ages, records, expected) in [
        (vec![("a", 5), ("b", 2), ("c", 0)], 2, vec!["current"]),
        (vec![("a", 3), ("b", 2), ("c", 1)], 9, vec!["current"]),
        (vec![("a", 0), ("b", 0), ("c", 0)], 9, vec!["a", "b", "c", "current"]),
    ] {
        let fixture = Fixture::new();
        let current = fixture.publish("current", b"x").await;
        fixture.age(&current, 100 * minute);
        for (name, age) in &ages {
            let path = fixture.publish(name, b"y").await;
            fixture.age(&path, *age * minute + Duration::from_secs(5));
        }
        let retention = Retention::default().ttl(Duration::from_secs(30)).records(records);
        fixture.store.prune(&current, &retention).await.unwrap();
        let kept = fixture.names();
        // The youngest of the young stays as the second record.
        let expected: Vec<&str> = match records {
            2 => vec!["c", "current"],
            _ => expected,
        };
        assert_eq!(kept, expected, "{ages:?}");
    }
}

#[tokio::test]
async fn a_link_survives_the_move_of_a_store() {
    let fixture = Fixture::new();
    let path = fixture.publish("v1.tar.gz", b"one").await;
    fixture.store.link(&path, "latest.tar.gz").await.unwrap();
    let second = fixture.publish("v2.tar.gz", b"two").await;
    fixture.store.link(&second, "latest.tar.gz").await.unwrap();
    let moved = fixture.dir.path().join("moved");
    fs::rename(fixture.dir.path().join("data"), &moved).unwrap();
    assert_eq!(fs::read(moved.join("gitrepository/apps/web/latest.tar.gz")).unwrap(), b"two");
    let moved = Local::open(moved).unwrap();
    let link = fixture.owner.file("latest.tar.gz").unwrap();
    assert_eq!(moved.stat(&link).await.unwrap().size, 3);
}

#[tokio::test]
async fn removing_an_object_removes_all_and_can_be_repeated() {
    let fixture = Fixture::new();
    let path = fixture.publish("a", b"x").await;
    fixture.store.remove_all(&fixture.owner).await.unwrap();
    fixture.store.remove_all(&fixture.owner).await.unwrap();
    assert!(!fixture.store.path(&path).exists());
    let left: Vec<_> = fs::read_dir(fixture.store.staging()).unwrap().collect();
    assert!(left.is_empty());
}

async fn get(
    router: &Router,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, http::HeaderMap, Vec<u8>) {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn artifacts_are_served_whole_in_parts_and_on_condition() {
    let fixture = Fixture::new();
    let path = format!("/{}", fixture.publish("a.tar.gz", b"0123456789").await);
    let router = serve::router(Arc::new(fixture.store.clone()));
    let (status, headers, body) = get(&router, &path, &[]).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"0123456789"[..]));
    let etag = headers["etag"].to_str().unwrap().to_owned();
    let modified = headers["last-modified"].to_str().unwrap().to_owned();
    assert!(etag.starts_with("\"sha256:"), "{etag}");
    assert_eq!(headers["content-length"], "10");
    for (name, value, status, expected) in [
        ("range", "bytes=2-4", 206, "234"),
        ("range", "bytes=7-", 206, "789"),
        ("range", "bytes=-2", 206, "89"),
        ("range", "bytes=5-99", 206, "56789"),
        ("range", "bytes=0-1,3-4", 200, "0123456789"),
        ("range", "lines=1-2", 200, "0123456789"),
        ("range", "bytes=10-", 416, "416 Range Not Satisfiable\n"),
        ("if-none-match", &etag, 304, ""),
        ("if-none-match", "\"other\"", 200, "0123456789"),
        ("if-modified-since", &modified, 304, ""),
        ("if-modified-since", "Mon, 01 Jan 2001 00:00:00 GMT", 200, "0123456789"),
        ("if-match", "\"other\"", 412, "412 Precondition Failed\n"),
    ] {
        let (code, _, body) = get(&router, &path, &[(name, value)]).await;
        assert_eq!(
            (code.as_u16(), String::from_utf8(body).unwrap().as_str()),
            (status, expected),
            "{name}: {value}"
        );
    }
    let (code, _, _) = get(&router, &path, &[("range", "bytes=2-4"), ("if-range", "\"other\"")]).await;
    assert_eq!(code, StatusCode::OK);
}

#[tokio::test]
async fn hidden_names_and_listings_are_not_served() {
    let fixture = Fixture::new();
    fixture.publish("a.tar.gz", b"x").await;
    fs::write(fixture.dir.path().join("secret"), "s").unwrap();
    let dir = fixture.dir.path().join("data/gitrepository/apps/web");
    fs::write(dir.join(".hidden"), "s").unwrap();
    std::os::unix::fs::symlink("../../../../secret", dir.join("out")).unwrap();
    std::os::unix::fs::symlink(fixture.dir.path().join("secret"), dir.join("absolute")).unwrap();
    let router = serve::router(Arc::new(fixture.store.clone()));
    for path in [
        "/gitrepository",
        "/gitrepository/apps/web/",
        "/gitrepository/apps/web",
        "/gitrepository/apps/web/.hidden",
        "/gitrepository/apps/web/out",
        "/gitrepository/apps/web/absolute",
        "/.staging/x/y/z",
        "/../secret",
        "/gitrepository/apps/web/../../../../secret",
        "/gitrepository/apps/web/%2e%2e",
        "/gitrepository/apps/..%2f..%2f..%2fsecret/x",
        "/gitrepository/apps/web/%",
        "/a/b/c/d/e",
    ] {
        let (status, _, body) = get(&router, path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path} {}", String::from_utf8_lossy(&body));
    }
    assert_eq!(get(&router, "/", &[]).await.0, StatusCode::OK);
}
