// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use super::{Checker, Outcome};
use crate::schema::node::Node;
use crate::schema::path::Path;

impl Checker<'_> {
    /// Checks `anyOf`, `oneOf`, `allOf` and `not`. Of alternatives that all fail, the one that got furthest is reported;
    /// inside of them nothing is excused for being unchanged.
    pub(super) fn check_branches(&self, node: &Node, value: &Value, path: &Path<'_>) -> Outcome {
        let mut main = Outcome::default();
        self.check_any_of(node, value, path, &mut main);
        self.check_one_of(node, value, path, &mut main);
        if !node.all_of.is_empty() {
            let mut passed = 0;
            for branch in &node.all_of {
                let outcome = self.check(branch, value, path, None);
                passed += usize::from(outcome.is_valid());
                main.merge(outcome);
            }
            if passed != node.all_of.len() {
                let none = if passed == 0 { ". None validated" } else { "" };
                let name = path.name();
                main.push(self.plain(format!("\"{name}\" must validate all the schemas (allOf){none}")));
            }
        }
        let forbidden = node.not.as_deref();
        if forbidden.is_some_and(|branch| self.check(branch, value, path, None).is_valid()) {
            main.push(self.plain(format!("\"{}\" must not validate the schema (not)", path.name())));
        }
        main.matches += 1;
        main
    }

    fn check_any_of(&self, node: &Node, value: &Value, path: &Path<'_>, main: &mut Outcome) {
        let mut best: Option<Outcome> = None;
        for branch in &node.any_of {
            let outcome = self.check(branch, value, path, None);
            if outcome.is_valid() {
                return main.merge(outcome);
            }
            best = further(best, outcome);
        }
        if let Some(best) = best {
            main.push(self.plain(format!("\"{}\" must validate at least one schema (anyOf)", path.name())));
            main.merge(best);
        }
    }

    fn check_one_of(&self, node: &Node, value: &Value, path: &Path<'_>, main: &mut Outcome) {
        let (mut best, mut first, mut passed) = (None, None, 0);
        for branch in &node.one_of {
            let outcome = self.check(branch, value, path, None);
            if outcome.is_valid() {
                passed += 1;
                best = None;
                first = first.or(Some(outcome));
            } else if passed == 0 {
                best = further(best, outcome);
            }
        }
        if node.one_of.is_empty() {
            return;
        }
        if passed != 1 {
            let found = match passed {
                0 => "Found none valid".to_owned(),
                _ => format!("Found {passed} valid alternatives"),
            };
            let name = path.name();
            main.push(
                self.plain(format!("\"{name}\" must validate one and only one schema (oneOf). {found}")),
            );
            main.merge(best.unwrap_or_default());
        } else if let Some(first) = first {
            main.merge(first);
        }
    }
}

fn further(best: Option<Outcome>, outcome: Outcome) -> Option<Outcome> {
    match best {
        Some(best) if outcome.matches <= best.matches => Some(best),
        _ => Some(outcome),
    }
}
