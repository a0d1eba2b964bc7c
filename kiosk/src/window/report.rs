//! The statistics on standard output.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use crate::stats::{PERIOD_MS, Stats};

/// Counts frames and prints a line each period.
pub(super) struct Report {
    stats: Stats,
    next_ms: i64,
}

impl Report {
    pub(super) fn new(started: Instant) -> Self {
        Self {
            stats: Stats::new(started),
            next_ms: PERIOD_MS,
        }
    }

    pub(super) fn count(&mut self, cpu: Duration, frame: Duration, is_display: bool) {
        self.stats.count(cpu, frame, is_display);
    }

    /// Prints the period's line once it is over, and says when the next one is.
    pub(super) fn print_when_due(&mut self, adapter: &str, local_ms: i64) -> i64 {
        if local_ms >= self.next_ms {
            print(&self.stats.take_period(adapter));
            self.next_ms = local_ms + PERIOD_MS;
        }
        self.next_ms
    }

    pub(super) fn print_run(&self, adapter: &str) {
        print(&self.stats.whole_run(adapter));
    }
}

/// Nobody may be reading any more, which is no reason to stop.
fn print(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}
