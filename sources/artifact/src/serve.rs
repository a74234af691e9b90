// SPDX-License-Identifier: Apache-2.0

//! The HTTP side of a store.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{
    error::ErrorKind,
    store::{ArtifactPath, Stat, Store},
};

mod date;

/// Makes a service that gives out the artifacts of a store.
///
/// It answers GET and HEAD below `/<kind>/<namespace>/<name>/<file>`, with validators, conditions and single ranges, and GET `/` for
/// probes. There are no listings, and no name that starts with a dot is served.
///
/// ```no_run
/// use std::sync::Arc;
/// use gitops_artifact::{serve, store::Local};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Local::open("/data")?;
/// let listener = tokio::net::TcpListener::bind("0.0.0.0:9090").await?;
/// axum::serve(listener, serve::router(Arc::new(store))).await?;
/// # Ok(())
/// # }
/// ```
pub fn router(store: Arc<dyn Store>) -> Router {
    Router::new().route("/", get(|| async { "ok\n" })).route("/{*path}", get(artifact)).with_state(store)
}

async fn artifact(State(store): State<Arc<dyn Store>>, request: Request) -> Response {
    let Some(path) = decode(request.uri().path()) else { return status(StatusCode::NOT_FOUND) };
    let Ok(path) = path.trim_start_matches('/').parse::<ArtifactPath>() else {
        return status(StatusCode::NOT_FOUND);
    };
    let stat = match store.stat(&path).await {
        Ok(stat) => stat,
        Err(e) if e.kind() == ErrorKind::NotFound => return status(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::warn!(%path, error = %error, "cannot serve artifact");
            return status(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    let asked = Asked::new(request.headers(), &stat);
    let (code, range) = match asked {
        Asked::Unmodified => return answer(StatusCode::NOT_MODIFIED, &stat, &path, None, Body::empty()),
        Asked::Failed => return status(StatusCode::PRECONDITION_FAILED),
        Asked::Unsatisfiable => {
            let mut response = status(StatusCode::RANGE_NOT_SATISFIABLE);
            insert(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", stat.size));
            return response;
        }
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Whole => (StatusCode::OK, 0..stat.size),
    };
    if request.method() == http::Method::HEAD {
        return answer(code, &stat, &path, Some(range), Body::empty());
    }
    match store.read(&path, range.clone()).await {
        Ok(content) => answer(code, &stat, &path, Some(range), Body::from_stream(content)),
        Err(e) if e.kind() == ErrorKind::NotFound => status(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::warn!(%path, error = %error, "cannot serve artifact");
            status(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// What the headers of a request ask for.
enum Asked {
    Whole,
    Part(Range<u64>),
    Unmodified,
    Failed,
    Unsatisfiable,
}

impl Asked {
    fn new(headers: &HeaderMap, stat: &Stat) -> Self {
        let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
        let modified = seconds(stat.modified);
        let since = |name| text(name).and_then(date::parse);
        if let Some(tags) = text(header::IF_MATCH) {
            if !matches_tag(tags, &stat.etag) {
                return Self::Failed;
            }
        } else if since(header::IF_UNMODIFIED_SINCE).is_some_and(|t| modified > t) {
            return Self::Failed;
        }
        if let Some(tags) = text(header::IF_NONE_MATCH) {
            if matches_tag(tags, &stat.etag) {
                return Self::Unmodified;
            }
        } else if since(header::IF_MODIFIED_SINCE).is_some_and(|t| modified <= t) {
            return Self::Unmodified;
        }
        let still_the_same =
            text(header::IF_RANGE).is_none_or(|condition| match condition.starts_with('"') {
                true => condition == format!("\"{}\"", stat.etag),
                false => date::parse(condition) == Some(modified),
            });
        match text(header::RANGE) {
            Some(range) if still_the_same => Self::range(range, stat.size),
            _ => Self::Whole,
        }
    }

    /// One range is served; several, or another unit, get the whole.
    fn range(text: &str, size: u64) -> Self {
        let Some(spec) = text.strip_prefix("bytes=").filter(|s| !s.contains(',')) else { return Self::Whole };
        let Some((first, last)) = spec.trim().split_once('-') else { return Self::Whole };
        let range = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
            (Ok(first), Err(_)) if last.trim().is_empty() => first..size,
            (Err(_), Ok(count)) if first.trim().is_empty() => size.saturating_sub(count)..size,
            _ => return Self::Whole,
        };
        match range.start < range.end {
            true => Self::Part(range),
            false => Self::Unsatisfiable,
        }
    }
}

fn matches_tag(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || tag.trim_matches('"') == etag
    })
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

fn answer(
    code: StatusCode,
    stat: &Stat,
    path: &ArtifactPath,
    range: Option<Range<u64>>,
    body: Body,
) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    insert(&mut response, header::ETAG, &format!("\"{}\"", stat.etag));
    insert(&mut response, header::LAST_MODIFIED, &date::format(seconds(stat.modified)));
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    insert(&mut response, header::CACHE_CONTROL, "no-cache");
    if let Some(range) = range {
        insert(&mut response, header::CONTENT_TYPE, media_type(path.file()));
        insert(&mut response, header::CONTENT_LENGTH, &(range.end - range.start).to_string());
        if code == StatusCode::PARTIAL_CONTENT {
            let text = format!("bytes {}-{}/{}", range.start, range.end - 1, stat.size);
            insert(&mut response, header::CONTENT_RANGE, &text);
        }
    }
    response
}

fn media_type(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, extension)| extension) {
        Some("gz" | "tgz") => "application/gzip",
        Some("yaml" | "yml") => "text/yaml; charset=utf-8",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn status(code: StatusCode) -> Response {
    let mut response = Response::new(Body::from(format!("{code}\n")));
    *response.status_mut() = code;
    response
}

/// Undoes percent encoding. What is decoded is checked afterwards, so that an encoded slash gains nothing.
fn decode(path: &str) -> Option<String> {
    let (mut out, mut rest) = (Vec::with_capacity(path.len()), path.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            out.push(*first);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(out).ok()
}
