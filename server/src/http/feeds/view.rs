//! Feeds as they are told. A password is never told again.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    collector::{ports::Standing, registry::Connection},
    http::moment::Rfc3339,
    services::Services,
    store::{Feed, FeedLogin},
};

/// A partner's feeds, the oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Feeds {
    pub(super) feeds: Vec<FeedView>,
}

/// A feed.
#[derive(Serialize, ToSchema)]
pub(super) struct FeedView {
    #[schema(value_type = String)]
    id: Uuid,
    /// How often it was changed, from 1; the `ETag`.
    revision: i64,
    name: String,
    /// `chronotrack`, `jchip`, `mylaps` or `race-result`.
    protocol: &'static str,
    /// Its own port on the server.
    port: Option<u16>,
    /// Where the server calls its hardware.
    call_address: Option<String>,
    /// Where its hardware comes from; none: from anywhere.
    networks: Vec<String>,
    event: Option<String>,
    connection: Option<String>,
    location: Option<String>,
    login: Option<LoginView>,
    time_zone: Option<String>,
    /// `waiting` for the server's administrator, `refused`, `in_force` on the shared port, `opening`, `listening`, `calling`,
    /// `connected` or `trouble`.
    state: &'static str,
    /// What is wrong, in the state `trouble`.
    trouble: Option<String>,
    /// How many connections are known by it and are there now.
    connections: usize,
    /// Those connections, the oldest first.
    connected: Vec<Connected>,
}

/// Hardware that is connected now and known by the feed.
#[derive(Serialize, ToSchema)]
pub(super) struct Connected {
    /// Where it comes from, or where it was called.
    peer: String,
    since: Rfc3339,
    /// What it calls itself, with its version, once it has told.
    program: Option<String>,
    /// The event that it times, once it has told.
    event: Option<String>,
    /// The connection that it tells, once it has.
    connection: Option<String>,
    /// Its mats.
    locations: Vec<String>,
    /// Reads received, repeats counted.
    reads: u64,
    last_read_at: Option<Rfc3339>,
}

/// What its hardware has to know, but for the password.
#[derive(Serialize, ToSchema)]
pub(super) struct LoginView {
    method: &'static str,
    user: String,
}

impl FeedView {
    pub(super) fn of(feed: &Feed, services: &Services) -> Self {
        let (state, trouble) = state(feed, services);
        let connected: Vec<_> = services
            .registry
            .known_by(feed.id)
            .into_iter()
            .map(Connected::from)
            .collect();
        let terms = feed.terms.clone();
        Self {
            id: feed.id.uuid(),
            revision: feed.revision,
            name: terms.name,
            protocol: terms.protocol.name(),
            port: terms.port,
            call_address: terms.call_address,
            networks: terms.networks.texts(),
            event: terms.event,
            connection: terms.connection,
            location: terms.location,
            login: terms.login.map(LoginView::from),
            time_zone: terms.time_zone,
            state,
            trouble,
            connections: connected.len(),
            connected,
        }
    }
}

fn state(feed: &Feed, services: &Services) -> (&'static str, Option<String>) {
    if feed.refused_at.is_some() {
        return ("refused", None);
    }
    if !feed.is_in_force() {
        return ("waiting", None);
    }
    if !feed.terms.has_own_way() {
        let known = services.feeds.known();
        let is_known = known
            .ownership
            .feeds
            .iter()
            .any(|known| known.terms == feed.terms);
        return (if is_known { "in_force" } else { "opening" }, None);
    }
    match services.ports.standing(feed.id) {
        None => ("opening", None),
        Some(Standing::Listening) => ("listening", None),
        Some(Standing::Calling) => ("calling", None),
        Some(Standing::Connected) => ("connected", None),
        Some(Standing::Trouble(words)) => ("trouble", Some(words)),
    }
}

impl From<Connection> for Connected {
    fn from(connection: Connection) -> Self {
        Self {
            peer: connection.peer.to_string(),
            since: Rfc3339(connection.since),
            program: connection.program,
            event: connection.event,
            connection: connection.stream,
            locations: connection.locations,
            reads: connection.reads,
            last_read_at: connection.last_read_at.map(Rfc3339),
        }
    }
}

impl From<FeedLogin> for LoginView {
    fn from(login: FeedLogin) -> Self {
        Self {
            method: login.method.name(),
            user: login.user,
        }
    }
}
