//! The script's clock, which may run faster than ours.

use std::time::Duration;

use tokio::time::Instant;

/// Relates the script's milliseconds to real time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    began: Instant,
    opening_ms: i64,
    speed: f64,
}

impl Pace {
    /// The script begins now at `opening_ms` and runs `speed` times as fast as real time; `speed` is above 0.
    pub(super) fn begin(opening_ms: i64, speed: f64) -> Self {
        Self {
            began: Instant::now(),
            opening_ms,
            speed,
        }
    }

    /// What the script's clock shows.
    pub(super) fn now_ms(&self) -> i64 {
        let elapsed = self.began.elapsed().as_secs_f64() * 1000.0;
        self.opening_ms
            .saturating_add((elapsed * self.speed) as i64)
    }

    /// How long it takes, in real time, until the script's clock shows this.
    pub(super) fn until(&self, at_ms: i64) -> Duration {
        // A millisecond more, because what is rounded down would wake too early and find nothing to do.
        let wait = (at_ms - self.now_ms()) as f64 / self.speed + 1.0;
        Duration::from_millis(wait.max(0.0) as u64)
    }
}
