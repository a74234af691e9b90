// SPDX-License-Identifier: Apache-2.0

//! Checks of the query parameters of writes.

use crate::refusal::{Cause, Refusal, quote};
use crate::rest::call::Call;

/// How unknown and duplicate fields are treated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

impl Call {
    pub(crate) fn field_validation(&self) -> FieldValidation {
        match self.query.text("fieldValidation") {
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            _ => FieldValidation::Warn,
        }
    }

    /// Checks the options of a write; `kind` is the name of the options in messages.
    pub(crate) fn check_options(&self, kind: &str, apply: bool) -> Result<(), Refusal> {
        let mut causes = Vec::new();
        let force = self.query.flag("force");
        let manager = self.query.text("fieldManager");
        if kind == "PatchOptions" {
            if apply && manager.is_empty() {
                causes.push(Cause::required("fieldManager", "is required for apply patch"));
            }
            if !apply && force.is_some() {
                causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
            }
        }
        if manager.len() > 128 {
            causes.push(Cause::too_long("fieldManager", 128));
        }
        if let Some((at, c)) = manager.char_indices().find(|(_, c)| c.is_control()) {
            let detail = format!(
                "invalid character U+{:04X} (at position {at}), should only contain printable characters",
                u32::from(c)
            );
            causes.push(Cause::invalid_text("fieldManager", manager, &detail));
        }
        causes.extend(self.dry_run_causes());
        let validation = self.query.text("fieldValidation");
        if !matches!(validation, "" | "Ignore" | "Warn" | "Strict") {
            let supported = ["", "Ignore", "Strict", "Warn"];
            causes.push(Cause::unsupported("fieldValidation", validation, &supported));
        }
        if causes.is_empty() { Ok(()) } else { Err(Refusal::invalid("meta.k8s.io", kind, "", &causes)) }
    }

    pub(crate) fn dry_run_causes(&self) -> Vec<Cause> {
        let values = self.query.all("dryRun");
        if values.iter().all(|value| *value == "All" || value.is_empty()) {
            return Vec::new();
        }
        let shown: Vec<String> = values.iter().map(|value| quote(value)).collect();
        let text = format!("Unsupported value: [{}]: supported values: \"All\"", shown.join(","));
        vec![Cause::new("FieldValueNotSupported", "dryRun", text)]
    }
}
