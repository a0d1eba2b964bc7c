//! Counts what can happen as often as strangers like, or the system, and says so only now and then: a flood must not fill the log.

use std::{
    fmt::Display,
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tracing::warn;

/// How often the log may hear of it.
const QUIET: Duration = Duration::from_mins(1);

/// How often something happened.
#[derive(Debug)]
pub struct Tally {
    /// What happened, as the log says it.
    what: &'static str,
    count: AtomicU64,
    said_at: Mutex<Option<Instant>>,
}

impl Tally {
    /// It has not happened yet.
    pub const fn new(what: &'static str) -> Self {
        Self {
            what,
            count: AtomicU64::new(0),
            said_at: Mutex::new(None),
        }
    }

    /// Counts one more, by this address; the first of a minute is logged.
    pub fn add(&self, address: IpAddr) {
        if let Some(total) = self.count(Instant::now()) {
            warn!(%address, total, "{}", self.what);
        }
    }

    /// The same, and why it happened this time.
    pub fn add_because(&self, address: IpAddr, reason: &dyn Display) {
        if let Some(total) = self.count(Instant::now()) {
            warn!(%address, %reason, total, "{}", self.what);
        }
    }

    /// Counts one more that is nobody's doing in particular, and why it happened this time.
    pub fn add_nameless(&self, reason: &dyn Display) {
        if let Some(total) = self.count(Instant::now()) {
            warn!(%reason, total, "{}", self.what);
        }
    }

    /// Counts one more at a moment; answers how many there were by then when the log may hear of it.
    fn count(&self, now: Instant) -> Option<u64> {
        let total = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let mut said_at = self.said_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_quiet =
            said_at.is_some_and(|said_at| now.saturating_duration_since(said_at) < QUIET);
        if is_quiet {
            return None;
        }
        *said_at = Some(now);
        Some(total)
    }

    /// How many there were since the start.
    pub fn total(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_line_a_minute() {
        let (tally, now) = (Tally::new("somebody knocks"), Instant::now());
        let said: Vec<_> = (0..=120)
            .filter_map(|second| tally.count(now + Duration::from_secs(second)))
            .collect();
        assert_eq!(said, [1, 61, 121]);
        assert_eq!(tally.total(), 121);
    }
}
