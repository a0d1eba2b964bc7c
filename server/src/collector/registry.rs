//! Who is connected to the timing ports, with live figures. Everything here is gone when the connection is.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use gantry_core::{dating::Resolver, decoder::protocol::Protocol, time::Moment};
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{
    clocks::{Clock, Suggestion},
    feeds::Owner,
};
use crate::{
    household::{household, network},
    store::{FeedId, PartnerId, Source, TimingSessionId},
};

/// Connections in all. A big race has a few dozen mats; this bounds memory, not races.
const MOST: usize = 512;

/// Connections from one network: never everything, so that there is always room for somebody else.
const MOST_PER_NETWORK: usize = MOST / 2;

/// Connections from one address. Many mats may share one router.
pub(super) const MOST_PER_ADDRESS: usize = 64;

/// Characters of a fault that are remembered; most of a long one is what the hardware said.
const LONGEST_FAULT: usize = 200;

/// One TCP connection of timing hardware.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Where it comes from.
    pub peer: SocketAddr,
    /// What it speaks.
    pub protocol: Protocol,
    /// When it was accepted.
    pub since: Moment,
    /// The feed whose own port or address it came in by, if that is how.
    pub by: Option<FeedId>,
    /// Whose it is, once that had to be known.
    pub owner: Option<Owner>,
    /// What the client calls itself, with its version; `None` before it has greeted.
    pub program: Option<String>,
    /// The event it times, once it has told.
    pub event: Option<String>,
    /// What the hardware calls its stream, once it has told.
    pub stream: Option<String>,
    /// What its reads come from, once there is something.
    pub source: Option<Arc<Source>>,
    /// Its mats.
    pub locations: Vec<String>,
    /// Reads received, repeats counted.
    pub reads: u64,
    /// When the newest read came.
    pub last_read_at: Option<Moment>,
    /// How long after it happened the newest read came, in milliseconds, by its reader's own clock.
    pub late_ms: Option<i64>,
    /// Its readers' clocks, as far as they are known.
    pub clocks: Vec<Clock>,
    /// What the order of its reads says against the days that they were given.
    pub suggestions: Vec<Suggestion>,
    /// Lines that could not be understood, and other misbehaviour.
    pub faults: u64,
    /// The newest fault, in words.
    pub last_fault: Option<String>,
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Full {
    /// Too many in all.
    #[error("{MOST} connections are open already")]
    InAll,
    /// Too many from one network.
    #[error("{MOST_PER_NETWORK} connections from this network are open already")]
    FromOneNetwork,
    /// Too many from one address.
    #[error("{MOST_PER_ADDRESS} connections from this address are open already")]
    FromOneAddress,
}

/// All connections, and counts that outlive them.
#[derive(Debug, Default)]
pub struct Registry {
    connections: Mutex<BTreeMap<u64, Place>>,
    accepted: AtomicU64,
    reads: [AtomicU64; Protocol::ALL.len()],
    faults: AtomicU64,
    /// Told when a connection is gone.
    left: watch::Sender<()>,
}

#[derive(Debug)]
struct Place {
    /// A lock of its own for each, because every read takes it.
    connection: Arc<Mutex<Connection>>,
    /// Cancelled when the connection is to end.
    ended: CancellationToken,
}

/// A connection's place in the registry; it is given up when this is dropped.
#[derive(Debug)]
pub struct Presence {
    registry: Arc<Registry>,
    id: u64,
    protocol: Protocol,
    connection: Arc<Mutex<Connection>>,
    ended: CancellationToken,
}

impl Registry {
    /// Takes a connection in, unless there are too many.
    pub fn enter(
        self: &Arc<Self>,
        peer: SocketAddr,
        protocol: Protocol,
        since: Moment,
    ) -> Result<Presence, Full> {
        let mut connections = lock(&self.connections);
        has_room(&connections, peer)?;
        let id = self.accepted.fetch_add(1, Relaxed);
        let connection = Arc::new(Mutex::new(Connection::new(peer, protocol, since)));
        let ended = CancellationToken::new();
        let place = Place {
            connection: Arc::clone(&connection),
            ended: ended.clone(),
        };
        connections.insert(id, place);
        Ok(Presence {
            registry: Arc::clone(self),
            id,
            protocol,
            connection,
            ended,
        })
    }

    /// All connections of this moment, the oldest first.
    pub fn connections(&self) -> Vec<Connection> {
        let connections = lock(&self.connections);
        connections.values().map(Place::seen).collect()
    }

    /// How many connections feed each timing session of a partner.
    pub fn connected(&self, partner: PartnerId) -> BTreeMap<TimingSessionId, usize> {
        let mut counts = BTreeMap::new();
        for place in lock(&self.connections).values() {
            if let Some((owner, session)) = lock(&place.connection).session()
                && owner == partner
            {
                *counts.entry(session).or_default() += 1;
            }
        }
        counts
    }

    /// The connections of a partner whose reads go to one of these recordings.
    pub fn feeding(&self, partner: PartnerId, recordings: &[TimingSessionId]) -> Vec<Connection> {
        let mut connections = self.connections();
        connections.retain(|connection| {
            let goes_to = connection.session();
            goes_to.is_some_and(|(owner, fed)| owner == partner && recordings.contains(&fed))
        });
        connections
    }

    /// The connections that are known by a feed, the oldest first.
    pub fn known_by(&self, feed: FeedId) -> Vec<Connection> {
        let is_known = |connection: &Connection| connection.feed() == Some(feed);
        let connections = lock(&self.connections);
        let connections = connections.values().map(|place| lock(&place.connection));
        let known = connections.filter(|connection| is_known(connection));
        known.map(|connection| connection.clone()).collect()
    }

    /// Ends the conversations of those connections, for the reason that is logged, and answers how many there still are. What they
    /// sent so far is stored; hardware comes again within seconds and goes on where it was, by what is stored then.
    pub fn let_go(&self, is_meant: impl Fn(&Connection) -> bool, reason: &str) -> usize {
        let mut meant = 0;
        for place in lock(&self.connections).values() {
            let connection = lock(&place.connection);
            if is_meant(&connection) {
                meant += 1;
                if !place.ended.is_cancelled() {
                    info!(peer = %connection.peer, reason, "timing connection is let go");
                    place.ended.cancel();
                }
            }
        }
        meant
    }

    /// Lets those connections go, and those that become such meanwhile, and waits until there are none.
    pub async fn see_off(&self, is_meant: impl Fn(&Connection) -> bool, reason: &str) {
        let mut left = self.left.subscribe();
        while self.let_go(&is_meant, reason) > 0 {
            // Who would tell is the registry itself.
            let _ = left.changed().await;
        }
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        lock(&self.connections).len()
    }

    /// Whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads received over a protocol since the program started, repeats counted.
    pub fn reads(&self, protocol: Protocol) -> u64 {
        self.reads[protocol as usize].load(Relaxed)
    }

    /// Faults since the program started.
    pub fn faults(&self) -> u64 {
        self.faults.load(Relaxed)
    }

    /// Connections accepted since the program started.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Relaxed)
    }

    /// Counts a fault of somebody who got no place.
    pub fn count_fault(&self) {
        self.faults.fetch_add(1, Relaxed);
    }
}

impl Presence {
    /// Cancelled when the connection is to end.
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Counts a read that happened at `at`, by its reader's clock, and came at `received_at`.
    pub fn count_read(&self, at: Moment, received_at: Moment) {
        self.registry.reads[self.protocol as usize].fetch_add(1, Relaxed);
        self.update(|connection| {
            connection.reads += 1;
            connection.last_read_at = Some(received_at);
            connection.late_ms = Some(received_at.since_ms(at));
        });
    }

    /// Counts a fault.
    pub fn count_fault(&self, words: &str) {
        self.registry.count_fault();
        self.update(|connection| {
            connection.faults += 1;
            connection.last_fault = Some(words.chars().take(LONGEST_FAULT).collect());
        });
    }

    /// Notes what is known of the connection's clocks and days.
    pub fn note_clocks(&self, resolver: &Resolver) {
        let clocks = resolver.clocks().into_iter().map(|clock| Clock {
            location: clock.location.to_owned(),
            reader: clock.reader.to_owned(),
            offset: clock.offset,
        });
        let suggestions = resolver.suggestions().into_iter().filter_map(|suggestion| {
            Some(Suggestion {
                location: suggestion.location.to_owned(),
                first_day: suggestion.correction.first_day?,
            })
        });
        let (clocks, suggestions) = (clocks.collect(), suggestions.collect());
        self.update(|connection| {
            connection.clocks = clocks;
            connection.suggestions = suggestions;
        });
    }

    /// Notes what the connection told about itself.
    pub fn update(&self, change: impl FnOnce(&mut Connection)) {
        change(&mut lock(&self.connection));
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        lock(&self.registry.connections).remove(&self.id);
        self.registry.left.send_replace(());
    }
}

impl Place {
    fn seen(&self) -> Connection {
        lock(&self.connection).clone()
    }
}

impl Connection {
    /// Whose hardware it is and which session its reads go to, once that is known.
    pub fn session(&self) -> Option<(PartnerId, TimingSessionId)> {
        let origin = self.source.as_ref()?.origin()?;
        Some((origin.partner_id, origin.timing_session_id))
    }

    /// The feed that it is known by: the one whose port or address it came in by, or the one whose rules it fits.
    pub fn feed(&self) -> Option<FeedId> {
        let owner = self.owner.as_ref();
        owner.map_or(self.by, |owner| owner.feed)
    }

    fn new(peer: SocketAddr, protocol: Protocol, since: Moment) -> Self {
        Self {
            peer,
            protocol,
            since,
            by: None,
            owner: None,
            program: None,
            event: None,
            stream: None,
            source: None,
            locations: Vec::new(),
            reads: 0,
            last_read_at: None,
            late_ms: None,
            clocks: Vec::new(),
            suggestions: Vec::new(),
            faults: 0,
            last_fault: None,
        }
    }
}

/// Whether one more from there may come in. An address is a household: for IPv6 the network of 64 bits.
fn has_room(connections: &BTreeMap<u64, Place>, peer: SocketAddr) -> Result<(), Full> {
    let address = peer.ip();
    let alike = |of: fn(std::net::IpAddr) -> std::net::IpAddr| {
        let places = connections.values();
        let is_alike = |place: &&Place| of(lock(&place.connection).peer.ip()) == of(address);
        places.filter(is_alike).count()
    };
    if connections.len() >= MOST {
        Err(Full::InAll)
    } else if alike(household) >= MOST_PER_ADDRESS {
        Err(Full::FromOneAddress)
    } else if alike(network) >= MOST_PER_NETWORK {
        Err(Full::FromOneNetwork)
    } else {
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const NOW: Moment = Moment(0);

    const PROTOCOL: Protocol = Protocol::JChip;

    fn peer(address: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, address], port))
    }

    #[test]
    fn a_connection_is_there_until_its_presence_ends() {
        let registry = Arc::new(Registry::default());
        let presence = registry.enter(peer(1, 1), PROTOCOL, NOW);
        let presence = presence.expect("there is room");
        presence.count_read(NOW + 2, NOW + 5);
        presence.count_fault(&"nonsense".repeat(1_000));
        let seen = registry.connections().pop().expect("it is there");
        assert_eq!(
            (seen.reads, seen.last_read_at, seen.late_ms, seen.faults),
            (1, Some(NOW + 5), Some(3), 1)
        );
        assert_eq!(seen.last_fault.expect("a fault").len(), LONGEST_FAULT);

        drop(presence);
        assert!(registry.is_empty());
        assert_eq!((registry.faults(), registry.accepted()), (1, 1));
        assert_eq!(registry.reads(PROTOCOL), 1);
        assert_eq!(registry.reads(Protocol::Mylaps), 0);
    }

    #[test]
    fn only_those_are_let_go_that_are_meant() {
        let registry = Arc::new(Registry::default());
        let [first, second] = [1, 2].map(|port| {
            let presence = registry.enter(peer(1, port), PROTOCOL, NOW);
            presence.expect("there is room")
        });
        let second_only = |connection: &Connection| connection.peer.port() == 2;
        assert_eq!(registry.let_go(second_only, "its feed changed"), 1);
        assert!(!first.ended().is_cancelled());
        assert!(second.ended().is_cancelled());
        assert_eq!(registry.len(), 2, "each leaves by itself");
    }

    #[tokio::test]
    async fn who_sees_connections_off_waits_until_all_are_gone() {
        let registry = Arc::new(Registry::default());
        let enter = |port| registry.enter(peer(1, port), PROTOCOL, NOW);
        let [first, second] = [2, 2].map(|port| enter(port).expect("there is room"));
        let stays = enter(1).expect("there is room");
        let is_meant = |connection: &Connection| connection.peer.port() == 2;
        let seen_off = registry.see_off(is_meant, "a test");
        let mut seen_off = std::pin::pin!(seen_off);
        assert_eq!(seen_off.as_mut().now_or_never(), None);
        assert!(first.ended().is_cancelled() && second.ended().is_cancelled());
        drop(first);
        // One more that came too late to be asked at first.
        let late = enter(2).expect("there is room");
        drop(second);
        assert_eq!(seen_off.as_mut().now_or_never(), None);
        assert!(late.ended().is_cancelled());
        drop(late);
        seen_off.await;
        assert!(!stays.ended().is_cancelled());
    }

    /// How many come in from such addresses, one of each number in turn, and why the next does not.
    fn crowd(registry: &Arc<Registry>, address: impl Fn(u16) -> String) -> (Vec<Presence>, Full) {
        let mut inside = Vec::new();
        for number in 0.. {
            let peer = address(number).parse().expect("an address");
            match registry.enter(peer, PROTOCOL, NOW) {
                Ok(presence) => inside.push(presence),
                Err(full) => return (inside, full),
            }
        }
        unreachable!("there is no end to the numbers")
    }

    #[test]
    fn one_address_or_network_cannot_take_every_place() {
        let registry = Arc::new(Registry::default());
        let (one, full) = crowd(&registry, |_| "[2001:db8:1:2::7]:9".to_owned());
        assert_eq!((one.len(), full), (MOST_PER_ADDRESS, Full::FromOneAddress));
        // Another address of the same household is no other caller.
        let (more, full) = crowd(&registry, |number| format!("[2001:db8:1:2::{number:x}]:9"));
        assert_eq!((more.len(), full), (0, Full::FromOneAddress));
        let (net, full) = crowd(&registry, |number| {
            format!("[2001:db8:1:a{number:03x}::1]:9")
        });
        assert_eq!(one.len() + net.len(), MOST_PER_NETWORK);
        assert_eq!(full, Full::FromOneNetwork);
        let (mut rest, full) = crowd(&registry, |number| {
            format!("10.{}.{}.1:9", number / 100, number % 100)
        });
        assert_eq!(rest.len(), MOST - MOST_PER_NETWORK);
        assert_eq!(full, Full::InAll);
        rest.pop();
        let (freed, _) = crowd(&registry, |_| "192.0.2.1:9".to_owned());
        assert_eq!(freed.len(), 1);
    }
}
