// SPDX-License-Identifier: Apache-2.0

//! The queue of objects that are due: one entry per object, dated retries, priorities, and parked waits.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::Reference;

/// Who goes first among the objects that are due.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Priority {
    /// Somebody changed it, or something it depends on.
    Changed,
    /// Its time has come, or the process has just started.
    Due,
}

/// Growth of the delay between failed runs of one object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

impl Backoff {
    /// The delay after the given number of earlier failures in a row.
    pub(crate) fn delay(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.min(31));
        self.min.saturating_mul(factor).min(self.max)
    }
}

/// What happens to an object when its run is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum After {
    /// Nothing until it changes.
    Rest,
    /// A run after the given time; failures in a row are forgotten.
    Again(Duration),
    /// A run after the given time, or as soon as a referenced object changes; failures are forgotten.
    Park(Duration),
    /// A run after the growing back-off.
    Backoff,
    /// A run right after the other due objects.
    Now,
    /// The object is gone.
    Forget,
}

/// Tells a running reconciler that its object should be looked at anew, and what caused it.
pub(crate) type Interrupt = watch::Receiver<Option<Reference>>;

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Notify,
    backoff: Backoff,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Reference, Entry>,
    ready: BTreeMap<(Priority, u64), Reference>,
    dated: BTreeMap<(Instant, u64), Reference>,
    sequence: u64,
    adds: u64,
    retries: u64,
}

#[derive(Debug)]
struct Entry {
    phase: Phase,
    failures: u32,
}

#[derive(Debug)]
enum Phase {
    Resting,
    Ready(Priority, u64),
    Dated {
        at: Instant,
        id: u64,
        parked: bool,
    },
    Running {
        interrupt: watch::Sender<Option<Reference>>,
        again: bool,
        touched: bool,
        /// The object went while its run was under way.
        gone: bool,
    },
}

/// Figures for the metrics.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth {
    pub(crate) ready: usize,
    pub(crate) adds: u64,
    pub(crate) retries: u64,
}

impl Queue {
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), backoff }
    }

    /// Makes `key` due. If it runs at the moment, the run is told so and another follows it.
    pub(crate) fn push(&self, key: &Reference, priority: Priority, cause: Option<&Reference>) {
        let mut state = self.lock();
        state.adds += 1;
        match state.entries.get_mut(key).map(|entry| &mut entry.phase) {
            Some(Phase::Running { interrupt, again, gone, .. }) => {
                *again = true;
                *gone = false;
                interrupt.send_replace(Some(cause.unwrap_or(key).clone()));
            }
            Some(Phase::Ready(current, _)) if *current <= priority => {}
            _ => state.make_ready(key, priority),
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Makes `key` due if it waits for something; notes the touch if it runs, for the case that it is about to wait.
    pub(crate) fn resume(&self, key: &Reference) {
        let mut state = self.lock();
        match state.entries.get_mut(key).map(|entry| &mut entry.phase) {
            Some(Phase::Running { touched, .. }) => *touched = true,
            Some(Phase::Dated { parked: true, .. }) => state.make_ready(key, Priority::Changed),
            _ => {}
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Drops everything known about `key`; a run that is under way is interrupted.
    pub(crate) fn forget(&self, key: &Reference) {
        let mut state = self.lock();
        if let Some(Entry { phase: Phase::Running { interrupt, again, gone, .. }, .. }) =
            state.entries.get_mut(key)
        {
            *again = false;
            *gone = true;
            interrupt.send_replace(Some(key.clone()));
            return;
        }
        state.unschedule(key);
        state.entries.remove(key);
    }

    /// Waits until an object is due; does not take it.
    pub(crate) async fn due(&self) {
        loop {
            let notified = self.changed.notified();
            let next = {
                let mut state = self.lock();
                state.promote(Instant::now());
                if !state.ready.is_empty() {
                    return;
                }
                state.dated.first_key_value().map(|((at, _), _)| *at)
            };
            match next {
                Some(at) => tokio::select! {
                    () = notified => {}
                    () = tokio::time::sleep_until(at) => {}
                },
                None => notified.await,
            }
        }
    }

    /// Takes the object that is due first and marks it running.
    pub(crate) fn take(&self) -> Option<(Reference, Interrupt)> {
        let mut state = self.lock();
        state.promote(Instant::now());
        let (_, key) = state.ready.pop_first()?;
        let (interrupt, receiver) = watch::channel(None);
        let entry = state.entries.get_mut(&key)?;
        entry.phase = Phase::Running { interrupt, again: false, touched: false, gone: false };
        Some((key, receiver))
    }

    /// Ends the run of `key`; returns the time until the next one, if it is dated.
    pub(crate) fn finish(&self, key: &Reference, after: After) -> Option<Duration> {
        let mut state = self.lock();
        let entry = state.entries.get_mut(key)?;
        let (again, touched, gone) = match &entry.phase {
            Phase::Running { again, touched, gone, .. } => (*again, *touched, *gone),
            _ => (false, false, false),
        };
        if gone {
            state.entries.remove(key);
            return None;
        }
        let failures = entry.failures;
        entry.phase = Phase::Resting;
        entry.failures = match after {
            After::Backoff => failures.saturating_add(1),
            After::Now => failures,
            _ => 0,
        };
        let delay = match after {
            After::Again(delay) | After::Park(delay) => Some(delay),
            After::Backoff => Some(self.backoff.delay(failures)),
            After::Now => Some(Duration::ZERO),
            After::Rest | After::Forget => None,
        };
        let parked = matches!(after, After::Park(_));
        if again || (parked && touched) {
            state.make_ready(key, Priority::Changed);
        } else if after == After::Forget {
            state.entries.remove(key);
        } else if after == After::Now {
            state.make_ready(key, Priority::Due);
        } else if let Some(delay) = delay {
            state.retries += u64::from(after == After::Backoff);
            state.make_dated(key, Instant::now() + delay, parked);
        }
        drop(state);
        self.changed.notify_one();
        delay
    }

    pub(crate) fn depth(&self) -> Depth {
        let state = self.lock();
        Depth { ready: state.ready.len(), adds: state.adds, retries: state.retries }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn make_ready(&mut self, key: &Reference, priority: Priority) {
        self.unschedule(key);
        self.sequence += 1;
        let id = self.sequence;
        self.ready.insert((priority, id), key.clone());
        self.enter(key, Phase::Ready(priority, id));
    }

    fn make_dated(&mut self, key: &Reference, at: Instant, parked: bool) {
        self.unschedule(key);
        self.sequence += 1;
        let id = self.sequence;
        self.dated.insert((at, id), key.clone());
        self.enter(key, Phase::Dated { at, id, parked });
    }

    fn enter(&mut self, key: &Reference, phase: Phase) {
        match self.entries.get_mut(key) {
            Some(entry) => entry.phase = phase,
            None => {
                self.entries.insert(key.clone(), Entry { phase, failures: 0 });
            }
        }
    }

    fn unschedule(&mut self, key: &Reference) {
        match self.entries.get(key).map(|entry| &entry.phase) {
            Some(Phase::Ready(priority, id)) => {
                self.ready.remove(&(*priority, *id));
            }
            Some(Phase::Dated { at, id, .. }) => {
                self.dated.remove(&(*at, *id));
            }
            _ => {}
        }
    }

    /// Moves the entries whose time has come to the due ones.
    fn promote(&mut self, now: Instant) {
        while let Some(((at, _), key)) = self.dated.first_key_value() {
            if *at > now {
                break;
            }
            let key = key.clone();
            self.make_ready(&key, Priority::Due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { min: Duration::from_millis(750), max: Duration::from_secs(900) };

    fn key(name: &str) -> Reference {
        Reference::new("g", "K", "ns", name)
    }

    fn taken(queue: &Queue) -> Option<String> {
        queue.take().map(|(key, _)| key.name().to_owned())
    }

    #[test]
    fn delay_doubles_up_to_the_maximum() {
        let delays: Vec<_> = [0, 1, 2, 11, 40].map(|n| BACKOFF.delay(n).as_millis()).into();
        assert_eq!(delays, [750, 1500, 3000, 900_000, 900_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_is_queued_once_and_changes_go_first() {
        let queue = Queue::new(BACKOFF);
        queue.push(&key("a"), Priority::Due, None);
        queue.push(&key("b"), Priority::Due, None);
        queue.push(&key("b"), Priority::Changed, None);
        queue.push(&key("a"), Priority::Due, None);
        assert_eq!(taken(&queue).as_deref(), Some("b"));
        assert_eq!(taken(&queue).as_deref(), Some("a"));
        assert_eq!(taken(&queue), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_during_a_run_interrupts_it_and_leads_to_another() {
        let queue = Queue::new(BACKOFF);
        queue.push(&key("a"), Priority::Due, None);
        let (a, interrupt) = queue.take().expect("because a is due");
        queue.push(&a, Priority::Changed, Some(&key("source")));
        assert_eq!(interrupt.borrow().as_ref().map(Reference::name), Some("source"));
        assert_eq!(taken(&queue), None, "never twice at the same time");
        queue.finish(&a, After::Again(Duration::from_secs(600)));
        assert_eq!(taken(&queue).as_deref(), Some("a"));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_back_off_and_a_success_resets_them() {
        let queue = Queue::new(BACKOFF);
        queue.push(&key("a"), Priority::Due, None);
        for expected in [750, 1500, 3000] {
            queue.due().await;
            let (a, _) = queue.take().expect("because a is due");
            assert_eq!(queue.finish(&a, After::Backoff), Some(Duration::from_millis(expected)));
            assert_eq!(taken(&queue), None);
        }
        queue.due().await;
        queue.take();
        queue.finish(&key("a"), After::Again(Duration::from_secs(1)));
        queue.due().await;
        queue.take();
        assert_eq!(queue.finish(&key("a"), After::Backoff), Some(Duration::from_millis(750)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_parked_object_wakes_on_a_touch_even_one_during_its_run() {
        let queue = Queue::new(BACKOFF);
        queue.push(&key("a"), Priority::Due, None);
        queue.take();
        queue.finish(&key("a"), After::Park(Duration::from_secs(30)));
        assert_eq!(taken(&queue), None);
        queue.resume(&key("a"));
        assert_eq!(taken(&queue).as_deref(), Some("a"));
        queue.resume(&key("a"));
        queue.finish(&key("a"), After::Park(Duration::from_secs(30)));
        assert_eq!(taken(&queue).as_deref(), Some("a"));
        queue.finish(&key("a"), After::Again(Duration::from_secs(30)));
        queue.resume(&key("a"));
        assert_eq!(taken(&queue), None, "a plain interval is not a wait");
    }
}
