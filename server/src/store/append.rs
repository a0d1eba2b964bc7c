//! Reads and lines on their way into the store: appended in groups, one transaction each.

use std::{collections::BTreeMap, sync::LazyLock};

use sqlx::{Connection, Database, Encode, PgConnection, SqliteConnection, Type};

use super::{
    NewLine, NewRead, Result, Store, StoredRead, StreamId,
    db::storing,
    fence::Server,
    reads::kind_text,
    repeats::{self, Repeats as _},
    sql::{Across, Rows},
};
use crate::crash_points::{Point, point};

/// Rows in one statement: as many as there are, in as few statements as these sizes allow, so that all that are ever said stay
/// prepared. SQLite takes at most 32,766 values.
const SIZES: [usize; 6] = [1_024, 256, 64, 16, 4, 1];

/// Values of a row of reads.
const COLUMNS: usize = 15;

const APPEND: Across = Across::new("insert into timing_reads (position, partner_id, timing_session_id, stream_id, location, sequence,
    tag, kind, at, wire_time, lap, reader, gator, received_at, raw) ",
    "the hardware of all partners is stored in one transaction");

const UNLESS_REPEATED: &str = " on conflict do nothing";

/// The positions above the last one given out.
const ABOVE: Across = Across::new(
    "select position from timing_reads where position > $1
    union all select position from session_events where position > $1
    order by position",
    "positions are counted over all partners",
);

const EVENTS_ABOVE: Across = Across::new(
    "select count(*) from session_events where position > $1",
    "positions are counted over all partners",
);

/// All streams at once: each statement is a way to the thread that writes and back. Both databases call the columns of values so.
const ADVANCE: Across = Across::new(
    "update timing_streams as stream set
    last_sequence = case when stream.last_sequence < come.column2 then come.column2 else stream.last_sequence end,
    reads = stream.reads + come.column3,
    first_read_at = coalesce(stream.first_read_at, come.column4),
    last_read_at = coalesce(come.column5, stream.last_read_at)
    from (",
    "the hardware of all partners is stored in one transaction",
);

const KEEP_LINES: Across = Across::new(
    "insert into timing_lines (id, partner_id, timing_session_id, peer, received_at, fault, raw) ",
    "the hardware of all partners is stored in one transaction",
);

/// Lines in one statement.
const LINES_PER_STATEMENT: usize = 128;

impl Store {
    /// Stores what the hardware sent in one transaction and answers the reads that were not there yet, in order.
    ///
    /// When this returns `Ok`, all of it is on disk and the streams know where to resume. On an error nothing is, unless it
    /// was the commit that failed: that may have taken effect, and trying again answers then that nothing was new.
    ///
    /// It is an error when somebody else stored under positions that this store was to give out. The next attempt begins
    /// after them.
    pub async fn append(&self, reads: &[NewRead], lines: &[NewLine]) -> Result<Vec<StoredRead>> {
        self.after_last(reads.len(), async |last| {
            self.append_after(last, reads, lines).await
        })
        .await
    }

    async fn append_after(
        &self,
        last: i64,
        reads: &[NewRead],
        lines: &[NewLine],
    ) -> Result<Vec<StoredRead>> {
        storing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let mut inserted = transaction.insert(last, reads).await?;
            point(Point::Inserted);
            inserted -= transaction.forget_earlier(last, reads).await?;
            let positions = transaction.positions(last, reads.len(), inserted).await?;
            let stored: Vec<StoredRead> = positions
                .into_iter()
                .map(|position| StoredRead::new(position, &reads[(position - last - 1) as usize]))
                .collect();
            transaction.advance(progress(last + 1, reads, &stored)).await?;
            transaction.keep(lines).await?;
            if stored.len() < reads.len() {
                let repeated = repeats::repeated(last + 1, reads, &stored);
                let others = transaction.others(reads, &repeated).await?;
                let others: Vec<_> = others.into_iter().map(|place| repeats::line_of(&reads[place as usize])).collect();
                transaction.keep(&others).await?;
            }
            transaction.commit().await?;
            point(Point::Committed);
            Ok(stored)
        })
    }
}

/// The steps of appending, within a transaction of either database.
trait Appending {
    /// Stores reads under the positions after `last`, those that are there already excepted; answers how many were not.
    async fn insert(&mut self, last: i64, reads: &[NewRead]) -> Result<u64>;

    /// The positions under which that many of so many reads were stored.
    async fn positions(&mut self, last: i64, reads: usize, inserted: u64) -> Result<Vec<i64>>;

    /// Moves the streams on.
    async fn advance(&mut self, progress: BTreeMap<StreamId, Progress>) -> Result<()>;

    /// Keeps lines, those that are there already excepted.
    async fn keep(&mut self, lines: &[NewLine]) -> Result<()>;
}

/// What is said is the same on both.
macro_rules! appending {
    ($connection:ty) => {
        impl Appending for $connection {
            async fn insert(&mut self, last: i64, reads: &[NewRead]) -> Result<u64> {
                static TEXTS: LazyLock<[Rows; SIZES.len()]> =
                    LazyLock::new(texts::<<$connection as Connection>::Database>);
                let mut inserted = 0;
                let mut position = last;
                for (size, chunk) in portions(reads) {
                    let mut query = TEXTS[size].query();
                    for NewRead { origin, read, .. } in chunk {
                        position += 1;
                        query = query
                            .bind(position)
                            .bind(origin.partner_id)
                            .bind(origin.timing_session_id)
                            .bind(origin.stream_id)
                            .bind(&read.location)
                            .bind(read.sequence.cast_signed())
                            .bind(&read.tag)
                            .bind(kind_text(read.kind))
                            .bind(read.at.0)
                            .bind(&read.wire_time)
                            .bind(read.lap.map(i64::from))
                            .bind(&read.reader)
                            .bind(&read.gator)
                            .bind(read.received_at.0)
                            .bind(&read.raw);
                    }
                    inserted += query.execute(&mut *self).await?.rows_affected();
                }
                Ok(inserted)
            }

            // A read that met a position in use would have been passed over like a repeat, and lost. Without reads nothing is
            // looked at: a transaction that looks before it writes is refused when another wrote meanwhile.
            async fn positions(
                &mut self,
                last: i64,
                reads: usize,
                inserted: u64,
            ) -> Result<Vec<i64>> {
                if reads == 0 {
                    return Ok(Vec::new());
                }
                if inserted == reads as u64 {
                    let events = EVENTS_ABOVE.query_scalar().bind(last);
                    let events: i64 = events.fetch_one(self).await?;
                    ensure_alone(events == 0, last)?;
                    return Ok((last + 1..=last + reads as i64).collect());
                }
                let above: Vec<i64> = ABOVE.query_scalar().bind(last).fetch_all(self).await?;
                ensure_alone(above.len() as u64 == inserted, last)?;
                Ok(above)
            }

            async fn advance(&mut self, progress: BTreeMap<StreamId, Progress>) -> Result<()> {
                if progress.is_empty() {
                    return Ok(());
                }
                ADVANCE
                    .builder()
                    .push_values(progress, |mut row, (stream, progress)| {
                        row.push_bind(stream)
                            .push_bind(progress.last_sequence)
                            .push_bind(progress.reads)
                            .push_bind(progress.first_read_at)
                            .push_bind(progress.last_read_at);
                    })
                    .push(") as come where stream.id = come.column1")
                    .build()
                    .execute(self)
                    .await?;
                Ok(())
            }

            async fn keep(&mut self, lines: &[NewLine]) -> Result<()> {
                for chunk in lines.chunks(LINES_PER_STATEMENT) {
                    KEEP_LINES
                        .builder()
                        .push_values(chunk, |mut row, line| {
                            row.push_bind(line.id)
                                .push_bind(line.partner_id)
                                .push_bind(line.timing_session_id)
                                .push_bind(&line.peer)
                                .push_bind(line.received_at.0)
                                .push_bind(&line.fault)
                                .push_bind(&line.raw);
                        })
                        .push(UNLESS_REPEATED)
                        .build()
                        .execute(&mut *self)
                        .await?;
                }
                Ok(())
            }
        }
    };
}
appending!(SqliteConnection);
appending!(PgConnection);

/// The texts of [`APPEND`], one for each of the [`SIZES`].
fn texts<D: Database>() -> [Rows; SIZES.len()]
where
    Option<i64>: for<'q> Encode<'q, D> + Type<D>,
{
    SIZES.map(|rows| APPEND.rows::<D>(rows, COLUMNS, UNLESS_REPEATED))
}

/// The reads statement by statement, each with the place of its size among the [`SIZES`].
fn portions(mut left: &[NewRead]) -> impl Iterator<Item = (usize, &[NewRead])> {
    SIZES.iter().enumerate().flat_map(move |(size, &rows)| {
        let (whole, rest) = left.split_at(left.len() / rows * rows);
        left = rest;
        whole.chunks(rows).map(move |chunk| (size, chunk))
    })
}

/// Two servers on one database, which the second of them does not know.
fn ensure_alone(is_alone: bool, last: i64) -> Result<()> {
    if is_alone {
        return Ok(());
    }
    Err(sqlx::Error::Protocol(format!(
        "somebody else stored under positions after {last}: expected to be the only one who writes"
    )))
}

/// What a group of reads changes about its stream.
#[derive(Default)]
struct Progress {
    last_sequence: i64,
    reads: i64,
    first_read_at: Option<i64>,
    last_read_at: Option<i64>,
}

/// Repeats move a stream on as well, or a restarted client would be asked for everything again at every reconnect.
fn progress(first: i64, reads: &[NewRead], stored: &[StoredRead]) -> BTreeMap<StreamId, Progress> {
    let mut streams: BTreeMap<StreamId, Progress> = BTreeMap::new();
    for new in reads {
        let stream = streams.entry(new.origin.stream_id).or_default();
        stream.last_sequence = stream.last_sequence.max(new.resume_after);
    }
    for read in stored {
        let origin = reads[(read.position - first) as usize].origin;
        let stream = streams.entry(origin.stream_id).or_default();
        stream.reads += 1;
        stream.first_read_at.get_or_insert(read.received_at.0);
        stream.last_read_at = Some(read.received_at.0);
    }
    streams
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Origin,
        testing::{self, NOW, line, race, read},
    };

    #[tokio::test]
    async fn a_repeated_upload_stores_nothing_twice() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let reads: Vec<_> = (1..=300).map(|n| read(origin, n, &n.to_string())).collect();

        let first = store.append(&reads, &[]).await.expect("stores");
        assert_eq!(first.len(), 300);
        assert!(first.is_sorted_by_key(|read| read.position));
        assert_eq!(store.append(&reads, &[]).await.expect("answers"), []);

        let kept = store
            .reads_after(origin.partner_id, origin.timing_session_id, 0, 1000)
            .await
            .expect("reads");
        assert_eq!(kept, first, "what is answered is what is kept");
    }

    #[tokio::test]
    async fn a_line_that_is_stored_again_is_there_once() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        // The commit of the first two was in doubt.
        let lines = [b"?", b"?", b"!"].map(|raw| line(origin.partner_id, raw));
        for lines in [&lines[..2], &lines[..]] {
            store.append(&[], lines).await.expect("stores");
        }
        let stored = store.faulty_lines(origin.partner_id).await;
        assert_eq!(stored.expect("counts"), 3);
    }

    #[tokio::test]
    async fn a_restarted_client_stores_nothing_twice_but_its_stream_moves_on() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        store
            .append(&[read(origin, 1, "7"), read(origin, 2, "8")], &[])
            .await
            .expect("stores");

        let (partner, session) = (origin.partner_id, origin.timing_session_id);
        let again = store
            .open_stream(partner, session, "NEW", "FINISH", NOW)
            .await
            .expect("opens");
        let again = Origin {
            stream_id: again.id,
            ..origin
        };
        let stored = store
            .append(
                &[
                    read(again, 1, "7"),
                    read(again, 2, "8"),
                    read(again, 3, "9"),
                ],
                &[],
            )
            .await;
        let stored = stored.expect("stores");
        assert_eq!(
            stored
                .iter()
                .map(|read| read.tag.as_str())
                .collect::<Vec<_>>(),
            ["9"]
        );

        let stream = store
            .open_stream(partner, session, "NEW", "FINISH", NOW)
            .await
            .expect("is there");
        assert_eq!(stream.last_sequence, 3);
        let figures = store
            .timing_session(partner, session)
            .await
            .expect("reads")
            .expect("is there");
        assert_eq!(
            (figures.reads, figures.first_read_at, figures.last_read_at),
            (3, Some(NOW + 1), Some(NOW + 3))
        );
    }

    #[tokio::test]
    async fn a_client_that_is_restarted_the_next_day_does_not_bring_yesterday_into_today() {
        let (store, _dir) = testing::store().await;
        let yesterday = race(&store).await;
        let (partner, next_day) = (yesterday.partner_id, NOW + 24 * 3_600_000);
        let reads = [read(yesterday, 1, "7"), read(yesterday, 2, "8")];
        store.append(&reads, &[]).await.expect("stores");

        let session = store.open_timing_session(partner, "21ROTM", "NEW", "2021-05-09", next_day);
        let session = session.await.expect("opens");
        assert_ne!(session, yesterday.timing_session_id);
        let stream = store.open_stream(partner, session, "NEW", "FINISH", next_day);
        let today = Origin {
            timing_session_id: session,
            stream_id: stream.await.expect("opens").id,
            ..yesterday
        };
        let mut again = [
            read(today, 1, "7"),
            read(today, 2, "8"),
            read(today, 3, "9"),
            read(today, 4, "10"),
        ];
        for new in &mut again {
            new.read.received_at = next_day;
        }
        // Yesterday's last read, which never arrived, and one of today.
        again[3].read.at = next_day;
        let stored = store.append(&again, &[]).await.expect("stores");
        let tags: Vec<_> = stored.iter().map(|read| read.tag.as_str()).collect();
        assert_eq!(tags, ["9", "10"]);
        let kept = store.reads_after(partner, session, 0, 9).await;
        assert_eq!(kept.expect("reads"), stored);
        let stream = store.open_stream(partner, session, "NEW", "FINISH", next_day);
        assert_eq!(stream.await.expect("is there").last_sequence, 4);
    }

    #[tokio::test]
    async fn another_read_under_a_known_number_is_kept_as_a_line() {
        let (store, _dir) = testing::store().await;
        let origin = race(&store).await;
        let known = [read(origin, 1, "7"), read(origin, 2, "8")];
        store.append(&known, &[]).await.expect("stores");
        let mut moved = read(origin, 1, "7");
        moved.read.at = NOW + 5_000;
        moved.read.wire_time = "2021-05-08T07:58:26.95".to_owned();
        moved.read.raw = b"CT01_33~moved".to_vec();
        let mut written_otherwise = read(origin, 2, "8");
        written_otherwise.read.wire_time = "07:58:21.950".to_owned();
        let again = [
            moved,
            read(origin, 2, "9"),
            written_otherwise,
            read(origin, 3, "9"),
        ];
        for stored in [1, 0] {
            let appended = store.append(&again, &[]).await.expect("stores");
            assert_eq!(appended.len(), stored);
            let faults = store.faulty_lines(origin.partner_id).await;
            assert_eq!(faults.expect("counts"), 2, "the moved one and the other");
        }
    }

    #[tokio::test]
    async fn positions_go_on_after_a_restart() {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        let before = store
            .append(&[read(origin, 1, "7")], &[])
            .await
            .expect("stores");
        store.close().await;

        let store = Store::open(&place.database).await.expect("opens again");
        let after = store
            .append(&[read(origin, 2, "8")], &[])
            .await
            .expect("stores");
        assert!(after[0].position > before[0].position);
    }

    #[tokio::test]
    async fn two_stores_on_one_file_lose_no_read() {
        let (store, place) = testing::store().await;
        let origin = race(&store).await;
        let other = Store::open(&place.database).await.expect("opens beside it");
        let theirs = [read(origin, 1, "7"), read(origin, 2, "8")];
        store.append(&theirs, &[]).await.expect("stores");

        let ours = [read(origin, 3, "9")];
        let refused = other.append(&ours, &[]).await.expect_err("collides");
        assert!(refused.to_string().contains("after 0"), "{refused}");
        assert_eq!(other.append(&ours, &[]).await.expect("goes on").len(), 1);
        let kept = store
            .reads_after(origin.partner_id, origin.timing_session_id, 0, 10)
            .await
            .expect("reads");
        let kept: Vec<_> = kept.iter().map(|read| read.tag.as_str()).collect();
        assert_eq!(kept, ["7", "8", "9"]);
    }
}
