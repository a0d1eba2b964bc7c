//! Counts what strangers can make happen as often as they like, and says so only now and then: a flood must not fill the log.

use std::{
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
        let total = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let mut said_at = self.said_at.lock().unwrap_or_else(PoisonError::into_inner);
        if said_at.is_none_or(|said_at| said_at.elapsed() >= QUIET) {
            *said_at = Some(Instant::now());
            warn!(%address, total, "{}", self.what);
        }
    }

    /// How many there were since the start.
    pub fn total(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}
