//! Whose hardware is whose, remembered beside what hardware sent: a server that starts while its database is away goes by it.
//!
//! The database is right about all of this as soon as it answers. So what another version wrote, or what cannot be read, is as good
//! as forgotten, and no error.

use std::{path::Path, time::Duration};

use gantry_core::{chronotrack::login::Method, time::Moment};
use serde::{Deserialize, Serialize};
use sqlx::{ConnectOptions, Connection, FromRow};
use tracing::info;
use uuid::Uuid;

use super::{Spool, file::options};
use crate::store::{
    Database, Feed, FeedId, FeedLogin, FeedTerms, HandOver, Ownership, Partner, PartnerId, Result,
    TimingSessionId, sql::Common,
};

/// How it is written.
const VERSION: i64 = 1;

pub(super) const MAKE: Common = Common::new(
    "create table if not exists spool_memory (
    id integer not null primary key check (id = 1), version integer not null, body blob not null)",
);

pub(super) const FORGET: Common = Common::new("delete from spool_memory");

const REMEMBER: Common = Common::new(
    "insert into spool_memory (id, version, body) values (1, $1, $2)
    on conflict (id) do update set version = excluded.version, body = excluded.body",
);

const RECALL: Common = Common::new(
    "select version, body from spool_memory cross join spool_owner where database = $1",
);

#[derive(FromRow)]
struct Memory {
    version: i64,
    body: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    partners: Vec<(Uuid, String)>,
    feeds: Vec<WrittenFeed>,
    orders: Vec<WrittenOrder>,
    quarantine: Option<Uuid>,
}

#[derive(Serialize, Deserialize)]
struct WrittenFeed {
    id: Uuid,
    partner: Uuid,
    revision: i64,
    name: String,
    protocol: String,
    port: Option<u16>,
    call_address: Option<String>,
    networks: String,
    event: Option<String>,
    connection: Option<String>,
    location: Option<String>,
    login: Option<WrittenLogin>,
    time_zone: Option<String>,
    confirmed_at: Option<i64>,
    refused_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct WrittenLogin {
    method: String,
    user: String,
    password: String,
}

#[derive(Serialize, Deserialize)]
struct WrittenOrder {
    session: Uuid,
    to: Uuid,
    event_name: String,
}

impl Spool {
    /// Remembers whose hardware is whose, instead of what was remembered before.
    pub async fn remember(&self, ownership: &Ownership) -> Result<()> {
        let body = postcard::to_stdvec(&Written::of(ownership))
            .map_err(|error| sqlx::Error::Encode(error.into()))?;
        let query = REMEMBER.query().bind(VERSION).bind(body);
        query.execute(&self.pool).await.map(drop)
    }

    /// What the spool in this file remembers of a database. `None` when it remembers nothing that this program understands, or
    /// another server has it.
    pub async fn recall(file: &Path, database: &Database) -> Option<Ownership> {
        let memory = match look(file, database).await {
            Ok(memory) => memory?,
            Err(error) => {
                info!(%error, "the spool does not tell whose hardware is whose");
                return None;
            }
        };
        let is_understood = memory.version == VERSION;
        let written: Option<Written> = is_understood
            .then(|| postcard::from_bytes(&memory.body).ok())
            .flatten();
        Some(written?.ownership())
    }
}

async fn look(file: &Path, database: &Database) -> Result<Option<Memory>> {
    if !file.exists() {
        return Ok(None);
    }
    // Nobody is waited for: another server keeps the file for as long as it runs.
    let options = options(file).create_if_missing(false);
    let mut connection = options.busy_timeout(Duration::ZERO).connect().await?;
    let memory = RECALL.query_as().bind(database.to_string());
    let memory = memory.fetch_optional(&mut connection).await?;
    connection.close().await?;
    Ok(memory)
}

impl Written {
    fn of(ownership: &Ownership) -> Self {
        let order = |order: &HandOver| WrittenOrder {
            session: order.session.0,
            to: order.to.0,
            event_name: order.event_name.clone(),
        };
        let partner = |partner: &Partner| (partner.id.0, partner.name.clone());
        Self {
            partners: ownership.partners.iter().map(partner).collect(),
            feeds: ownership.feeds.iter().map(WrittenFeed::of).collect(),
            orders: ownership.orders.iter().map(order).collect(),
            quarantine: ownership.quarantine.map(|quarantine| quarantine.0),
        }
    }

    fn ownership(self) -> Ownership {
        let order = |order: WrittenOrder| HandOver {
            session: TimingSessionId(order.session),
            to: PartnerId(order.to),
            event_name: order.event_name,
        };
        let partner = |(id, name)| Partner {
            id: PartnerId(id),
            name,
            closed_at: None,
        };
        Ownership {
            partners: self.partners.into_iter().map(partner).collect(),
            feeds: self
                .feeds
                .into_iter()
                .filter_map(WrittenFeed::feed)
                .collect(),
            orders: self.orders.into_iter().map(order).collect(),
            quarantine: self.quarantine.map(PartnerId),
        }
    }
}

impl WrittenFeed {
    fn of(feed: &Feed) -> Self {
        let terms = feed.terms.clone();
        Self {
            id: feed.id.0,
            partner: feed.partner_id.0,
            revision: feed.revision,
            name: terms.name,
            protocol: terms.protocol.name().to_owned(),
            port: terms.port,
            call_address: terms.call_address,
            networks: terms.networks.to_string(),
            event: terms.event,
            connection: terms.connection,
            location: terms.location,
            login: terms.login.map(|login| WrittenLogin {
                method: login.method.name().to_owned(),
                user: login.user,
                password: login.password,
            }),
            time_zone: terms.time_zone,
            confirmed_at: feed.confirmed_at.map(|at| at.0),
            refused_at: feed.refused_at.map(|at| at.0),
        }
    }

    /// The feed, unless something of it is not understood: without that it would be another one.
    fn feed(self) -> Option<Feed> {
        let login = match self.login {
            None => None,
            Some(login) => Some(FeedLogin {
                method: Method::named(&login.method)?,
                user: login.user,
                password: login.password,
            }),
        };
        Some(Feed {
            id: FeedId(self.id),
            partner_id: PartnerId(self.partner),
            revision: self.revision,
            terms: FeedTerms {
                name: self.name,
                protocol: self.protocol.parse().ok()?,
                port: self.port,
                call_address: self.call_address,
                networks: self.networks.parse().ok()?,
                event: self.event,
                connection: self.connection,
                location: self.location,
                login,
                time_zone: self.time_zone,
            },
            confirmed_at: self.confirmed_at.map(Moment),
            refused_at: self.refused_at.map(Moment),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW, Place, by_event};

    const SPOIL: Common = Common::new("update spool_memory set version = version + 1");

    fn database() -> Database {
        Database::Sqlite("a".into())
    }

    /// A spool that remembers, after its server has stopped.
    async fn remembering(ownership: &Ownership) -> (Spool, Place) {
        let place = testing::place().await;
        let file = place.directory().join("spool.db");
        let spool = Spool::open(&file, &database()).await.expect("opens");
        for ownership in [&Ownership::default(), ownership] {
            spool.remember(ownership).await.expect("writes");
        }
        (spool, place)
    }

    async fn recalled(place: &Place, database: &Database) -> Option<Ownership> {
        Spool::recall(&place.directory().join("spool.db"), database).await
    }

    fn ownership() -> Ownership {
        let [acme, other, quarantine] = [PartnerId::new(), PartnerId::new(), PartnerId::new()];
        let partner = |id, name: &str| Partner {
            id,
            name: name.to_owned(),
            closed_at: None,
        };
        let feed = |partner_id, terms| Feed {
            id: FeedId::new(),
            partner_id,
            revision: 3,
            terms,
            confirmed_at: Some(NOW),
            refused_at: None,
        };
        let login = FeedLogin {
            method: Method::HmacSha1,
            user: "mat".to_owned(),
            password: "secret".to_owned(),
        };
        let on_port = FeedTerms {
            port: Some(5_001),
            networks: "10.0.0.0/8,::1".parse().expect("networks"),
            login: Some(login),
            time_zone: Some("Europe/Vienna".to_owned()),
            ..by_event("City Run")
        };
        Ownership {
            partners: vec![partner(acme, "Acme"), partner(other, "Other")],
            feeds: vec![feed(acme, on_port), feed(other, by_event("10K"))],
            orders: vec![HandOver {
                session: TimingSessionId::new(),
                to: acme,
                event_name: "Night Run".to_owned(),
            }],
            quarantine: Some(quarantine),
        }
    }

    #[tokio::test]
    async fn whose_hardware_is_whose_is_remembered_for_the_database_that_said_so() {
        let ownership = ownership();
        let (spool, place) = remembering(&ownership).await;
        assert_eq!(recalled(&place, &database()).await, None, "it is in use");
        spool.close().await;
        assert_eq!(recalled(&place, &database()).await, Some(ownership));
        let another = Database::Sqlite("b".into());
        assert_eq!(recalled(&place, &another).await, None);

        let file = place.directory().join("spool.db");
        for database in [&another, &database()] {
            let spool = Spool::open(&file, database).await.expect("nothing waits");
            spool.close().await;
        }
        assert_eq!(recalled(&place, &database()).await, None, "it is forgotten");
    }

    #[tokio::test]
    async fn what_another_version_remembers_is_as_good_as_nothing() {
        let (spool, place) = remembering(&ownership()).await;
        let spoilt = SPOIL.query().execute(&spool.pool).await;
        assert_eq!(spoilt.expect("is there").rows_affected(), 1);
        spool.close().await;
        assert_eq!(recalled(&place, &database()).await, None);
        let nowhere = place.directory().join("other.db");
        assert_eq!(Spool::recall(&nowhere, &database()).await, None);
        assert!(!nowhere.exists(), "looking makes nothing");
    }
}
