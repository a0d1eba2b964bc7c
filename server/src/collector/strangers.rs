//! What the timing ports put on the disk for whoever comes, over days and many connections.
//!
//! Reads are stored, however many there are; those in the quarantine only at a pace, while the hardware waits. Lines that are no reads, and new streams in the quarantine, anybody can make up;
//! each address, each network and all strangers together have so many of them to spend, and more with time. Hardware that a feed
//! knows spends nothing of what strangers have together, and its streams cost nothing.

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::edge::{
    budget::{Budget, Quota},
    tally::Tally,
};

/// Lines of one address, of either kind, each begun KiB as one. Real hardware sends a few hundred in a day, and many mats may share one router.
const LINES: Quota = Quota::hourly(1_000, 20_000);

/// New streams of one address in the quarantine. A reader has one for each of its mats.
const STREAMS: Quota = Quota::hourly(60, 100);

/// Reads of one address in the quarantine. A whole race is taken at once as a backlog, and then as many as a full finish line has;
/// more wait where they are.
const READS: Quota = Quota::new(200, 100_000);

/// As many addresses as this that spend all they have can be in one network.
const PER_NETWORK: u32 = 4;

/// And in all: with the constants above some 20 MiB of lines an hour at most, after 400.
const ALTOGETHER: u32 = 10;

/// Bytes of a line that cost one.
const UNIT: usize = 1 << 10;

/// What everybody may still have put on the disk.
#[derive(Debug)]
pub struct Strangers {
    lines: Lines,
    /// Apart from the others, so that neither keeps the other from being kept.
    faulty_lines: Lines,
    streams: Mutex<Budget>,
    reads: Mutex<Budget>,
    /// Lines that were not kept.
    lost_lines: Tally,
    /// Streams that were not made.
    refused_streams: Tally,
    /// Connections for which there was no place.
    pub(super) refused_connections: Tally,
    /// Connections to a feed's own port from where it takes nobody.
    pub(super) misplaced_connections: Tally,
    /// Connections that came into the quarantine.
    pub(super) nobodys_connections: Tally,
    /// Faults of hardware that a feed knows, which has to be heard of whatever others do.
    pub(super) faults_of_known: Tally,
    /// Faults of everybody else.
    pub(super) faults_of_strangers: Tally,
}

/// Lines of one kind.
#[derive(Debug)]
struct Lines {
    of_known: Mutex<Budget>,
    of_strangers: Mutex<Budget>,
}

impl Default for Strangers {
    fn default() -> Self {
        Self::new(LINES, STREAMS, READS)
    }
}

impl Strangers {
    /// Strangers whose addresses may have so many lines, streams and reads each.
    pub fn new(lines: Quota, streams: Quota, reads: Quota) -> Self {
        Self {
            lines: Lines::new(lines),
            faulty_lines: Lines::new(lines),
            streams: Mutex::new(budget(streams, Some(ALTOGETHER))),
            reads: Mutex::new(budget(reads, Some(ALTOGETHER))),
            lost_lines: Tally::new("lines that are no reads are not kept: there are too many"),
            refused_streams: Tally::new(
                "refused hardware that nobody is known to own: it opens too many streams",
            ),
            refused_connections: Tally::new("refused a timing connection: there are too many"),
            misplaced_connections: Tally::new(
                "refused a timing connection: the feed of its port takes nobody from there",
            ),
            nobodys_connections: Tally::new(
                "timing hardware goes into quarantine, because nobody is known to own it: see `gantry-server quarantine list`",
            ),
            faults_of_known: Tally::new("timing hardware of a feed at fault"),
            faults_of_strangers: Tally::new("timing connection at fault"),
        }
    }

    /// Whether a line of so many bytes may be kept that came from there; `is_known` when a feed says whose its hardware is.
    pub(super) fn may_keep(
        &self,
        address: IpAddr,
        is_known: bool,
        is_faulty: bool,
        bytes: usize,
    ) -> bool {
        let lines = if is_faulty {
            &self.faulty_lines
        } else {
            &self.lines
        };
        let budget = if is_known {
            &lines.of_known
        } else {
            &lines.of_strangers
        };
        let may = take(budget, address, bytes.div_ceil(UNIT).max(1));
        if !may {
            self.lost_lines.add(address);
        }
        may
    }

    /// Whether hardware from there may have one more stream in the quarantine.
    pub(super) fn may_open(&self, address: IpAddr) -> bool {
        let may = take(&self.streams, address, 1);
        if !may {
            self.refused_streams.add(address);
        }
        may
    }

    /// How long one more read from there has to wait that goes into the quarantine; `None` when it may come in now.
    pub(super) fn pause(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        lock(&self.reads).take(address, now).err()
    }
}

impl Lines {
    fn new(quota: Quota) -> Self {
        Self {
            of_known: Mutex::new(budget(quota, None)),
            of_strangers: Mutex::new(budget(quota, Some(ALTOGETHER))),
        }
    }
}

fn budget(quota: Quota, altogether: Option<u32>) -> Budget {
    let all = altogether.map(|addresses| quota.times(addresses));
    Budget::new(quota, quota.times(PER_NETWORK), all)
}

fn lock(budget: &Mutex<Budget>) -> MutexGuard<'_, Budget> {
    budget.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(budget: &Mutex<Budget>, address: IpAddr, count: usize) -> bool {
    let mut budget = lock(budget);
    let now = Instant::now();
    (0..count).all(|_| budget.take(address, now).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strangers() -> Strangers {
        Strangers::new(Quota::hourly(1, 8), Quota::hourly(1, 3), Quota::new(200, 1))
    }

    #[test]
    fn a_backlog_comes_in_at_once_and_what_is_more_at_a_pace() {
        let (strangers, now) = (Strangers::default(), Instant::now());
        let address = IpAddr::from([203, 0, 113, 7]);
        let come_at_once = |now| {
            (0..200_000)
                .take_while(|_| strangers.pause(address, now).is_none())
                .count()
        };
        assert_eq!(come_at_once(now), 100_000);
        let wait = strangers.pause(address, now).expect("has to wait");
        assert_eq!(wait, Duration::from_millis(5));
        assert_eq!(come_at_once(now + Duration::from_secs(1)), 200);
        let neighbour = IpAddr::from([203, 0, 113, 8]);
        assert_eq!(strangers.pause(neighbour, now), None);
    }

    #[test]
    fn strangers_use_up_nothing_of_hardware_that_is_known() {
        let strangers = strangers();
        let mut kept = 0;
        for network in 0..=255 {
            let address = IpAddr::from([10, 0, network, 1]);
            kept += (0..9)
                .filter(|_| strangers.may_keep(address, false, true, 60))
                .count();
        }
        assert_eq!(kept, 8 * ALTOGETHER as usize);
        let known = IpAddr::from([10, 0, 255, 1]);
        let of_known = (0..9).filter(|_| strangers.may_keep(known, true, true, 60));
        assert_eq!(of_known.count(), 8, "it has what an address has");
    }

    #[test]
    fn long_lines_cost_more_and_streams_are_counted_apart() {
        let strangers = strangers();
        let address = IpAddr::from([203, 0, 113, 7]);
        assert!(strangers.may_keep(address, false, true, 7 * UNIT + 1));
        assert!(!strangers.may_keep(address, false, true, 0));
        assert!(strangers.may_keep(address, false, false, 0));
        let streams = (0..9).filter(|_| strangers.may_open(address)).count();
        assert_eq!(streams, 3);
    }
}
