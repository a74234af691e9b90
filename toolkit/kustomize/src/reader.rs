// SPDX-License-Identifier: Apache-2.0

//! From the bytes of a file to resources: documents, lists taken apart, what every object must have.

use std::collections::VecDeque;

use gitops_yaml::Limits;

use crate::error::{Error, ErrorKind};
use crate::node::{Node, read_documents, resolve_merges, to_inner_value};
use crate::resource::Resource;
use crate::schema::Schema;

/// Reads the resources of a file or of an inline text.
pub(crate) fn read(bytes: &[u8], limits: &Limits, schema: &Schema) -> Result<Vec<Resource>, Error> {
    let nodes = read_nodes(bytes, limits)?;
    Ok(nodes.into_iter().map(|node| Resource::new(node, schema)).collect())
}

fn read_nodes(bytes: &[u8], limits: &Limits) -> Result<Vec<Node>, Error> {
    let mut nodes = unwrap_list(read_documents(bytes, limits)?);
    nodes.iter_mut().try_for_each(resolve_merges)?;
    let mut queue: VecDeque<Node> = checked(nodes)?.into();
    let mut out = Vec::with_capacity(queue.len());
    while let Some(node) = queue.pop_front() {
        let kind = node.get("kind").map_or("", Node::text);
        let items = node.get("items").filter(|_| kind.ends_with("List"));
        let Some(items) = items else {
            out.push(node);
            continue;
        };
        // Members of lists come behind everything else in the file.
        match items {
            Node::Seq(items) => {
                for item in items.iter() {
                    let value = to_inner_value(item)?;
                    queue.extend(checked(unwrap_list(vec![Node::from(&value)]))?);
                }
            }
            items if items.is_null() => {}
            _ => {
                return Err(Error::new(
                    ErrorKind::Resource,
                    format!("expected array in {kind}/items, but found something else"),
                ));
            }
        }
    }
    Ok(out)
}

/// Takes apart a `List` or `ResourceList` that is all there is.
fn unwrap_list(nodes: Vec<Node>) -> Vec<Node> {
    let [node] = nodes.as_slice() else { return nodes };
    let kind = node.get("kind").map_or("", Node::text);
    if !matches!(kind, "List" | "ResourceList") {
        return nodes;
    }
    match (node.get("items"), node.get("functionConfig")) {
        (None, None) => nodes,
        (items, _) => items.map(|items| items.items().to_vec()).unwrap_or_default(),
    }
}

fn checked(nodes: Vec<Node>) -> Result<Vec<Node>, Error> {
    let mut out = Vec::with_capacity(nodes.len());
    for node in nodes.into_iter().filter(|node| !node.is_empty()) {
        check(&node)?;
        out.push(node);
    }
    Ok(out)
}

/// Every object needs a kind and a name; a list needs no name.
pub(crate) fn check(node: &Node) -> Result<(), Error> {
    let text = |node: Option<&Node>| {
        node.filter(|node| !node.is_empty()).map(|node| node.text().to_owned()).unwrap_or_default()
    };
    let (api_version, kind) = (text(node.get("apiVersion")), text(node.get("kind")));
    let metadata = node.get("metadata").filter(|metadata| !metadata.is_empty());
    let (name, namespace) =
        (text(metadata.and_then(|m| m.get("name"))), text(metadata.and_then(|m| m.get("namespace"))));
    if api_version.is_empty() && kind.is_empty() && metadata.is_none() {
        return Err(Error::new(ErrorKind::Resource, "missing Resource metadata"));
    }
    let missing = match (kind.as_str(), name.as_str()) {
        ("", _) => "kind",
        (kind, "") if !kind.ends_with("List") => "metadata.name",
        _ => return Ok(()),
    };
    Err(Error::new(
        ErrorKind::Resource,
        format!(
            "missing {missing} in object {{{{{api_version} {kind}}} {{{{{name} {namespace}}} map[] map[]}}}}"
        ),
    ))
}
