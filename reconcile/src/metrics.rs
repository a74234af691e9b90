// SPDX-License-Identifier: Apache-2.0

//! Figures in the Prometheus text form, under the names that existing dashboards use.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::queue::Depth;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ObjectLabels {
    kind: String,
    name: String,
    namespace: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ControllerLabels {
    controller: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ResultLabels {
    controller: String,
    result: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct QueueLabels {
    name: String,
}

/// How a run ended, as the result label names it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    Success,
    RequeueAfter,
    Requeue,
    Error,
}

impl Ended {
    fn label(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::RequeueAfter => "requeue_after",
            Self::Requeue => "requeue",
            Self::Error => "error",
        }
    }
}

type Durations = Family<ObjectLabels, Histogram, fn() -> Histogram>;

/// All figures of one manager.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    duration: Durations,
    total: Family<ResultLabels, Counter<u64, AtomicU64>>,
    errors: Family<ControllerLabels, Counter<u64, AtomicU64>>,
    active: Family<ControllerLabels, Gauge<i64, AtomicI64>>,
    limit: Family<ControllerLabels, Gauge<i64, AtomicI64>>,
    depth: Family<QueueLabels, Gauge<i64, AtomicI64>>,
    adds: Family<QueueLabels, Counter<u64, AtomicU64>>,
    retries: Family<QueueLabels, Counter<u64, AtomicU64>>,
}

/// Ten buckets from 10 ms to 30 min, growing by one factor.
fn duration_histogram() -> Histogram {
    let factor = (1800.0_f64 / 0.01).powf(1.0 / 9.0);
    Histogram::new((0..10).map(|n| 0.01 * factor.powi(n)))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Mutex::default(),
            duration: Family::new_with_constructor(duration_histogram),
            total: Family::default(),
            errors: Family::default(),
            active: Family::default(),
            limit: Family::default(),
            depth: Family::default(),
            adds: Family::default(),
            retries: Family::default(),
        };
        {
            let mut registry = metrics.registry.lock().unwrap_or_else(PoisonError::into_inner);
            registry.register(
                "gotk_reconcile_duration_seconds",
                "Duration of one run",
                metrics.duration.clone(),
            );
            registry.register("controller_runtime_reconcile", "Runs by result", metrics.total.clone());
            registry.register("controller_runtime_reconcile_errors", "Failed runs", metrics.errors.clone());
            registry.register("controller_runtime_active_workers", "Runs under way", metrics.active.clone());
            registry.register(
                "controller_runtime_max_concurrent_reconciles",
                "Runs at most",
                metrics.limit.clone(),
            );
            registry.register("workqueue_depth", "Objects that are due", metrics.depth.clone());
            registry.register("workqueue_adds", "Objects made due", metrics.adds.clone());
            registry.register("workqueue_retries", "Dated retries", metrics.retries.clone());
        }
        metrics
    }

    pub(crate) fn ran(
        &self,
        controller: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        took: Duration,
        ended: Ended,
    ) {
        self.duration.get_or_create(&object(kind, namespace, name)).observe(took.as_secs_f64());
        self.total
            .get_or_create(&ResultLabels {
                controller: controller.to_owned(),
                result: ended.label().to_owned(),
            })
            .inc();
        if matches!(ended, Ended::Error) {
            self.errors.get_or_create(&labels(controller)).inc();
        }
    }

    pub(crate) fn forget(&self, kind: &str, namespace: &str, name: &str) {
        self.duration.remove(&object(kind, namespace, name));
    }

    pub(crate) fn workers(&self, controller: &str, active: i64, limit: i64) {
        self.active.get_or_create(&labels(controller)).set(active);
        self.limit.get_or_create(&labels(controller)).set(limit);
    }

    pub(crate) fn queue(&self, name: &str, depth: Depth) {
        let labels = QueueLabels { name: name.to_owned() };
        self.depth.get_or_create(&labels).set(i64::try_from(depth.ready).unwrap_or(i64::MAX));
        raise(&self.adds.get_or_create(&labels), depth.adds);
        raise(&self.retries.get_or_create(&labels), depth.retries);
    }

    /// Writes everything in the text form.
    pub(crate) fn encode(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        if encode(&mut text, &registry).is_err() {
            text.clear();
        }
        text
    }
}

fn raise(counter: &Counter<u64, AtomicU64>, to: u64) {
    let now = counter.get();
    counter.inc_by(to.saturating_sub(now));
}

fn object(kind: &str, namespace: &str, name: &str) -> ObjectLabels {
    ObjectLabels { kind: kind.to_owned(), name: name.to_owned(), namespace: namespace.to_owned() }
}

fn labels(controller: &str) -> ControllerLabels {
    ControllerLabels { controller: controller.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_carry_the_known_names_and_leave_with_their_object() {
        let metrics = Metrics::new();
        metrics.ran("site", "Site", "ns", "a", Duration::from_millis(20), Ended::Success);
        let text = metrics.encode();
        assert!(text.contains("gotk_reconcile_duration_seconds_bucket{le=\"0.01\",kind=\"Site\",name=\"a\",namespace=\"ns\"}"), "{text}");
        assert!(
            text.contains("controller_runtime_reconcile_total{controller=\"site\",result=\"success\"} 1")
        );
        metrics.forget("Site", "ns", "a");
        assert!(!metrics.encode().contains("name=\"a\""));
    }
}
