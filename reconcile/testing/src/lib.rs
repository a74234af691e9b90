// SPDX-License-Identifier: Apache-2.0

//! An embedded Kubernetes API server, fault plans and loopback servers for tests and demos.
//!
//! ```
//! use gitops_testing::TestServer;
//! use k8s_openapi::api::core::v1::ConfigMap;
//! use kube::api::{Api, PostParams};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = TestServer::builder().start().await;
//! let api: Api<ConfigMap> = Api::default_namespaced(server.client());
//! let mut object = ConfigMap::default();
//! object.metadata.name = Some("web".into());
//! api.create(&PostParams::default(), &object).await?;
//! assert_eq!(api.list(&Default::default()).await?.items.len(), 1);
//! assert_eq!(server.requests().writes_to("configmaps"), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to start
//! - [`TestServer`]: the server; [`TestServer::client`] for code under test, [`TestServer::serve`] for `kubectl`.
//! - [`Faults`]: what goes wrong, and when.
//! - [`Requests`]: what was asked of the server.
//! - [`git::Repository`] and [`git::Server`]: repositories to fetch from.
//!
//! # Compatibility
//! Answers as kube-apiserver 1.37 does, without admission webhooks and with everybody an administrator. Known to differ: of the
//! validation of built-in kinds only the most common rules exist; old states are kept for a number of changes, not for minutes; the
//! namespace controller, the garbage collector and the instant workloads act within the write they react to, so that a test never
//! waits for them (test `a_deleted_namespace_is_emptied_and_goes`). It is for tests, demos and CI, never for production, and never
//! the only judge of a controller.
//!
//! # Not supported
//! TLS, authentication, RBAC, admission policies and webhooks, conversion webhooks, quotas and limit ranges, aggregated API servers,
//! answers in protobuf (requests are read), scheduling, networking, persistence.
//!
//! # Untrusted input
//! Bodies are limited to 3 MiB and 128 levels of nesting. The port is meant for loopback addresses: everybody who reaches it may do
//! everything.
//!
//! # Features
//! None.

mod cluster;
mod controllers;
mod convert;
mod crd;
mod decode;
mod error;
mod faults;
pub mod git;
mod http;
mod index;
mod journal;
mod jsonpatch;
mod kinds;
mod managed;
mod names;
mod openapi;
mod protobuf;
mod refusal;
mod registry;
mod rest;
mod reviews;
mod schema;
mod selector;
mod server;
mod store;
mod strategic;
mod table;

pub use error::{Error, ErrorKind};
pub use faults::{Fault, Faults, Planned, verb};
pub use journal::{Entry, Requests};
pub use server::{Builder, Serving, TestServer, Workloads};
