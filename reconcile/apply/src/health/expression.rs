// SPDX-License-Identifier: Apache-2.0

//! Health told by CEL expressions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use kube_cel::KubeCelExt;
use kube_cel::cel::{Context, Program, Value as CelValue};
use serde_json::Value;

use super::Status;
use crate::error::{Error, ErrorKind};

/// The expressions that tell the health of a kind; the top-level fields of the object are their variables.
#[derive(Clone)]
#[doc(alias = "healthCheckExprs")]
pub struct Expressions(Arc<Compiled>);

struct Compiled {
    in_progress: Option<Program>,
    failed: Option<Program>,
    current: Program,
}

impl Expressions {
    /// Compiles expressions; empty text counts as none.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when `current` is missing or one of them is no expression.
    pub fn compile(current: &str, in_progress: Option<&str>, failed: Option<&str>) -> Result<Self, Error> {
        let compile = |name: &str, text: &str| {
            Program::compile(text).map_err(|cause| {
                Error::new(
                    ErrorKind::Configuration,
                    format!("failed to parse the {name} expression '{text}': {cause}"),
                )
            })
        };
        let optional = |name: &str, text: Option<&str>| {
            text.filter(|text| !text.is_empty()).map(|text| compile(name, text)).transpose()
        };
        if current.is_empty() {
            return Err(Error::new(ErrorKind::Configuration, "expression Current not specified"));
        }
        Ok(Self(Arc::new(Compiled {
            in_progress: optional("inProgress", in_progress)?,
            failed: optional("failed", failed)?,
            current: compile("current", current)?,
        })))
    }

    /// Tells the health of an object: an outdated status is in progress, then the first expression that is true among
    /// in progress, failed, current; none of them is in progress too.
    pub fn status(&self, object: &Value) -> Status {
        if let Some(status) = super::generation(object) {
            return status;
        }
        match self.evaluate(object) {
            Ok(status) => status,
            Err(message) => Status::error(message),
        }
    }

    fn evaluate(&self, object: &Value) -> Result<Status, String> {
        let mut context = Context::default().with_all();
        for (name, value) in object.as_object().into_iter().flatten() {
            context.add_variable(name.clone(), value.clone()).map_err(|cause| cause.to_string())?;
        }
        let holds = |program: &Program| match program.execute(&context) {
            Ok(CelValue::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("expression must evaluate to a boolean, got {:?}", other.type_of())),
            Err(cause) => Err(cause.to_string()),
        };
        if self.0.in_progress.as_ref().map(holds).transpose()? == Some(true) {
            return Ok(Status::in_progress("inProgress expression is true"));
        }
        if self.0.failed.as_ref().map(holds).transpose()? == Some(true) {
            return Ok(Status::failed("failed expression is true"));
        }
        if holds(&self.0.current)? {
            return Ok(Status::current("current expression is true"));
        }
        Ok(Status::in_progress("no expression is true"))
    }
}

impl fmt::Debug for Expressions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expressions")
    }
}

/// Which kinds have expressions of their own; an exact kind beats a whole group.
#[derive(Clone, Debug, Default)]
pub struct Checks(BTreeMap<(String, String), Expressions>);

impl Checks {
    /// Adds the expressions of a kind; an empty kind stands for the whole group.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the kind has some already.
    pub fn add(&mut self, group: &str, kind: &str, expressions: Expressions) -> Result<(), Error> {
        match self.0.insert((group.to_owned(), kind.to_owned()), expressions) {
            None => Ok(()),
            Some(_) => Err(Error::new(
                ErrorKind::Configuration,
                format!("duplicate health check expressions for {group}/{kind}"),
            )),
        }
    }

    pub(crate) fn of(&self, group: &str, kind: &str) -> Option<&Expressions> {
        if self.0.is_empty() {
            return None;
        }
        let find = |kind: &str| self.0.get(&(group.to_owned(), kind.to_owned()));
        find(kind).or_else(|| find(""))
    }
}
