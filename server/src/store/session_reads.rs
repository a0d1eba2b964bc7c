//! The reads of a timing session: read on from a position, or looked at from the newest.

use gantry_core::{read::ReadKind, time::Moment};
use sqlx::FromRow;

use super::{
    PartnerId, Result, Store, StoredRead, TimingSessionId, db::reading, reads::kind_text,
    sql::Walled,
};

#[derive(FromRow)]
pub(super) struct ReadRow {
    position: i64,
    timing_session_id: TimingSessionId,
    kind: String,
    location: String,
    sequence: i64,
    tag: String,
    at: i64,
    wire_time: String,
    lap: Option<i64>,
    reader: String,
    gator: String,
    received_at: i64,
}

const READS_AFTER: Walled = Walled::new(
    "select position, timing_session_id, kind, location, sequence, tag, at, wire_time, lap, reader,
    gator, received_at from timing_reads
    where partner_id = $1 and timing_session_id = $2 and position > $3 order by position limit $4",
);

const NEWEST_READS: Walled = Walled::new(
    "select position, timing_session_id, kind, location, sequence, tag, at, wire_time, lap, reader,
    gator, received_at from timing_reads
    where partner_id = $1 and timing_session_id = $2 order by position desc limit $3",
);

/// Looks at the newest reads only: a session may hold a hundred thousand, and 500 a second is a flood.
const READS_SINCE: Walled = Walled::new(
    "select count(*) from (select received_at from timing_reads
    where partner_id = $1 and timing_session_id = $2 order by position desc limit 30000) newest
    where received_at >= $3",
);

impl Store {
    /// The first `limit` reads of a timing session after `position`, in order.
    pub async fn reads_after(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        position: i64,
        limit: usize,
    ) -> Result<Vec<StoredRead>> {
        let rows: Vec<ReadRow> = reading!(self.db, partner, conn => READS_AFTER.query_as(partner)
            .bind(session)
            .bind(position)
            .bind(limit as i64)
            .fetch_all(conn)
            .await?);
        Ok(rows.into_iter().map(StoredRead::from).collect())
    }

    /// The newest `limit` reads of a timing session, newest first.
    pub async fn newest_reads(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        limit: usize,
    ) -> Result<Vec<StoredRead>> {
        let rows: Vec<ReadRow> = reading!(self.db, partner, conn => NEWEST_READS.query_as(partner)
            .bind(session)
            .bind(limit as i64)
            .fetch_all(conn)
            .await?);
        Ok(rows.into_iter().map(StoredRead::from).collect())
    }

    /// How many reads of a session were received at or after `since`; at most 30,000 are counted.
    pub async fn reads_since(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        since: Moment,
    ) -> Result<i64> {
        reading!(self.db, partner, conn => READS_SINCE.query_scalar(partner)
            .bind(session)
            .bind(since.0)
            .fetch_one(conn)
            .await)
    }
}

impl From<ReadRow> for StoredRead {
    fn from(row: ReadRow) -> Self {
        Self {
            position: row.position,
            timing_session_id: row.timing_session_id,
            // The table lets in no third kind.
            kind: if row.kind == kind_text(ReadKind::Gun) {
                ReadKind::Gun
            } else {
                ReadKind::Chip
            },
            location: row.location,
            sequence: row.sequence,
            tag: row.tag,
            at: Moment(row.at),
            wire_time: row.wire_time,
            lap: row.lap,
            reader: row.reader,
            gator: row.gator,
            received_at: Moment(row.received_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::{self, NOW, race, read};

    #[tokio::test]
    async fn another_partner_sees_no_read() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        store
            .append(&[read(origin, 1, "7")], &[])
            .await
            .expect("stores");
        let other = store
            .add_partner("Other", NOW)
            .await
            .expect("adds")
            .expect("is new")
            .id;

        let session = origin.timing_session_id;
        assert_eq!(
            store
                .reads_after(other, session, 0, 10)
                .await
                .expect("answers"),
            []
        );
        assert_eq!(
            store
                .newest_reads(other, session, 10)
                .await
                .expect("answers"),
            []
        );
        assert_eq!(
            store
                .reads_since(other, session, NOW)
                .await
                .expect("answers"),
            0
        );
        assert_eq!(
            store.timing_session(other, session).await.expect("answers"),
            None
        );
        assert_eq!(
            store
                .reads_by_location(other, session)
                .await
                .expect("answers"),
            []
        );
    }
}
