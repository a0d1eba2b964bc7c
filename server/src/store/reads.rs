//! The reads themselves, as they come in: appended in groups.

use std::collections::BTreeMap;

use gantry_core::{
    read::{ReadKind, TimingRead},
    time::Moment,
};
use sqlx::Connection;

use super::{
    PartnerId, Result, Store, StreamId, TimingSessionId,
    db::{reading, storing},
    fence::Server,
    sql::{Across, Walled},
};

/// Whose a read is and which numbering it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The partner that the hardware works for.
    pub partner_id: PartnerId,
    /// The timing session.
    pub timing_session_id: TimingSessionId,
    /// The stream that the sequence counts in.
    pub stream_id: StreamId,
}

/// A read on its way into the store.
#[derive(Clone, Debug)]
pub struct NewRead {
    /// Whose it is.
    pub origin: Origin,
    /// The last sequence of its stream, this read included, before which none is missing: where to resume once this is
    /// stored. A number that was garbled cannot make the hardware skip what lies before it.
    pub resume_after: i64,
    /// What the hardware said.
    pub read: TimingRead,
}

/// A line that was no read, on its way into the store.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// The partner that the port collects for.
    pub partner_id: PartnerId,
    /// The timing session, once the connection has one.
    pub timing_session_id: Option<TimingSessionId>,
    /// Address and port of the sender.
    pub peer: String,
    /// When it came.
    pub received_at: Moment,
    /// Why it was refused; `None` when it was understood.
    pub fault: Option<String>,
    /// The bytes as they came, without the terminator.
    pub raw: Vec<u8>,
}

/// A read that is safe on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRead {
    /// Its place in the order in which everything was stored.
    pub position: i64,
    /// The timing session.
    pub timing_session_id: TimingSessionId,
    /// What happened.
    pub kind: ReadKind,
    /// The mat.
    pub location: String,
    /// Its number within its stream.
    pub sequence: i64,
    /// The tag's text; for ChronoTrack the bib.
    pub tag: String,
    /// When it happened.
    pub at: Moment,
    /// The wall-clock time as the wire had it.
    pub wire_time: String,
    /// Passes of this tag at this location so far, when the hardware says.
    pub lap: Option<i64>,
    /// The reader that saw the tag.
    pub reader: String,
    /// The antenna.
    pub gator: String,
    /// When the server received it.
    pub received_at: Moment,
}

/// Rows in one statement. More rows hardly cost less each, and SQLite takes at most 32,766 values.
const ROWS_PER_STATEMENT: usize = 128;

const APPEND: Across = Across::new("insert into timing_reads (position, partner_id, timing_session_id, stream_id, location, sequence,
    tag, kind, at, wire_time, lap, reader, gator, received_at, raw) ",
    "the hardware of all partners is stored in one transaction");

const UNLESS_REPEATED: &str = " on conflict do nothing returning position";

/// Rows with a position above the last one given out.
const ABOVE: Across = Across::new(
    "select (select count(*) from timing_reads where position > $1)
    + (select count(*) from session_events where position > $1)",
    "positions are counted over all partners",
);

const ADVANCE: Across = Across::new(
    "update timing_streams set
    last_sequence = case when last_sequence < $2 then $2 else last_sequence end,
    reads = reads + $3,
    first_read_at = coalesce(first_read_at, $4),
    last_read_at = coalesce($5, last_read_at)
    where id = $1",
    "the hardware of all partners is stored in one transaction",
);

const KEEP_LINES: Across = Across::new(
    "insert into timing_lines (id, partner_id, timing_session_id, peer, received_at, fault, raw) ",
    "the hardware of all partners is stored in one transaction",
);

const FAULTY_LINES: Walled =
    Walled::new("select count(*) from timing_lines where partner_id = $1 and fault is not null");

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
        let first = last + 1;
        storing!(self.db, Server, conn => {
            let mut transaction = conn.begin().await?;
            let mut stored = Vec::with_capacity(reads.len());
            for (chunk, from) in reads.chunks(ROWS_PER_STATEMENT).zip((first..).step_by(ROWS_PER_STATEMENT)) {
                let positions: Vec<i64> = APPEND.builder()
                    .push_values((from..).zip(chunk), |mut row, (position, new)| {
                        let NewRead { origin, read, .. } = new;
                        row.push_bind(position)
                            .push_bind(origin.partner_id)
                            .push_bind(origin.timing_session_id)
                            .push_bind(origin.stream_id)
                            .push_bind(&read.location)
                            .push_bind(read.sequence.cast_signed())
                            .push_bind(&read.tag)
                            .push_bind(kind_text(read.kind))
                            .push_bind(read.at.0)
                            .push_bind(&read.wire_time)
                            .push_bind(read.lap.map(i64::from))
                            .push_bind(&read.reader)
                            .push_bind(&read.gator)
                            .push_bind(read.received_at.0)
                            .push_bind(&read.raw);
                    })
                    .push(UNLESS_REPEATED)
                    .build_query_scalar()
                    .fetch_all(&mut *transaction)
                    .await?;
                stored.extend(in_order(positions).into_iter().map(|position| {
                    StoredRead::new(position, &reads[(position - first) as usize])
                }));
            }
            // A read that met a position in use would have been passed over like a repeat, and lost. Without reads nothing
            // is looked at: a transaction that looks before it writes is refused when another wrote meanwhile.
            if !reads.is_empty() {
                let above: i64 = ABOVE.query_scalar().bind(last).fetch_one(&mut *transaction).await?;
                if above != stored.len() as i64 {
                    return Err(sqlx::Error::Protocol(format!(
                        "somebody else stored under positions after {last}: expected to be the only one who writes"
                    )));
                }
            }
            for (stream, progress) in progress(first, reads, &stored) {
                ADVANCE.query()
                    .bind(stream)
                    .bind(progress.last_sequence)
                    .bind(progress.reads)
                    .bind(progress.first_read_at)
                    .bind(progress.last_read_at)
                    .execute(&mut *transaction)
                    .await?;
            }
            for chunk in lines.chunks(ROWS_PER_STATEMENT) {
                KEEP_LINES.builder()
                    .push_values(chunk, |mut row, line| {
                        row.push_bind(uuid::Uuid::now_v7())
                            .push_bind(line.partner_id)
                            .push_bind(line.timing_session_id)
                            .push_bind(&line.peer)
                            .push_bind(line.received_at.0)
                            .push_bind(&line.fault)
                            .push_bind(&line.raw);
                    })
                    .build()
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(stored)
        })
    }

    /// How many lines a partner's hardware sent that could not be understood.
    pub async fn faulty_lines(&self, partner: PartnerId) -> Result<i64> {
        reading!(self.db, partner, conn => FAULTY_LINES.query_scalar(partner).fetch_one(conn).await)
    }
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

/// Neither database promises the order of returned rows.
fn in_order(mut positions: Vec<i64>) -> Vec<i64> {
    positions.sort_unstable();
    positions
}

pub(super) const fn kind_text(kind: ReadKind) -> &'static str {
    match kind {
        ReadKind::Chip => "chip",
        ReadKind::Gun => "gun",
    }
}

impl StoredRead {
    fn new(position: i64, NewRead { origin, read, .. }: &NewRead) -> Self {
        Self {
            position,
            timing_session_id: origin.timing_session_id,
            kind: read.kind,
            location: read.location.clone(),
            sequence: read.sequence.cast_signed(),
            tag: read.tag.clone(),
            at: read.at,
            wire_time: read.wire_time.clone(),
            lap: read.lap.map(i64::from),
            reader: read.reader.clone(),
            gator: read.gator.clone(),
            received_at: read.received_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, NOW, race, read};

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
