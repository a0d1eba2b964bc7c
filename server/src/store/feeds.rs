//! Feeds: by which a partner's hardware is known.

use gantry_core::{
    chronotrack::login::Method,
    decoder::protocol::{Protocol, UnknownProtocol},
    time::Moment,
};
use sqlx::FromRow;

use super::{
    FeedId, PartnerId, Result, Store,
    db::{reading, writing},
    fence::Server,
    sql::{Across, Walled},
};
use crate::edge::networks::Networks;

/// A way in for a partner's hardware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its id; later feeds have greater ids.
    pub id: FeedId,
    /// Whose hardware it is.
    pub partner_id: PartnerId,
    /// How often it was changed, from 1.
    pub revision: i64,
    /// What its owner decided.
    pub terms: FeedTerms,
    /// When the server's administrator, or the lack of any other partner, put it in force.
    pub confirmed_at: Option<Moment>,
    /// When the server's administrator refused it.
    pub refused_at: Option<Moment>,
}

/// What the owner of a feed decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedTerms {
    /// For people.
    pub name: String,
    /// How the hardware speaks.
    pub protocol: Protocol,
    /// A port of its own: whatever connects there is the partner's.
    pub port: Option<u16>,
    /// `host:port` of hardware that waits to be called.
    pub call_address: Option<String>,
    /// Where the hardware comes from; none: from anywhere.
    pub networks: Networks,
    /// The event that the hardware tells; upper and lower case are the same.
    pub event: Option<String>,
    /// The connection that the hardware tells; upper and lower case are the same.
    pub connection: Option<String>,
    /// The mat, for hardware that tells none.
    pub location: Option<String>,
    /// What ChronoTrack software has to know on the feed's own port.
    pub login: Option<FeedLogin>,
    /// The IANA name of the zone of the hardware's clock; `None`: the server's.
    pub time_zone: Option<String>,
}

/// What ChronoTrack software has to know.
#[derive(Clone, PartialEq, Eq)]
pub struct FeedLogin {
    /// How it proves that it does.
    pub method: Method,
    /// Its name.
    pub user: String,
    /// The password in clear: what is compared is its hash with a seed of the moment.
    pub password: String,
}

/// Why a feed is not kept as wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedRefusal {
    /// Some feed has the port.
    Taken,
    /// The partner has as many feeds as may be.
    Full,
    /// It was changed since, or is gone.
    Lost,
}

impl FeedTerms {
    /// Whether the feed is known by something that somebody else's hardware may have as well, or may be claimed by guessing. On a
    /// port of its own nobody connects by mistake.
    pub fn can_claim(&self) -> bool {
        self.port.is_none()
    }

    /// Whether its hardware comes in by a way of its own: a port, or because it is called.
    pub fn has_own_way(&self) -> bool {
        self.port.is_some() || self.call_address.is_some()
    }

    /// Whether these terms claim the same hardware as others do. On a way of its own an event claims nothing: it names what is there.
    pub fn claims_as(&self, other: &Self) -> bool {
        let claim = |terms: &Self| {
            (
                (terms.protocol, terms.port, terms.call_address.clone()),
                (
                    terms.networks.clone(),
                    terms.event.clone().filter(|_| !terms.has_own_way()),
                    terms.connection.clone(),
                ),
            )
        };
        claim(self) == claim(other)
    }
}

impl Feed {
    /// Whether its hardware is the partner's.
    pub fn is_in_force(&self) -> bool {
        self.confirmed_at.is_some() && self.refused_at.is_none()
    }
}

impl std::fmt::Debug for FeedLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeedLogin")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

#[derive(FromRow)]
pub(super) struct FeedRow {
    id: FeedId,
    partner_id: PartnerId,
    revision: i64,
    name: String,
    protocol: String,
    port: Option<i64>,
    call_address: Option<String>,
    networks: String,
    event: Option<String>,
    connection: Option<String>,
    location: Option<String>,
    login_method: Option<String>,
    login_name: Option<String>,
    login_password: Option<String>,
    time_zone: Option<String>,
    confirmed_at: Option<i64>,
    refused_at: Option<i64>,
}

macro_rules! columns {
    () => {
        "id, partner_id, revision, name, protocol, port, call_address, networks, event, connection, location,
        login_method, login_name, login_password, time_zone, confirmed_at, refused_at"
    };
}

/// Nothing is added where a feed of anybody's has the port, or the partner has `$17` feeds already.
pub(super) const ADD: Walled = Walled::new(concat!(
    "insert into feeds (partner_id, id, name, protocol, port, call_address, networks, event, connection, location,
    login_method, login_name, login_password, time_zone, confirmed_at, created_at, revision)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1
    where (select count(*) from feeds where partner_id = $1 and removed_at is null) < $17
    on conflict do nothing returning ",
    columns!()
));

const COUNT: Walled =
    Walled::new("select count(*) from feeds where partner_id = $1 and removed_at is null");

const CHANGE: Walled = Walled::new(concat!(
    "update feeds set name = $3, protocol = $4, port = $5, call_address = $6, networks = $7, event = $8,
    connection = $9, location = $10, login_method = $11, login_name = $12, login_password = $13, time_zone = $14,
    confirmed_at = $15, refused_at = $16, revision = revision + 1
    where partner_id = $1 and id = $2 and revision = $17 and removed_at is null returning ",
    columns!()
));

pub(super) const FEEDS: Walled = Walled::new(concat!(
    "select ",
    columns!(),
    " from feeds where partner_id = $1 and removed_at is null order by id"
));

const FEED: Walled = Walled::new(concat!(
    "select ",
    columns!(),
    " from feeds where partner_id = $1 and id = $2 and removed_at is null"
));

const REMOVE: Walled = Walled::new(concat!(
    "update feeds set removed_at = $3 where partner_id = $1 and id = $2 and removed_at is null returning ",
    columns!()
));

const ALL: Across = Across::new(
    concat!(
        "select ",
        columns!(),
        " from feeds where removed_at is null order by id"
    ),
    "whose a connection is, is found among the feeds of all partners",
);

const JUDGE: Across = Across::new(
    concat!(
        "update feeds set confirmed_at = $2, refused_at = $3 where id = $1 and removed_at is null returning ",
        columns!()
    ),
    "the server's administrator decides between partners",
);

/// Binds what an owner decides, in the order of the columns from `name` to `time_zone`.
macro_rules! bind_terms {
    ($query:expr, $terms:expr) => {{
        let terms = &$terms;
        let login = terms.login.as_ref();
        $query
            .bind(terms.name.clone())
            .bind(terms.protocol.name())
            .bind(terms.port.map(i64::from))
            .bind(terms.call_address.clone())
            .bind(terms.networks.to_string())
            .bind(terms.event.clone())
            .bind(terms.connection.clone())
            .bind(terms.location.clone())
            .bind(login.map(|login| login.method.name()))
            .bind(login.map(|login| login.user.clone()))
            .bind(login.map(|login| login.password.clone()))
            .bind(terms.time_zone.clone())
    }};
}

/// Adds a feed that is in force, on a connection.
macro_rules! add_confirmed {
    ($conn:ident, $partner:expr, $terms:expr, $at:expr) => {{
        let query = $crate::store::feeds::ADD
            .query($partner)
            .bind($crate::store::FeedId::new());
        $crate::store::feeds::bind_terms!(query, $terms)
            .bind(Some($at.0))
            .bind($at.0)
            .bind(i64::MAX)
            .execute(&mut *$conn)
            .await?;
    }};
}
pub(super) use {add_confirmed, bind_terms};

impl Store {
    /// A partner's feeds, the oldest first.
    pub async fn feeds(&self, partner: PartnerId) -> Result<Vec<Feed>> {
        let rows: Vec<FeedRow> = reading!(self.db, partner, conn => FEEDS.query_as(partner)
            .fetch_all(conn)
            .await?);
        Ok(understood(rows))
    }

    /// One feed of a partner.
    pub async fn feed(&self, partner: PartnerId, id: FeedId) -> Result<Option<Feed>> {
        let row: Option<FeedRow> = reading!(self.db, partner, conn => FEED.query_as(partner)
            .bind(id)
            .fetch_optional(conn)
            .await?);
        Ok(row.and_then(|row| row.try_into().ok()))
    }

    /// The feeds of all partners, the oldest first. For the server's own work.
    pub async fn all_feeds(&self) -> Result<Vec<Feed>> {
        let rows: Vec<FeedRow> =
            reading!(self.db, Server, conn => ALL.query_as().fetch_all(conn).await?);
        Ok(understood(rows))
    }

    /// Adds a feed, unless the partner has `most` or its port is some feed's.
    pub async fn add_feed(
        &self,
        partner: PartnerId,
        terms: &FeedTerms,
        confirmed_at: Option<Moment>,
        most: usize,
        at: Moment,
    ) -> Result<std::result::Result<Feed, FeedRefusal>> {
        writing!(self.db, partner, conn => {
            let added = bind_terms!(ADD.query_as(partner).bind(FeedId::new()), terms)
                .bind(confirmed_at.map(|at| at.0))
                .bind(at.0)
                .bind(most as i64)
                .fetch_optional(&mut *conn)
                .await?;
            let added: Option<FeedRow> = added;
            if let Some(feed) = added.and_then(|row| row.try_into().ok()) {
                return Ok(Ok(feed));
            }
            let count: i64 = COUNT.query_scalar(partner).fetch_one(conn).await?;
            Ok(Err(if count < most as i64 { FeedRefusal::Taken } else { FeedRefusal::Full }))
        })
    }

    /// Changes a feed that is still at revision `base`. What the server's administrator thought of it is `confirmed_at` and
    /// `refused_at` from now on.
    pub async fn change_feed(
        &self,
        base: &Feed,
        next: &Feed,
    ) -> Result<std::result::Result<Feed, FeedRefusal>> {
        let changed = self.try_change(base, next).await;
        match changed {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Ok(Err(FeedRefusal::Taken))
            }
            changed => {
                let feed = changed?.and_then(|row| row.try_into().ok());
                Ok(feed.ok_or(FeedRefusal::Lost))
            }
        }
    }

    async fn try_change(&self, base: &Feed, next: &Feed) -> Result<Option<FeedRow>> {
        let partner = base.partner_id;
        writing!(self.db, partner, conn => bind_terms!(CHANGE.query_as(partner).bind(base.id), next.terms)
            .bind(next.confirmed_at.map(|at| at.0))
            .bind(next.refused_at.map(|at| at.0))
            .bind(base.revision)
            .fetch_optional(conn)
            .await)
    }

    /// Removes a feed and answers what it was; `None` when there is no such feed.
    pub async fn remove_feed(
        &self,
        partner: PartnerId,
        id: FeedId,
        at: Moment,
    ) -> Result<Option<Feed>> {
        let row: Option<FeedRow> = writing!(self.db, partner, conn => REMOVE.query_as(partner)
            .bind(id)
            .bind(at.0)
            .fetch_optional(conn)
            .await?);
        Ok(row.and_then(|row| row.try_into().ok()))
    }

    /// Confirms or refuses a feed for the server's administrator; `None` when there is no such feed.
    pub async fn judge_feed(
        &self,
        id: FeedId,
        is_confirmed: bool,
        at: Moment,
    ) -> Result<Option<Feed>> {
        let row: Option<FeedRow> = writing!(self.db, Server, conn => JUDGE.query_as()
            .bind(id)
            .bind(is_confirmed.then_some(at.0))
            .bind((!is_confirmed).then_some(at.0))
            .fetch_optional(conn)
            .await?);
        Ok(row.and_then(|row| row.try_into().ok()))
    }
}

/// The feeds that this program understands; one of a protocol that only a newer one knows is left alone.
pub(super) fn understood(rows: Vec<FeedRow>) -> Vec<Feed> {
    let feeds = rows.into_iter().map(Feed::try_from);
    feeds.filter_map(std::result::Result::ok).collect()
}

impl TryFrom<FeedRow> for Feed {
    type Error = UnknownProtocol;

    fn try_from(row: FeedRow) -> std::result::Result<Self, UnknownProtocol> {
        let method = row.login_method.as_deref().and_then(Method::named);
        let login = method.map(|method| FeedLogin {
            method,
            user: row.login_name.unwrap_or_default(),
            password: row.login_password.unwrap_or_default(),
        });
        Ok(Self {
            id: row.id,
            partner_id: row.partner_id,
            revision: row.revision,
            terms: FeedTerms {
                name: row.name,
                protocol: row.protocol.parse()?,
                port: row.port.and_then(|port| u16::try_from(port).ok()),
                call_address: row.call_address,
                networks: row.networks.parse().unwrap_or_default(),
                event: row.event,
                connection: row.connection,
                location: row.location,
                login,
                time_zone: row.time_zone,
            },
            confirmed_at: row.confirmed_at.map(Moment),
            refused_at: row.refused_at.map(Moment),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW, by_event};

    fn on_port(port: u16) -> FeedTerms {
        let login = FeedLogin {
            method: Method::HmacSha1,
            user: "mat".to_owned(),
            password: "secret".to_owned(),
        };
        FeedTerms {
            port: Some(port),
            event: None,
            networks: "10.0.0.0/8,::1".parse().expect("networks"),
            login: Some(login),
            time_zone: Some("Europe/Vienna".to_owned()),
            ..by_event("")
        }
    }

    async fn two(store: &Store) -> [PartnerId; 2] {
        let mut partners = Vec::new();
        for name in ["Acme", "Other"] {
            let added = store.add_partner(name, NOW).await.expect("adds");
            partners.push(added.expect("is new").id);
        }
        partners.try_into().expect("two")
    }

    async fn try_adding(
        store: &Store,
        partner: PartnerId,
        terms: &FeedTerms,
    ) -> std::result::Result<Feed, FeedRefusal> {
        let added = store.add_feed(partner, terms, None, 3, NOW);
        added.await.expect("answers")
    }

    async fn add(store: &Store, partner: PartnerId, terms: &FeedTerms) -> Feed {
        try_adding(store, partner, terms).await.expect("is added")
    }

    #[tokio::test]
    async fn a_feed_is_kept_as_it_was_told_and_seen_by_its_partner_only() {
        let (store, _place) = testing::store().await;
        let [acme, other] = two(&store).await;
        let added = add(&store, acme, &on_port(5_001)).await;
        assert_eq!((&added.terms, added.revision), (&on_port(5_001), 1));
        assert!(!format!("{added:?}").contains("secret"));
        let found = store.feed(acme, added.id).await.expect("reads");
        assert_eq!(found.as_ref(), Some(&added));
        assert_eq!(store.feed(other, added.id).await.expect("reads"), None);
        assert_eq!(store.feeds(other).await.expect("reads"), []);
        let removed = store.remove_feed(other, added.id, NOW).await;
        assert_eq!(removed.expect("answers"), None);
        assert_eq!(store.all_feeds().await.expect("reads"), [added]);
    }

    #[tokio::test]
    async fn a_port_is_one_feeds_until_that_is_removed_or_its_partner_closed() {
        let (store, _place) = testing::store().await;
        let [acme, other] = two(&store).await;
        let first = add(&store, acme, &on_port(5_001)).await;
        let taken = try_adding(&store, other, &on_port(5_001)).await;
        assert_eq!(taken, Err(FeedRefusal::Taken));
        let second = add(&store, other, &on_port(5_002)).await;
        let wanted = Feed {
            terms: on_port(5_001),
            ..second.clone()
        };
        let changed = store.change_feed(&second, &wanted).await;
        assert_eq!(changed.expect("answers"), Err(FeedRefusal::Taken));

        let removed = store.remove_feed(acme, first.id, NOW).await;
        assert_eq!(
            removed.expect("removes").map(|feed| feed.id),
            Some(first.id)
        );
        let changed = store.change_feed(&second, &wanted).await;
        let changed = changed.expect("answers").expect("the port is free");
        assert_eq!((changed.terms.port, changed.revision), (Some(5_001), 2));
        let again = store.change_feed(&second, &wanted).await;
        assert_eq!(again.expect("answers"), Err(FeedRefusal::Lost));

        store.close_partner(other, NOW).await.expect("closes");
        add(&store, acme, &on_port(5_001)).await;
    }

    #[tokio::test]
    async fn a_partner_has_so_many_feeds_and_no_more() {
        let (store, _place) = testing::store().await;
        let [acme, other] = two(&store).await;
        for event in ["one", "two", "three"] {
            add(&store, acme, &by_event(event)).await;
        }
        let fourth = try_adding(&store, acme, &by_event("four")).await;
        assert_eq!(fourth, Err(FeedRefusal::Full));
        add(&store, other, &by_event("four")).await;
    }

    #[tokio::test]
    async fn what_could_claim_others_hardware_waits_for_the_administrator() {
        let (store, _place) = testing::store().await;
        let [acme, _] = two(&store).await;
        let rule = add(&store, acme, &by_event("Run")).await;
        assert!(!rule.is_in_force());
        for is_confirmed in [true, false] {
            let judged = store.judge_feed(rule.id, is_confirmed, NOW).await;
            let judged = judged.expect("judges").expect("is there");
            assert_eq!(judged.is_in_force(), is_confirmed);
        }
        let nobodys = store.judge_feed(FeedId::new(), true, NOW).await;
        assert_eq!(nobodys.expect("answers"), None);
    }
}
