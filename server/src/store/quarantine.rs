//! The quarantine: what hardware sent that nobody is known to own, and handing it over.
//!
//! The quarantine is a partner that nobody works for, so that what is in it is stored, recognised and forgotten as everybody's is.
//! A session is handed over by an order, which is carried out in small steps: first its reads and lines become the partner's, at
//! last the session itself, and the order is gone. Until then nobody sees the session at the partner, and a step that a crash
//! undid is done again. Ids and positions stay, so that repeats are still known for what they are.

use gantry_core::{decoder::protocol::Protocol, time::Moment};
use sqlx::{Connection, FromRow};
use uuid::Uuid;

use super::{
    Feed, FeedTerms, PartnerId, Result, Store, TimingSessionId,
    db::{reading, writing},
    feeds::{FEEDS, FeedRow, add_confirmed, understood},
    fence::Server,
    sql::{Across, Common},
};
use crate::{
    crash_points::{Point, point},
    edge::networks::Networks,
};

/// The event of hardware that does not say.
pub const UNNAMED_EVENT: &str = "Unnamed event";

/// How the connection of hardware begins that does not say; what follows is another each time.
pub const NAMELESS: &str = "nameless-";

/// Rows that change hands in one step: a few milliseconds' work for SQLite, which lets nobody else write meanwhile.
const STEP: i64 = 1_000;

/// Connections that become feeds of their own where the hardware told no event.
const MOST_CONNECTIONS: usize = 20;

/// A session that is on its way from the quarantine to a partner.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct HandOver {
    /// Which.
    #[sqlx(rename = "timing_session_id")]
    pub session: TimingSessionId,
    /// Where to.
    #[sqlx(rename = "to_partner")]
    pub to: PartnerId,
    /// The event as the hardware tells it.
    pub event_name: String,
}

/// What an order that was carried out came to, since it was begun or gone on with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandedOver {
    /// Reads that changed hands.
    pub reads: u64,
    /// Lines that were no reads.
    pub lines: u64,
}

/// By what the hardware of a session is known from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownBy {
    /// The feeds that were made for it, or were there.
    pub feeds: Vec<FeedTerms>,
    /// Connections by which it cannot be known again: they have no name, or there are too many.
    pub unknown: usize,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// The session will be the partner's.
    Taken(KnownBy),
    /// It is on its way already.
    Before,
    /// No session in quarantine has this id.
    Unknown,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// There is more of the kind; the last was this, and so many rows changed hands.
    More(Cursor, u64),
    /// No more of the kind.
    Done,
}

/// Where the next step begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Read(i64),
    Line(Uuid),
}

const MAKE: Common = Common::new(
    "insert into timing_partners (id, name, created_at, kind) values ($1, '', $2, 'quarantine') on conflict do nothing",
);

const QUARANTINE: Common = Common::new("select id from timing_partners where kind = 'quarantine'");

const ORDER: Across = Across::new(
    "insert into hand_overs (timing_session_id, to_partner, event_name, created_at)
    select s.id, $2, s.event_name, $3 from timing_sessions s join timing_partners q on q.id = s.partner_id
    where s.id = $1 and q.kind = 'quarantine' on conflict do nothing
    returning timing_session_id, to_partner, event_name",
    "the server's administrator decides whose a session is",
);

const ORDERED: Common =
    Common::new("select created_at from hand_overs where timing_session_id = $1");

const ORDERS: Common = Common::new(
    "select timing_session_id, to_partner, event_name from hand_overs order by created_at, timing_session_id",
);

const CONNECTIONS: Across = Across::new(
    "select connection from timing_streams where timing_session_id = $1
    group by connection order by connection",
    "what is in quarantine is the server's administrator's to look at",
);

const READS_OF_STEP: Across = Across::new(
    "select max(position) from (
    select position from timing_reads where timing_session_id = $1 and position > $2 order by position limit $3) step",
    "a session changes hands",
);

const MOVE_READS: Across = Across::new(
    "update timing_reads set partner_id = $1
    where timing_session_id = $2 and position > $3 and position <= $4 and partner_id <> $1",
    "a session changes hands",
);

const LINES_OF_STEP: Across = Across::new(
    "select id from timing_lines where timing_session_id = $1 and id > $2 order by id limit $3",
    "a session changes hands",
);

const MOVE_LINES: Across = Across::new(
    "update timing_lines set partner_id = $1
    where timing_session_id = $2 and id > $3 and id <= $4 and partner_id <> $1",
    "a session changes hands",
);

const MOVE_STREAMS: Across = Across::new(
    "update timing_streams set partner_id = $1 where timing_session_id = $2",
    "a session changes hands",
);

/// Nobody works for the quarantine, so nobody rearranges its sessions: each shows all of itself.
const MOVE_PARTS: Across = Across::new(
    "update timing_session_parts set partner_id = $1 where recording_id = $2",
    "a session changes hands",
);

const MOVE_CORRECTIONS: Across = Across::new(
    "update timing_corrections set partner_id = $1 where recording_id = $2",
    "a session changes hands",
);

const MOVE_LOCATIONS: Across = Across::new(
    "update timing_locations set partner_id = $1 where timing_session_id = $2",
    "a session changes hands",
);

const SAME_DAY: Across = Across::new(
    "select count(*) from timing_sessions s join timing_sessions own on own.event_name = s.event_name
    where s.id = $2 and own.partner_id = $1 and substr(own.race_day, 1, 10) = s.race_day",
    "a session changes hands",
);

/// A partner has one session of an event and a day; a further one is told from it by its number.
const MOVE_SESSION: Across = Across::new(
    "update timing_sessions set partner_id = $1, race_day = race_day || $3 where id = $2 and partner_id <> $1",
    "a session changes hands",
);

/// It comes first: who finds no order has nothing to finish.
const END_ORDER: Common =
    Common::new("delete from hand_overs where timing_session_id = $1 and to_partner = $2");

impl Store {
    /// The partner that keeps what nobody is known to own; it is made when missing.
    pub async fn quarantine(&self, at: Moment) -> Result<PartnerId> {
        let find = async || -> Result<Option<PartnerId>> {
            reading!(self.db, Server, conn => QUARANTINE.query_scalar().fetch_optional(conn).await)
        };
        if let Some(quarantine) = find().await? {
            return Ok(quarantine);
        }
        self.make_quarantine(at).await?;
        find().await?.ok_or(sqlx::Error::RowNotFound)
    }

    async fn make_quarantine(&self, at: Moment) -> Result<()> {
        writing!(self.db, Server, conn => MAKE.query()
            .bind(PartnerId::new())
            .bind(at.0)
            .execute(conn)
            .await
            .map(drop))
    }

    /// Orders that a session in quarantine becomes a partner's, and that the hardware of its event is the partner's from now on.
    pub async fn order_hand_over(
        &self,
        session: TimingSessionId,
        to: PartnerId,
        at: Moment,
    ) -> Result<Ordered> {
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let order: Option<HandOver> = ORDER.query_as()
                .bind(session)
                .bind(to)
                .bind(at.0)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(order) = order else {
                let before: Option<i64> = ORDERED.query_scalar()
                    .bind(session)
                    .fetch_optional(&mut *transaction)
                    .await?;
                return Ok(if before.is_some() { Ordered::Before } else { Ordered::Unknown });
            };
            let connections: Vec<String> = CONNECTIONS.query_scalar()
                .bind(session)
                .fetch_all(&mut *transaction)
                .await?;
            let known: Vec<FeedRow> = FEEDS.query_as(to).fetch_all(&mut *transaction).await?;
            let known = understood(known);
            let known_by = known_by(&order, connections);
            for wanted in &known_by.feeds {
                let is_known = |feed: &Feed| feed.is_in_force() && feed.terms.claims_as(wanted);
                if !known.iter().any(is_known) {
                    add_confirmed!(transaction, to, wanted, at);
                }
            }
            transaction.commit().await?;
            Ok(Ordered::Taken(known_by))
        })
    }

    /// The orders that are not carried out yet, the oldest first.
    pub async fn hand_overs(&self) -> Result<Vec<HandOver>> {
        reading!(self.db, Server, conn => ORDERS.query_as().fetch_all(conn).await)
    }

    /// Carries an order out, or goes on with one that was begun; `None` when there is no such order, because it was carried out
    /// before. Nothing may store into the session meanwhile.
    pub async fn hand_over(&self, order: &HandOver) -> Result<Option<HandedOver>> {
        let is_open: Option<i64> = reading!(self.db, Server, conn => ORDERED.query_scalar()
            .bind(order.session)
            .fetch_optional(conn)
            .await?);
        if is_open.is_none() {
            return Ok(None);
        }
        let mut done = HandedOver::default();
        for mut cursor in [Cursor::Read(0), Cursor::Line(Uuid::nil())] {
            while let Step::More(next, moved) = self.hand_over_step(order, cursor).await? {
                match next {
                    Cursor::Read(_) => done.reads += moved,
                    Cursor::Line(_) => done.lines += moved,
                }
                cursor = next;
                point(Point::Moving);
                // Whoever stores reads goes first.
                tokio::task::yield_now().await;
            }
        }
        let is_finished = self.finish_hand_over(order).await?;
        Ok(is_finished.then_some(done))
    }

    async fn hand_over_step(&self, order: &HandOver, after: Cursor) -> Result<Step> {
        let HandOver { session, to, .. } = *order;
        writing!(self.db, Server, conn => {
            match after {
                Cursor::Read(after) => {
                    let last: Option<i64> = READS_OF_STEP.query_scalar()
                        .bind(session)
                        .bind(after)
                        .bind(STEP)
                        .fetch_one(&mut *conn)
                        .await?;
                    let Some(last) = last else { return Ok(Step::Done) };
                    let moved = MOVE_READS.query().bind(to).bind(session).bind(after).bind(last).execute(conn).await?;
                    Ok(Step::More(Cursor::Read(last), moved.rows_affected()))
                }
                Cursor::Line(after) => {
                    let lines: Vec<Uuid> = LINES_OF_STEP.query_scalar()
                        .bind(session)
                        .bind(after)
                        .bind(STEP)
                        .fetch_all(&mut *conn)
                        .await?;
                    let Some(last) = lines.last() else { return Ok(Step::Done) };
                    let moved = MOVE_LINES.query().bind(to).bind(session).bind(after).bind(last).execute(conn).await?;
                    Ok(Step::More(Cursor::Line(*last), moved.rows_affected()))
                }
            }
        })
    }

    /// False, and nothing is done, when the order was carried out by somebody else meanwhile.
    async fn finish_hand_over(&self, order: &HandOver) -> Result<bool> {
        let HandOver { session, to, .. } = *order;
        writing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let ended = END_ORDER.query().bind(session).bind(to).execute(&mut *transaction).await?;
            if ended.rows_affected() == 0 {
                return Ok(false);
            }
            for text in [MOVE_PARTS, MOVE_CORRECTIONS, MOVE_LOCATIONS, MOVE_STREAMS] {
                text.query().bind(to).bind(session).execute(&mut *transaction).await?;
            }
            let same_day: i64 = SAME_DAY.query_scalar()
                .bind(to)
                .bind(session)
                .fetch_one(&mut *transaction)
                .await?;
            let number = if same_day == 0 { String::new() } else { format!("#{}", same_day + 1) };
            MOVE_SESSION.query().bind(to).bind(session).bind(number).execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(true)
        })
    }
}

/// By which the partner's hardware is known from now on: the event, or where none was told, each connection.
fn known_by(order: &HandOver, connections: Vec<String>) -> KnownBy {
    let terms = |event: Option<&str>, connection: Option<String>| FeedTerms {
        name: order.event_name.clone(),
        protocol: Protocol::ChronoTrack,
        port: None,
        call_address: None,
        networks: Networks::default(),
        event: event.map(str::to_owned),
        connection,
        location: None,
        login: None,
        time_zone: None,
    };
    if order.event_name == UNNAMED_EVENT {
        let all = connections.len();
        let feeds: Vec<_> = connections
            .into_iter()
            .filter(|connection| !connection.starts_with(NAMELESS))
            .take(MOST_CONNECTIONS)
            .map(|connection| terms(None, Some(connection)))
            .collect();
        let unknown = all - feeds.len();
        return KnownBy { feeds, unknown };
    }
    KnownBy {
        feeds: vec![terms(Some(&order.event_name), None)],
        unknown: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Poll};

    use super::*;
    use crate::store::{
        NewLine, Origin,
        sql::Walled,
        testing::{self, NOW, read},
    };

    const EVENT: &str = "21ROTM";

    const RACE_DAYS: Walled =
        Walled::new("select race_day from timing_sessions where partner_id = $1 order by race_day");

    impl Store {
        /// The days of a partner's sessions, as the database tells them apart.
        async fn race_days(&self, partner: PartnerId) -> Vec<String> {
            let days: Result<Vec<String>> = async {
                reading!(self.db, partner, conn => RACE_DAYS.query_scalar(partner)
                    .fetch_all(conn)
                    .await)
            }
            .await;
            days.expect("reads")
        }
    }

    /// A session in quarantine with so many reads, and a partner.
    async fn quarantined(store: &Store, event: &str, reads: u64) -> (Origin, PartnerId) {
        let quarantine = store.quarantine(NOW).await.expect("is made");
        let session = store.open_timing_session(quarantine, event, "255F", "2021-05-08", NOW);
        let session = session.await.expect("opens");
        let stream = store.open_stream(quarantine, session, "255F", "FINISH", NOW);
        let origin = Origin {
            partner_id: quarantine,
            timing_session_id: session,
            stream_id: stream.await.expect("opens").id,
        };
        let all: Vec<_> = (1..=reads)
            .map(|sequence| read(origin, sequence, &sequence.to_string()))
            .collect();
        let line = NewLine {
            timing_session_id: Some(session),
            fault: None,
            ..testing::line(quarantine, b"ack~ping")
        };
        store.append(&all, &[line]).await.expect("stores");
        let partner = store.add_partner("Acme", NOW).await.expect("adds");
        (origin, partner.expect("is new").id)
    }

    async fn order(store: &Store, session: TimingSessionId, to: PartnerId) -> HandOver {
        let ordered = store.order_hand_over(session, to, NOW).await;
        assert!(matches!(ordered.expect("answers"), Ordered::Taken(_)));
        let orders = store.hand_overs().await.expect("reads");
        assert_eq!(orders.len(), 1);
        orders[0].clone()
    }

    #[tokio::test]
    async fn the_quarantine_is_one_and_no_company() {
        let (store, _place) = testing::store().await;
        let quarantine = store.quarantine(NOW).await.expect("is made");
        assert_eq!(store.quarantine(NOW).await.expect("is there"), quarantine);
        assert_eq!(store.partners().await.expect("reads"), []);
        assert_eq!(store.add_partner("", NOW).await.expect("answers"), None);
    }

    #[tokio::test]
    async fn a_session_is_handed_over_whole_and_its_hardware_known_from_then_on() {
        let (store, _place) = testing::store().await;
        let reads = 2 * STEP as u64 + 1;
        let (origin, acme) = quarantined(&store, EVENT, reads).await;
        let session = origin.timing_session_id;
        let order = order(&store, session, acme).await;
        let again = store.order_hand_over(session, acme, NOW).await;
        assert_eq!(again.expect("answers"), Ordered::Before);
        let feeds = store.feeds(acme).await.expect("reads");
        assert_eq!(feeds.len(), 1);
        assert!(feeds[0].is_in_force());
        assert_eq!(feeds[0].terms.event.as_deref(), Some(EVENT));

        // A crash after the first step: nobody sees half a session, and what was begun is begun again.
        let first = store.hand_over_step(&order, Cursor::Read(0)).await;
        let moved = STEP.unsigned_abs();
        assert!(
            matches!(first.expect("moves"), Step::More(Cursor::Read(_), count) if count == moved)
        );
        let seen = async |partner| {
            let seen = store.timing_session(partner, session).await.expect("reads");
            seen.map(|session| session.reads)
        };
        assert_eq!(seen(acme).await, None);
        let rest = HandedOver {
            reads: reads - moved,
            lines: 1,
        };
        for done in [Some(rest), None] {
            assert_eq!(store.hand_over(&order).await.expect("moves"), done);
        }
        assert_eq!(seen(acme).await, Some(reads as i64));
        assert_eq!(seen(origin.partner_id).await, None);
        let moved = store.reads_after(acme, session, 0, 10_000).await;
        assert_eq!(moved.expect("reads").len(), reads as usize);
        let peers = store.peers(acme, session).await.expect("reads");
        assert_eq!(peers, ["127.0.0.1:9"]);
        assert_eq!(store.hand_overs().await.expect("reads"), []);
        let gone = store.order_hand_over(session, acme, NOW).await;
        assert_eq!(gone.expect("answers"), Ordered::Unknown);

        // What the hardware sends again is known, and what it goes on with is the partner's.
        let own = Origin {
            partner_id: acme,
            ..origin
        };
        let known = store.open_timing_session(acme, EVENT, "255F", "2021-05-09", NOW + 1);
        assert_eq!(known.await.expect("finds"), session);
        let sent = [
            read(own, reads, &reads.to_string()),
            read(own, reads + 1, "7"),
        ];
        let stored = store.append(&sent, &[]).await.expect("stores");
        assert_eq!(stored.len(), 1);
        assert_eq!(seen(acme).await, Some(reads as i64 + 1));
    }

    #[tokio::test]
    async fn a_partner_with_a_session_of_that_day_gets_another_and_goes_on_in_it() {
        let (store, _place) = testing::store().await;
        let (origin, acme) = quarantined(&store, EVENT, 1).await;
        let session = origin.timing_session_id;
        let own = store.open_timing_session(acme, EVENT, "0000", "2021-05-08", NOW);
        let own = own.await.expect("opens");
        assert_ne!(own, session);
        let order = order(&store, session, acme).await;
        store.hand_over(&order).await.expect("moves");
        let again = store.finish_hand_over(&order).await.expect("answers");
        assert!(!again, "who comes too late finds nothing to finish");
        let race_days = store.race_days(acme).await;
        assert_eq!(race_days, ["2021-05-08", "2021-05-08#2"]);
        let all = store.timing_sessions(acme, None, 10).await.expect("reads");
        let days: Vec<_> = all.iter().map(|session| &*session.race_day).collect();
        assert_eq!(days, ["2021-05-08"; 2]);
        for (connection, expected) in [("255F", session), ("0000", own)] {
            store
                .open_stream(acme, own, "0000", "FINISH", NOW)
                .await
                .expect("opens");
            let found = store.open_timing_session(acme, EVENT, connection, "2021-05-08", NOW + 1);
            assert_eq!(found.await.expect("finds"), expected, "{connection}");
        }
    }

    #[tokio::test]
    async fn a_hand_over_that_stops_anywhere_is_finished_by_the_next() {
        let (store, _place) = testing::store().await;
        let reads = 4 * STEP.unsigned_abs() + 1;
        let (origin, acme) = quarantined(&store, EVENT, reads).await;
        let session = origin.timing_session_id;
        let order = order(&store, session, acme).await;
        // Each is let go of after so many turns, wherever it is then.
        let mut moved = 0;
        for turns in 1.. {
            let stopped = {
                let mut handing = std::pin::pin!(store.hand_over(&order));
                let mut left = turns;
                poll_fn(|context| {
                    left -= 1;
                    match handing.as_mut().poll(context) {
                        Poll::Ready(done) => Poll::Ready(Some(done)),
                        Poll::Pending if left == 0 => Poll::Ready(None),
                        Poll::Pending => Poll::Pending,
                    }
                })
                .await
            };
            if let Some(done) = stopped {
                // Nothing, where it was let go of while its last commit was on its way.
                moved = done.expect("moves").map_or(0, |done| done.reads);
                break;
            }
        }
        assert!(moved < reads, "it was stopped halfway at least once");
        let stored = store.reads_after(acme, session, 0, 10_000).await;
        let sequences: Vec<_> = stored
            .expect("reads")
            .iter()
            .map(|read| read.sequence.unsigned_abs())
            .collect();
        assert_eq!(sequences, (1..=reads).collect::<Vec<_>>(), "each once");
        let left = store.reads_after(origin.partner_id, session, 0, 10).await;
        assert_eq!(left.expect("reads"), []);
        assert_eq!(store.race_days(acme).await, ["2021-05-08"]);
        assert_eq!(store.hand_over(&order).await.expect("answers"), None);
    }

    #[tokio::test]
    async fn hardware_that_told_no_event_is_known_by_its_connections() {
        let (store, _place) = testing::store().await;
        let (origin, acme) = quarantined(&store, UNNAMED_EVENT, 1).await;
        let session = origin.timing_session_id;
        let nameless = format!("{NAMELESS}1");
        store
            .open_stream(origin.partner_id, session, &nameless, "FINISH", NOW)
            .await
            .expect("opens");
        let ordered = store.order_hand_over(session, acme, NOW).await;
        let Ordered::Taken(known_by) = ordered.expect("answers") else {
            panic!("it is in quarantine");
        };
        assert_eq!((known_by.feeds.len(), known_by.unknown), (1, 1));
        let feeds = store.feeds(acme).await.expect("reads");
        let rules: Vec<_> = feeds
            .iter()
            .map(|feed| {
                (
                    feed.terms.event.as_deref(),
                    feed.terms.connection.as_deref(),
                )
            })
            .collect();
        assert_eq!(rules, [(None, Some("255F"))]);
    }
}
