// SPDX-License-Identifier: Apache-2.0

//! `git http-backend` as a CGI program.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::Access;

pub(super) struct Backend {
    pub(super) root: PathBuf,
    pub(super) access: Access,
    pub(super) served: Arc<AtomicUsize>,
}

type Answer = Response<Full<Bytes>>;

impl Backend {
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Answer, std::convert::Infallible> {
        self.served.fetch_add(1, Ordering::Relaxed);
        if !self.may_pass(&request) {
            let mut response = plain(StatusCode::UNAUTHORIZED, "authentication required\n");
            let challenge = HeaderValue::from_static("Basic realm=\"git\"");
            response.headers_mut().insert(http::header::WWW_AUTHENTICATE, challenge);
            return Ok(response);
        }
        let answer = self.run(request).await;
        Ok(answer.unwrap_or_else(|error| plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n"))))
    }

    fn may_pass(&self, request: &Request<Incoming>) -> bool {
        let Some((user, password)) = &self.access.basic else { return true };
        let expected = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        let given = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        given.and_then(|given| given.strip_prefix("Basic ")).is_some_and(|given| given == expected)
    }

    async fn run(&self, request: Request<Incoming>) -> std::io::Result<Answer> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
        let header =
            |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut command = Command::new("git");
        command
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", &self.root)
            .env("REQUEST_METHOD", parts.method.as_str())
            .env("PATH_INFO", parts.uri.path())
            .env("QUERY_STRING", parts.uri.query().unwrap_or_default())
            .env("CONTENT_TYPE", header("content-type"))
            .env("CONTENT_LENGTH", body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
            .env("REMOTE_ADDR", "127.0.0.1")
            .env("REMOTE_USER", self.access.basic.as_ref().map_or("", |(user, _)| user.as_str()));
        if !header("git-protocol").is_empty() {
            command.env("GIT_PROTOCOL", header("git-protocol"));
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take();
        let write = async move {
            if let Some(mut input) = input {
                // A backend that has heard enough closes its end; that is no failure.
                let _ = input.write_all(&body).await;
            }
        };
        let ((), output) = tokio::join!(write, child.wait_with_output());
        Ok(parse(&output?.stdout))
    }
}

fn plain(status: StatusCode, text: &str) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from(text.to_owned())));
    *response.status_mut() = status;
    response
}

/// Splits the output of a CGI program into headers and body.
fn parse(output: &[u8]) -> Answer {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = match end {
        Some(at) => (&output[..at], &output[at + 4..]),
        None => return plain(StatusCode::BAD_GATEWAY, "the backend said nothing\n"),
    };
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body)));
    for line in String::from_utf8_lossy(head).lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse::<u16>().ok());
            *response.status_mut() =
                code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or_default();
        } else if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
