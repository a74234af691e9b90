// SPDX-License-Identifier: Apache-2.0

//! Other Kustomizations that have to be ready first.

use gitops_api::kustomize::v1::Kustomization;
use gitops_api::meta::{DependencyReference, condition, reason};
use gitops_reconcile::{Context, Event, Failure, Next};
use serde_json::Value;

use super::source::Source;
use super::{Kustomizations, REVISION};
use crate::expression::{Error as ExpressionError, Expression};

impl Kustomizations {
    /// Checks that all dependencies are ready. One that is not is waited for by watch, without a worker.
    pub(crate) async fn dependencies(
        &self,
        object: &Kustomization,
        cx: &Context<Self>,
        source: &Source,
    ) -> Result<(), Failure> {
        for dependency in &object.spec.depends_on {
            let Err(message) = self.dependency(object, cx, source, dependency).await? else { continue };
            let wait = self.settings.requeue_dependency;
            let text = gitops_api::meta::Duration::from(wait).canonical();
            let event = Event::info(
                reason::DEPENDENCY_NOT_READY,
                format!("Dependencies do not meet ready condition, retrying in {text}"),
            )
            .with(REVISION, source.artifact.revision.clone());
            let failure = Failure::text(reason::DEPENDENCY_NOT_READY, Next::Wait(wait), message.clone());
            // A dependency reports many steps; saying each time that it is not ready yet tells nobody anything.
            let known = cx
                .condition(condition::READY)
                .is_some_and(|(_, known, text)| known == reason::DEPENDENCY_NOT_READY && text == message);
            return Err(if known { failure.silent() } else { failure.announce(event) });
        }
        Ok(())
    }

    /// The inner error is what the dependency lacks.
    async fn dependency(
        &self,
        object: &Kustomization,
        cx: &Context<Self>,
        source: &Source,
        dependency: &DependencyReference,
    ) -> Result<Result<(), String>, Failure> {
        let own = cx.key().namespace();
        let namespace = dependency.namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(own);
        let name = format!("{namespace}/{}", dependency.name);
        let found = match cx.get::<Kustomization>(namespace, &dependency.name).await {
            Ok(found) => found,
            Err(error) => return Err(Failure::new(reason::DEPENDENCY_NOT_READY, Next::Retry, error)),
        };
        let Some(found) = found else {
            let what =
                format!("kustomizations.kustomize.toolkit.fluxcd.io \"{}\" not found", dependency.name);
            return Ok(Err(format!("dependency '{name}' not found: {what}")));
        };
        if let Some(text) = dependency.ready_expr.as_deref().filter(|text| !text.is_empty()) {
            match holds(text, object, &found) {
                Ok(true) => {}
                Ok(false) => {
                    return Ok(Err(format!("dependency '{name}' is not ready according to readyExpr eval")));
                }
                Err(error @ ExpressionError::Evaluate(..)) => {
                    return Ok(Err(format!("failed to evaluate dependency {}: {error}", dependency.name)));
                }
                Err(error) => {
                    let what =
                        format!("terminal error: failed to evaluate dependency {}: {error}", dependency.name);
                    return Err(super::check::terminal(&what));
                }
            }
            if !self.settings.additive_cel_dependency_check {
                return Ok(Ok(()));
            }
        }
        Ok(ready(&found, &name, object, source))
    }
}

fn holds(text: &str, object: &Kustomization, dependency: &Kustomization) -> Result<bool, ExpressionError> {
    let value = |object: &Kustomization| serde_json::to_value(object).unwrap_or(Value::Null);
    Expression::parse(text)?.holds(&[("self", &value(object)), ("dep", &value(dependency))])
}

fn ready(found: &Kustomization, name: &str, object: &Kustomization, source: &Source) -> Result<(), String> {
    let status = found.status.clone().unwrap_or_default();
    let current = found.metadata.generation == Some(status.observed_generation);
    if !current || !condition::is_true(&status.conditions, condition::READY) {
        return Err(format!("dependency '{name}' is not ready"));
    }
    let same_source = found.spec.source_ref.kind == object.spec.source_ref.kind
        && found.spec.source_ref.name == object.spec.source_ref.name
        && found.source_namespace() == object.source_namespace();
    if same_source && status.last_applied_revision.as_deref() != Some(&source.artifact.revision) {
        return Err(format!("dependency '{name}' revision is not up to date"));
    }
    Ok(())
}
