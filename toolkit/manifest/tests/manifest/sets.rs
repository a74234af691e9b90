// SPDX-License-Identifier: Apache-2.0

use gitops_manifest::{Difference, ErrorKind, ManifestSet};
use gitops_yaml::Limits;

use crate::object;

fn kinds(set: &ManifestSet) -> Vec<String> {
    set.iter().map(|manifest| manifest.id().subject()).collect()
}

#[test]
fn lists_are_expanded_and_empty_documents_dropped() {
    let set = ManifestSet::from_yaml(
        b"---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
        - apiVersion: v1\n  kind: ConfigMapList\n  items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]\n---\n\
        {apiVersion: v1, kind: AllowList, metadata: {name: c}}\n",
    )
    .unwrap();
    assert_eq!(kinds(&set), ["Pod/a", "ConfigMap/b", "AllowList/c"]);
}

#[test]
fn an_empty_list_holds_nothing() {
    assert!(ManifestSet::from_yaml(b"{apiVersion: v1, kind: List, items: []}").unwrap().is_empty());
}

#[test]
fn errors_name_what_is_wrong() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: n}}";
    for (text, kind, message) in [
        ("a: [".to_owned(), ErrorKind::Yaml, "yaml: line 1: did not find expected node content"),
        (
            "a: 1\na: 2\n".to_owned(),
            ErrorKind::Yaml,
            "yaml: unmarshal errors:\n  line 2: mapping key \"a\" already defined at line 1",
        ),
        ("- a\n".to_owned(), ErrorKind::NotAnObject, "expected an object, found a list"),
        (
            "{apiVersion: v1, kind: Pod}".to_owned(),
            ErrorKind::MissingField,
            "missing metadata.name in object of kind Pod",
        ),
        (
            "{apiVersion: v1, kind: List, items: [1]}".to_owned(),
            ErrorKind::NotAnObject,
            "expected an object, found a number",
        ),
        (
            format!("{pod}\n---\n{pod}\n"),
            ErrorKind::Duplicate,
            "may not add resource with an already registered id: Pod/n/a",
        ),
    ] {
        let error = ManifestSet::from_yaml(text.as_bytes()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, message), "{text}");
    }
    let tight = ManifestSet::from_yaml_with(pod.as_bytes(), &Limits::default().bytes(5)).unwrap_err();
    assert!(tight.to_string().contains("`bytes`"), "{tight}");
}

#[test]
fn documents_print_with_separators_between_them() {
    let set: ManifestSet = [object("v1", "Pod", "", "a"), object("v1", "Pod", "", "b")].into_iter().collect();
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: b\n";
    assert_eq!(set.to_yaml(), text);
    assert_eq!(ManifestSet::from_yaml(text.as_bytes()).unwrap(), set);
    assert_eq!(ManifestSet::new().to_yaml(), "");
}

#[test]
fn the_index_follows_every_change() {
    let ids: Vec<_> = ["a", "b", "c"].map(|name| object("v1", "Pod", "n", name).id()).to_vec();
    let mut set: ManifestSet =
        ["c", "a", "b"].into_iter().map(|name| object("v1", "Pod", "n", name)).collect();
    set.sort_by(|a, b| a.name().cmp(b.name()));
    assert_eq!(kinds(&set), ["Pod/n/a", "Pod/n/b", "Pod/n/c"]);
    assert_eq!(set.remove(&ids[0]).map(|manifest| manifest.name().to_owned()).as_deref(), Some("a"));
    assert!(set.remove(&ids[0]).is_none());
    assert_eq!(set.get(&ids[2]).map(|manifest| manifest.name()), Some("c"));
    assert!(set.update(&ids[1], |manifest| manifest.set_name("z")).unwrap());
    assert_eq!(kinds(&set), ["Pod/n/z", "Pod/n/c"]);
    assert!(!set.contains(&ids[1]));
    let clash = set.update(&ids[2], |manifest| manifest.set_name("z")).unwrap_err();
    assert_eq!(clash.kind(), ErrorKind::Duplicate);
    assert_eq!(set.get(&ids[2]).map(|manifest| manifest.name()), Some("c"));
    assert!(!set.update(&ids[0], |_| ()).unwrap());
}

#[test]
fn inserting_replaces_in_place() {
    let mut set: ManifestSet = ["a", "b"].into_iter().map(|name| object("v1", "Pod", "", name)).collect();
    let mut labeled = object("v1", "Pod", "", "a");
    labeled.set_label("x", "y");
    assert_eq!(set.insert(labeled), Some(object("v1", "Pod", "", "a")));
    assert_eq!(
        set.iter().map(|m| (m.name(), m.label("x"))).collect::<Vec<_>>(),
        [("a", Some("y")), ("b", None)]
    );
    assert_eq!(set.push(object("v1", "Pod", "", "b")).unwrap_err().kind(), ErrorKind::Duplicate);
}

#[test]
fn sets_are_compared_by_id() {
    let older: ManifestSet = ["a", "b", "c"].into_iter().map(|name| object("v1", "Pod", "", name)).collect();
    let mut newer: ManifestSet =
        ["d", "c", "b"].into_iter().map(|name| object("v1", "Pod", "", name)).collect();
    newer.update(&object("v1", "Pod", "", "b").id(), |manifest| manifest.set_label("x", "y")).unwrap();
    let differences: Vec<_> = newer
        .diff(&older)
        .iter()
        .map(|difference| match difference {
            Difference::Added(m) => format!("+{}", m.name()),
            Difference::Changed { after, .. } => format!("~{}", after.name()),
            Difference::Removed(m) => format!("-{}", m.name()),
            _ => String::new(),
        })
        .collect();
    assert_eq!(differences, ["+d", "~b", "-a"]);
    let turned: ManifestSet = ["c", "a", "b"].into_iter().map(|name| object("v1", "Pod", "", name)).collect();
    assert!(turned.same_objects(&older) && turned != older);
    assert!(!newer.same_objects(&older));
}
