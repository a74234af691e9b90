// SPDX-License-Identifier: Apache-2.0

use gitops_api::schema::{FieldValidation, Reason, Schema, check_crd, duplicate_fields, to_json};
use serde_json::{Value, json};

fn widget_crd(schema: &Value) -> Value {
    json!({
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]
        }
    })
}

fn widgets(spec: &Value) -> Schema {
    let crd = widget_crd(&json!({"type": "object", "properties": {"spec": spec}}));
    Schema::for_crd(&crd, "v1").expect("the schema is structural")
}

fn widget(spec: &Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec})
}

#[test]
fn an_object_of_another_type_is_not_looked_at() {
    let schema = widgets(&json!({"type": "object", "required": ["a"]}));
    let cases = [
        (
            json!({"kind": "Widget"}),
            "the API version in the data () does not match the expected API version (example.com/v1)",
        ),
        (
            json!({"apiVersion": "other.com/v1", "kind": "Widget"}),
            "the API version in the data (other.com/v1) does not match the expected API version (example.com/v1)",
        ),
        (
            json!({"apiVersion": "example.com/v1", "kind": 5}),
            "the object provided is unrecognized (must be of type Widget): couldn't get version/kind; json parse error: \
             json: cannot unmarshal number into Go struct field .kind of type string",
        ),
    ];
    for (mut object, expected) in cases {
        let admission = schema.admit_create(&mut object, FieldValidation::Strict);
        assert_eq!(admission.malformed.as_deref(), Some(expected));
        assert!(!admission.is_accepted() && admission.violations.is_empty());
    }
    let mut object = json!({"apiVersion": "example.com/v1", "kind": "widget"});
    let admission = schema.admit_create(&mut object, FieldValidation::Strict);
    assert_eq!(admission.violations.len(), 1);
    assert_eq!(admission.violations[0].to_string(), "kind: Invalid value: \"widget\": must be Widget");
}

#[test]
fn strict_decoding_reports_duplicates_before_unknown_fields_and_nothing_else() {
    let schema = widgets(&json!({"type": "object", "properties": {"a": {"type": "integer"}}}));
    let text = r#"{"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"},
        "spec": {"a": "wrong", "a": "wrong", "z": 1, "b": 2}}"#;
    let mut object = serde_json::from_str(text).expect("the text is JSON");
    let admission = schema.admit_create(&mut object, FieldValidation::Strict);
    assert!(admission.violations.is_empty());
    assert_eq!(
        admission.decoding_error(&duplicate_fields(text)).as_deref(),
        Some(
            "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: duplicate field \"spec.a\", \
             unknown field \"spec.b\", unknown field \"spec.z\""
        )
    );
}

#[test]
fn without_a_status_subresource_a_create_keeps_the_status() {
    let schema = {
        let crd = widget_crd(&json!({
            "type": "object",
            "properties": {"status": {"type": "object", "properties": {"x": {"type": "string"}}}}
        }));
        Schema::for_crd(&crd, "v1").expect("the schema is structural")
    };
    let mut object = widget(&json!(null));
    object["status"] = json!({"x": "kept"});
    assert!(schema.admit_create(&mut object, FieldValidation::Ignore).is_accepted());
    assert_eq!(object["status"]["x"], "kept");
}

#[test]
fn replicas_of_the_scale_subresource_are_bounded() {
    let mut crd = widget_crd(&json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}));
    crd["spec"]["versions"][0]["subresources"] =
        json!({"scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}});
    let schema = Schema::for_crd(&crd, "v1").expect("the schema is structural");
    let refused = |replicas: i64| {
        let object = widget(&json!({"replicas": replicas}));
        schema.validate(&object).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(refused(3), Vec::<String>::new());
    assert_eq!(refused(-1), [".spec.replicas: Invalid value: -1: should be a non-negative integer"]);
    assert_eq!(
        refused(2_147_483_648),
        [".spec.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647"]
    );
}

#[test]
fn the_single_steps_can_be_taken_alone() {
    let schema = widgets(&json!({
        "type": "object",
        "properties": {"a": {"type": "string", "default": "x", "maxLength": 1}, "b": {"type": "string"}}
    }));
    let mut object = widget(&json!({"b": null, "c": 1}));
    assert_eq!(schema.prune(&mut object), ["spec.c"]);
    assert_eq!(object["spec"], json!({}));
    schema.default(&mut object);
    assert_eq!(object["spec"], json!({"a": "x"}));
    assert!(schema.validate(&object).is_empty());
    let old = widget(&json!({"a": "too long"}));
    let (violations, warnings) = schema.validate_update(&old, &old);
    assert!(violations.is_empty() && warnings.is_empty());
    assert_eq!(schema.validate(&old)[0].reason, Reason::TooLong);
}

#[test]
fn the_server_s_numbers_are_64_bit_integers_or_floats() {
    let schema = widgets(&json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}));
    let mut object =
        widget(&json!({"a": 18_446_744_073_709_551_615_u64, "b": 2.0, "c": 1e300, "d": i64::MIN}));
    assert!(schema.admit_create(&mut object, FieldValidation::Strict).is_accepted());
    assert_eq!(
        to_json(&object["spec"]),
        r#"{"a":18446744073709552000,"b":2,"c":1e+300,"d":-9223372036854775808}"#
    );
}

#[test]
fn definitions_are_checked_beyond_their_schemas() {
    let mut crd = widget_crd(&json!({"type": "object"}));
    crd["metadata"]["name"] = json!("others.example.com");
    crd["spec"]["group"] = json!("example");
    crd["spec"]["names"] = json!({"kind": "Widget", "plural": "Widgets", "listKind": "Widget"});
    crd["spec"]["versions"][0]["name"] = json!("V1");
    crd["spec"]["versions"][0]["storage"] = json!(false);
    let fields: Vec<String> = check_crd(&crd).into_iter().map(|violation| violation.field).collect();
    let expected = [
        "metadata.name",
        "spec.group",
        "spec.versions[0].name",
        "spec.versions",
        "spec.version",
        "spec.names.plural",
        "spec.names.listKind",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn a_version_that_is_not_declared_has_no_schema() {
    let problems = Schema::for_crd(&widget_crd(&json!({"type": "object"})), "v2").err().unwrap_or_default();
    assert_eq!(
        problems[0].to_string(),
        "spec.versions: Invalid value: \"v2\": is not a version of this definition"
    );
}

#[test]
fn a_schema_serves_several_threads() {
    fn assert_shared<T: Send + Sync>(_: &T) {}
    assert_shared(&widgets(&json!({"type": "object", "x-kubernetes-validations": [{"rule": "true"}]})));
}
