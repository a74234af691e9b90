// SPDX-License-Identifier: Apache-2.0

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Moves intervals by up to a percentage to either side, so that many objects with one interval do not move in step.
#[derive(Debug)]
pub(crate) struct Jitter {
    percent: u8,
    state: AtomicU64,
}

impl Jitter {
    pub(crate) fn new(percent: u8) -> Self {
        Self::seeded(percent, RandomState::new().hash_one(percent))
    }

    pub(crate) fn seeded(percent: u8, seed: u64) -> Self {
        Self { percent, state: AtomicU64::new(seed) }
    }

    /// Returns a duration within the percentage around `interval`; no jitter at 0 or from 100 % on.
    pub(crate) fn around(&self, interval: Duration) -> Duration {
        if self.percent == 0 || self.percent >= 100 || interval.is_zero() {
            return interval;
        }
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let factor = 1.0 + (unit * 2.0 - 1.0) * f64::from(self.percent) / 100.0;
        interval.mul_f64(factor)
    }

    /// One step of the splitmix64 generator.
    fn next(&self) -> u64 {
        let mut z = self
            .state
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_the_percentage() {
        let jitter = Jitter::seeded(5, 7);
        let base = Duration::from_secs(600);
        let values: Vec<_> = (0..200).map(|_| jitter.around(base)).collect();
        assert!(values.iter().all(|v| *v >= Duration::from_secs(570) && *v <= Duration::from_secs(630)));
        assert!(values.iter().any(|v| *v < base) && values.iter().any(|v| *v > base));
    }

    #[test]
    fn is_off_at_zero_and_from_a_hundred_percent() {
        for percent in [0, 100, 200] {
            assert_eq!(Jitter::seeded(percent, 1).around(Duration::from_secs(60)), Duration::from_secs(60));
        }
    }
}
