// SPDX-License-Identifier: Apache-2.0

//! Expressions in specs: parsed once per run, evaluated over objects.

use std::sync::Arc;

use kube_cel::KubeCelExt;
use kube_cel::cel::{Context, Program, Value as CelValue};
use serde_json::Value;

/// An expression that yields a boolean.
#[derive(Clone)]
pub(crate) struct Expression {
    text: String,
    program: Arc<Program>,
}

/// What is wrong with an expression.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("failed to parse the CEL expression '{0}': {1}")]
    Parse(String, String),
    #[error("failed to evaluate the CEL expression '{0}': {1}")]
    Evaluate(String, String),
    #[error("the CEL expression '{0}' has no boolean result")]
    NotBoolean(String),
}

impl Expression {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let program =
            Program::compile(text).map_err(|error| Error::Parse(text.to_owned(), error.to_string()))?;
        Ok(Self { text: text.to_owned(), program: Arc::new(program) })
    }

    /// Evaluates the expression with the given variables.
    pub(crate) fn holds(&self, variables: &[(&str, &Value)]) -> Result<bool, Error> {
        let failed = |error: String| Error::Evaluate(self.text.clone(), error);
        let mut context = Context::default().with_all();
        for (name, value) in variables {
            context.add_variable(*name, *value).map_err(|error| failed(error.to_string()))?;
        }
        match self.program.execute(&context) {
            Ok(CelValue::Bool(value)) => Ok(value),
            Ok(_) => Err(Error::NotBoolean(self.text.clone())),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expression_sees_its_variables() {
        let dep = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}]}, "metadata": {"labels": {"a": "b"}}});
        let cases = [
            ("dep.metadata.labels['a'] == 'b'", Some(true)),
            ("dep.status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True')", Some(true)),
            ("dep.metadata.name == 'x'", None),
            ("'text'", None),
        ];
        for (text, expected) in cases {
            let result = Expression::parse(text).unwrap().holds(&[("dep", &dep)]);
            assert_eq!(result.ok(), expected, "{text}");
        }
        assert!(Expression::parse("dep.metadata ===").is_err());
    }
}
