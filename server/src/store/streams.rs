//! Timing sessions, locations and streams as the hardware makes them.

use gantry_core::time::Moment;
use sqlx::{Connection, FromRow};

use super::{
    PartnerId, Result, Store, StreamId, TimingSessionId,
    db::writing,
    parts::{Part, add_part, open_ended},
    sql::Walled,
};

/// How long after its last read a session is still the same race, in milliseconds.
pub const PAUSE_MS: i64 = 6 * 3_600_000;

/// One numbering of reads and where to go on in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Stream {
    /// Its id.
    pub id: StreamId,
    /// The highest sequence received; 0 before the first.
    pub last_sequence: i64,
}

/// A race may go on after midnight, and a session that hardware knows by its connection id is the same on any day. Only
/// ChronoTrack's ids, of 40 characters, are given to no other race; a reader's name is the same next weekend.
const RUNNING_SESSION: Walled = Walled::new(concat!(
    "select s.id from timing_sessions s
    left join timing_streams t on t.timing_session_id = s.id
    left join timing_session_parts p on p.recording_id = s.id and ",
    open_ended!(),
    " left join timing_sessions shown on shown.id = p.timing_session_id
    where s.partner_id = $1 and s.event_name = $2 and s.split_from is null
    and (t.connection = $3 and length(t.connection) = 40 or t.last_read_at >= $4 or s.created_at >= $4 or shown.reopened_at >= $4)
    order by case when t.connection = $3 then 0 else 1 end, s.id desc limit 1"
));

const OPEN_SESSION: Walled = Walled::new(
    "insert into timing_sessions (partner_id, id, name, event_name, race_day, created_at)
    values ($1, $2, $3, $3, $4, $5) on conflict do nothing",
);

const SESSION_OF_DAY: Walled = Walled::new(
    "select id from timing_sessions
    where partner_id = $1 and event_name = $2 and race_day = $3 and split_from is null",
);

const OPEN_LOCATION: Walled = Walled::new(
    "insert into timing_locations (partner_id, timing_session_id, name, created_at)
    values ($1, $2, $3, $4) on conflict do nothing",
);

const OPEN_STREAM: Walled = Walled::new(
    "insert into timing_streams
    (partner_id, id, timing_session_id, connection, location, last_sequence, reads, created_at)
    values ($1, $2, $3, $4, $5, 0, 0, $6) on conflict do nothing",
);

const STREAM: Walled = Walled::new(
    "select id, last_sequence from timing_streams
    where partner_id = $1 and timing_session_id = $2 and connection = $3 and location = $4",
);

impl Store {
    /// The recording that hardware of that event goes on with: the one that its connection id is known from, else one that had
    /// reads, or was opened again, in the last six hours, else the one of this day, which is made when missing.
    pub async fn open_timing_session(
        &self,
        partner: PartnerId,
        event_name: &str,
        connection: &str,
        race_day: &str,
        at: Moment,
    ) -> Result<TimingSessionId> {
        writing!(self.db, partner, conn => {
            let running = RUNNING_SESSION.query_scalar(partner)
                .bind(event_name)
                .bind(connection)
                .bind(at.0 - PAUSE_MS)
                .fetch_optional(&mut *conn)
                .await?;
            if let Some(running) = running {
                return Ok(running);
            }
            let mut transaction = conn.begin().await?;
            let new = TimingSessionId::new();
            let opened = OPEN_SESSION.query(partner)
                .bind(new)
                .bind(event_name)
                .bind(race_day)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            if opened.rows_affected() > 0 {
                add_part!(partner, Part::whole_of(new)).execute(&mut *transaction).await?;
            }
            let recording = SESSION_OF_DAY.query_scalar(partner)
                .bind(event_name)
                .bind(race_day)
                .fetch_one(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(recording)
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
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            OPEN_LOCATION.query(partner)
                .bind(session)
                .bind(location)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            OPEN_STREAM.query(partner)
                .bind(StreamId::new())
                .bind(session)
                .bind(connection)
                .bind(location)
                .bind(at.0)
                .execute(&mut *transaction)
                .await?;
            let stream = STREAM.query_as(partner)
                .bind(session)
                .bind(connection)
                .bind(location)
                .fetch_one(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(stream)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::{self, NOW, race};

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
        // An id of ChronoTrack's is no other race's; a reader's name may be.
        let id = "255F".repeat(10);
        for (connection, is_known) in [(id.as_str(), true), ("255F", false)] {
            let stream = store.open_stream(origin.partner_id, known, connection, "FINISH", NOW);
            stream.await.expect("opens");
            let session = open("21ROTM", connection, "2021-05-10", 44).await;
            assert_eq!(session == known, is_known, "{connection}");
        }
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
}
