// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::decode::{self, Node};
use crate::http::{Accept, Incoming, Query};
use crate::refusal::{Cause, Refusal};
use crate::registry::Resource;
use crate::store::Key;

use crate::http::Target;

/// What a request does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Apply,
    Delete,
    DeleteCollection,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Apply => "apply",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }
}

/// A request to a resource.
pub(crate) struct Call {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) resource: Arc<Resource>,
    pub(crate) verb: Verb,
    pub(crate) namespace: String,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    pub(crate) query: Query,
    pub(crate) accept: Accept,
    pub(crate) content_type: String,
    pub(crate) agent: String,
    pub(crate) user: User,
    pub(crate) body: Bytes,
    pub(crate) warnings: Vec<String>,
}

/// Who asks: the impersonated user, or the administrator.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
    pub(crate) uid: String,
    pub(crate) extra: Vec<(String, String)>,
}

impl User {
    pub(crate) fn of(incoming: &Incoming) -> Self {
        let name = incoming.header("impersonate-user");
        if name.is_empty() {
            let groups = vec!["system:masters".to_owned(), "system:authenticated".to_owned()];
            return Self { name: "admin".to_owned(), groups, uid: String::new(), extra: Vec::new() };
        }
        let mut groups: Vec<String> = incoming
            .headers
            .get_all("impersonate-group")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(str::to_owned)
            .collect();
        if name != "system:anonymous" && !groups.iter().any(|group| group == "system:authenticated") {
            groups.push("system:authenticated".to_owned());
        }
        let extra = incoming
            .headers
            .iter()
            .filter_map(|(key, value)| {
                let key = key.as_str().strip_prefix("impersonate-extra-")?;
                Some((crate::http::percent_decode(key), value.to_str().ok()?.to_owned()))
            })
            .collect();
        let uid = incoming.header("impersonate-uid").to_owned();
        Self { name: name.to_owned(), groups, uid, extra }
    }
}

impl Call {
    pub(crate) fn new(cluster: &Arc<Cluster>, target: Target, incoming: Incoming) -> Result<Self, Refusal> {
        let catalog = cluster.registry.catalog();
        let resource = catalog.find(&target.group, &target.version, &target.plural);
        let built_in = target.group.is_empty()
            || catalog.iter().any(|known| known.group == target.group && !known.is_custom());
        let nowhere = || if built_in { Refusal::no_route() } else { Refusal::unknown_path() };
        let resource = Arc::clone(resource.ok_or_else(nowhere)?);
        if resource.custom.as_ref().is_some_and(|custom| !custom.served) {
            return Err(nowhere());
        }
        if target.in_namespace && !resource.namespaced {
            return Err(nowhere());
        }
        if resource.namespaced && !target.in_namespace && target.name.is_some() {
            return Err(nowhere());
        }
        let user = User::of(&incoming);
        let query = incoming.query.clone();
        let verb = verb(&incoming, &target, &resource, &query)?;
        let agent = incoming.header("user-agent").split('/').next().unwrap_or_default().to_owned();
        let content_type = incoming.header("content-type").to_owned();
        Ok(Self {
            cluster: Arc::clone(cluster),
            resource,
            verb,
            namespace: target.namespace,
            name: target.name.filter(|name| !name.is_empty()),
            subresource: target.subresource,
            query,
            accept: Accept::parse(incoming.header("accept")),
            content_type,
            agent,
            user,
            body: incoming.body,
            warnings: Vec::new(),
        })
    }

    /// Returns the name in the path, or nothing for collections.
    pub(crate) fn named(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    pub(crate) fn key(&self) -> Key {
        Key::new(self.namespace.clone(), self.named())
    }

    pub(crate) fn key_of(&self, object: &Value) -> Key {
        Key::new(self.namespace.clone(), object["metadata"]["name"].as_str().unwrap_or_default())
    }

    pub(crate) fn not_found(&self) -> Refusal {
        Refusal::not_found(self.resource.about(), self.named())
    }

    pub(crate) fn invalid(&self, name: &str, causes: &[Cause]) -> Refusal {
        Refusal::invalid(&self.resource.group, &self.resource.kind, name, causes)
    }

    pub(crate) fn dry_run(&self) -> bool {
        !self.query.text("dryRun").is_empty()
    }

    /// Returns the field manager: as named, or the beginning of the user agent.
    pub(crate) fn manager(&self) -> String {
        match self.query.text("fieldManager") {
            "" if self.agent.is_empty() => "unknown".to_owned(),
            "" => self.agent.chars().take(128).collect(),
            manager => manager.to_owned(),
        }
    }

    /// Warnings that every answer about the resource carries.
    pub(crate) fn standing_warnings(&self) -> Vec<String> {
        self.resource.custom.iter().filter_map(|custom| custom.deprecation.clone()).collect()
    }

    pub(crate) fn check_subresource(&self) -> Result<(), Refusal> {
        let Some(subresource) = self.subresource.as_deref() else { return Ok(()) };
        let resource = &self.resource;
        let known = match subresource {
            "status" => resource.status,
            "scale" => resource.scale.is_some(),
            "finalize" => resource.is("", "namespaces"),
            "token" => resource.is("", "serviceaccounts"),
            "log" | "binding" | "eviction" | "exec" => resource.is("", "pods"),
            _ => false,
        };
        if !known && self.resource.is_custom() && matches!(subresource, "status" | "scale") {
            return Err(self.not_found());
        }
        if !known {
            return Err(Refusal::no_route());
        }
        let allowed = matches!(
            (subresource, self.verb),
            ("status" | "scale", Verb::Get | Verb::Update | Verb::Patch | Verb::Apply)
                | ("finalize", Verb::Update)
                | ("token" | "binding" | "eviction", Verb::Create)
                | ("log", Verb::Get)
                | ("exec", _)
        );
        if allowed { Ok(()) } else { Err(Refusal::method_not_allowed()) }
    }

    /// Reads the body of a create or update.
    pub(crate) fn document(&self) -> Result<Node, Refusal> {
        let media = self.content_type.split(';').next().unwrap_or_default().trim();
        let kind = &self.resource.kind;
        let unrecognized = |detail: String| {
            Refusal::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): {detail}"
            ))
        };
        match media {
            "" | "application/json" => decode::json(&self.body).map_err(|error| {
                let shown = match self.body.len() {
                    0 => " (<empty>)".to_owned(),
                    length if length < 20 => format!(" ({})", String::from_utf8_lossy(&self.body)),
                    _ => String::new(),
                };
                unrecognized(format!("couldn't get version/kind; json parse error: {error}{shown}"))
            }),
            "application/yaml" => decode::yaml(&self.body).map_err(|error| {
                unrecognized(format!("couldn't get version/kind; yaml parse error: {error}"))
            }),
            "application/vnd.kubernetes.protobuf" if !self.resource.is_custom() => {
                crate::protobuf::decode(&self.body, &self.resource.api_version(), kind)
                    .map(|value| Node::from_value(&value))
                    .map_err(unrecognized)
            }
            _ if self.resource.is_custom() => {
                Err(Refusal::unsupported_media_type(&["application/json", "application/yaml"]))
            }
            _ => Err(Refusal::unsupported_media_type(&crate::http::MEDIA)),
        }
    }
}

fn verb(incoming: &Incoming, target: &Target, resource: &Resource, query: &Query) -> Result<Verb, Refusal> {
    let named = target.name.as_ref().is_some_and(|name| !name.is_empty());
    let create_only = resource.flags.create_only;
    let in_collection = target.in_namespace || !resource.namespaced;
    match incoming.method {
        _ if create_only && incoming.method != Method::POST => Err(Refusal::method_not_allowed()),
        Method::GET if target.watch => Ok(Verb::Watch),
        Method::GET if named => Ok(Verb::Get),
        Method::GET if query.flag("watch") == Some(true) => Ok(Verb::Watch),
        Method::GET => Ok(Verb::List),
        Method::POST if target.subresource.is_some() => Ok(Verb::Create),
        Method::POST if in_collection && (!named || resource.is_custom()) => Ok(Verb::Create),
        Method::PUT if named => Ok(Verb::Update),
        Method::PATCH if named => {
            let media = incoming.header("content-type").split(';').next().unwrap_or_default();
            Ok(if media.starts_with("application/apply-patch") { Verb::Apply } else { Verb::Patch })
        }
        Method::PUT | Method::PATCH if resource.is_custom() && in_collection => {
            Err(Refusal::bad_request("name is required"))
        }
        Method::DELETE if named => Ok(Verb::Delete),
        Method::DELETE if in_collection && !resource.flags.no_collection_delete => Ok(Verb::DeleteCollection),
        Method::POST if resource.is_custom() => Err(Refusal::unknown_path()),
        _ => Err(Refusal::method_not_allowed()),
    }
}
