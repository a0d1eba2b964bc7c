//! The only clock of the console.

use std::time::Instant;

use gantry_core::time::Moment;

/// Tells the time of day as it was at the start, and from there on by a clock that never jumps.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started_at: Moment,
    started: Instant,
}

impl Clock {
    /// A clock that starts at the machine's time.
    #[expect(clippy::disallowed_methods, reason = "this is the console's one place")]
    pub fn start() -> Self {
        Self {
            started_at: jiff::Timestamp::now().into(),
            started: Instant::now(),
        }
    }

    /// The time now.
    pub fn now(self) -> Moment {
        self.started_at + self.started.elapsed().as_millis() as i64
    }
}
