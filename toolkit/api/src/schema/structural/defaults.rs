// SPDX-License-Identifier: Apache-2.0

use serde_json::Value;

use crate::schema::node::Node;
use crate::schema::path::Path;
use crate::schema::violation::Violation;
use crate::schema::{embedded, prune, rules, value};

/// Holds every default against the schema of its own place.
pub(super) fn check(schema: &Value, path: &str, out: &mut Vec<Violation>) {
    // Problems of patterns and rules are reported by the pass over the keywords.
    let Ok(root) = Node::root(schema) else { return };
    visit(&root, path, out);
}

fn visit(node: &Node, path: &str, out: &mut Vec<Violation>) {
    if let Some(default) = &node.default {
        check_default(default, node, &format!("{path}.default"), out);
    }
    if let Some(items) = node.items.as_deref() {
        visit(items, &format!("{path}.items"), out);
    }
    for (name, property) in &node.properties {
        visit(property, &format!("{path}.properties[{name}]"), out);
    }
}

fn check_default(default: &Value, node: &Node, field: &str, out: &mut Vec<Violation>) {
    let mut pruned = default.clone();
    prune::prune_as(&mut pruned, node, node.embedded);
    if pruned != *default {
        out.push(Violation::invalid(field, default, "must not have unknown fields"));
    }
    let place = Path::Root(field);
    let known = out.len();
    embedded::check(default, node, &place, out);
    if out.len() > known {
        return;
    }
    let broken = value::check_default(default, node, field);
    if !broken.is_empty() {
        return out.extend(broken);
    }
    let scope = rules::Scope { value: default, old: None, pair: None };
    rules::check(node, scope, &place, out, &mut Vec::new());
}
