// SPDX-License-Identifier: Apache-2.0

use std::{sync::Arc, time::Duration};

use gitops_artifact::Revision;
use gitops_git::{Auth, Error, ErrorKind, Limits, Reference, Request, Tls, fetch, resolve};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};

use crate::server::{Server, dead_port};

const NOBODY: &str = "0000000000000000000000000000000000000001";

async fn error(request: &Request) -> Error {
    let staging = tempfile::tempdir().unwrap();
    let result = match resolve(request).await {
        Ok(revision) => fetch(request, &revision, staging.path()).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert_eq!(std::fs::read_dir(staging.path()).unwrap().count(), 0, "nothing is left on disk");
    result.unwrap_err()
}

#[tokio::test]
async fn what_is_not_there_is_reported_in_the_words_of_upstream() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let commit = repo.commit("main", &[("100644", "a", "1")]);
    repo.git(&["tag", "1.0.0", &commit]);
    let data = repo.blob("data");
    repo.git(&["tag", "data", &data]);
    server.repository("empty.git");
    use ErrorKind::{EmptyRepository, Invalid, NotFound, ReferenceNotFound};
    for (path, reference, kind, expected) in [
        (
            "repo",
            Reference::branch("no"),
            ReferenceNotFound,
            "unable to clone '<url>': couldn't find remote ref \"refs/heads/no\"",
        ),
        (
            "repo",
            Reference::tag("no"),
            ReferenceNotFound,
            "unable to clone '<url>': couldn't find remote ref \"refs/tags/no\"",
        ),
        (
            "repo",
            Reference::tag("data"),
            ReferenceNotFound,
            "unable to clone '<url>': unable to resolve commit",
        ),
        ("repo", Reference::semver(">=2"), ReferenceNotFound, "no match found for semver: >=2"),
        (
            "repo",
            Reference::semver("nonsense"),
            Invalid,
            "semver parse error: improper constraint: \"nonsense\"",
        ),
        (
            "repo",
            Reference::name("refs/x"),
            ReferenceNotFound,
            "unable to resolve ref 'refs/x' to a specific commit",
        ),
        (
            "repo",
            Reference::name("refs/tags/1.0.0^{}"),
            ReferenceNotFound,
            "unable to resolve ref 'refs/tags/1.0.0^{}' to a specific commit",
        ),
        (
            "repo",
            Reference::name("refs/x/"),
            Invalid,
            "ref refs/x/ is invalid; Git refs cannot begin or end with a slash '/'",
        ),
        (
            "repo",
            Reference::commit(NOBODY),
            ReferenceNotFound,
            "unable to resolve commit object for '0000000000000000000000000000000000000001': object not found",
        ),
        ("repo", Reference::commit("abc"), Invalid, "'abc' is not a commit id"),
        ("empty", Reference::branch("main"), EmptyRepository, "git repository is empty"),
        ("empty", Reference::tag("1"), NotFound, "unable to clone '<url>': git repository: '<url>'"),
        ("empty", Reference::semver("*"), NotFound, "unable to clone '<url>': git repository: '<url>'"),
        ("none", Reference::branch("main"), NotFound, "unable to clone '<url>': repository not found: "),
        (
            "none",
            Reference::name("refs/heads/main"),
            NotFound,
            "unable to list remote for '<url>': repository not found: ",
        ),
    ] {
        let url = server.url(&format!("plain/{path}.git"));
        let found = error(&Request::new(&url).reference(reference.clone())).await;
        assert_eq!(found.to_string(), expected.replace("<url>", &url), "{reference:?}");
        assert_eq!(found.kind(), kind, "{reference:?}");
    }
    let revision: Revision = format!("main@sha1:{commit}").parse().unwrap();
    let url = server.url("plain/empty.git");
    let again = Request::new(&url).reference(Reference::branch("main")).observed(Some(revision));
    let expected = format!("unable to list remote for '{url}': remote repository is empty");
    assert_eq!(error(&again).await.to_string(), expected);
}

#[tokio::test]
async fn a_login_is_checked_and_never_shown() {
    let server = Server::start();
    server.repository("repo.git").commit("main", &[("100644", "a", "1")]);
    let right = Auth::basic("robot", "s3cret:x");
    let open = |path: &str| Request::new(server.url(path)).reference(Reference::branch("main"));
    for request in [
        open("private/repo.git").auth(right.clone()),
        open("plain/repo.git").auth(right.clone()),
        open("bearer/repo.git").auth(Auth::bearer("token")),
        Request::new(server.url_with("robot:s3cret%3Ax", "private/repo.git"))
            .reference(Reference::branch("main")),
    ] {
        resolve(&request).await.unwrap();
    }
    for (request, expected) in [
        (open("private/repo.git"), "authentication required: authentication required\n"),
        (
            open("private/repo.git").auth(Auth::basic("robot", "wr0ng")),
            "authentication required: authentication required\n",
        ),
        (open("bearer/repo.git").auth(Auth::bearer("wr0ng")), "authorization failed: no token, no code\n"),
        (
            Request::new(server.url_with("robot:wr0ng", "private/repo.git"))
                .reference(Reference::branch("main")),
            "authentication required: authentication required\n",
        ),
    ] {
        let found = error(&request).await;
        assert_eq!(found.kind(), ErrorKind::Unauthorized);
        assert!(found.to_string().ends_with(expected), "{found}");
        let shown = format!("{found} {found:?} {request:?}");
        assert!(!shown.contains("wr0ng"), "{shown}");
    }
}

#[tokio::test]
async fn servers_that_fail_or_cannot_be_reached_are_told_apart() {
    let server = Server::start();
    server.repository("repo.git").commit("main", &[("100644", "a", "1")]);
    let dead = format!("http://{}/repo.git", dead_port());
    for (url, kind, expected) in [
        (server.url("status-500/repo.git"), ErrorKind::Unreachable, "status code: 500"),
        (server.url("status-418/repo.git"), ErrorKind::Protocol, "status code: 418"),
        (server.url("cut/repo.git"), ErrorKind::Protocol, ""),
        (dead, ErrorKind::Unreachable, "onnection refused"),
        ("http://nowhere.invalid/repo.git".into(), ErrorKind::Unreachable, ""),
        ("ftp://example.org/x".into(), ErrorKind::Invalid, "failed to parse url"),
        (
            "http://[::1/x".into(),
            ErrorKind::Invalid,
            "failed to parse url 'http://[::1/x': parse \"http://[::1/x\": missing ']' in host",
        ),
        (
            "http://h:port/x".into(),
            ErrorKind::Invalid,
            "parse \"http://h:port/x\": invalid port \":port\" after host",
        ),
        ("http://%zz/x".into(), ErrorKind::Invalid, "parse \"http://%zz/x\": invalid URL escape \"%zz\""),
        (
            "http://a b/x".into(),
            ErrorKind::Invalid,
            "parse \"http://a b/x\": invalid character \" \" in host name",
        ),
        (
            "http://".into(),
            ErrorKind::Unreachable,
            "unable to clone 'http://': Get \"http:///info/refs?service=git-upload-pack\": http: no Host in request URL",
        ),
        ("http://127.0.0.1:99999/x".into(), ErrorKind::Unreachable, "dial tcp: address 99999: invalid port"),
        ("no url".into(), ErrorKind::Invalid, "failed to parse url"),
    ] {
        let found = error(&Request::new(&url).reference(Reference::branch("main"))).await;
        assert_eq!(found.kind(), kind, "{url}: {found}");
        assert!(found.to_string().contains(expected), "{url}: {found}");
        assert_eq!(found.is_transient(), kind != ErrorKind::Invalid, "{url}");
    }
}

#[tokio::test]
async fn only_a_trusted_certificate_is_accepted() {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap().signed_by(&key, &ours).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
            )
            .unwrap();
    let server = Server::start_tls(config);
    server.repository("repo.git").commit("main", &[("100644", "a", "1")]);
    let open = || Request::new(server.url("plain/repo.git")).reference(Reference::branch("main"));
    let staging = tempfile::tempdir().unwrap();
    let trusted = open().tls(Tls::default().ca(ours.pem()));
    let revision = resolve(&trusted).await.unwrap();
    fetch(&trusted, &revision, staging.path()).await.unwrap();
    for tls in [Tls::default(), Tls::default().ca(theirs.pem())] {
        let found = error(&open().tls(tls)).await;
        assert_eq!(found.kind(), ErrorKind::Tls, "{found}");
    }
    for tls in [Tls::default().ca("s3cret"), Tls::default().ca(ours.pem()).identity(ours.pem(), "s3cret")] {
        let found = error(&open().tls(tls)).await;
        assert_eq!(found.kind(), ErrorKind::Invalid);
        assert!(!format!("{found:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn a_server_that_never_answers_runs_into_the_deadline() {
    let server = Server::start();
    let request = Request::new(server.url("stall/repo.git")).timeout(Duration::from_millis(100));
    let found = error(&request).await;
    assert_eq!(found.kind(), ErrorKind::Timeout);
    assert!(found.to_string().ends_with("context deadline exceeded"), "{found}");
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let request = Request::new(format!("http://{}/repo.git", listener.local_addr().unwrap()));
    let work = tokio::spawn(async move { resolve(&request).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    work.abort();
    let mut rest = Vec::new();
    // Ends only when the other side goes away.
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await.unwrap();
    assert!(rest.starts_with(b"GET /repo.git/info/refs") || rest.is_empty());
}

#[tokio::test]
async fn what_is_larger_than_a_limit_is_refused() {
    let server = Server::start();
    let repo = server.repository("repo.git");
    let noise: String =
        (0..40_000_u64).map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    repo.commit("main", &[("100644", "a", &noise), ("100644", "b/c/d", "1")]);
    let open = || Request::new(server.url("plain/repo.git")).reference(Reference::branch("main"));
    for limits in [
        Limits::default().response_bytes(10_000),
        Limits::default().object_bytes(10_000),
        Limits::default().entries(3),
        Limits::default().path_bytes(4),
    ] {
        let found = error(&open().limits(limits)).await;
        assert_eq!(found.kind(), ErrorKind::TooLarge, "{limits:?} {found}");
    }
    resolve(&open().limits(Limits::default().entries(4))).await.unwrap();
}
