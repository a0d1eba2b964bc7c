//! Slows down whoever guesses passwords: after a few failures each further one costs twice the wait.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::household::household;

/// Failures that cost nothing: people mistype.
const FREE: u32 = 4;

/// The longest wait between two attempts.
const LONGEST: Duration = Duration::from_mins(1);

/// Failures are forgotten after this long without another one.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);

/// As many addresses are remembered; the one that has been quiet for longest gives way to another.
const ADDRESSES: usize = 10_000;

/// Who failed to log in lately, by address; a household of IPv6 is one.
///
/// Accounts are not counted: whoever knows an operator's address could otherwise keep them out on race day.
#[derive(Debug, Default)]
pub struct Patience {
    failures: Mutex<HashMap<IpAddr, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Patience {
    /// How long this address has to wait before its next attempt is looked at.
    pub fn wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let left = failures.get(&household(address))?.next_attempt(now);
        (!left.is_zero()).then_some(left)
    }

    /// Remembers a failure.
    pub fn failed(&self, address: IpAddr, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let address = household(address);
        if failures.len() >= ADDRESSES && !failures.contains_key(&address) {
            let quietest = failures.iter().min_by_key(|(_, failures)| failures.last);
            if let Some(quietest) = quietest.map(|(address, _)| *address) {
                failures.remove(&quietest);
            }
        }
        let entry = failures.entry(address).or_insert(Failures {
            count: 0,
            last: now,
        });
        if entry.are_forgotten(now) {
            entry.count = 0;
        }
        entry.count += 1;
        entry.last = now;
    }

    /// Forgets an address that got in.
    pub fn succeeded(&self, address: IpAddr) {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&household(address));
    }
}

impl Failures {
    fn next_attempt(self, now: Instant) -> Duration {
        let Some(doublings) = self.count.checked_sub(FREE) else {
            return Duration::ZERO;
        };
        let wait = Duration::from_secs(1 << doublings.min(10)).min(LONGEST);
        wait.saturating_sub(now.duration_since(self.last))
    }

    fn are_forgotten(self, now: Instant) -> bool {
        now.duration_since(self.last) > FORGOTTEN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failures: u32) -> (Patience, IpAddr, Instant) {
        let (patience, now) = (Patience::default(), Instant::now());
        let address: IpAddr = "203.0.113.7".parse().expect("an address");
        for _ in 0..failures {
            patience.failed(address, now);
        }
        (patience, address, now)
    }

    #[test]
    fn waits_grow_and_pass() {
        for (failures, wait) in [
            (1, None),
            (3, None),
            (4, Some(1)),
            (5, Some(2)),
            (8, Some(16)),
            (40, Some(60)),
        ] {
            let (patience, address, now) = after(failures);
            let wait = wait.map(Duration::from_secs);
            assert_eq!(patience.wait(address, now), wait, "{failures} failures");
            assert_eq!(patience.wait(address, now + LONGEST), None);
        }
    }

    #[test]
    fn success_and_quiet_are_forgiven() {
        let (patience, address, now) = after(8);
        patience.succeeded(address);
        assert_eq!(patience.wait(address, now), None);

        let (patience, address, now) = after(8);
        let later = now + FORGOTTEN_AFTER + Duration::from_secs(1);
        patience.failed(address, later);
        assert_eq!(patience.wait(address, later), None);
    }

    #[test]
    fn a_household_waits_as_a_whole() {
        let (patience, now) = (Patience::default(), Instant::now());
        for host in 1..=8 {
            let address = format!("2001:db8::{host}").parse().expect("an address");
            patience.failed(address, now);
        }
        let [neighbour, stranger] =
            ["2001:db8::9", "2001:db8:0:1::9"].map(|address| address.parse().expect("an address"));
        assert!(patience.wait(neighbour, now).is_some());
        assert_eq!(patience.wait(stranger, now), None);
    }

    #[test]
    fn many_other_failures_do_not_free_the_newest() {
        let patience = Patience::default();
        let start = Instant::now();
        let address = |host: u32| IpAddr::from(std::net::Ipv4Addr::from(host));
        for host in 0..=ADDRESSES as u32 {
            let now = start + Duration::from_millis(host.into());
            for _ in 0..FREE {
                patience.failed(address(host), now);
            }
        }
        let end = start + Duration::from_millis(ADDRESSES as u64);
        assert_eq!(patience.wait(address(0), start), None);
        assert!(patience.wait(address(ADDRESSES as u32), end).is_some());
    }

    #[test]
    fn others_do_not_wait() {
        let (patience, _, now) = after(8);
        let other: IpAddr = "203.0.113.8".parse().expect("an address");
        assert_eq!(patience.wait(other, now), None);
    }
}
