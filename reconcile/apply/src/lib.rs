// SPDX-License-Identifier: Apache-2.0

//! Makes a cluster hold a set of objects: plan, apply, prune, wait.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use gitops_apply::{Cluster, Inventory, Options, WaitOptions, plan, run, wait};
//! use gitops_manifest::ManifestSet;
//!
//! # async fn example(client: kube::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = Cluster::new(client);
//! let set = ManifestSet::from_yaml(b"{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: apps}, data: {color: blue}}")?;
//!
//! let plan = plan(&cluster, &set, &Inventory::default(), &Options::new("my-controller")).await?;
//! for change in &plan.changes() {
//!     println!("{change}"); // ConfigMap/apps/web created
//! }
//! let applied = run(&cluster, plan).await?;
//! wait(&cluster, applied.objects(), &WaitOptions::new(Duration::from_secs(60))).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to start
//! - [`plan`] and [`run`]: what has to be done, and doing it. Write down [`Plan::inventory_before_run`] in between, and nothing is ever orphaned.
//! - [`Cluster`]: the connection, and what is remembered of the cluster between runs.
//! - [`health::status`]: is this object ready?
//!
//! # Compatibility
//! Order, ownership, cleanup, drift, pruning and texts are those of kustomize-controller 1.9 (Flux 2.9). Different on purpose: an object is deleted and created again
//! only when the server says that a field is immutable, not for any invalid object (test `only_immutable_fields_lead_to_recreation`); lists in messages are sorted;
//! two ignore rules without a target both count; a Pod that failed does not fail its Deployment before the progress deadline does.
//!
//! # Not supported
//! The repair of HorizontalPodAutoscalers written by servers older than Kubernetes 1.26.
//!
//! # Untrusted input
//! Objects come from outside: [`gitops_manifest`] bounds their size, the server judges their content. Health expressions are compiled as given; who may write them
//! may use processor time.
//!
//! # Features
//! None.

mod change;
mod cluster;
mod delete;
mod drift;
mod error;
pub mod health;
mod inventory;
mod normalize;
mod options;
mod plan;
mod prepare;
mod run;
mod surgery;
mod target;
mod wait;

pub use change::{Action, Change, ChangeSet};
pub use cluster::{Cluster, Drift};
pub use delete::{DeleteOptions, delete};
pub use drift::{IgnoreRule, ObjectPattern, PatternParts};
pub use error::{Error, ErrorKind};
pub use inventory::{Entry, Inventory};
pub use options::{Cleanup, Options, OtherManager, Owner, Selector};
pub use plan::{Plan, plan};
pub use run::{Applied, run};
pub use target::Target;
pub use wait::{WaitOptions, wait, wait_until_gone};
