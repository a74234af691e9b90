// SPDX-License-Identifier: Apache-2.0

use std::fmt::Debug;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, Failure, Outcome, Reference};

/// A custom resource as the framework needs it: any kind that `kube` can read and write.
///
/// Implemented for every such type; nothing has to be written. The status is expected to hold `conditions` in the usual
/// Kubernetes form and may hold `observedGeneration` and `lastHandledReconcileAt`, which the framework then keeps.
pub trait Object:
    kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static
{
}

impl<K> Object for K where
    K: kube::Resource<DynamicType = ()>
        + Clone
        + Debug
        + DeserializeOwned
        + Serialize
        + Send
        + Sync
        + 'static
{
}

/// The logic of a controller: brings the world in line with one object.
///
/// Contract: a run may be dropped at any await point and started again from the beginning, so every step must be safe to repeat.
/// One object never runs twice at the same time. The object is a snapshot; what the run says goes through the [`Context`].
#[async_trait]
pub trait Reconciler: Send + Sync + Sized + 'static {
    /// The kind that is reconciled.
    type Kind: Object;

    /// Brings the world in line with `object`.
    async fn reconcile(&self, object: &Self::Kind, cx: &Context<Self>) -> Result<Outcome, Failure>;

    /// Undoes what [`reconcile`](Self::reconcile) did, before the finalizer is removed.
    ///
    /// Called only when the controller was given a finalizer. A failure keeps the finalizer and is tried again.
    async fn finalize(&self, object: &Self::Kind, cx: &Context<Self>) -> Result<Outcome, Failure> {
        let _ = (object, cx);
        Ok(Outcome::done())
    }

    /// The other objects that `object` depends on.
    ///
    /// A change of one of them wakes `object` as its [`Watch`](crate::Watch) says, and always when `object` waits
    /// ([`Next::Wait`](crate::Next::Wait)). Objects of the reconciled kind itself may be named as well.
    fn references(&self, object: &Self::Kind) -> Vec<Reference> {
        let _ = object;
        Vec::new()
    }

    /// Whether a change of `cause` that passed its watch's predicate is worth a run of `object`.
    ///
    /// Lets a reconciler skip objects that have already seen the revision, for example.
    fn concerns(&self, object: &Self::Kind, cause: &kube::api::DynamicObject) -> bool {
        let _ = (object, cause);
        true
    }
}
