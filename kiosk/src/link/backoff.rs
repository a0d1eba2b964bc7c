//! How long to wait before the next try.

use std::time::Duration;

/// Waits that double from try to try, each shortened by chance so that the screens of a venue do not all come back at once.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// The next wait: between 60 % and all of the step; `chance` is 0 to 1.
    pub(super) fn next(&mut self, chance: f64) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(self.longest);
        spread(step, chance)
    }

    /// Starts again from the first step, after a connection that worked.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Between 60 % and all of `step`.
pub(super) fn spread(step: Duration, chance: f64) -> Duration {
    step.mul_f64(0.6 + 0.4 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(15));
        let waits: Vec<u64> = (0..6).map(|_| backoff.next(1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 15, 15]);
        backoff.reset();
        assert_eq!(backoff.next(0.0), Duration::from_millis(600));
    }
}
