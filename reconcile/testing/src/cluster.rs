// SPDX-License-Identifier: Apache-2.0

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::faults::Faults;
use crate::journal::Journal;
use crate::registry::Registry;
use crate::server::Workloads;
use crate::store::Store;

/// Everything that the parts of the server share.
pub(crate) struct Cluster {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) bookmark_every: Duration,
    /// Whether namespaces are emptied and dependents collected.
    pub(crate) controllers: bool,
    pub(crate) workloads: Workloads,
}

impl Cluster {
    pub(crate) fn new(history: usize, seed: Option<u64>, controllers: bool, workloads: Workloads) -> Self {
        Self {
            store: Store::new(history),
            registry: Registry::new(),
            clock: Clock::default(),
            ids: Ids::new(seed),
            faults: Faults::default(),
            journal: Journal::default(),
            bookmark_every: Duration::from_secs(55),
            controllers,
            workloads,
        }
    }
}

/// The wall clock, which tests may move forward.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_millis: AtomicI64,
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset_millis.load(Ordering::Relaxed));
        Timestamp::now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset_millis.fetch_add(millis, Ordering::Relaxed);
    }

    /// Returns the time in whole seconds, as objects show it.
    pub(crate) fn text(&self) -> String {
        seconds_text(self.now())
    }

    pub(crate) fn after_text(&self, seconds: i64) -> String {
        let later = self.now().checked_add(SignedDuration::from_secs(seconds));
        seconds_text(later.unwrap_or(Timestamp::MAX))
    }
}

fn seconds_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A source of identifiers and name suffixes.
#[derive(Debug)]
pub(crate) struct Ids {
    state: AtomicU64,
}

impl Ids {
    fn new(seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        Self { state: AtomicU64::new(seed) }
    }

    /// Returns the next number of a SplitMix64 sequence.
    pub(crate) fn number(&self) -> u64 {
        let mut z = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a random (version 4) UUID.
    pub(crate) fn uid(&self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// Returns five characters of the alphabet that generated names use.
    pub(crate) fn suffix(&self) -> String {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut number = self.number();
        (0..5)
            .map(|_| {
                let at = (number % 27) as usize;
                number /= 27;
                char::from(ALPHABET[at])
            })
            .collect()
    }
}
