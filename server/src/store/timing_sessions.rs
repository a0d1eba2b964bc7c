//! Timing sessions, their locations and streams: made by the hardware, looked at by operators.

use std::collections::BTreeMap;

use gantry_core::time::Moment;
use sqlx::FromRow;
use uuid::Uuid;

use super::{PartnerId, Result, Store, StreamId, TimingSessionId, db::on};

/// One event of one partner on one day, with what came in so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimingSession {
    /// Its id; later sessions have greater ids.
    pub id: TimingSessionId,
    /// What operators see.
    pub name: String,
    /// The event as the hardware names it.
    pub event_name: String,
    /// The local day, `YYYY-MM-DD`.
    pub race_day: String,
    /// When the hardware first spoke of it.
    pub created_at: Moment,
    /// Stored reads, repeats not counted.
    pub reads: i64,
    /// When the first read was received.
    pub first_read_at: Option<Moment>,
    /// When the newest read was received.
    pub last_read_at: Option<Moment>,
    /// The mats, in the order in which they turned up.
    pub locations: Vec<String>,
}

/// One numbering of reads and where to go on in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Stream {
    /// Its id.
    pub id: StreamId,
    /// The highest sequence received; 0 before the first.
    pub last_sequence: i64,
}

/// What came in at one mat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationFigures {
    /// The mat.
    pub location: String,
    /// Stored reads.
    pub reads: i64,
    /// When the newest was received.
    pub last_read_at: Option<Moment>,
}

/// How much there is in all, of all partners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Totals {
    /// Stored reads.
    pub reads: i64,
    /// Timing sessions.
    pub sessions: i64,
}

#[derive(FromRow)]
struct SessionRow {
    id: TimingSessionId,
    name: String,
    event_name: String,
    race_day: String,
    created_at: i64,
    reads: i64,
    first_read_at: Option<i64>,
    last_read_at: Option<i64>,
}

#[derive(FromRow)]
struct LocationRow {
    timing_session_id: TimingSessionId,
    name: String,
}

#[derive(FromRow)]
struct LocationFiguresRow {
    location: String,
    reads: i64,
    last_read_at: Option<i64>,
}

/// A race may go on after midnight, and a session that hardware knows by its connection id is the same on any day.
const RUNNING_SESSION: &str = "select s.id from timing_sessions s
    left join timing_streams t on t.timing_session_id = s.id
    where s.partner_id = $1 and s.event_name = $2
    and (t.connection = $3 or t.last_read_at >= $4 or s.created_at >= $4)
    order by s.id desc limit 1";

/// How long after its last read a session is still the same race, in milliseconds.
const PAUSE_MS: i64 = 6 * 3_600_000;

const OPEN_SESSION: &str =
    "insert into timing_sessions (id, partner_id, name, event_name, race_day, created_at)
    values ($1, $2, $3, $3, $4, $5) on conflict do nothing";

const SESSION_OF_DAY: &str =
    "select id from timing_sessions where partner_id = $1 and event_name = $2 and race_day = $3";

const OPEN_LOCATION: &str =
    "insert into timing_locations (timing_session_id, name, partner_id, created_at)
    values ($1, $2, $3, $4) on conflict do nothing";

const OPEN_STREAM: &str = "insert into timing_streams
    (id, partner_id, timing_session_id, connection, location, last_sequence, reads, created_at)
    values ($1, $2, $3, $4, $5, 0, 0, $6) on conflict do nothing";

const STREAM: &str = "select id, last_sequence from timing_streams
    where partner_id = $1 and timing_session_id = $2 and connection = $3 and location = $4";

const SESSIONS: &str = "select s.id, s.name, s.event_name, s.race_day, s.created_at,
    cast(coalesce(sum(t.reads), 0) as bigint) as reads,
    min(t.first_read_at) as first_read_at, max(t.last_read_at) as last_read_at
    from timing_sessions s left join timing_streams t on t.timing_session_id = s.id
    where s.partner_id = $1 and s.id >= $2 and s.id <= $3 group by s.id order by s.id desc limit $4";

const LOCATIONS: &str = "select timing_session_id, name from timing_locations
    where partner_id = $1 and timing_session_id >= $2 and timing_session_id <= $3 order by created_at, name";

const BY_LOCATION: &str =
    "select l.name as location, cast(coalesce(sum(t.reads), 0) as bigint) as reads,
    max(t.last_read_at) as last_read_at
    from timing_locations l
    left join timing_streams t on t.timing_session_id = l.timing_session_id and t.location = l.name
    where l.partner_id = $1 and l.timing_session_id = $2
    group by l.name, l.created_at order by l.created_at, l.name";

/// Looks at the newest reads only: a session may hold a hundred thousand, and 500 a second is a flood.
const READS_SINCE: &str = "select count(*) from (select received_at from timing_reads
    where partner_id = $1 and timing_session_id = $2 order by position desc limit 30000) newest
    where received_at >= $3";

const TOTALS: &str = "select cast(coalesce(sum(reads), 0) as bigint) as reads,
    (select count(*) from timing_sessions) as sessions from timing_streams";

impl Store {
    /// How much there is in all. For whoever watches the server; it tells nothing of any one partner.
    pub async fn totals(&self) -> Result<Totals> {
        on!(self.db, pool => sqlx::query_as(TOTALS).fetch_one(pool).await)
    }

    /// The session that hardware of that event belongs to: the one that its connection id is known from, else one that had
    /// reads in the last six hours, else the one of this day, which is made when missing.
    pub async fn open_timing_session(
        &self,
        partner: PartnerId,
        event_name: &str,
        connection: &str,
        race_day: &str,
        at: Moment,
    ) -> Result<TimingSessionId> {
        on!(self.db, pool => {
            let running = sqlx::query_scalar(RUNNING_SESSION)
                .bind(partner)
                .bind(event_name)
                .bind(connection)
                .bind(at.0 - PAUSE_MS)
                .fetch_optional(pool)
                .await?;
            if let Some(running) = running {
                return Ok(running);
            }
            sqlx::query(OPEN_SESSION)
                .bind(TimingSessionId::new())
                .bind(partner)
                .bind(event_name)
                .bind(race_day)
                .bind(at.0)
                .execute(pool)
                .await?;
            sqlx::query_scalar(SESSION_OF_DAY)
                .bind(partner)
                .bind(event_name)
                .bind(race_day)
                .fetch_one(pool)
                .await
        })
    }

    /// The stream of that hardware connection at that location; stream and location are made when missing.
    pub async fn open_stream(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        connection: &str,
        location: &str,
        at: Moment,
    ) -> Result<Stream> {
        on!(self.db, pool => {
            let mut transaction = pool.begin().await?;
            sqlx::query(OPEN_LOCATION)
                .bind(session)
                .bind(location)
                .bind(partner)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(OPEN_STREAM)
                .bind(StreamId::new())
                .bind(partner)
                .bind(session)
                .bind(connection)
                .bind(location)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            let stream = sqlx::query_as(STREAM)
                .bind(partner)
                .bind(session)
                .bind(connection)
                .bind(location)
                .fetch_one(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(stream)
        })
    }

    /// The newest `limit` sessions, newest first; those older than `before` when it is given.
    pub async fn timing_sessions(
        &self,
        partner: PartnerId,
        before: Option<TimingSessionId>,
        limit: usize,
    ) -> Result<Vec<TimingSession>> {
        let up_to = before.map_or(Uuid::max(), |before| {
            Uuid::from_u128(before.0.as_u128().saturating_sub(1))
        });
        self.sessions_between(partner, Uuid::nil(), up_to, limit)
            .await
    }

    /// One session.
    pub async fn timing_session(
        &self,
        partner: PartnerId,
        id: TimingSessionId,
    ) -> Result<Option<TimingSession>> {
        Ok(self.sessions_between(partner, id.0, id.0, 1).await?.pop())
    }

    async fn sessions_between(
        &self,
        partner: PartnerId,
        from: Uuid,
        up_to: Uuid,
        limit: usize,
    ) -> Result<Vec<TimingSession>> {
        let rows: Vec<SessionRow> = on!(self.db, pool => sqlx::query_as(SESSIONS)
            .bind(partner)
            .bind(from)
            .bind(up_to)
            .bind(limit as i64)
            .fetch_all(pool)
            .await?);
        let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) else {
            return Ok(Vec::new());
        };
        let mut locations = self
            .locations_between(partner, oldest.id, newest.id)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let locations = locations.remove(&row.id).unwrap_or_default();
                TimingSession::new(row, locations)
            })
            .collect())
    }

    async fn locations_between(
        &self,
        partner: PartnerId,
        oldest: TimingSessionId,
        newest: TimingSessionId,
    ) -> Result<BTreeMap<TimingSessionId, Vec<String>>> {
        let rows: Vec<LocationRow> = on!(self.db, pool => sqlx::query_as(LOCATIONS)
            .bind(partner)
            .bind(oldest)
            .bind(newest)
            .fetch_all(pool)
            .await?);
        let mut locations: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in rows {
            locations
                .entry(row.timing_session_id)
                .or_default()
                .push(row.name);
        }
        Ok(locations)
    }

    /// What came in at each mat of a session, in the order in which the mats turned up.
    pub async fn reads_by_location(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
    ) -> Result<Vec<LocationFigures>> {
        let rows: Vec<LocationFiguresRow> = on!(self.db, pool => sqlx::query_as(BY_LOCATION)
            .bind(partner)
            .bind(session)
            .fetch_all(pool)
            .await?);
        Ok(rows.into_iter().map(LocationFigures::from).collect())
    }

    /// How many reads of a session were received at or after `since`; at most 30,000 are counted.
    pub async fn reads_since(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        since: Moment,
    ) -> Result<i64> {
        on!(self.db, pool => sqlx::query_scalar(READS_SINCE)
            .bind(partner)
            .bind(session)
            .bind(since.0)
            .fetch_one(pool)
            .await)
    }
}

impl TimingSession {
    fn new(row: SessionRow, locations: Vec<String>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            event_name: row.event_name,
            race_day: row.race_day,
            created_at: Moment(row.created_at),
            reads: row.reads,
            first_read_at: row.first_read_at.map(Moment),
            last_read_at: row.last_read_at.map(Moment),
            locations,
        }
    }
}

impl From<LocationFiguresRow> for LocationFigures {
    fn from(row: LocationFiguresRow) -> Self {
        Self {
            location: row.location,
            reads: row.reads,
            last_read_at: row.last_read_at.map(Moment),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::{self, NOW, race, read};

    #[tokio::test]
    async fn a_session_is_one_event_on_one_day_and_into_the_night() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let known = origin.timing_session_id;
        let open = async |event, connection, day, hours: i64| {
            let at = NOW + hours * 3_600_000;
            store
                .open_timing_session(origin.partner_id, event, connection, day, at)
                .await
                .expect("opens")
        };
        assert_eq!(
            open("21ROTM", "NEW", "2021-05-08", 10).await,
            known,
            "the same day"
        );
        assert_eq!(
            open("21ROTM", "NEW", "2021-05-09", 5).await,
            known,
            "after midnight"
        );
        assert_eq!(
            open("21ROTM", "255F", "2021-05-09", 20).await,
            known,
            "the same connection"
        );
        assert_ne!(
            open("22ROTM", "255F", "2021-05-08", 0).await,
            known,
            "another event"
        );
        assert_ne!(
            open("21ROTM", "NEW", "2021-05-09", 20).await,
            known,
            "another day"
        );
    }

    #[tokio::test]
    async fn sessions_are_paged_newest_first_with_their_locations() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let partner = origin.partner_id;
        let second = store
            .open_timing_session(partner, "10K", "A", "2021-05-08", NOW)
            .await
            .expect("opens");
        store
            .open_stream(partner, second, "A", "START", NOW)
            .await
            .expect("opens");
        store
            .open_stream(partner, second, "A", "FINISH", NOW + 1)
            .await
            .expect("opens");
        store
            .open_stream(partner, second, "B", "FINISH", NOW + 2)
            .await
            .expect("opens");

        let newest = store
            .timing_sessions(partner, None, 1)
            .await
            .expect("lists");
        assert_eq!(
            newest.iter().map(|session| session.id).collect::<Vec<_>>(),
            [second]
        );
        assert_eq!(newest[0].locations, ["START", "FINISH"]);
        let older = store
            .timing_sessions(partner, Some(second), 10)
            .await
            .expect("lists");
        assert_eq!(
            older.iter().map(|session| session.id).collect::<Vec<_>>(),
            [origin.timing_session_id]
        );
        assert_eq!(
            store
                .timing_sessions(partner, Some(older[0].id), 10)
                .await
                .expect("lists"),
            []
        );
    }

    #[tokio::test]
    async fn figures_tell_each_mat_and_the_last_minute() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        store
            .open_stream(partner, session, "255F", "START", NOW + 1)
            .await
            .expect("opens");
        store
            .append(&[read(origin, 1, "7"), read(origin, 2, "8")], &[])
            .await
            .expect("stores");

        let figures = store
            .reads_by_location(partner, session)
            .await
            .expect("reads");
        let figures: Vec<_> = figures
            .iter()
            .map(|at| (at.location.as_str(), at.reads))
            .collect();
        assert_eq!(figures, [("FINISH", 2), ("START", 0)]);
        assert_eq!(
            store
                .reads_since(partner, session, NOW + 2)
                .await
                .expect("counts"),
            1
        );
    }
}
