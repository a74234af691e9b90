// SPDX-License-Identifier: Apache-2.0

use gitops_manifest::{ErrorKind, ObjectId};
use proptest::prelude::*;

#[test]
fn ids_print_and_read_in_the_form_of_inventories() {
    for (namespace, name, group, kind, text) in [
        ("", "foo", "", "Namespace", "_foo__Namespace"),
        ("ns", "x", "", "ConfigMap", "ns_x__ConfigMap"),
        ("ns", "x", "apps", "Deployment", "ns_x_apps_Deployment"),
        (
            "",
            "system:a:b",
            "rbac.authorization.k8s.io",
            "ClusterRole",
            "_system__a__b_rbac.authorization.k8s.io_ClusterRole",
        ),
        ("ns", "a_b", "rbac.authorization.k8s.io", "Role", "ns_a_b_rbac.authorization.k8s.io_Role"),
        ("", "", "", "", "___"),
    ] {
        let id = ObjectId::new(namespace, name, group, kind);
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse::<ObjectId>().unwrap(), id, "{text}");
    }
}

#[test]
fn a_colon_is_written_as_it_is_outside_of_roles() {
    assert_eq!(ObjectId::new("", "a:b", "apps", "Deployment").to_string(), "_a:b_apps_Deployment");
}

#[test]
fn a_text_with_too_few_parts_is_no_id() {
    for text in ["", "a", "a_b", "a_b_c"] {
        let error = text.parse::<ObjectId>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidId, "{text}");
        assert!(error.to_string().contains(text));
    }
}

#[test]
fn ids_are_strings_in_json() {
    let id = ObjectId::new("ns", "x", "apps", "Deployment");
    let json = serde_json::to_value(&id).unwrap();
    assert_eq!(json, "ns_x_apps_Deployment");
    assert_eq!(serde_json::from_value::<ObjectId>(json).unwrap(), id);
    assert!(serde_json::from_value::<ObjectId>("x".into()).is_err());
}

#[test]
fn subjects_leave_out_what_is_empty() {
    assert_eq!(ObjectId::new("ns", "x", "apps", "Deployment").subject(), "Deployment/ns/x");
    assert_eq!(ObjectId::new("", "x", "", "Namespace").subject(), "Namespace/x");
}

proptest! {
    #[test]
    fn ids_of_valid_names_read_back(
        namespace in "[a-z0-9-]{0,10}",
        name in "[a-z0-9.:-]{1,12}",
        group in "[a-z0-9.-]{0,12}",
        kind in "[A-Z][A-Za-z]{0,10}",
    ) {
        let id = ObjectId::new(namespace, name, group, kind);
        prop_assert_eq!(id.to_string().parse::<ObjectId>().unwrap(), id);
    }
}
