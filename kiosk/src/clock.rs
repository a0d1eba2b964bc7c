//! The screen's own clock: it never jumps, whatever is done to the machine's date.

use std::time::{Duration, Instant};

/// Milliseconds since the program started to count.
#[derive(Clone, Copy, Debug)]
pub struct LocalClock(Instant);

impl LocalClock {
    /// A clock that shows 0 now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// What it shows now.
    pub fn now_ms(self) -> i64 {
        self.0.elapsed().as_millis() as i64
    }

    /// When it shows (or showed) `local_ms`, as timers take it.
    pub fn instant(self, local_ms: i64) -> Instant {
        self.0 + Duration::from_millis(local_ms.max(0) as u64)
    }
}
