// SPDX-License-Identifier: Apache-2.0

use std::pin::Pin;

use bytes::Bytes;
use futures::Stream;
use http::{HeaderValue, Response, header};
use serde_json::Value;

use super::{Accept, ServerBody};
use crate::refusal::Refusal;

/// An answer before it becomes HTTP.
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) content: Content,
    pub(crate) warnings: Vec<String>,
    pub(crate) retry_after: Option<u32>,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

pub(crate) enum Content {
    Json(Bytes),
    Text(String),
    Lines(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

impl Reply {
    pub(crate) fn json(code: u16, value: &Value) -> Self {
        Self::bytes(code, Bytes::from(value.to_string()))
    }

    pub(crate) fn bytes(code: u16, bytes: Bytes) -> Self {
        Self {
            code,
            content: Content::Json(bytes),
            warnings: Vec::new(),
            retry_after: None,
            content_type: None,
            headers: Vec::new(),
        }
    }

    pub(crate) fn text(code: u16, text: impl Into<String>) -> Self {
        let mut reply = Self::bytes(code, Bytes::new());
        reply.content = Content::Text(text.into());
        reply
    }

    pub(crate) fn lines(stream: Pin<Box<dyn Stream<Item = Bytes> + Send>>) -> Self {
        let mut reply = Self::bytes(200, Bytes::new());
        reply.content = Content::Lines(stream);
        reply
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        if refusal.reason == Some(crate::refusal::PLAIN_TEXT) {
            return Self::text(refusal.code, refusal.message.clone());
        }
        let mut reply = Self::json(refusal.code, &refusal.status());
        reply.retry_after = refusal.retry_after;
        reply
    }

    pub(crate) fn into_response(self, accept: &Accept) -> Response<ServerBody> {
        let (kind, body) = match self.content {
            Content::Json(bytes) if accept.wants_yaml() => {
                let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                ("application/yaml", ServerBody::Full(Some(Bytes::from(crate::decode::to_yaml(&value)))))
            }
            Content::Json(bytes) => ("application/json", ServerBody::Full(Some(bytes))),
            Content::Text(text) => ("text/plain; charset=utf-8", ServerBody::Full(Some(Bytes::from(text)))),
            Content::Lines(stream) => ("application/json", ServerBody::Lines(stream)),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            http::StatusCode::from_u16(self.code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let kind = self.content_type.as_deref().unwrap_or(kind);
        if let Ok(value) = HeaderValue::from_str(kind) {
            headers.insert(header::CONTENT_TYPE, value);
        }
        for warning in &self.warnings {
            let text = format!("299 - {}", crate::refusal::quote(warning));
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.append(header::WARNING, value);
            }
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(*name, value);
            }
        }
        response
    }
}
