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

/// How many of the newest reads of a recording are looked at for its pace: each costs a way into the table.
const LATELY: i64 = 2_000;

/// The shortest time that a pace is taken from.
const SHORTEST_MS: i64 = 1_000;

const MINUTE_MS: i64 = 60_000;

const PACE: Walled = Walled::new(
    "select count(*) as found, min(received_at) as oldest,
    cast(coalesce(sum(case when at >= $6 and at < $7 then 1 else 0 end), 0) as bigint) as of_part
    from (select received_at, at from timing_reads
    where partner_id = $1 and timing_session_id = $2 and position > $4 and position <= $5
    order by position desc limit $8) newest
    where received_at >= $3",
);

/// What came lately.
#[derive(FromRow)]
struct Pace {
    found: i64,
    oldest: Option<i64>,
    /// Of those found, the ones that the part shows.
    of_part: i64,
}

impl Pace {
    /// In a minute. Where more may have come than was looked at, at the pace of those.
    fn per_minute(&self, now: Moment) -> i64 {
        match self.oldest {
            Some(oldest) if self.found == LATELY => {
                let took = now.since_ms(Moment(oldest)).max(SHORTEST_MS);
                self.of_part * MINUTE_MS / took
            }
            _ => self.of_part,
        }
    }
}

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

    /// How many reads of a session were received in the minute before `now`, or would be at the pace of the newest two thousand.
    pub async fn reads_per_minute(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
        now: Moment,
    ) -> Result<i64> {
        let parts = self.parts(partner, session).await?;
        reading!(self.db, partner, conn => {
            let mut reads = 0;
            for part in &parts {
                let pace: Pace = PACE.query_as(partner)
                    .bind(part.recording)
                    .bind(now.0 - MINUTE_MS)
                    .bind(part.after)
                    .bind(part.up_to)
                    .bind(part.from.0)
                    .bind(part.until.0)
                    .bind(LATELY)
                    .fetch_one(&mut *conn)
                    .await?;
                reads += pace.per_minute(now);
            }
            Ok(reads)
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
    use super::LATELY;
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
                .reads_per_minute(other, session, NOW)
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

    #[tokio::test]
    async fn a_flood_is_told_by_its_pace() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let reads: Vec<_> = (1..=LATELY as u64 + 1)
            .map(|n| read(origin, n, "7"))
            .collect();
        store.append(&reads, &[]).await.expect("stores");
        let pace = async |after_ms| {
            let (partner, session) = (origin.partner_id, origin.timing_session_id);
            let reads = store.reads_per_minute(partner, session, NOW + after_ms);
            reads.await.expect("counts")
        };
        assert_eq!(pace(LATELY + 1).await, LATELY * 60_000 / (LATELY - 1));
        assert_eq!(pace(20_002).await, 6_000);
        assert_eq!(pace(61_001).await, LATELY - 999);
        assert_eq!(pace(63_000).await, 0);
    }
}
