//! How long reads take from the socket to the disk, and how many wait on the way: counted as it happens, for whoever looks.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use gantry_core::time::Moment;

/// Stands for no read at all where the oldest one is kept.
const NONE: i64 = i64::MAX;

/// The figures of all connections together, since the program started.
#[derive(Debug)]
pub struct IngestFigures {
    /// From the receipt of a read's bytes to its commit.
    pub commit_delay: Delays,
    spooled: AtomicU64,
    shipped: AtomicU64,
    oldest_waiting: AtomicI64,
}

/// What waits in the spool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spool {
    /// Reads that are safe on disk and not in the database yet.
    pub reads: u64,
    /// When the oldest of them was received.
    pub oldest: Option<Moment>,
}

/// How often something took how long.
#[derive(Debug)]
pub struct Delays {
    /// How many took at most the bound of the same place, and more than the one before it; the last of these took longer.
    counts: [AtomicU64; BOUNDS_MS.len() + 1],
    micros: AtomicU64,
}

/// The bounds that delays are told apart by, in milliseconds.
pub const BOUNDS_MS: [u64; 14] = [
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000,
];

impl Default for IngestFigures {
    fn default() -> Self {
        Self {
            commit_delay: Delays::default(),
            spooled: AtomicU64::new(0),
            shipped: AtomicU64::new(0),
            oldest_waiting: AtomicI64::new(NONE),
        }
    }
}

impl IngestFigures {
    /// A read is safe on disk so long after its bytes were received.
    pub fn observe_commit(&self, delay: Duration) {
        self.commit_delay.observe(delay);
    }

    /// So many reads more wait in the spool.
    pub fn spooled(&self, reads: u64) {
        self.spooled.fetch_add(reads, Relaxed);
    }

    /// So many reads have gone from the spool into the database.
    pub fn shipped(&self, reads: u64) {
        self.shipped.fetch_add(reads, Relaxed);
    }

    /// When the oldest read was received that waits in the spool.
    pub fn oldest_waiting(&self, received_at: Option<Moment>) {
        let at = received_at.map_or(NONE, |at| at.0);
        self.oldest_waiting.store(at, Relaxed);
    }

    /// What waits in the spool now.
    pub fn spool(&self) -> Spool {
        // In this order nothing is shipped that was not spooled.
        let shipped = self.shipped.load(Relaxed);
        let oldest = Some(self.oldest_waiting.load(Relaxed)).filter(|at| *at != NONE);
        Spool {
            reads: self.spooled.load(Relaxed).saturating_sub(shipped),
            oldest: oldest.map(Moment),
        }
    }

    /// Reads that have gone from the spool into the database since the program started.
    pub fn shipped_in_all(&self) -> u64 {
        self.shipped.load(Relaxed)
    }
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; BOUNDS_MS.len() + 1],
            micros: AtomicU64::new(0),
        }
    }
}

impl Delays {
    fn observe(&self, delay: Duration) {
        let bucket = BOUNDS_MS.partition_point(|bound| Duration::from_millis(*bound) < delay);
        self.counts[bucket].fetch_add(1, Relaxed);
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Relaxed);
    }

    /// How many were within each bound and beyond the one before, in the order of [`BOUNDS_MS`], and at last beyond all.
    pub fn counts(&self) -> [u64; BOUNDS_MS.len() + 1] {
        std::array::from_fn(|bucket| self.counts[bucket].load(Relaxed))
    }

    /// All delays together.
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.micros.load(Relaxed))
    }

    /// A bound that this share of all delays was within, in milliseconds; `None` when nothing was observed, or when it lies
    /// beyond all bounds.
    pub fn within_ms(&self, share: f64) -> Option<u64> {
        let counts = self.counts();
        let wanted = (counts.iter().sum::<u64>() as f64 * share).ceil() as u64;
        let mut so_far = 0;
        let bucket = counts.iter().position(|count| {
            so_far += count;
            wanted > 0 && so_far >= wanted
        });
        bucket.and_then(|bucket| BOUNDS_MS.get(bucket).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_told_by_bounds() {
        let delays = Delays::default();
        assert_eq!(delays.within_ms(0.5), None);
        for millis in [0, 1, 3, 3, 3, 3, 3, 3, 20, 70_000] {
            delays.observe(Duration::from_millis(millis));
        }
        assert_eq!(delays.within_ms(0.2), Some(1));
        assert_eq!(delays.within_ms(0.5), Some(5));
        assert_eq!(delays.within_ms(0.9), Some(25));
        assert_eq!(delays.within_ms(0.99), None);
        assert_eq!(delays.counts().iter().sum::<u64>(), 10);
        assert_eq!(delays.sum(), Duration::from_millis(70_039));
    }

    #[test]
    fn the_spool_holds_what_was_not_shipped() {
        let figures = IngestFigures::default();
        figures.spooled(5);
        figures.oldest_waiting(Some(Moment(7)));
        figures.shipped(3);
        let oldest = Some(Moment(7));
        assert_eq!(figures.spool(), Spool { reads: 2, oldest });
        figures.shipped(2);
        figures.oldest_waiting(None);
        assert_eq!(figures.spool(), Spool::default());
        assert_eq!(figures.shipped_in_all(), 5);
    }
}
