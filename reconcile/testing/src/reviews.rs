// SPDX-License-Identifier: Apache-2.0

//! Resources that are only created: reviews, tokens, evictions, bindings. Everybody may do everything.

use serde_json::{Value, json};

use crate::http::Reply;
use crate::refusal::Refusal;
use crate::rest::{self, Call};
use crate::store::Key;

/// Answers GET of the log of a pod.
pub(crate) fn log(call: &Call) -> Result<Reply, Refusal> {
    exists(call)?;
    Ok(Reply::text(200, ""))
}

fn exists(call: &Call) -> Result<(), Refusal> {
    let key = Key::new(call.namespace.as_str(), call.named());
    call.cluster.store.get(&call.resource.table, &key).map(drop).ok_or_else(|| call.not_found())
}

/// Answers POST to a review or a subresource.
pub(crate) fn create(call: &mut Call) -> Result<Reply, Refusal> {
    let mut object = call.document()?.value();
    if !object.is_object() {
        object = json!({});
    }
    object["metadata"] = json!({});
    match (call.subresource.as_deref(), call.resource.plural.as_str()) {
        (Some("token"), _) => token(call, object),
        (Some("eviction"), _) => evict(call),
        (Some("binding"), _) => bind(call, &object),
        (Some(_), _) => Err(Refusal::no_route()),
        (None, plural) => {
            object["apiVersion"] = json!(call.resource.api_version());
            object["kind"] = json!(call.resource.kind);
            object["status"] = review(call, plural, &object);
            Ok(Reply::json(201, &object))
        }
    }
}

fn review(call: &Call, plural: &str, object: &Value) -> Value {
    match plural {
        "selfsubjectreviews" => json!({"userInfo": user(call)}),
        "selfsubjectrulesreviews" => json!({
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "incomplete": false,
        }),
        "tokenreviews" => {
            let known = object["spec"]["token"].as_str().is_some_and(|token| token.starts_with("embedded."));
            if known {
                json!({"authenticated": true, "user": {"username": "embedded"}})
            } else {
                json!({"user": {}})
            }
        }
        _ => json!({"allowed": true}),
    }
}

fn user(call: &Call) -> Value {
    let mut info = json!({"username": call.user.name, "groups": call.user.groups});
    if !call.user.uid.is_empty() {
        info["uid"] = json!(call.user.uid);
    }
    for (key, value) in &call.user.extra {
        match info["extra"][key].as_array_mut() {
            Some(values) => values.push(json!(value)),
            None => info["extra"][key] = json!([value]),
        }
    }
    info
}

fn token(call: &Call, mut object: Value) -> Result<Reply, Refusal> {
    exists(call)?;
    let seconds = object["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    object["apiVersion"] = json!("authentication.k8s.io/v1");
    object["kind"] = json!("TokenRequest");
    object["metadata"] = json!({"name": call.named(), "namespace": call.namespace});
    object["spec"]["expirationSeconds"] = json!(seconds);
    if object["spec"]["audiences"].is_null() {
        object["spec"]["audiences"] = json!(["https://kubernetes.default.svc"]);
    }
    object["status"] = json!({
        "token": format!("embedded.{}.{}", call.namespace, call.named()),
        "expirationTimestamp": call.cluster.clock.after_text(seconds),
    });
    Ok(Reply::json(201, &object))
}

fn evict(call: &Call) -> Result<Reply, Refusal> {
    exists(call)?;
    let key = Key::new(call.namespace.as_str(), call.named());
    rest::delete_quietly(&call.cluster, &call.resource.table, &key, None);
    Ok(Reply::json(
        201,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
    ))
}

fn bind(call: &Call, object: &Value) -> Result<Reply, Refusal> {
    exists(call)?;
    let key = Key::new(call.namespace.as_str(), call.named());
    let node = object["target"]["name"].clone();
    rest::edit(&call.cluster, &call.resource.table, &key, &call.manager(), None, |pod| {
        pod["spec"]["nodeName"] = node.clone();
    });
    Ok(Reply::json(
        201,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
    ))
}
