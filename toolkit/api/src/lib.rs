// SPDX-License-Identifier: Apache-2.0

//! Typed custom resources of the GitOps Toolkit, equal on the wire to Flux 2.9.
//!
//! ```
//! use gitops_api::{meta::Duration, source::v1::{GitReference, GitRepository, GitRepositorySpec}};
//!
//! let repo = GitRepository::new("podinfo", GitRepositorySpec {
//!     url: "https://git.example/podinfo".into(),
//!     interval: Duration::from_mins(5),
//!     reference: Some(GitReference { branch: Some("main".into()), ..Default::default() }),
//!     ..Default::default()
//! });
//! # #[cfg(feature = "validate")]
//! for violation in repo.validate() {   // every rule of the definition, CEL included, no cluster
//!     println!("{violation}");
//! }
//! if repo.is_ready() {                 // generation, Ready, Reconciling and Stalled taken together
//!     println!("{}", repo.ready_message().unwrap_or_default());
//! }
//! ```
//!
//! # Where to start
//!
//! - the modules of the groups: [`source`], [`kustomize`], [`helm`], [`notification`], [`image`],
//!   [`source_extensions`], and [`event`]; each kind has an example;
//! - [`meta`]: conditions, durations, artifacts, references, and the names of annotations, labels and reasons;
//! - `crds()`: the definitions, for an installer. The same are in the directory `crds` as YAML.
//!
//! Every kind is a struct of `metadata`, `spec` and, but for alerts and providers, `status`. Absent fields of a spec
//! are `None`; methods such as [`GitRepository::timeout`](source::v1::GitRepository::timeout) give what is in effect.
//! Enumerations are open: a text that is not known becomes `Other` and is written back as it was.
//!
//! An object that was read tells how it stands:
//!
//! ```
//! use gitops_api::{kustomize::v1::Kustomization, meta::condition};
//!
//! let apps: Kustomization = serde_json::from_str(r#"{
//!     "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
//!     "kind": "Kustomization",
//!     "metadata": { "name": "apps", "namespace": "team", "generation": 2 },
//!     "spec": { "interval": "10m", "prune": true, "sourceRef": { "kind": "GitRepository", "name": "fleet" } },
//!     "status": { "observedGeneration": 2, "conditions": [{
//!         "type": "Ready", "status": "True", "reason": "ReconciliationSucceeded",
//!         "message": "Applied revision: main@sha1:4f2a", "lastTransitionTime": "2026-01-02T03:04:05Z"
//!     }] }
//! }"#)?;
//! assert!(apps.is_ready());
//! assert_eq!(apps.condition(condition::READY).map(|c| c.reason.as_str()), Some("ReconciliationSucceeded"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! In a cluster, the kinds are resources for every function of kube:
//!
//! ```no_run
//! use futures::TryStreamExt;
//! use gitops_api::kustomize::v1::Kustomization;
//! use kube::{Api, Client, ResourceExt, runtime::{WatchStreamExt, watcher}};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let api: Api<Kustomization> = Api::namespaced(Client::try_default().await?, "team");
//! let mut objects = std::pin::pin!(watcher(api, watcher::Config::default()).applied_objects());
//! while let Some(object) = objects.try_next().await? {
//!     println!("{} is ready: {}", object.name_any(), object.is_ready());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A program picks the version of Kubernetes that it wants: `k8s-openapi = { version = "0.29", features = ["latest"] }`.
//!
//! # Compatibility
//!
//! Groups, versions, names, types, required fields, enumerations, defaults, patterns, rules, columns and short names
//! are those of Flux 2.9, for all fifteen kinds; descriptions are our own
//! (`definitions_equal_the_recorded_ones_but_for_descriptions`). Durations read and write as in Go
//! (`a_duration_keeps_its_text_and_knows_its_length`), and keep the text they were read from, which Go does not.
//! Booleans, numbers and lists that Go leaves out when they are false, zero or empty are left out too. Times are
//! written in UTC and whole seconds, as Go writes them. A field that the definition requires is required of an object
//! that is read, where Go takes zero for it; only a whole spec may be absent
//! (`an_item_of_a_list_may_leave_its_kind_out_and_an_object_its_spec`).
//!
//! # Not supported
//!
//! Versions of kinds that Flux 2.9 does not serve any more; conversion between versions; the protocol buffers form.
//!
//! # Untrusted input
//!
//! Types are read by serde, and the depth of nesting is bounded by the parser that is used, as it is by `serde_json`.
//! The size of a text is for the caller to bound. Validation is linear in the object; the rules are those of the
//! definitions, never of the object.
//!
//! # Features
//!
//! - `kube` (default): the traits of `kube-core` that hold specs, statuses and definitions, and `crds`. The kinds are
//!   resources for kube without it, through the traits of `k8s-openapi`.
//! - `crds`: `crd()` on each kind and `crds()`.
//! - `validate`: `validate()`, `validate_update()` and `defaulted()` on each kind, and the module `schema` for kinds of others.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(
    clippy::exhaustive_structs,
    reason = "specs and statuses are written as literals, with `..Default::default()`"
)]

#[cfg(feature = "crds")]
mod crd;
pub mod event;
pub mod helm;
pub mod image;
pub mod kustomize;
pub mod meta;
pub mod notification;
mod resource;
#[cfg(feature = "validate")]
pub mod schema;
pub mod source;
pub mod source_extensions;
mod wire_enum;

#[cfg(feature = "crds")]
pub use crd::{crd_file_name, crds};
