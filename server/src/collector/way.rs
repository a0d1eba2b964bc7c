//! How hardware comes in, and what that says of it before it says anything itself.

use std::{net::IpAddr, sync::Arc};

use gantry_core::{
    chronotrack::login::Login,
    decoder::protocol::{Opening, Protocol},
    time::Moment,
};
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::{feeds::zone_of, forbearance::LONGEST_MESSAGE_MS};
use crate::store::{Feed, FeedId, NAMELESS};

/// A way in: the shared port, or one that is a feed's own.
#[derive(Clone, Debug)]
pub struct Way {
    protocol: Protocol,
    feed: Option<Arc<Feed>>,
    longest_message_ms: i64,
}

impl Way {
    /// The port that all partners share.
    pub fn shared(protocol: Protocol) -> Self {
        Self {
            protocol,
            feed: None,
            longest_message_ms: LONGEST_MESSAGE_MS,
        }
    }

    /// The same for hardware that is given another time for each message.
    #[cfg(test)]
    pub(super) fn for_messages_of(self, longest_message_ms: i64) -> Self {
        Self {
            longest_message_ms,
            ..self
        }
    }

    /// A feed's own port, or the call to its hardware.
    pub(super) fn of(feed: Feed) -> Self {
        Self {
            protocol: feed.terms.protocol,
            feed: Some(Arc::new(feed)),
            longest_message_ms: LONGEST_MESSAGE_MS,
        }
    }

    /// How long a message may take from its first byte to its last.
    pub(super) fn longest_message_ms(&self) -> i64 {
        self.longest_message_ms
    }

    /// What is spoken.
    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The feed whose way it is.
    pub(super) fn feed(&self) -> Option<FeedId> {
        self.feed.as_ref().map(|feed| feed.id)
    }

    /// The event that its hardware times, where it tells none itself.
    pub(super) fn event(&self) -> Option<String> {
        self.feed.as_ref()?.terms.event.clone()
    }

    /// Where its hardware's clock is, when that is known.
    pub(super) fn zone(&self) -> Option<TimeZone> {
        zone_of(&self.feed.as_ref()?.terms)
    }

    /// Whether somebody may come in from there.
    pub(super) fn admits(&self, address: IpAddr) -> bool {
        self.feed.as_ref().is_none_or(|feed| {
            let networks = &feed.terms.networks;
            networks.is_empty() || networks.contains(address)
        })
    }

    /// What the protocol has to know of a connection that is made now.
    pub(super) fn opening(&self, now: Moment) -> Opening {
        let terms = self.feed.as_ref().map(|feed| &feed.terms);
        let location = terms.map(|terms| terms.location.as_ref().unwrap_or(&terms.name).clone());
        let login = terms.and_then(|terms| terms.login.clone());
        Opening {
            nameless: format!("{NAMELESS}{}", Uuid::now_v7()),
            location: location.unwrap_or_else(|| self.protocol.to_string()),
            login: login.map(|login| Login {
                method: login.method,
                user: login.user,
                password: login.password,
                seed: Uuid::new_v4().simple().to_string(),
            }),
            now,
        }
    }
}
