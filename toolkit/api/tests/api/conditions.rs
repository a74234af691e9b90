// SPDX-License-Identifier: Apache-2.0

use gitops_api::{
    kustomize::v1::Kustomization,
    meta::{Condition, ConditionStatus, Conditions, Time, condition, reason},
};

fn at(second: u8) -> Time {
    serde_json::from_value(serde_json::json!(format!("2026-01-02T03:04:{second:02}Z"))).unwrap()
}

fn ready(status: ConditionStatus, message: &str, second: u8) -> Condition {
    Condition::new(condition::READY, status, reason::SUCCEEDED, message, at(second))
}

#[test]
fn the_transition_time_moves_with_status_reason_or_message_and_not_with_the_generation() {
    let mut list = Vec::new();
    assert!(condition::set(&mut list, ready(ConditionStatus::True, "a", 1)));
    assert!(!condition::set(&mut list, ready(ConditionStatus::True, "a", 2)));
    assert_eq!(list[0].last_transition_time, at(1));
    assert!(condition::set(&mut list, ready(ConditionStatus::True, "a", 3).observed(4)));
    assert_eq!(list[0].last_transition_time, at(1));
    assert!(condition::set(&mut list, ready(ConditionStatus::True, "b", 5)));
    assert_eq!(list[0].last_transition_time, at(5));
}

#[test]
fn the_list_is_kept_in_order() {
    let mut list = Vec::new();
    for (type_, generation) in
        [("B", 1), ("A", 1), ("C", 2), ("Ready", 1), ("Reconciling", 1), ("Stalled", 1)]
    {
        let new = Condition::new(type_, ConditionStatus::Unknown, "Progressing", "", at(1));
        condition::set(&mut list, new.observed(generation));
    }
    let types: Vec<&str> = list.iter().map(|c| c.type_.as_str()).collect();
    assert_eq!(types, ["Stalled", "Reconciling", "Ready", "C", "A", "B"]);
    assert!(condition::remove(&mut list, "C").is_some());
    assert!(condition::remove(&mut list, "C").is_none());
}

#[test]
fn a_message_that_is_too_long_is_cut_between_characters() {
    let mut list = Vec::new();
    condition::set(&mut list, ready(ConditionStatus::False, &"ä".repeat(20_000), 1));
    let message = condition::ready_message(&list).unwrap();
    assert!(message.len() <= condition::MAX_MESSAGE_BYTES);
    assert!(message.ends_with("ä..."));
}

#[test]
fn an_object_is_ready_when_nothing_says_otherwise_about_its_newest_generation() {
    let object = |generation: i64, observed: i64, conditions: &[(&str, ConditionStatus)]| {
        let mut object = Kustomization::default();
        object.metadata.generation = Some(generation);
        for (type_, status) in conditions {
            let new = Condition::new(*type_, status.clone(), "Reason", "message", at(1)).observed(observed);
            condition::set(object.conditions_mut(), new);
        }
        object.status.get_or_insert_default().observed_generation = observed;
        object
    };
    use ConditionStatus::{False, True, Unknown};
    assert!(object(2, 2, &[("Ready", True)]).is_ready());
    assert!(!object(3, 2, &[("Ready", True)]).is_ready());
    assert!(!object(2, 2, &[("Ready", False)]).is_ready());
    assert!(!object(2, 2, &[("Ready", Unknown)]).is_ready());
    assert!(!object(2, 2, &[("Ready", True), ("Reconciling", True)]).is_ready());
    assert!(!object(2, 2, &[("Ready", True), ("Stalled", True)]).is_ready());
    assert!(!object(2, 2, &[]).is_ready());
    assert!(!Kustomization::default().is_ready());
    assert_eq!(object(2, 2, &[("Ready", True)]).ready_message(), Some("message"));
    assert!(condition::is_stalled(object(2, 2, &[("Stalled", True)]).conditions()));
    assert!(condition::is_reconciling(object(2, 2, &[("Reconciling", True)]).conditions()));
    assert!(condition::is_false(object(2, 2, &[("Healthy", False)]).conditions(), condition::HEALTHY));
}
