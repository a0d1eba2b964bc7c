//! Seeded randomness in whole numbers and plain arithmetic, so that a seed gives the same race on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random draws.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0 to one less than `end`, which is at least 1.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.0.random_range(0..end)
    }

    /// Milliseconds between two bounds, in hundredths of a second as hardware counts them.
    pub(super) fn millis(&mut self, from: i64, to: i64) -> i64 {
        self.0.random_range(from / 10..=to / 10) * 10
    }

    /// True so many times in a thousand.
    pub(super) fn permille(&mut self, times: u32) -> bool {
        self.below(1000) < times
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u32) as usize]
    }

    /// Upper-case hexadecimal digits.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        (0..digits)
            .filter_map(|_| char::from_digit(self.below(16), 16))
            .map(|digit| digit.to_ascii_uppercase())
            .collect()
    }

    /// Normally distributed with mean 0 and deviation 1: the sum of twelve even draws.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.0.random::<f64>()).sum::<f64>() - 6.0
    }
}
