//! Timing sessions as operators look at them: what came in, where and when.

use std::collections::BTreeMap;

use gantry_core::time::Moment;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    PartnerId, Result, Store, TimingSessionId,
    db::{reading, writing},
    fence::Server,
    sql::{Across, Walled},
};

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
    /// Since when its reads are kept for good.
    pub pinned_at: Option<Moment>,
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
    pinned_at: Option<i64>,
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

const SESSIONS: Walled = Walled::new("select s.id, s.name, s.event_name, s.race_day, s.created_at, s.pinned_at,
    cast(coalesce(sum(t.reads), 0) as bigint) as reads,
    min(t.first_read_at) as first_read_at, max(t.last_read_at) as last_read_at
    from timing_sessions s left join timing_streams t on t.timing_session_id = s.id
    where s.partner_id = $1 and s.id >= $2 and s.id <= $3 group by s.id order by s.id desc limit $4");

const LOCATIONS: Walled = Walled::new("select timing_session_id, name from timing_locations
    where partner_id = $1 and timing_session_id >= $2 and timing_session_id <= $3 order by created_at, name");

const BY_LOCATION: Walled = Walled::new(
    "select l.name as location, cast(coalesce(sum(t.reads), 0) as bigint) as reads,
    max(t.last_read_at) as last_read_at
    from timing_locations l
    left join timing_streams t on t.timing_session_id = l.timing_session_id and t.location = l.name
    where l.partner_id = $1 and l.timing_session_id = $2
    group by l.name, l.created_at order by l.created_at, l.name",
);

const RENAME: Walled =
    Walled::new("update timing_sessions set name = $3 where partner_id = $1 and id = $2");

const TOTALS: Across = Across::new(
    "select cast(coalesce(sum(reads), 0) as bigint) as reads,
    (select count(*) from timing_sessions) as sessions from timing_streams",
    "the status port tells how much there is in all",
);

impl Store {
    /// How much there is in all. For whoever watches the server; it tells nothing of any one partner.
    pub async fn totals(&self) -> Result<Totals> {
        reading!(self.db, Server, conn => TOTALS.query_as().fetch_one(conn).await)
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

    /// Gives a session another name for people; false when there is no such session.
    pub async fn rename_timing_session(
        &self,
        partner: PartnerId,
        id: TimingSessionId,
        name: &str,
    ) -> Result<bool> {
        writing!(self.db, partner, conn => RENAME.query(partner)
            .bind(id)
            .bind(name)
            .execute(conn)
            .await
            .map(|renamed| renamed.rows_affected() > 0))
    }

    async fn sessions_between(
        &self,
        partner: PartnerId,
        from: Uuid,
        up_to: Uuid,
        limit: usize,
    ) -> Result<Vec<TimingSession>> {
        let rows: Vec<SessionRow> = reading!(self.db, partner, conn => SESSIONS.query_as(partner)
            .bind(from)
            .bind(up_to)
            .bind(limit as i64)
            .fetch_all(conn)
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
        let rows: Vec<LocationRow> = reading!(self.db, partner, conn => LOCATIONS.query_as(partner)
            .bind(oldest)
            .bind(newest)
            .fetch_all(conn)
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
        let rows: Vec<LocationFiguresRow> = reading!(self.db, partner, conn => BY_LOCATION.query_as(partner)
            .bind(session)
            .fetch_all(conn)
            .await?);
        Ok(rows.into_iter().map(LocationFigures::from).collect())
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
            pinned_at: row.pinned_at.map(Moment),
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
