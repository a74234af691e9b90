// SPDX-License-Identifier: Apache-2.0

//! What a spec says beyond its schema, checked before anything is done.

use gitops_api::kustomize::v1::Kustomization;
use gitops_api::meta::reason;
use gitops_apply::health;
use gitops_reconcile::{Event, Failure, Next};

/// The compiled health expressions of an object.
#[derive(Clone, Default)]
pub(crate) struct Checks(pub(crate) health::Checks);

/// Compiles the health expressions.
pub(crate) fn compile(object: &Kustomization) -> Result<Checks, Failure> {
    let mut checks = health::Checks::default();
    for (position, rule) in object.spec.health_check_exprs.iter().enumerate() {
        let failed = |error: &gitops_apply::Error| {
            terminal(&format!(
                "failed to create custom status evaluator for healthchecks[{position}]: {error}"
            ))
        };
        let expressions =
            health::Expressions::compile(&rule.current, rule.in_progress.as_deref(), rule.failed.as_deref())
                .map_err(|error| failed(&error))?;
        let group = rule.api_version.split_once('/').map_or("", |(group, _)| group);
        checks
            .add(group, rule.kind.as_deref().unwrap_or_default(), expressions)
            .map_err(|error| failed(&error))?;
    }
    Ok(Checks(checks))
}

/// Refuses what needs a feature that is off or not there.
pub(crate) fn gates(object: &Kustomization) -> Result<(), Failure> {
    let Some(decryption) = &object.spec.decryption else { return Ok(()) };
    if decryption.service_account_name.is_some() {
        let message = "to use spec.decryption.serviceAccountName for decryption authentication please enable the \
                       ObjectLevelWorkloadIdentity feature gate in the controller";
        return Err(Failure::text(reason::FEATURE_GATE_DISABLED, Next::Stall, message).silent());
    }
    Ok(())
}

/// A mistake in the spec that no retry can mend.
pub(crate) fn terminal(what: &str) -> Failure {
    let message = format!("Reconciliation failed terminally due to configuration error: {what}");
    let event = Event::error(reason::INVALID_CEL_EXPRESSION, message.clone());
    Failure::text(reason::INVALID_CEL_EXPRESSION, Next::Stall, message).announce(event)
}
