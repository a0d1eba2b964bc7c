//! Timing sessions as operators look at them: what came in, where and when.

use std::collections::BTreeMap;

use gantry_core::time::Moment;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    PartnerId, Result, Store, TimingSessionId,
    db::{reading, writing},
    fence::Server,
    part_figures::{FIGURES, FiguresRow},
    parts::open_ended,
    sql::{Across, Walled},
};

/// One event of one partner on one day, or what operators made of such, with what came in so far.
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
    /// When an operator closed it.
    pub closed_at: Option<Moment>,
    /// When an operator opened it again.
    pub reopened_at: Option<Moment>,
    /// The recordings whose newest reads it shows, each by the session that hardware opened. None once all of them go on in
    /// other sessions.
    pub fed_by: Vec<TimingSessionId>,
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
    pinned_at: Option<i64>,
    closed_at: Option<i64>,
    reopened_at: Option<i64>,
}

#[derive(FromRow)]
struct FedByRow {
    timing_session_id: TimingSessionId,
    recording_id: TimingSessionId,
}

/// What is known of a mat, and when it turned up.
struct Mat {
    since: i64,
    first_read_at: Option<i64>,
    figures: LocationFigures,
}

const SESSIONS: Walled = Walled::new(
    "select id, name, event_name, race_day, created_at, pinned_at, closed_at, reopened_at from timing_sessions
    where partner_id = $1 and id >= $2 and id <= $3 and merged_into is null order by id desc limit $4",
);

/// Where what hardware sends now is shown.
const FED_BY: Walled = Walled::new(concat!(
    "select p.timing_session_id, p.recording_id from timing_session_parts p
    where p.partner_id = $1 and p.timing_session_id >= $2 and p.timing_session_id <= $3 and ",
    open_ended!()
));

const RENAME: Walled = Walled::new(
    "update timing_sessions set name = $3 where partner_id = $1 and id = $2 and merged_into is null",
);

const TOTALS: Across = Across::new(
    "select cast(coalesce(sum(reads), 0) as bigint) as reads,
    (select count(*) from timing_sessions where merged_into is null) as sessions from timing_streams",
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
        let (oldest, newest) = (oldest.id, newest.id);
        let mut mats = self.mats_between(partner, oldest, newest).await?;
        let fed_by: Vec<FedByRow> = reading!(self.db, partner, conn => FED_BY.query_as(partner)
            .bind(oldest)
            .bind(newest)
            .fetch_all(conn)
            .await?);
        Ok(rows
            .into_iter()
            .map(|row| {
                let mats = mats.remove(&row.id).unwrap_or_default();
                let of_session = fed_by.iter().filter(|fed| fed.timing_session_id == row.id);
                let fed_by = of_session.map(|fed| fed.recording_id).collect();
                TimingSession::new(row, mats, fed_by)
            })
            .collect())
    }

    /// What came in at each mat of some sessions, in the order in which the mats turned up.
    async fn mats_between(
        &self,
        partner: PartnerId,
        oldest: TimingSessionId,
        newest: TimingSessionId,
    ) -> Result<BTreeMap<TimingSessionId, Vec<Mat>>> {
        let rows: Vec<FiguresRow> = reading!(self.db, partner, conn => FIGURES.query_as(partner)
            .bind(oldest)
            .bind(newest)
            .fetch_all(conn)
            .await?);
        let mut sessions: BTreeMap<_, Vec<Mat>> = BTreeMap::new();
        for row in rows {
            let mats = sessions.entry(row.timing_session_id).or_default();
            let known = mats
                .iter_mut()
                .find(|mat| mat.figures.location == row.location);
            match known {
                Some(mat) => mat.add(&row),
                None => mats.push(Mat::new(row)),
            }
        }
        for mats in sessions.values_mut() {
            mats.sort_by(|one, other| {
                let order = |mat: &Mat| (mat.since, mat.figures.location.clone());
                order(one).cmp(&order(other))
            });
        }
        Ok(sessions)
    }

    /// What came in at each mat of a session, in the order in which the mats turned up.
    pub async fn reads_by_location(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
    ) -> Result<Vec<LocationFigures>> {
        let mut sessions = self.mats_between(partner, session, session).await?;
        let mats = sessions.remove(&session).unwrap_or_default();
        Ok(mats.into_iter().map(|mat| mat.figures).collect())
    }
}

impl Mat {
    fn new(row: FiguresRow) -> Self {
        Self {
            since: row.since,
            first_read_at: row.first_read_at,
            figures: LocationFigures {
                location: row.location,
                reads: row.reads,
                last_read_at: row.last_read_at.map(Moment),
            },
        }
    }

    /// Adds what came in at the same mat in another recording.
    fn add(&mut self, row: &FiguresRow) {
        self.since = self.since.min(row.since);
        self.first_read_at = [self.first_read_at, row.first_read_at]
            .into_iter()
            .flatten()
            .min();
        self.figures.reads += row.reads;
        self.figures.last_read_at = self.figures.last_read_at.max(row.last_read_at.map(Moment));
    }
}

impl TimingSession {
    fn new(row: SessionRow, mats: Vec<Mat>, fed_by: Vec<TimingSessionId>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            event_name: row.event_name,
            race_day: day(row.race_day),
            created_at: Moment(row.created_at),
            reads: mats.iter().map(|mat| mat.figures.reads).sum(),
            first_read_at: mats
                .iter()
                .filter_map(|mat| mat.first_read_at)
                .min()
                .map(Moment),
            last_read_at: mats.iter().filter_map(|mat| mat.figures.last_read_at).max(),
            locations: mats.into_iter().map(|mat| mat.figures.location).collect(),
            pinned_at: row.pinned_at.map(Moment),
            closed_at: row.closed_at.map(Moment),
            reopened_at: row.reopened_at.map(Moment),
            fed_by,
        }
    }
}

/// The day, without the number that tells a further recording of an event and day from the first.
fn day(race_day: String) -> String {
    match race_day.split_once('#') {
        Some((day, _number)) => day.to_owned(),
        None => race_day,
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
                .reads_per_minute(partner, session, NOW + 60_002)
                .await
                .expect("counts"),
            1
        );
    }
}
