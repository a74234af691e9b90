// SPDX-License-Identifier: Apache-2.0

//! What a spec says beyond its schema, checked before anything is done.

use gitops_api::kustomize::v1::Kustomization;
use gitops_api::meta::reason;
use gitops_reconcile::{Event, Failure, Next};

use crate::expression::Expression;

/// The compiled health expressions of an object.
#[derive(Clone, Default)]
pub(crate) struct Checks(pub(crate) Vec<Check>);

/// The health expressions for one kind, or for a whole group.
#[derive(Clone)]
pub(crate) struct Check {
    pub(crate) api_version: String,
    pub(crate) kind: Option<String>,
    pub(crate) current: Expression,
    pub(crate) in_progress: Option<Expression>,
    pub(crate) failed: Option<Expression>,
}

/// Compiles the health expressions.
pub(crate) fn compile(object: &Kustomization) -> Result<Checks, Failure> {
    let mut checks: Vec<Check> = Vec::new();
    for (position, rule) in object.spec.health_check_exprs.iter().enumerate() {
        let parse = |name: &str, text: &str| {
            Expression::parse(text).map_err(|error| {
                terminal(&format!(
                    "failed to create custom status evaluator for healthchecks[{position}]: \
                     failed to parse the expression {name}: {error}"
                ))
            })
        };
        let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        checks.push(Check {
            api_version: rule.api_version.clone(),
            kind: set(&rule.kind),
            current: parse("Current", &rule.current)?,
            in_progress: set(&rule.in_progress).map(|text| parse("InProgress", &text)).transpose()?,
            failed: set(&rule.failed).map(|text| parse("Failed", &text)).transpose()?,
        });
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
