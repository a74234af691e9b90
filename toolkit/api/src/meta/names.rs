// SPDX-License-Identifier: Apache-2.0

/// Annotations that controllers read.
pub mod annotation {
    /// Any new value asks for a reconciliation now.
    #[doc(alias = "ReconcileRequestAnnotation")]
    pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
    /// With the value of [`REQUESTED_AT`], asks for a one-off forced release.
    pub const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";
    /// With the value of [`REQUESTED_AT`], asks to forget the failures counted so far.
    pub const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";
    /// Set to `disabled`, switches reconciliation off for a kind that has no `spec.suspend`.
    pub const RECONCILE: &str = "source.extensions.fluxcd.io/reconcile";
    /// Prefix of annotations that are copied into the metadata of events.
    pub const EVENT_PREFIX: &str = "event.toolkit.fluxcd.io/";
    /// Prefix of the annotations that steer how one applied object is treated.
    pub const KUSTOMIZE_PREFIX: &str = "kustomize.toolkit.fluxcd.io/";
    /// Set to `disabled`, keeps an object out of variable substitution.
    pub const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";
    /// Set to `disabled`, keeps an object from being deleted when it leaves the source.
    pub const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
    /// Set to `disabled`, keeps an object from being applied.
    pub const KUSTOMIZE_RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";
    /// How an object is applied: `Override`, `Merge`, `IfNotPresent` or `Ignore`.
    pub const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
    /// Set to `enabled`, allows an object to be deleted and created again when a field cannot change.
    pub const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";
    /// Set to `disabled`, keeps an object from being decrypted.
    pub const DECRYPT: &str = "kustomize.toolkit.fluxcd.io/decrypt";
    /// Key in the metadata of an artifact that names the revision at its origin.
    pub const ORIGIN_REVISION: &str = "org.opencontainers.image.revision";
}

/// Labels that controllers read and write.
pub mod label {
    /// Set to `Enabled` on a ConfigMap or Secret, makes a change of it start a reconciliation.
    pub const WATCH: &str = "reconcile.fluxcd.io/watch";
    /// Names the shard that an object belongs to, by convention.
    pub const SHARD: &str = "sharding.fluxcd.io/key";
    /// Name of the Kustomization that applied the object.
    pub const KUSTOMIZE_NAME: &str = "kustomize.toolkit.fluxcd.io/name";
    /// Namespace of the Kustomization that applied the object.
    pub const KUSTOMIZE_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";
    /// Name of the HelmRelease that applied the object.
    pub const HELM_NAME: &str = "helm.toolkit.fluxcd.io/name";
    /// Namespace of the HelmRelease that applied the object.
    pub const HELM_NAMESPACE: &str = "helm.toolkit.fluxcd.io/namespace";
}

/// Finalizers that controllers put on their objects.
pub mod finalizer {
    /// The finalizer of every kind of the toolkit.
    pub const FINALIZER: &str = "finalizers.fluxcd.io";
}

/// Names under which controllers own fields.
pub mod field_manager {
    /// Owner of the objects that a Kustomization applies.
    pub const KUSTOMIZE: &str = "kustomize-controller";
    /// Owner of the objects that a HelmRelease applies.
    pub const HELM: &str = "helm-controller";
    /// Prefix of the names under which controllers own the status of their own kinds.
    pub const STATUS_PREFIX: &str = "gotk-";
}

/// Reasons of conditions that several kinds share; each group adds its own.
pub mod reason {
    /// The work was done.
    pub const SUCCEEDED: &str = "Succeeded";
    /// The work was not done.
    pub const FAILED: &str = "Failed";
    /// The work goes on.
    pub const PROGRESSING: &str = "Progressing";
    /// The work goes on after a failure.
    pub const PROGRESSING_WITH_RETRY: &str = "ProgressingWithRetry";
    /// The work is suspended.
    pub const SUSPENDED: &str = "Suspended";
    /// Something depended on is not ready.
    pub const DEPENDENCY_NOT_READY: &str = "DependencyNotReady";
    /// A path does not exist or is not allowed.
    pub const INVALID_PATH: &str = "InvalidPath";
    /// An address cannot be parsed or is not allowed.
    pub const INVALID_URL: &str = "InvalidURL";
    /// A connection without TLS was asked for and is not allowed.
    pub const INSECURE_CONNECTIONS_DISALLOWED: &str = "InsecureConnectionsDisallowed";
    /// The kind of connection is not supported.
    pub const UNSUPPORTED_CONNECTION_TYPE: &str = "UnsupportedConnectionType";
    /// Objects that left the source could not be deleted.
    pub const PRUNE_FAILED: &str = "PruneFailed";
    /// The artifact could not be fetched.
    pub const ARTIFACT_FAILED: &str = "ArtifactFailed";
    /// The build failed.
    pub const BUILD_FAILED: &str = "BuildFailed";
    /// Applied objects are not healthy.
    pub const HEALTH_CHECK_FAILED: &str = "HealthCheckFailed";
    /// The health checks were given up for something newer.
    pub const HEALTH_CHECK_CANCELED: &str = "HealthCheckCanceled";
    /// The reconciliation was done.
    pub const RECONCILIATION_SUCCEEDED: &str = "ReconciliationSucceeded";
    /// The reconciliation failed.
    pub const RECONCILIATION_FAILED: &str = "ReconciliationFailed";
    /// A CEL expression in the spec is wrong.
    pub const INVALID_CEL_EXPRESSION: &str = "InvalidCELExpression";
    /// The spec needs a feature that is switched off.
    pub const FEATURE_GATE_DISABLED: &str = "FeatureGateDisabled";
    /// A reference to another namespace is not allowed.
    pub const ACCESS_DENIED: &str = "AccessDenied";
}
