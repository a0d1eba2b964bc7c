//! How many may be inside at once, and how much each caller may ask.
//!
//! A venue's screens and operators all come from one address, so the limits of an address have a whole hall in mind; what they
//! stop is a single stranger who would take everything. Such a one may have many addresses, so a network of them has its limits
//! too: several halls' worth, and never everything. There is no limit on all requests together: it would let one flood
//! shut out everybody else.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing::warn;

use super::{
    budget::{Budget, Quota},
    networks::Networks,
    tally::Tally,
};
use crate::household::{household, network};

/// Connections from one address. A browser opens six while it loads a page and keeps one, so three hundred screens may start
/// at the same moment and two thousand may be on.
const CONNECTIONS_PER_ADDRESS: usize = 2_048;

/// Connections in all. Each takes some 40 KB at most.
const CONNECTIONS: usize = 8_192;

/// Open files that are not for connections to the door: the timing hardware's, monitoring's, the database's.
const OTHER_FILES: usize = 1_024;

/// For so many seconds' worth of requests an address can be quiet and ask them all at once. A page is thirty requests with its
/// fonts, so at the default rate two hundred screens start together after a power cut and are refused nothing.
const BURST_SECONDS: u32 = 30;

/// As many addresses as this that ask all they may can be in one network.
const BUSY_ADDRESSES: u32 = 4;

/// What is allowed at a port.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections from one address at the same time.
    pub connections_per_address: usize,
    /// Connections in all at the same time.
    pub connections: usize,
    /// How long a peer may take to agree on TLS, and how long until the head of its next request is complete.
    pub head: Duration,
    /// How long a peer may take nothing of what it is sent. A slow one takes a little within it.
    pub stalled: Duration,
    /// Requests from one address: the rate that it can keep up.
    pub requests_per_second: NonZeroU32,
}

/// Lets callers in at a port and counts them. An address is a household: for IPv6 the network of 64 bits.
#[derive(Debug)]
pub struct Door {
    /// The proxies that speak for others. They may have as many connections as there are.
    pub trusted: Networks,
    /// What is allowed.
    pub limits: Limits,
    /// Connections that were refused.
    pub refused_connections: Tally,
    /// Requests that were refused because there were too many.
    pub refused_requests: Tally,
    inside: Mutex<Inside>,
    asked: Mutex<Budget>,
}

/// Who is inside.
#[derive(Debug, Default)]
struct Inside {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    by_network: HashMap<IpAddr, usize>,
}

/// A place inside, free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    pub(super) door: Arc<Door>,
    household: IpAddr,
    network: IpAddr,
}

impl Limits {
    /// The limits of a port where an address may ask so much.
    pub const fn of(requests_per_second: NonZeroU32) -> Self {
        Self {
            connections_per_address: CONNECTIONS_PER_ADDRESS,
            connections: CONNECTIONS,
            head: Duration::from_secs(20),
            stalled: Duration::from_secs(30),
            requests_per_second,
        }
    }

    /// The same limits where the system lets only so many files be open: timing hardware must always find one.
    #[must_use]
    pub fn within(self, open_files: usize) -> Self {
        let left = open_files.saturating_sub(OTHER_FILES).max(open_files / 2);
        if left < self.connections {
            warn!(
                connections = left,
                "few connections are possible: the system lets {open_files} files be open"
            );
        }
        let connections = self.connections.min(left);
        Self {
            connections,
            connections_per_address: self.connections_per_address.min(connections / 2),
            ..self
        }
    }

    /// Connections from one network at the same time: half of all, so that there is always room for somebody else.
    fn connections_per_network(&self) -> usize {
        (self.connections / 2).max(1)
    }

    /// How long a proxy may keep a connection without a request on it: longer than common proxies do, so that it is never the
    /// server that closes one which the proxy is about to use.
    pub(super) fn proxy_head(&self) -> Duration {
        self.head * 6
    }

    fn budget(&self) -> Budget {
        let per_second = self.requests_per_second.get();
        let address = Quota::new(per_second, per_second.saturating_mul(BURST_SECONDS));
        Budget::new(address, address.times(BUSY_ADDRESSES), None)
    }
}

impl Door {
    /// A door through which nobody has come.
    pub fn new(trusted: Networks, limits: Limits) -> Self {
        Self {
            trusted,
            refused_connections: Tally::new("refused a connection: there are too many"),
            refused_requests: Tally::new("refused a request: its sender asks too much"),
            inside: Mutex::default(),
            asked: Mutex::new(limits.budget()),
            limits,
        }
    }

    /// A place for a connection, unless there are too many.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let (household, network) = (household(address), network(address));
        let is_crowded =
            !self.trusted.contains(address) && inside.is_crowded(address, &self.limits);
        if is_crowded || inside.all >= self.limits.connections {
            drop(inside);
            self.refused_connections.add(address);
            return None;
        }
        inside.all += 1;
        *inside.by_address.entry(household).or_default() += 1;
        *inside.by_network.entry(network).or_default() += 1;
        Some(Place {
            door: Arc::clone(self),
            household,
            network,
        })
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.inside
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .all
    }

    /// Allows an address one more request, or says how long it has to wait.
    pub fn ask(&self, address: IpAddr) -> Result<(), Duration> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = asked.take(address, Instant::now());
        drop(asked);
        allowed.inspect_err(|_wait| self.refused_requests.add(address))
    }
}

impl Inside {
    /// Whether there are as many as may be where this address belongs.
    fn is_crowded(&self, address: IpAddr, limits: &Limits) -> bool {
        let here = self.by_address.get(&household(address));
        let nearby = self.by_network.get(&network(address));
        here.is_some_and(|here| *here >= limits.connections_per_address)
            || nearby.is_some_and(|nearby| *nearby >= limits.connections_per_network())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let inside = &self.door.inside;
        let mut inside = inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.all -= 1;
        leave(&mut inside.by_address, self.household);
        leave(&mut inside.by_network, self.network);
    }
}

/// Counts one less, and forgets whom nobody is left of.
fn leave(counts: &mut HashMap<IpAddr, usize>, whose: IpAddr) {
    if let Some(count) = counts.get_mut(&whose) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(trusted: &str) -> Arc<Door> {
        let limits = Limits {
            connections_per_address: 2,
            connections: 4,
            ..Limits::of(NonZeroU32::MIN)
        };
        Arc::new(Door::new(trusted.parse().expect("a list"), limits))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let door = door("");
        let here = [1, 2].map(|_| door.enter(address("203.0.113.7")).expect("a place"));
        assert!(door.enter(address("::ffff:203.0.113.7")).is_none());
        let _others = ["198.51.100.8", "2001:db8::1"].map(|other| {
            let place = door.enter(address(other));
            place.expect("a place")
        });
        assert!(door.enter(address("192.0.2.9")).is_none(), "it is full");
        assert_eq!(
            (door.connections(), door.refused_connections.total()),
            (4, 2)
        );
        drop(here);
        assert!(door.enter(address("203.0.113.7")).is_some());
        assert_eq!(door.connections(), 2);
        let inside = door.inside.lock().expect("whole");
        let kept = (inside.by_address.len(), inside.by_network.len());
        assert_eq!(kept, (2, 2), "who left is forgotten");
    }

    #[test]
    fn one_network_cannot_take_every_place() {
        let limits = Limits {
            connections: 1_000,
            ..Limits::of(NonZeroU32::MIN)
        };
        let door = Arc::new(Door::new(Networks::default(), limits));
        let flood = (0..65_536_u128).map(|house| {
            let host = (0x2001_0db8_0007 << 80) | (house << 64);
            door.enter(std::net::Ipv6Addr::from(host).into())
        });
        let places: Vec<_> = flood.flatten().collect();
        assert_eq!(places.len(), 500);
        let venue = address("198.51.100.1");
        let screens: Vec<_> = (0..100).filter_map(|_| door.enter(venue)).collect();
        assert_eq!(screens.len(), 100);
    }

    #[test]
    fn one_network_asks_no_more_than_a_few_halls() {
        let rate = NonZeroU32::new(10).expect("not zero");
        let door = Door::new(Networks::default(), Limits::of(rate));
        let flood = (0..65_536_u128).filter(|house| {
            let host = (0x2001_0db8_0007 << 80) | (house << 64);
            door.ask(std::net::Ipv6Addr::from(host).into()).is_ok()
        });
        // A little of it is there again meanwhile.
        assert!((1_200..1_300).contains(&flood.count()));
        assert_eq!(door.ask(address("2001:db8:8::1")), Ok(()));
    }

    #[test]
    fn a_proxy_brings_as_many_as_there_are_places() {
        let door = door("10.0.0.0/8");
        let places = [1, 2, 3, 4].map(|_| door.enter(address("10.1.2.3")));
        assert!(places.iter().all(Option::is_some));
        assert!(door.enter(address("10.1.2.3")).is_none());
    }

    #[test]
    fn a_flood_is_refused_and_others_are_not() {
        let door = door("");
        let flood = address("2001:db8::1");
        let allowed = (0..100).take_while(|_| door.ask(flood).is_ok()).count();
        assert_eq!(allowed, BURST_SECONDS as usize);
        let wait = door.ask(address("2001:db8::2")).expect_err("a household");
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(door.ask(address("2001:db8:0:1::1")), Ok(()));
        assert_eq!(door.refused_requests.total(), 2);
    }

    #[test]
    fn connections_leave_files_for_the_rest() {
        for (open_files, connections) in [
            (256, 128),
            (1_024, 512),
            (4_096, 3_072),
            (9_216, 8_192),
            (usize::MAX, 8_192),
        ] {
            let limits = Limits::of(NonZeroU32::MIN).within(open_files);
            assert_eq!(limits.connections, connections, "{open_files} files");
            assert!(limits.connections_per_address <= connections / 2);
        }
    }

    #[test]
    fn a_hall_of_screens_may_start_at_once() {
        let rate = NonZeroU32::new(200).expect("not zero");
        let door = Door::new(Networks::default(), Limits::of(rate));
        let venue = address("203.0.113.7");
        assert!((0..200 * 30).all(|_| door.ask(venue).is_ok()));
    }
}
