//! Whose hardware it is.
//!
//! The timing protocols have no account and mostly no login, so that a connection is known by how it comes in: on a port that is one
//! feed's alone, or on the shared port by what the hardware tells and where it comes from. Of several feeds that fit, the most
//! telling one is meant: its own port before the hardware's connection, that before the event, that before the network; among
//! equals the oldest. What fits none belongs to the partner that `--timing-partner` names, else to the only partner there is, else
//! it is kept in quarantine.
//!
//! All of it is answered from memory, because a connection must not wait for the database. The memory is renewed when somebody
//! changed a feed, and every few seconds, so that changes from the shell are noticed as well. With a spool it is written down there,
//! for a server that starts while the database is away.

use std::{
    cmp::Reverse,
    net::IpAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use jiff::tz::TimeZone;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};
use tracing::warn;

use super::registry::{Connection, Presence};
use crate::{
    clock,
    store::{Feed, FeedId, FeedTerms, HandOver, Ownership, PartnerId, Store, UNNAMED_EVENT},
};

/// How long whoever changed a feed waits at most until it is at work.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who a connection's reads belong to, and how its clock is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Whose the reads are.
    pub partner: PartnerId,
    /// The feed that it is known by, if it is.
    pub feed: Option<FeedId>,
    /// Where the hardware's clock is.
    pub zone: TimeZone,
}

/// What is known of a connection when its owner is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The feed that it came in by, when that has a port or an address of its own.
    pub by: Option<FeedId>,
    /// Where it comes from.
    pub peer: IpAddr,
    /// The event that it told.
    pub event: Option<&'a str>,
    /// The connection that it told.
    pub connection: Option<&'a str>,
}

/// Who owns a connection.
#[derive(Debug)]
pub enum Decision {
    /// It is known.
    Owned(Owner),
    /// Its session changes hands just now: ask again when [`Directory::changed`]. Until then this is as far as one can tell.
    Wait(Owner),
    /// There is nobody to own anything.
    Nobody,
}

/// All feeds and partners, as they were a moment ago.
#[derive(Debug)]
pub struct Directory {
    named: Option<String>,
    zone: TimeZone,
    known: RwLock<Arc<Known>>,
    /// Counts renewals that were asked for.
    asked: AtomicU64,
    ask: Notify,
    /// The last one that was done, with everything that follows from it.
    done: watch::Sender<u64>,
}

/// What is known at one moment.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What the database told.
    pub ownership: Ownership,
    /// Who gets what no feed is about, unless the quarantine does.
    unmatched: Option<PartnerId>,
}

impl Directory {
    /// A directory that knows nothing yet. What fits no feed is the `named` partner's; hardware is in `zone` where a feed does not
    /// say otherwise.
    pub fn new(named: Option<String>, zone: TimeZone) -> Self {
        Self {
            named,
            zone,
            known: RwLock::default(),
            asked: AtomicU64::new(0),
            ask: Notify::new(),
            done: watch::Sender::new(0),
        }
    }

    /// Learns what the store says now.
    pub async fn renew(&self, store: &Store) -> crate::store::Result<()> {
        self.learn(store.ownership(clock::now()).await?);
        Ok(())
    }

    /// Learns what a store says, or said when it was asked last.
    pub fn learn(&self, ownership: Ownership) {
        let unmatched = match (&self.named, ownership.partners.as_slice()) {
            (Some(name), partners) => partners.iter().find(|partner| partner.name == *name),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        if let (Some(name), None) = (&self.named, unmatched)
            && self.known().unmatched.is_some()
        {
            warn!(
                partner = name,
                "no timing partner is called so any more: hardware that no feed is about goes into quarantine; correct --timing-partner"
            );
        }
        let known = Known {
            unmatched: unmatched.map(|partner| partner.id),
            ownership,
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }

    /// What is known now.
    pub fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a partner may have what it likes, because there is no other to take it from.
    pub fn is_alone(&self, partner: PartnerId) -> bool {
        self.known()
            .ownership
            .partners
            .iter()
            .all(|other| other.id == partner)
    }

    /// Finds a connection's owner. A decision is passed to `note` before anything else can be learned, so that whoever learns of a
    /// change afterwards finds everything noted that was decided before.
    pub fn decide(&self, arrival: Arrival<'_>, note: impl FnOnce(&Owner)) -> Decision {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let Some(owner) = known.owner(arrival, &self.zone) else {
            return Decision::Nobody;
        };
        if known.is_moving(owner.partner, arrival.event) {
            return Decision::Wait(owner);
        }
        note(&owner);
        Decision::Owned(owner)
    }

    /// Finds a connection's owner, for as long as that takes; `None` when there is no partner at all.
    pub(super) async fn owner(
        &self,
        store: &Store,
        arrival: Arrival<'_>,
        presence: &Presence,
    ) -> Option<Owner> {
        let note = |owner: &Owner| {
            presence.update(|connection| connection.owner = Some(owner.clone()));
        };
        let mut changed = self.changed();
        loop {
            match self.decide_surely(store, arrival, note).await {
                Decision::Owned(owner) => return Some(owner),
                Decision::Nobody => return None,
                Decision::Wait(_) => changed.changed().await.ok()?,
            }
        }
    }

    /// Like [`decide`](Self::decide), but asks the store before it says that there is nobody: the first partner may have been added
    /// this very moment.
    pub(super) async fn decide_surely(
        &self,
        store: &Store,
        arrival: Arrival<'_>,
        note: impl Fn(&Owner),
    ) -> Decision {
        match self.decide(arrival, &note) {
            Decision::Nobody => {
                // It happens hardly ever, and every connection would have to have room for it.
                let renewed = Box::pin(self.renew(store)).await;
                if renewed.is_ok() {
                    self.decide(arrival, note)
                } else {
                    Decision::Nobody
                }
            }
            decision => decision,
        }
    }

    /// Whether a connection would belong elsewhere, or be read in another way, if it came now.
    ///
    /// Hardware that no feed is about stays where it is for as long as it is connected: a second partner on the server is no reason
    /// to tear a race.
    pub fn is_outdated(&self, known: &Known, connection: &Connection) -> bool {
        let Some(owner) = &connection.owner else {
            return false;
        };
        let now = known.owner(Arrival::of(connection), &self.zone);
        let is_unmatched = |now: &Owner| known.is_quarantine(now.partner) && now.feed.is_none();
        let is_there = known.is_quarantine(owner.partner)
            || known
                .ownership
                .partners
                .iter()
                .any(|partner| partner.id == owner.partner);
        match now {
            None => owner.feed.is_some(),
            Some(now) if owner.feed.is_none() && is_there && is_unmatched(&now) => false,
            Some(now) => now != *owner,
        }
    }

    /// Has everything renewed, and waits a moment until what follows from it is done.
    pub async fn tell(&self) {
        let mut done = self.done.subscribe();
        let asked = self.asked.fetch_add(1, SeqCst) + 1;
        self.ask.notify_one();
        // Who asked is answered in any case.
        let _ = timeout(PATIENCE, done.wait_for(|done| *done >= asked)).await;
    }

    /// Waits until a renewal is asked for.
    pub(super) async fn asked(&self) {
        self.ask.notified().await;
    }

    /// How many renewals were asked for so far.
    pub(super) fn asked_so_far(&self) -> u64 {
        self.asked.load(SeqCst)
    }

    /// Says that the renewals asked for so far are done.
    pub(super) fn settle(&self, asked: u64) {
        self.done.send_replace(asked);
    }

    /// Whoever waits for a [`Decision`] hears here when there may be one.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.done.subscribe()
    }
}

impl<'a> Arrival<'a> {
    /// What is known of a connection by now.
    pub fn of(connection: &'a Connection) -> Self {
        Self {
            by: connection.by,
            peer: connection.peer.ip(),
            event: connection.event.as_deref(),
            connection: connection.stream.as_deref(),
        }
    }
}

impl Known {
    /// What the feed that a connection is known by is called now.
    pub fn name(&self, connection: &Connection) -> Option<&str> {
        let known_by = connection.feed()?;
        let feeds = &self.ownership.feeds;
        let feed = feeds.iter().find(|feed| feed.id == known_by)?;
        Some(&feed.terms.name)
    }

    /// Whether this is who keeps what nobody is known to own.
    pub fn is_quarantine(&self, partner: PartnerId) -> bool {
        self.ownership.quarantine == Some(partner)
    }

    /// Whether reads of this event change hands, to or from this partner.
    pub(super) fn is_moving(&self, partner: PartnerId, event: Option<&str>) -> bool {
        self.ownership.orders.iter().any(|order| {
            is_about(order, event) && (order.to == partner || self.is_quarantine(partner))
        })
    }

    fn owner(&self, arrival: Arrival<'_>, zone: &TimeZone) -> Option<Owner> {
        if let Some(feed) = self.feed(arrival) {
            return Some(Owner {
                partner: feed.partner_id,
                feed: Some(feed.id),
                zone: zone_of(&feed.terms).unwrap_or_else(|| zone.clone()),
            });
        }
        if arrival.by.is_some() {
            // The feed is gone, and its port will be in a moment.
            return None;
        }
        let Ownership {
            partners,
            quarantine,
            ..
        } = &self.ownership;
        let nobodys = quarantine.filter(|_| !partners.is_empty());
        Some(Owner {
            partner: self.unmatched.or(nobodys)?,
            feed: None,
            zone: zone.clone(),
        })
    }

    /// The feed that is meant.
    fn feed(&self, arrival: Arrival<'_>) -> Option<&Feed> {
        let mut feeds = self.ownership.feeds.iter();
        if let Some(by) = arrival.by {
            return feeds.find(|feed| feed.id == by);
        }
        let fitting = feeds.filter(|feed| fits(&feed.terms, arrival));
        fitting.max_by_key(|feed| {
            let FeedTerms {
                connection,
                event,
                networks,
                ..
            } = &feed.terms;
            let telling = (connection.is_some(), event.is_some(), !networks.is_empty());
            (telling, Reverse(feed.id))
        })
    }
}

/// Whether everything that the feed names on the shared port is so.
fn fits(terms: &FeedTerms, arrival: Arrival<'_>) -> bool {
    let told = |wanted: &Option<String>, told: Option<&str>| {
        wanted
            .as_deref()
            .is_none_or(|wanted| told.is_some_and(|told| is_same(wanted, told)))
    };
    terms.port.is_none()
        && terms.call_address.is_none()
        && told(&terms.event, arrival.event)
        && told(&terms.connection, arrival.connection)
        && (terms.networks.is_empty() || terms.networks.contains(arrival.peer))
}

/// Whether an order is about the event that hardware told.
pub(super) fn is_about(order: &HandOver, event: Option<&str>) -> bool {
    is_same(&order.event_name, event.unwrap_or(UNNAMED_EVENT))
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// The zone that a feed names, if it names one that is known.
pub fn zone_of(terms: &FeedTerms) -> Option<TimeZone> {
    TimeZone::get(terms.time_zone.as_deref()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Ordered,
        testing::{self, NOW, Place, by_event},
    };

    /// Two partners with feeds.
    struct Desk {
        store: Store,
        directory: Directory,
        acme: PartnerId,
        other: PartnerId,
        _place: Place,
    }

    impl Desk {
        async fn new(named: Option<&str>) -> Self {
            let (store, place) = testing::store().await;
            let mut partners = Vec::new();
            for name in ["Acme", "Other"] {
                let added = store.add_partner(name, NOW).await.expect("adds");
                partners.push(added.expect("is new").id);
            }
            let directory = Directory::new(named.map(str::to_owned), TimeZone::UTC);
            directory.renew(&store).await.expect("reads");
            Self {
                store,
                directory,
                acme: partners[0],
                other: partners[1],
                _place: place,
            }
        }

        async fn feed(&self, partner: PartnerId, terms: FeedTerms) -> FeedId {
            let added = self.store.add_feed(partner, &terms, Some(NOW), 100, NOW);
            let feed = added.await.expect("adds").expect("is room").id;
            self.directory.renew(&self.store).await.expect("reads");
            feed
        }

        fn owner(&self, arrival: Arrival<'_>) -> Owner {
            match self.directory.decide(arrival, |_| {}) {
                Decision::Owned(owner) => owner,
                other => panic!("{other:?}"),
            }
        }
    }

    const STRANGER: Arrival<'_> = Arrival {
        by: None,
        peer: IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 2, 3)),
        event: Some("City Run"),
        connection: Some("255F"),
    };

    fn nothing() -> FeedTerms {
        FeedTerms {
            event: None,
            ..by_event("feed")
        }
    }

    #[tokio::test]
    async fn the_most_telling_feed_is_meant_and_the_oldest_of_equals() {
        let desk = Desk::new(None).await;
        let networks = || "10.0.0.0/8".parse().expect("a network");
        let by_network = FeedTerms {
            networks: networks(),
            ..nothing()
        };
        let by_connection = FeedTerms {
            connection: Some("255f".to_owned()),
            ..nothing()
        };
        let elsewhere = FeedTerms {
            networks: "192.168.0.0/16".parse().expect("a network"),
            ..by_event("City Run")
        };
        let both = FeedTerms {
            networks: networks(),
            ..by_event("CITY RUN")
        };
        let zoned = FeedTerms {
            time_zone: Some("Europe/Vienna".to_owned()),
            ..by_connection.clone()
        };
        let mut meant = None;
        for (partner, terms, is_meant) in [
            (desk.other, elsewhere, false),
            (desk.acme, by_network, true),
            (desk.other, by_event("city run"), true),
            (desk.acme, by_event("City Run"), false),
            (desk.acme, both, true),
            (desk.other, zoned, true),
            (desk.acme, by_connection, false),
            (
                desk.acme,
                FeedTerms {
                    port: Some(5_001),
                    ..nothing()
                },
                false,
            ),
        ] {
            let feed = desk.feed(partner, terms.clone()).await;
            if is_meant {
                meant = Some((partner, feed));
            }
            let owner = desk.owner(STRANGER);
            let expected = meant.map_or((true, None), |(_, feed)| (false, Some(feed)));
            let known = desk.directory.known();
            assert_eq!(
                (known.is_quarantine(owner.partner), owner.feed),
                expected,
                "{terms:?}"
            );
        }
        let vienna = TimeZone::get("Europe/Vienna").expect("is known");
        assert_eq!(desk.owner(STRANGER).zone, vienna);
        let silent = Arrival {
            event: None,
            connection: None,
            ..STRANGER
        };
        assert_eq!(desk.owner(silent).partner, desk.acme, "by its network");
    }

    #[tokio::test]
    async fn a_port_of_its_own_says_it_all() {
        let desk = Desk::new(None).await;
        desk.feed(desk.acme, by_event("City Run")).await;
        let own = desk
            .feed(
                desk.other,
                FeedTerms {
                    port: Some(5_001),
                    ..nothing()
                },
            )
            .await;
        let owner = desk.owner(Arrival {
            by: Some(own),
            ..STRANGER
        });
        assert_eq!((owner.partner, owner.feed), (desk.other, Some(own)));
        let gone = Arrival {
            by: Some(FeedId::new()),
            ..STRANGER
        };
        let decision = desk.directory.decide(gone, |_| {});
        assert!(matches!(decision, Decision::Nobody), "{decision:?}");
    }

    #[tokio::test]
    async fn what_fits_nothing_is_the_named_ones_or_the_only_ones_or_in_quarantine() {
        let desk = Desk::new(Some("Other")).await;
        assert_eq!(desk.owner(STRANGER).partner, desk.other);
        assert!(!desk.directory.is_alone(desk.acme));
        desk.store
            .close_partner(desk.other, NOW)
            .await
            .expect("closes");
        desk.directory.renew(&desk.store).await.expect("reads");
        let closed = desk.owner(STRANGER).partner;
        assert!(
            desk.directory.known().is_quarantine(closed),
            "of a named one that is closed"
        );

        let unnamed = Directory::new(None, TimeZone::UTC);
        unnamed.renew(&desk.store).await.expect("reads");
        let Decision::Owned(owner) = unnamed.decide(STRANGER, |_| {}) else {
            panic!("there is one");
        };
        assert_eq!(owner.partner, desk.acme, "the only one");
        assert!(unnamed.is_alone(desk.acme));
        desk.store
            .close_partner(desk.acme, NOW)
            .await
            .expect("closes");
        unnamed.renew(&desk.store).await.expect("reads");
        assert!(matches!(unnamed.decide(STRANGER, |_| {}), Decision::Nobody));
    }

    #[tokio::test]
    async fn a_feed_that_waits_for_a_word_or_is_removed_means_nothing() {
        let desk = Desk::new(None).await;
        let terms = by_event("City Run");
        let waiting = desk.store.add_feed(desk.acme, &terms, None, 100, NOW);
        let waiting = waiting.await.expect("adds").expect("is room").id;
        for is_confirmed in [false, true, false] {
            desk.store
                .judge_feed(waiting, is_confirmed, NOW)
                .await
                .expect("judges");
            desk.directory.renew(&desk.store).await.expect("reads");
            assert_eq!(desk.owner(STRANGER).feed.is_some(), is_confirmed);
        }
        desk.store
            .judge_feed(waiting, true, NOW)
            .await
            .expect("judges");
        desk.store
            .remove_feed(desk.acme, waiting, NOW)
            .await
            .expect("removes");
        desk.directory.renew(&desk.store).await.expect("reads");
        assert_eq!(desk.owner(STRANGER).feed, None);
    }

    #[tokio::test]
    async fn hardware_of_a_session_that_changes_hands_waits() {
        let desk = Desk::new(None).await;
        let quarantine = desk.store.quarantine(NOW).await.expect("is there");
        let session =
            desk.store
                .open_timing_session(quarantine, "City Run", "255F", "2021-05-08", NOW);
        let session = session.await.expect("opens");
        let ordered = desk.store.order_hand_over(session, desk.acme, NOW).await;
        assert!(matches!(ordered.expect("answers"), Ordered::Taken(_)));
        desk.directory.renew(&desk.store).await.expect("reads");
        let decide = |event| {
            let arrival = Arrival { event, ..STRANGER };
            desk.directory.decide(arrival, |_| {})
        };
        assert!(matches!(decide(Some("CITY RUN")), Decision::Wait(_)));
        assert!(matches!(decide(Some("Another")), Decision::Owned(_)));
        let order = desk.directory.known().ownership.orders[0].clone();
        desk.store.hand_over(&order).await.expect("moves");
        desk.directory.renew(&desk.store).await.expect("reads");
        let Decision::Owned(owner) = decide(Some("City Run")) else {
            panic!("it is over");
        };
        assert_eq!(owner.partner, desk.acme);
    }
}
