//! Repeats that the keys of a recording do not tell.
//!
//! Within a recording the table's own keys keep out what is there already. A program that is started again the next day, though,
//! sends yesterday's reads into today's recording under a new connection id; and hardware can say something else under a number
//! that it has used before, which the keys take for a repeat. The first is not stored again, the second is kept as a line.

use std::collections::BTreeSet;

use sqlx::{PgConnection, SqliteConnection};

use super::{
    NewLine, NewRead, Result, StoredRead, TimingSessionId, sql::Across, streams::PAUSE_MS,
};

/// The other recordings of the event of `$2`.
macro_rules! others {
    () => {
        "timing_sessions mine join timing_sessions other on mine.id = $2 and other.id <> mine.id and other.split_from is null
            and other.partner_id = mine.partner_id and other.event_name = mine.event_name"
    };
}

/// Of what was stored after `$1` in the recording `$2`, the reads from before the hardware could have opened it, where the same
/// read is in another recording of the event. Whether there is another is found out once.
const FORGET_EARLIER: Across = Across::new(
    concat!(
        "delete from timing_reads as come
    where position > $1 and timing_session_id = $2 and received_at - at > $3
    and exists (select 1 from ",
        others!(),
        ")
    and exists (select 1 from ",
        others!(),
        " join timing_reads known on known.timing_session_id = other.id and known.location = come.location
            and known.sequence = come.sequence and known.tag = come.tag and known.wire_time = come.wire_time
            and known.reader = come.reader)"
    ),
    "the hardware of all partners is stored in one transaction",
);

const OTHERS: Across = Across::new(
    "select come.column1 from (",
    "the hardware of all partners is stored in one transaction",
);

/// A time may be written in another way; the same moment of the same tag is the same read.
const UNDER_KNOWN_NUMBERS: &str = ") as come
    join timing_reads known on known.stream_id = come.column2 and known.sequence = come.column3
    where known.tag <> come.column4 or known.at <> come.column5 and known.wire_time <> come.column6";

/// Reads in one statement; SQLite takes at most 32,766 values.
const AT_ONCE: usize = 1_024;

/// Looking for repeats, within a transaction of either database.
pub(super) trait Repeats {
    /// Takes out of what was stored after `last` what is in an earlier recording of its event; answers how many reads that were.
    async fn forget_earlier(&mut self, last: i64, reads: &[NewRead]) -> Result<u64>;

    /// The places among `reads`, of which `repeated` were not stored, of those that say something else than what is stored under
    /// their number.
    async fn others(&mut self, reads: &[NewRead], repeated: &[usize]) -> Result<Vec<i64>>;
}

/// What is said is the same on both.
macro_rules! repeats {
    ($connection:ty) => {
        impl Repeats for $connection {
            async fn forget_earlier(&mut self, last: i64, reads: &[NewRead]) -> Result<u64> {
                let mut forgotten = 0;
                for recording in recordings_of_earlier(reads) {
                    let forget = FORGET_EARLIER
                        .query()
                        .bind(last)
                        .bind(recording)
                        .bind(PAUSE_MS);
                    forgotten += forget.execute(&mut *self).await?.rows_affected();
                }
                Ok(forgotten)
            }

            async fn others(&mut self, reads: &[NewRead], repeated: &[usize]) -> Result<Vec<i64>> {
                let mut others = Vec::new();
                for chunk in repeated.chunks(AT_ONCE) {
                    let found: Vec<i64> = OTHERS
                        .builder()
                        .push_values(chunk, |mut row, &place| {
                            let NewRead { origin, read, .. } = &reads[place];
                            row.push_bind(place as i64)
                                .push_bind(origin.stream_id)
                                .push_bind(read.sequence.cast_signed())
                                .push_bind(&read.tag)
                                .push_bind(read.at.0)
                                .push_bind(&read.wire_time);
                        })
                        .push(UNDER_KNOWN_NUMBERS)
                        .build_query_scalar()
                        .fetch_all(&mut *self)
                        .await?;
                    others.extend(found);
                }
                Ok(others)
            }
        }
    };
}
repeats!(SqliteConnection);
repeats!(PgConnection);

/// The recordings of reads from before the hardware could have opened them. What is live never has to be looked for.
fn recordings_of_earlier(reads: &[NewRead]) -> BTreeSet<TimingSessionId> {
    reads
        .iter()
        .filter(|new| new.read.received_at.since_ms(new.read.at) > PAUSE_MS)
        .map(|new| new.origin.timing_session_id)
        .collect()
}

/// The places of the reads that were not stored; the first of them has the position `first`.
pub(super) fn repeated(first: i64, reads: &[NewRead], stored: &[StoredRead]) -> Vec<usize> {
    let stored: BTreeSet<i64> = stored.iter().map(|read| read.position - first).collect();
    (0..reads.len())
        .filter(|&place| !stored.contains(&(place as i64)))
        .collect()
}

/// The line of a read that says something else than the one that is known by its number.
pub(super) fn line_of(NewRead { origin, read, .. }: &NewRead) -> NewLine {
    let fault = format!(
        "the number {} of {} is another read's",
        read.sequence, read.location
    );
    NewLine {
        timing_session_id: Some(origin.timing_session_id),
        ..NewLine::of_read(origin.partner_id, read.clone(), fault)
    }
}
