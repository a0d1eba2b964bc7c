//! The reads of a timing session: read on from a position, or looked at from the newest.

use std::cmp::Reverse;

use gantry_core::{read::ReadKind, time::Moment};
use sqlx::FromRow;

use super::{
    PartnerId, Result, Store, StoredRead, TimingSessionId, db::reading, parts::Part,
    reads::kind_text, sql::Walled,
};

#[derive(FromRow)]
pub(super) struct ReadRow {
    pub(super) position: i64,
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

/// The columns of a [`ReadRow`].
macro_rules! read_columns {
    () => {
        "position, timing_session_id, kind, location, sequence, tag, at, wire_time, lap, reader, gator, received_at"
    };
}
pub(super) use read_columns;

const ALL_AFTER: Walled = Walled::new(concat!(
    "select ",
    read_columns!(),
    " from timing_reads where partner_id = $1 and timing_session_id = $2 and position > $3 order by position limit $4"
));

const SOME_AFTER: Walled = Walled::new(concat!(
    "select ",
    read_columns!(),
    " from timing_reads where partner_id = $1 and timing_session_id = $2 and position > $3
    and position <= $5 and at >= $6 and at < $7 order by position limit $4"
));

const ALL_NEWEST: Walled = Walled::new(concat!(
    "select ",
    read_columns!(),
    " from timing_reads where partner_id = $1 and timing_session_id = $2 order by position desc limit $3"
));

/// How many of the newest reads are looked at, where that is enough, and otherwise.
const LOOKS: [i64; 2] = [1_000, 10_000];

/// Looks among the newest only: between two reads of a part may be any number of another's.
const SOME_NEWEST: Walled = Walled::new(concat!(
    "select ",
    read_columns!(),
    " from (select ",
    read_columns!(),
    " from timing_reads where partner_id = $1 and timing_session_id = $2 and position > $4 and position <= $5
    order by position desc limit $8) newest
    where at >= $6 and at < $7 order by position desc limit $3"
));

/// Looks at the newest reads only: a session may hold a hundred thousand, and 500 a second is a flood.
const MOST_SINCE: [i64; 2] = [1_000, 30_000];

const ALL_SINCE: Walled = Walled::new(
    "select count(*) from (select received_at from timing_reads
    where partner_id = $1 and timing_session_id = $2 order by position desc limit $4) newest
    where received_at >= $3",
);

const SOME_SINCE: Walled = Walled::new(
    "select count(*) from (select received_at, at from timing_reads
    where partner_id = $1 and timing_session_id = $2 and position > $4 and position <= $5
    order by position desc limit $8) newest
    where received_at >= $3 and at >= $6 and at < $7",
);

/// Asks for the first rows of each of some parts after a position, with a text for whole recordings and one for less:
/// `first_rows!(self, partner, parts, position, limit, ALL, SOME)`. The rows are in no order.
macro_rules! first_rows {
    ($store:expr, $partner:expr, $parts:expr, $position:expr, $limit:expr, $all:expr, $some:expr) => {
        $crate::store::db::reading!($store.db, $partner, conn => {
            let mut rows = Vec::new();
            for part in $parts {
                if part.is_whole() {
                    rows.extend($all.query_as($partner)
                        .bind(part.recording)
                        .bind($position)
                        .bind($limit as i64)
                        .fetch_all(&mut *conn)
                        .await?);
                    continue;
                }
                let enough = rows.len() + $limit;
                for (after, up_to) in part.stretches($position) {
                    rows.extend($some.query_as($partner)
                        .bind(part.recording)
                        .bind(after)
                        .bind((enough - rows.len()) as i64)
                        .bind(up_to)
                        .bind(part.from.0)
                        .bind(part.until.0)
                        .fetch_all(&mut *conn)
                        .await?);
                }
            }
            rows
        })
    };
}
pub(super) use first_rows;

impl Store {
    /// The first `limit` reads of a timing session after `position`, in order.
    pub async fn reads_after(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        position: i64,
        limit: usize,
    ) -> Result<Vec<StoredRead>> {
        let parts = self.parts(partner, session).await?;
        self.reads_of(partner, &parts, position, limit).await
    }

    /// The first `limit` reads of some parts after `position`, in order and none left out.
    pub async fn reads_of(
        &self,
        partner: PartnerId,
        parts: &[Part],
        position: i64,
        limit: usize,
    ) -> Result<Vec<StoredRead>> {
        let mut rows: Vec<ReadRow> =
            first_rows!(self, partner, parts, position, limit, ALL_AFTER, SOME_AFTER);
        rows.sort_unstable_by_key(|row| row.position);
        rows.truncate(limit);
        Ok(rows.into_iter().map(StoredRead::from).collect())
    }

    /// The newest `limit` reads of a timing session, newest first.
    pub async fn newest_reads(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        limit: usize,
    ) -> Result<Vec<StoredRead>> {
        let parts = self.parts(partner, session).await?;
        let mut rows: Vec<ReadRow> = reading!(self.db, partner, conn => {
            let mut rows = Vec::new();
            for part in &parts {
                if part.is_whole() {
                    rows.extend(ALL_NEWEST.query_as(partner)
                        .bind(part.recording)
                        .bind(limit as i64)
                        .fetch_all(&mut *conn)
                        .await?);
                    continue;
                }
                let enough = rows.len() + limit;
                for (after, up_to) in part.stretches(0).rev() {
                    let wanted = enough - rows.len();
                    let mut found = Vec::new();
                    for look in LOOKS {
                        if found.len() < wanted {
                            found = SOME_NEWEST.query_as(partner)
                                .bind(part.recording)
                                .bind(wanted as i64)
                                .bind(after)
                                .bind(up_to)
                                .bind(part.from.0)
                                .bind(part.until.0)
                                .bind(look)
                                .fetch_all(&mut *conn)
                                .await?;
                        }
                    }
                    rows.extend(found);
                }
            }
            rows
        });
        rows.sort_unstable_by_key(|row| Reverse(row.position));
        rows.truncate(limit);
        Ok(rows.into_iter().map(StoredRead::from).collect())
    }

    /// How many reads of a session were received at or after `since`; at most 30,000 are counted of each of its parts.
    pub async fn reads_since(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        since: Moment,
    ) -> Result<i64> {
        let parts = self.parts(partner, session).await?;
        reading!(self.db, partner, conn => {
            let mut count = 0;
            for part in &parts {
                for look in MOST_SINCE {
                    let of_part: i64 = if part.is_whole() {
                        ALL_SINCE.query_scalar(partner)
                            .bind(part.recording)
                            .bind(since.0)
                            .bind(look)
                            .fetch_one(&mut *conn)
                            .await?
                    } else {
                        SOME_SINCE.query_scalar(partner)
                            .bind(part.recording)
                            .bind(since.0)
                            .bind(part.after)
                            .bind(part.up_to)
                            .bind(part.from.0)
                            .bind(part.until.0)
                            .bind(look)
                            .fetch_one(&mut *conn)
                            .await?
                    };
                    // Where less than all that was looked at is so new, nothing older is.
                    if of_part < look && part.is_whole() || look == MOST_SINCE[1] || of_part == 0 {
                        count += of_part;
                        break;
                    }
                }
            }
            Ok(count)
        })
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
