// SPDX-License-Identifier: Apache-2.0

//! Builds Kubernetes controllers out of one function per kind: the framework keeps conditions, status, finalizers, retries,
//! events, metrics and leases.
//!
//! ```no_run
//! use async_trait::async_trait;
//! use gitops_reconcile::{Context, Controller, Failure, Manager, OrFail, Outcome, Reconciler};
//! use k8s_openapi::api::core::v1::ConfigMap;
//! use std::time::Duration;
//!
//! struct Ports;
//!
//! #[async_trait]
//! impl Reconciler for Ports {
//!     type Kind = ConfigMap; // usually your own custom resource
//!
//!     async fn reconcile(&self, object: &ConfigMap, cx: &Context<Self>) -> Result<Outcome, Failure> {
//!         let text = object.data.as_ref().and_then(|data| data.get("port")).cloned().unwrap_or_default();
//!         let port: u16 = text.parse().or_stall("InvalidPort")?;
//!         Ok(Outcome::ready(format!("Serving on {port}")).again(Duration::from_secs(600)))
//!     }
//! }
//!
//! # async fn start(client: kube::Client) -> Result<(), gitops_reconcile::Error> {
//! Manager::new(client, "ports").with(Controller::new(Ports).concurrency(4)).run(std::future::pending()).await
//! # }
//! ```
//!
//! # Where to start
//! [`Reconciler`] is what you write, [`Context`] is what you are given, [`Manager`] runs it.
//!
//! # Compatibility
//! Condition types, the order and transition rule of conditions, observed generations, `lastHandledReconcileAt`, the posted
//! event, metric names and default times are those of Flux 2.9. Different on purpose: a run writes the status at most three
//! times and not at all when nothing changed; events are sent in the background, so a dead receiver does not hold up runs; an
//! object that waits is woken by the watch instead of a timer.
//!
//! # Not supported
//! Admission webhooks, conversion webhooks, profiling endpoints.
//!
//! # Untrusted input
//! Objects come from the API server and are trusted as far as it is. An object that does not parse as its kind is skipped and
//! reported; it does not stop the others. Messages are cut at the sizes that the API accepts.
//!
//! # Features
//! - `flags`: `Flags`, the command line flags that controllers have in common, for `clap`.

mod context;
mod controller;
mod error;
mod event;
mod failure;
#[cfg(feature = "flags")]
mod flags;
mod jitter;
mod lease;
mod manager;
mod metrics;
mod outcome;
mod queue;
mod reconciler;
mod reference;
mod status;

pub use context::{Context, Interrupted};
pub use controller::Controller;
pub use controller::watch::Watch;
pub use error::{Error, ErrorKind};
pub use event::{Event, Severity};
pub use failure::{Failure, Next, OrFail};
#[cfg(feature = "flags")]
pub use flags::Flags;
pub use lease::Lease;
pub use manager::Manager;
pub use outcome::Outcome;
pub use reconciler::{Object, Reconciler};
pub use reference::Reference;
