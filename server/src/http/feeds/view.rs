//! Feeds as they are told. A password is never told again.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    collector::ports::Standing,
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
    /// How many connections came in by it and are there now.
    connections: usize,
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
        let connections = services.registry.connections();
        let is_of = |connection: &&crate::collector::registry::Connection| {
            let owner = connection.owner.as_ref();
            owner.is_some_and(|owner| owner.feed == Some(feed.id))
        };
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
            connections: connections.iter().filter(is_of).count(),
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
        let is_known = known.feeds.iter().any(|known| known.terms == feed.terms);
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

impl From<FeedLogin> for LoginView {
    fn from(login: FeedLogin) -> Self {
        Self {
            method: login.method.name(),
            user: login.user,
        }
    }
}
