// SPDX-License-Identifier: Apache-2.0

//! Ownership written under an older schema.

use crate::path::Element;
use crate::schema::{Choice, ObjectType, Schema, TypeRef};
use crate::set::{FieldSet, Node};

/// Where a container is atomic now but the set has members below it, puts the container itself in their place.
///
/// The opposite change is left alone. `None` stands for a set that is fine as it is.
pub(super) fn reconcile(set: &FieldSet, of: &ObjectType) -> Option<FieldSet> {
    let root = Node { member: false, below: set.clone() };
    below(&of.schema, &root, &of.root).map(|node| node.below)
}

fn below(schema: &Schema, node: &Node, of: &TypeRef) -> Option<Node> {
    let atomic = node.member && node.below.is_empty();
    match schema.resolve(of)?.choice()? {
        Choice::Scalar(_) => None,
        Choice::List(list) if list.atomic => (!atomic).then(Node::leaf),
        Choice::Map(map) if map.is_deduced() => None,
        Choice::Map(map) if map.atomic => (!atomic && !node.below.is_empty()).then(Node::leaf),
        Choice::List(list) => rewrite(schema, node, |_| Some(&list.element)),
        Choice::Map(map) => rewrite(schema, node, |element| {
            let of = match element {
                Element::Field(name) => map.type_of(name),
                _ => &map.element,
            };
            (!of.is_none()).then_some(of)
        }),
    }
}

fn rewrite<'a>(
    schema: &Schema,
    node: &Node,
    type_of: impl Fn(&Element) -> Option<&'a TypeRef>,
) -> Option<Node> {
    let mut changed = None;
    for (element, inner) in &node.below.nodes {
        if let Some(replaced) = type_of(element).and_then(|of| below(schema, inner, of)) {
            let out = changed.get_or_insert_with(|| node.clone());
            out.below.nodes.insert(element.clone(), replaced);
        }
    }
    changed
}
