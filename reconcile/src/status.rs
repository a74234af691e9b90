// SPDX-License-Identifier: Apache-2.0

//! The status of one object during a run: what was read, what the run says, and the patch that leads from one to the other.

use jiff::{Timestamp, Unit};
use serde_json::{Map, Value, json};

pub(crate) const READY: &str = "Ready";
pub(crate) const RECONCILING: &str = "Reconciling";
pub(crate) const STALLED: &str = "Stalled";
pub(crate) const PROGRESSING: &str = "Progressing";
pub(crate) const PROGRESSING_WITH_RETRY: &str = "ProgressingWithRetry";

/// The longest message of a condition that the API accepts.
const MESSAGE_LIMIT: usize = 32_768;

/// A status under construction.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The status as the API server has it.
    base: Value,
    /// The status as it shall be.
    now: Value,
    generation: i64,
    /// Condition types that this run set or removed; they win when somebody else wrote meanwhile.
    touched: Vec<String>,
}

impl Draft {
    pub(crate) fn new(status: Option<&Value>, generation: i64) -> Self {
        let base = match status {
            Some(Value::Object(map)) => Value::Object(map.clone()),
            _ => Value::Object(Map::new()),
        };
        Self { now: base.clone(), base, generation, touched: Vec::new() }
    }

    pub(crate) fn value(&self) -> &Value {
        &self.now
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.now.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn set_field(&mut self, name: &str, value: Option<Value>) {
        if let Value::Object(map) = &mut self.now {
            match value {
                Some(value) => {
                    map.insert(name.to_owned(), value);
                }
                None => {
                    map.remove(name);
                }
            }
        }
    }

    pub(crate) fn observed_generation(&self) -> Option<i64> {
        self.field("observedGeneration").and_then(Value::as_i64)
    }

    pub(crate) fn observe_generation(&mut self) {
        self.set_field("observedGeneration", Some(json!(self.generation)));
    }

    pub(crate) fn conditions(&self) -> &[Value] {
        self.now.get("conditions").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn condition(&self, kind: &str) -> Option<&Value> {
        find(&self.now, kind)
    }

    pub(crate) fn condition_text(&self, kind: &str, field: &str) -> Option<&str> {
        self.condition(kind).and_then(|condition| condition.get(field)).and_then(Value::as_str)
    }

    pub(crate) fn is(&self, kind: &str, status: &str) -> bool {
        self.condition_text(kind, "status") == Some(status)
    }

    /// Sets a condition; its transition time moves only if status, reason or message do.
    pub(crate) fn set(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        let message = trimmed(message);
        let same = |old: &&Value| {
            text(old, "status") == status && text(old, "reason") == reason && text(old, "message") == message
        };
        // A condition that comes back to what the API server has was never different for anybody else.
        let stored = find(&self.base, kind).filter(same);
        let time = stored
            .or_else(|| self.condition(kind).filter(same))
            .and_then(|old| old.get("lastTransitionTime").and_then(Value::as_str))
            .map_or_else(now, str::to_owned);
        let condition = json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "observedGeneration": self.generation, "lastTransitionTime": time,
        });
        self.edit(kind, Some(condition));
    }

    pub(crate) fn remove(&mut self, kind: &str) {
        if self.condition(kind).is_some() {
            self.edit(kind, None);
        }
    }

    pub(crate) fn mark_reconciling(&mut self, reason: &str, message: &str) {
        self.set(RECONCILING, "True", reason, message);
        self.remove(STALLED);
    }

    pub(crate) fn mark_stalled(&mut self, reason: &str, message: &str) {
        self.set(STALLED, "True", reason, message);
        self.remove(RECONCILING);
    }

    /// A run goes on: Reconciling says with what; Ready becomes Unknown when asked to, or when it never had a value.
    pub(crate) fn mark_progress(&mut self, message: &str, unknown: Option<&str>) {
        self.mark_reconciling(PROGRESSING, message);
        let undecided = self.condition(READY).is_none() || self.is(READY, "Unknown");
        if let Some(ready) = unknown {
            self.set(READY, "Unknown", PROGRESSING, ready);
        } else if undecided {
            self.set(READY, "Unknown", PROGRESSING, message);
        }
    }

    fn edit(&mut self, kind: &str, condition: Option<Value>) {
        let mut list = self.conditions().to_vec();
        list.retain(|old| text(old, "type") != kind);
        list.extend(condition);
        sort(&mut list);
        self.set_field("conditions", Some(Value::Array(list)));
        if !self.touched.iter().any(|known| known == kind) {
            self.touched.push(kind.to_owned());
        }
    }

    /// Returns the JSON merge patch of the status, or `None` when the API server already has it all.
    pub(crate) fn patch(&self) -> Option<Value> {
        diff(&self.base, &self.now)
    }

    /// Takes over what the API server has now: fields and conditions that this run did not touch follow the latest state.
    pub(crate) fn rebase(&mut self, latest: Option<&Value>) {
        let mut merged = match latest {
            Some(Value::Object(map)) => Value::Object(map.clone()),
            _ => Value::Object(Map::new()),
        };
        let base = merged.clone();
        let mut conditions: Vec<Value> =
            merged.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        conditions.retain(|c| !self.touched.iter().any(|kind| kind == text(c, "type")));
        conditions.extend(self.touched.iter().filter_map(|kind| self.condition(kind).cloned()));
        sort(&mut conditions);
        if let Some(change) = diff(&without_conditions(&self.base), &without_conditions(&self.now)) {
            merge(&mut merged, &change);
        }
        self.base = base;
        self.now = merged;
        if !conditions.is_empty() || self.conditions() != conditions.as_slice() {
            self.set_field("conditions", Some(Value::Array(conditions)));
        }
    }

    /// Notes that the API server now has everything.
    pub(crate) fn written(&mut self) {
        self.base = self.now.clone();
    }
}

fn find<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = status.get("conditions")?.as_array()?;
    conditions.iter().find(|condition| text(condition, "type") == kind)
}

fn without_conditions(status: &Value) -> Value {
    let mut status = status.clone();
    if let Value::Object(map) = &mut status {
        map.remove("conditions");
    }
    status
}

fn text<'a>(condition: &'a Value, field: &str) -> &'a str {
    condition.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Stalled, Reconciling, Ready, then the newest observed generation, then the type.
fn sort(conditions: &mut [Value]) {
    let rank = |kind: &str| match kind {
        STALLED => 0,
        RECONCILING => 1,
        READY => 2,
        _ => 3,
    };
    conditions.sort_by(|a, b| {
        let (ka, kb) = (text(a, "type"), text(b, "type"));
        let generation = |c: &Value| c.get("observedGeneration").and_then(Value::as_i64).unwrap_or(0);
        rank(ka).cmp(&rank(kb)).then_with(|| {
            if rank(ka) < 3 {
                std::cmp::Ordering::Equal
            } else {
                generation(b).cmp(&generation(a)).then_with(|| ka.cmp(kb))
            }
        })
    });
}

fn trimmed(message: &str) -> String {
    if message.len() <= MESSAGE_LIMIT {
        return message.to_owned();
    }
    let mut end = MESSAGE_LIMIT - 3;
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &message[..end])
}

/// The current time as conditions write it: UTC, whole seconds.
pub(crate) fn now() -> String {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now).to_string()
}

/// The merge patch from one value to the other; `None` when they are equal.
pub(crate) fn diff(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| after.clone());
    };
    let mut patch = Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(previous) => {
                if let Some(change) = diff(previous, value) {
                    patch.insert(key.clone(), change);
                }
            }
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// Applies a merge patch.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(map) = target {
        for (key, change) in changes {
            if change.is_null() {
                map.remove(key);
            } else {
                merge(map.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(status: &Value) -> Draft {
        Draft::new(Some(status), 3)
    }

    #[test]
    fn nothing_changed_needs_no_patch() {
        let mut draft = draft(&json!({"observedGeneration": 3}));
        draft.observe_generation();
        assert_eq!(draft.patch(), None);
    }

    #[test]
    fn setting_the_same_condition_again_keeps_its_time() {
        let mut draft = draft(&json!({"conditions": [{
            "type": "Ready", "status": "True", "reason": "Succeeded", "message": "ok",
            "observedGeneration": 3, "lastTransitionTime": "2020-01-01T00:00:00Z",
        }]}));
        draft.set(READY, "True", "Succeeded", "ok");
        assert_eq!(draft.patch(), None);
        draft.set(READY, "True", "Succeeded", "other");
        assert_ne!(draft.condition_text(READY, "lastTransitionTime"), Some("2020-01-01T00:00:00Z"));
    }

    #[test]
    fn conditions_are_listed_stalled_reconciling_ready_and_then_by_age_and_name() {
        let mut draft = draft(&json!({}));
        for kind in ["Healthy", "Ready", "ArtifactInStorage", "Reconciling"] {
            draft.set(kind, "True", "R", "m");
        }
        let kinds: Vec<_> = draft.conditions().iter().map(|c| text(c, "type")).collect();
        assert_eq!(kinds, ["Reconciling", "Ready", "ArtifactInStorage", "Healthy"]);
    }

    #[test]
    fn a_rebase_keeps_the_conditions_of_others_and_ours_win() {
        let mut draft = draft(&json!({"conditions": [], "artifact": {"a": 1}}));
        draft.set(READY, "True", "Succeeded", "ok");
        draft.set_field("artifact", Some(json!({"a": 2})));
        draft.rebase(Some(&json!({
            "conditions": [{"type": "Other", "status": "True"}, {"type": "Ready", "status": "False"}],
            "artifact": {"a": 1}, "extra": true,
        })));
        assert!(draft.is(READY, "True"));
        assert!(draft.is("Other", "True"));
        let patch = draft.patch().expect("because Ready changed");
        assert_eq!(patch["artifact"], json!({"a": 2}));
        assert_eq!(patch.get("extra"), None);
    }

    #[test]
    fn a_long_message_is_cut_at_the_limit() {
        let mut draft = draft(&json!({}));
        draft.set(READY, "False", "R", &"ä".repeat(20_000));
        let message = draft.condition_text(READY, "message").unwrap_or_default();
        assert!(message.len() <= MESSAGE_LIMIT && message.ends_with("..."));
    }
}
