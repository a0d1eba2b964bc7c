//! Who is connected to the timing port, with live figures. Everything here is gone when the connection is.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use gantry_core::time::Moment;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::store::{PartnerId, TimingSessionId};

/// Connections in all. A big race has a few dozen mats; this bounds memory, not races.
const MOST: usize = 512;

/// Connections from one address. Many mats may share one router.
const MOST_PER_ADDRESS: usize = 64;

/// One TCP connection of timing hardware.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Where it comes from.
    pub peer: SocketAddr,
    /// When it was accepted.
    pub since: Moment,
    /// What the client calls itself, with its version; `None` before it has greeted.
    pub program: Option<String>,
    /// The event it times, once it has told.
    pub event: Option<String>,
    /// Whose hardware it is and which session its reads go to, once there is one.
    pub session: Option<(PartnerId, TimingSessionId)>,
    /// Its mats.
    pub locations: Vec<String>,
    /// Reads received, repeats counted.
    pub reads: u64,
    /// When the newest read came.
    pub last_read_at: Option<Moment>,
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
    /// Too many from one address.
    #[error("{MOST_PER_ADDRESS} connections from this address are open already")]
    FromOneAddress,
}

/// All connections, and counts that outlive them.
#[derive(Debug, Default)]
pub struct Registry {
    connections: Mutex<BTreeMap<u64, Place>>,
    accepted: AtomicU64,
    reads: AtomicU64,
    faults: AtomicU64,
}

#[derive(Debug)]
struct Place {
    connection: Connection,
    /// Cancelled when the connection is to end.
    ended: CancellationToken,
}

/// A connection's place in the registry; it is given up when this is dropped.
#[derive(Debug)]
pub struct Presence {
    registry: Arc<Registry>,
    id: u64,
    ended: CancellationToken,
}

impl Registry {
    /// Takes a connection in, unless there are too many.
    pub fn enter(self: &Arc<Self>, peer: SocketAddr, since: Moment) -> Result<Presence, Full> {
        let mut connections = self.lock();
        if connections.len() >= MOST {
            return Err(Full::InAll);
        }
        let ip = peer.ip();
        if connections
            .values()
            .filter(|other| other.connection.peer.ip() == ip)
            .count()
            >= MOST_PER_ADDRESS
        {
            return Err(Full::FromOneAddress);
        }
        let id = self.accepted.fetch_add(1, Relaxed);
        let ended = CancellationToken::new();
        let place = Place {
            connection: Connection::new(peer, since),
            ended: ended.clone(),
        };
        connections.insert(id, place);
        Ok(Presence {
            registry: Arc::clone(self),
            id,
            ended,
        })
    }

    /// All connections of this moment, the oldest first.
    pub fn connections(&self) -> Vec<Connection> {
        let connections = self.lock();
        let places = connections.values();
        places.map(|place| place.connection.clone()).collect()
    }

    /// How many connections feed each timing session of a partner.
    pub fn connected(&self, partner: PartnerId) -> BTreeMap<TimingSessionId, usize> {
        let mut counts = BTreeMap::new();
        for (owner, session) in self
            .lock()
            .values()
            .filter_map(|place| place.connection.session)
        {
            if owner == partner {
                *counts.entry(session).or_default() += 1;
            }
        }
        counts
    }

    /// Ends the conversations of those connections, for the reason that is logged. What they sent so far is stored; hardware
    /// comes again within seconds and goes on where it was, by what is stored then.
    pub fn let_go(&self, is_meant: impl Fn(&Connection) -> bool, reason: &str) {
        let connections = self.lock();
        for place in connections
            .values()
            .filter(|place| is_meant(&place.connection))
        {
            info!(peer = %place.connection.peer, reason, "timing connection is let go");
            place.ended.cancel();
        }
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads received since the program started, repeats counted.
    pub fn reads(&self) -> u64 {
        self.reads.load(Relaxed)
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

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Place>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Presence {
    /// Cancelled when the connection is to end.
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Counts a read that came at `at`.
    pub fn count_read(&self, at: Moment) {
        self.registry.reads.fetch_add(1, Relaxed);
        self.update(|connection| {
            connection.reads += 1;
            connection.last_read_at = Some(at);
        });
    }

    /// Counts a fault.
    pub fn count_fault(&self, words: &str) {
        self.registry.count_fault();
        self.update(|connection| {
            connection.faults += 1;
            connection.last_fault = Some(words.to_owned());
        });
    }

    /// Notes what the connection told about itself.
    pub fn update(&self, change: impl FnOnce(&mut Connection)) {
        if let Some(place) = self.registry.lock().get_mut(&self.id) {
            change(&mut place.connection);
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.registry.lock().remove(&self.id);
    }
}

impl Connection {
    fn new(peer: SocketAddr, since: Moment) -> Self {
        Self {
            peer,
            since,
            program: None,
            event: None,
            session: None,
            locations: Vec::new(),
            reads: 0,
            last_read_at: None,
            faults: 0,
            last_fault: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(0);

    fn peer(address: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, address], port))
    }

    #[test]
    fn a_connection_is_there_until_its_presence_ends() {
        let registry = Arc::new(Registry::default());
        let presence = registry.enter(peer(1, 1), NOW).expect("there is room");
        presence.count_read(NOW + 5);
        presence.count_fault("nonsense");
        let seen = registry.connections().pop().expect("it is there");
        assert_eq!(
            (seen.reads, seen.last_read_at, seen.faults),
            (1, Some(NOW + 5), 1)
        );

        drop(presence);
        assert!(registry.is_empty());
        assert_eq!(
            (registry.reads(), registry.faults(), registry.accepted()),
            (1, 1, 1)
        );
    }

    #[test]
    fn only_those_are_let_go_that_are_meant() {
        let registry = Arc::new(Registry::default());
        let [first, second] = [1, 2].map(|port| {
            let presence = registry.enter(peer(1, port), NOW);
            presence.expect("there is room")
        });
        registry.let_go(|connection| connection.peer.port() == 2, "its feed changed");
        assert!(!first.ended().is_cancelled());
        assert!(second.ended().is_cancelled());
        assert_eq!(registry.len(), 2, "each leaves by itself");
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let registry = Arc::new(Registry::default());
        let mut held = Vec::new();
        for port in 0..MOST_PER_ADDRESS as u16 {
            held.push(registry.enter(peer(1, port), NOW).expect("there is room"));
        }
        assert_eq!(
            registry.enter(peer(1, 999), NOW).expect_err("is full"),
            Full::FromOneAddress
        );
        for port in 0..(MOST - MOST_PER_ADDRESS) as u16 {
            let address = 2 + (port / MOST_PER_ADDRESS as u16) as u8;
            held.push(
                registry
                    .enter(peer(address, port), NOW)
                    .expect("there is room"),
            );
        }
        assert_eq!(
            registry.enter(peer(200, 1), NOW).expect_err("is full"),
            Full::InAll
        );
        held.pop();
        registry
            .enter(peer(200, 1), NOW)
            .expect("a place became free");
    }
}
