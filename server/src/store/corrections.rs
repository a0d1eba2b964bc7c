//! What operators know better than the hardware about its times, and the reads that are dated again for it.
//!
//! A correction is of a mat in a recording. Raw lines, the times in them and their arrivals never change: what changes is the moment
//! that was made of them.

use gantry_core::{
    dating::{Correction, WireTime},
    read::{FIRST_MADE_UP, ReadKind},
    time::Moment,
};
use sqlx::{Connection, FromRow};

use super::{
    Origin, PartnerId, Result, Store, StreamId, TimingSessionId,
    db::{reading, writing},
    fence::Server,
    parts::whole,
    reads::kind_text,
    sql::{Across, Walled},
};

/// A correction as it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCorrection {
    /// Whose.
    pub partner_id: PartnerId,
    /// The recording.
    pub recording: TimingSessionId,
    /// The mat.
    pub location: String,
    /// What is known better.
    pub correction: Correction,
    /// When it was set.
    pub set_at: Moment,
    /// Whether reads that are stored may still have the times that they had before.
    pub is_pending: bool,
}

/// A stored read, as far as it tells when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// Its place in the order in which everything was stored.
    pub position: i64,
    /// The stream that it came on.
    pub stream: StreamId,
    /// What happened.
    pub kind: ReadKind,
    /// The reader that saw it.
    pub reader: String,
    /// What the clock showed; `None` for a text that is no time.
    pub time: Option<WireTime>,
    /// When it happened, as was found out so far.
    pub at: Moment,
    /// When it was received.
    pub received_at: Moment,
}

/// Reads that are asked for at once.
const PAGE: i64 = 2_000;

/// Of the newest reads of a recording so many are looked at for the last one of a stream.
const NEWEST: i64 = 1_000;

/// Of all recordings that a timing session shows something of.
const SET: Walled = Walled::new(
    "insert into timing_corrections (partner_id, recording_id, location, ahead_ms, first_day, set_at)
    select distinct l.partner_id, l.timing_session_id, l.name, $4, $5, $6
    from timing_session_parts p join timing_locations l on l.timing_session_id = p.recording_id
    where p.partner_id = $1 and p.timing_session_id = $2 and l.name = $3
    on conflict (recording_id, location) do update set
    ahead_ms = excluded.ahead_ms, first_day = excluded.first_day, set_at = excluded.set_at, redated_at = null",
);

macro_rules! correction {
    () => {
        "select c.partner_id, c.recording_id, c.location, c.ahead_ms, c.first_day, c.set_at, c.redated_at
        from timing_corrections c"
    };
}

const OF_SESSION: Walled = Walled::new(concat!(
    correction!(),
    " where c.partner_id = $1 and c.recording_id in (
        select recording_id from timing_session_parts where partner_id = $1 and timing_session_id = $2)
    order by c.location, c.recording_id"
));

const OF_LOCATION: Walled = Walled::new(concat!(
    correction!(),
    " where c.partner_id = $1 and c.recording_id = $2 and c.location = $3"
));

const PENDING: Across = Across::new(
    concat!(
        correction!(),
        " where c.redated_at is null order by c.set_at"
    ),
    "what was not finished is gone on with, whosever it is",
);

/// It counts as set anew, so that who dates reads again this moment does not take these for dated as well.
const DATE_AGAIN: Walled = Walled::new(
    "update timing_corrections set set_at = set_at + 1, redated_at = null
    where partner_id = $1 and recording_id = $2 and location = $3",
);

const ZONES: Walled = Walled::new(
    "select id, zone from timing_streams
    where partner_id = $1 and timing_session_id = $2 and location = $3 and zone is not null",
);

const DATED_AFTER: Walled = Walled::new(
    "select position, stream_id, kind, reader, wire_time, at, received_at from timing_reads
    where partner_id = $1 and timing_session_id = $2 and location = $3 and position > $4 order by position limit $5",
);

/// The newest of what has the highest number and what is among the newest of the recording: numbers that were made up are in no
/// order, and a client that was restarted begins again with 1.
const LAST_OF_STREAM: Walled = Walled::new(
    "select at, received_at from (
        select position, at, received_at from (
            select position, at, received_at from timing_reads
            where partner_id = $1 and stream_id = $2 and kind = $3 and sequence < $4
            order by sequence desc limit 1) numbered
        union all
        select position, at, received_at from (
            select position, at, received_at, stream_id, kind from timing_reads
            where partner_id = $1 and timing_session_id = $5 order by position desc limit $6) newest
        where stream_id = $2 and kind = $3) found
    order by position desc limit 1",
);

const DATE: Walled =
    Walled::new("update timing_reads set at = $3 where partner_id = $1 and position = $2");

const REDATED: Walled = Walled::new(
    "update timing_corrections set redated_at = $5
    where partner_id = $1 and recording_id = $2 and location = $3 and set_at = $4",
);

const RECOUNT: Walled = Walled::new(concat!(
    "update timing_session_parts as p set counted_to = after_position, first_position = null, last_position = null
    where p.partner_id = $1 and p.recording_id = $2 and not (",
    whole!(),
    ")"
));

const FORGET_COUNTS: Walled = Walled::new(
    "delete from timing_part_figures where partner_id = $1 and part_id in (
        select id from timing_session_parts where partner_id = $1 and recording_id = $2)",
);

#[derive(FromRow)]
struct CorrectionRow {
    partner_id: PartnerId,
    recording_id: TimingSessionId,
    location: String,
    ahead_ms: i64,
    first_day: Option<String>,
    set_at: i64,
    redated_at: Option<i64>,
}

#[derive(FromRow)]
struct DatedRow {
    position: i64,
    stream_id: StreamId,
    kind: String,
    reader: String,
    wire_time: String,
    at: i64,
    received_at: i64,
}

impl Store {
    /// Corrects the times of a mat in all that a timing session shows; false when there is no such session or mat. The reads that
    /// are stored have their old times until they are dated again.
    pub async fn set_correction(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        location: &str,
        correction: Correction,
        at: Moment,
    ) -> Result<bool> {
        writing!(self.db, partner, conn => SET.query(partner)
            .bind(session)
            .bind(location)
            .bind(correction.ahead_ms)
            .bind(correction.first_day.map(|day| day.to_string()))
            .bind(at.0)
            .execute(conn)
            .await
            .map(|set| set.rows_affected() > 0))
    }

    /// The corrections of all that a timing session shows.
    pub async fn corrections(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
    ) -> Result<Vec<SetCorrection>> {
        let rows: Vec<CorrectionRow> = reading!(self.db, partner, conn => OF_SESSION.query_as(partner)
            .bind(session)
            .fetch_all(conn)
            .await?);
        Ok(rows.into_iter().map(SetCorrection::from).collect())
    }

    /// The correction of a mat in a recording.
    pub async fn correction(
        &self,
        partner: PartnerId,
        recording: TimingSessionId,
        location: &str,
    ) -> Result<Option<Correction>> {
        let row: Option<CorrectionRow> = reading!(self.db, partner, conn => OF_LOCATION.query_as(partner)
            .bind(recording)
            .bind(location)
            .fetch_optional(conn)
            .await?);
        Ok(row.map(|row| SetCorrection::from(row).correction))
    }

    /// The corrections for which reads are to be dated again, the oldest first.
    pub async fn pending_corrections(&self) -> Result<Vec<SetCorrection>> {
        let rows: Vec<CorrectionRow> =
            reading!(self.db, Server, conn => PENDING.query_as().fetch_all(conn).await?);
        Ok(rows.into_iter().map(SetCorrection::from).collect())
    }

    /// When the last read of a stream happened and was received; guns, which may be told at any time, are left out.
    ///
    /// Of hardware that does not number its reads it is found among the newest of its recording, or not at all.
    pub(super) async fn last_of_stream(&self, origin: Origin) -> Result<Option<(Moment, Moment)>> {
        let partner = origin.partner_id;
        let last: Option<(i64, i64)> = reading!(self.db, partner, conn => LAST_OF_STREAM.query_as(partner)
            .bind(origin.stream_id)
            .bind(kind_text(ReadKind::Chip))
            .bind(FIRST_MADE_UP.cast_signed())
            .bind(origin.timing_session_id)
            .bind(NEWEST)
            .fetch_optional(conn)
            .await?);
        Ok(last.map(|(at, received_at)| (Moment(at), Moment(received_at))))
    }

    /// Has the reads of a mat dated again by its correction.
    pub(super) async fn date_again(&self, origin: Origin, location: &str) -> Result<()> {
        let partner = origin.partner_id;
        writing!(self.db, partner, conn => DATE_AGAIN.query(partner)
            .bind(origin.timing_session_id)
            .bind(location)
            .execute(conn)
            .await
            .map(drop))
    }

    /// By which zone, an IANA name, the newest reads of each stream of a correction's mat were dated, where that is known.
    pub async fn zones(&self, of: &SetCorrection) -> Result<Vec<(StreamId, String)>> {
        let partner = of.partner_id;
        reading!(self.db, partner, conn => ZONES.query_as(partner)
            .bind(of.recording)
            .bind(&of.location)
            .fetch_all(conn)
            .await)
    }

    /// Some reads of a correction's mat after a position, in order; none at the end.
    pub async fn dated_after(&self, of: &SetCorrection, position: i64) -> Result<Vec<Dated>> {
        let partner = of.partner_id;
        let rows: Vec<DatedRow> = reading!(self.db, partner, conn => DATED_AFTER.query_as(partner)
            .bind(of.recording)
            .bind(&of.location)
            .bind(position)
            .bind(PAGE)
            .fetch_all(conn)
            .await?);
        Ok(rows.into_iter().map(Dated::from).collect())
    }

    /// Gives reads other moments, all at once.
    pub async fn date(&self, partner: PartnerId, moments: &[(i64, Moment)]) -> Result<()> {
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            for (position, at) in moments {
                DATE.query(partner).bind(position).bind(at.0).execute(&mut *transaction).await?;
            }
            transaction.commit().await
        })
    }

    /// Notes that all reads of a correction's mat are dated by it, unless it was set again meanwhile. What is shown of the recording
    /// in parts is counted anew.
    pub async fn redated(&self, of: &SetCorrection, at: Moment) -> Result<()> {
        let partner = of.partner_id;
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            REDATED.query(partner)
                .bind(of.recording)
                .bind(&of.location)
                .bind(of.set_at.0)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            for text in [RECOUNT, FORGET_COUNTS] {
                text.query(partner).bind(of.recording).execute(&mut *transaction).await?;
            }
            transaction.commit().await
        })
    }
}

impl From<CorrectionRow> for SetCorrection {
    fn from(row: CorrectionRow) -> Self {
        Self {
            partner_id: row.partner_id,
            recording: row.recording_id,
            location: row.location,
            correction: Correction {
                ahead_ms: row.ahead_ms,
                // Nothing but days is stored there.
                first_day: row.first_day.and_then(|day| day.parse().ok()),
            },
            set_at: Moment(row.set_at),
            is_pending: row.redated_at.is_none(),
        }
    }
}

impl From<DatedRow> for Dated {
    fn from(row: DatedRow) -> Self {
        Self {
            position: row.position,
            stream: row.stream_id,
            kind: if row.kind == kind_text(ReadKind::Gun) {
                ReadKind::Gun
            } else {
                ReadKind::Chip
            },
            reader: row.reader,
            time: WireTime::parse(&row.wire_time).ok(),
            at: Moment(row.at),
            received_at: Moment(row.received_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{NOW, race, read, store};

    #[tokio::test]
    async fn the_last_read_of_a_stream_is_the_one_that_came_last() {
        let (store, _place) = store().await;
        let origin = race(&store).await;
        let last = async || store.last_of_stream(origin).await.expect("answers");
        assert_eq!(last().await, None);
        // Numbered, numbered by a client that was restarted, and with numbers that were made up.
        let sequences = [1, 500, 2, FIRST_MADE_UP + 9, FIRST_MADE_UP + 3];
        for (sequence, minute) in sequences.into_iter().zip(0..) {
            let mut one = read(origin, sequence, &sequence.to_string());
            one.read.at = NOW + minute * 60_000;
            one.read.received_at = one.read.at + 1;
            let came = (one.read.at, one.read.received_at);
            store.append(&[one], &[]).await.expect("stores");
            assert_eq!(last().await, Some(came), "{sequence}");
        }
        // Long after, a number tells still.
        let other = store.open_stream(
            origin.partner_id,
            origin.timing_session_id,
            "NEW",
            "START",
            NOW,
        );
        let other = Origin {
            stream_id: other.await.expect("opens").id,
            ..origin
        };
        let at_the_start = |sequence| {
            let mut one = read(other, sequence, "7");
            one.read.location = "START".to_owned();
            one
        };
        let many: Vec<_> = (1..=NEWEST.unsigned_abs()).map(at_the_start).collect();
        store.append(&many, &[]).await.expect("stores");
        let numbered = NOW + 60_000;
        assert_eq!(last().await, Some((numbered, numbered + 1)));
    }
}
