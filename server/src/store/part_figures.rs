//! How much came in, part by part.
//!
//! What is in a whole recording its streams count as it comes in. Reads of a part that is less are counted afterwards, in small
//! steps and each once, so that nobody who asks has to count and what comes in is not delayed.

use sqlx::{Connection, FromRow};

use super::{
    PartnerId, Result, Store, TimingSessionId,
    db::{reading, writing},
    fence::Server,
    parts::{Part, part, whole},
    sql::{Across, Walled},
};

/// Reads that are looked at in one step.
const STEP: i64 = 20_000;

/// What is known of each mat of the timing sessions from `$2` to `$3`, of whole recordings and of parts.
pub(super) const FIGURES: Walled = Walled::new(concat!(
    "select p.timing_session_id, l.name as location, min(l.created_at) as since,
    cast(coalesce(sum(t.reads), 0) as bigint) as reads,
    min(t.first_read_at) as first_read_at, max(t.last_read_at) as last_read_at
    from timing_session_parts p
    join timing_locations l on l.timing_session_id = p.recording_id
    left join timing_streams t on t.timing_session_id = l.timing_session_id and t.location = l.name
    where p.partner_id = $1 and p.timing_session_id >= $2 and p.timing_session_id <= $3 and ",
    whole!(),
    " group by p.timing_session_id, l.name
    union all
    select p.timing_session_id, f.location, min(f.first_read_at) as since,
    cast(sum(f.reads) as bigint) as reads,
    min(f.first_read_at) as first_read_at, max(f.last_read_at) as last_read_at
    from timing_session_parts p join timing_part_figures f on f.part_id = p.id
    where p.partner_id = $1 and p.timing_session_id >= $2 and p.timing_session_id <= $3 and not (",
    whole!(),
    ") group by p.timing_session_id, f.location"
));

const UNCOUNTED: Across = Across::new(
    concat!(
        "select p.partner_id, ",
        part!(),
        " from timing_session_parts p where p.counted_to < p.up_to_position and not (",
        whole!(),
        ") and p.counted_to < (select max(r.position) from timing_reads r where r.timing_session_id = p.recording_id)"
    ),
    "the reads of all partners are counted",
);

const COUNT: Walled = Walled::new(
    "select location, count(*) as seen, max(position) as seen_to,
    cast(sum(case when at >= $6 and at < $7 then 1 else 0 end) as bigint) as reads,
    min(case when at >= $6 and at < $7 then received_at end) as first_read_at,
    max(case when at >= $6 and at < $7 then received_at end) as last_read_at,
    min(case when at >= $6 and at < $7 then position end) as first_position,
    max(case when at >= $6 and at < $7 then position end) as last_position
    from (select location, at, received_at, position from timing_reads
        where partner_id = $1 and timing_session_id = $2 and position > $3 and position <= $4
        order by position limit $5) step
    group by location",
);

/// Nothing, where the part was cut, joined or counted by somebody else meanwhile.
const COUNTED: Walled = Walled::new(
    "update timing_session_parts set counted_to = $4,
    first_position = coalesce(first_position, $5), last_position = coalesce($6, last_position)
    where partner_id = $1 and id = $2 and counted_to = $3
    and from_at = $7 and until_at = $8 and after_position = $9 and up_to_position = $10",
);

const ADD_UP: Walled = Walled::new(
    "insert into timing_part_figures (partner_id, part_id, location, reads, first_read_at, last_read_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (part_id, location) do update set
    reads = timing_part_figures.reads + excluded.reads, last_read_at = excluded.last_read_at",
);

/// What is known of a mat of a timing session.
#[derive(FromRow)]
pub(super) struct FiguresRow {
    pub(super) timing_session_id: TimingSessionId,
    pub(super) location: String,
    /// When it turned up.
    pub(super) since: i64,
    pub(super) reads: i64,
    pub(super) first_read_at: Option<i64>,
    pub(super) last_read_at: Option<i64>,
}

#[derive(FromRow)]
struct UncountedRow {
    partner_id: PartnerId,
    #[sqlx(flatten)]
    part: Part,
}

#[derive(FromRow)]
struct CountRow {
    location: String,
    seen: i64,
    seen_to: i64,
    reads: i64,
    first_read_at: Option<i64>,
    last_read_at: Option<i64>,
    first_position: Option<i64>,
    last_position: Option<i64>,
}

impl Store {
    /// Counts some of what nobody counted yet in the parts of all timing sessions; false when nothing is left.
    pub async fn count_parts(&self) -> Result<bool> {
        let uncounted: Vec<UncountedRow> =
            reading!(self.db, Server, conn => UNCOUNTED.query_as().fetch_all(conn).await?);
        let mut is_more = false;
        for UncountedRow { partner_id, part } in uncounted {
            is_more |= self.count_step(partner_id, &part).await?;
        }
        Ok(is_more)
    }

    /// Counts some of a part's reads; false when those were all.
    async fn count_step(&self, partner: PartnerId, part: &Part) -> Result<bool> {
        // Everything up to here is there to be seen.
        let horizon = self.last_position().await?;
        let counts: Vec<CountRow> = reading!(self.db, partner, conn => COUNT.query_as(partner)
            .bind(part.recording)
            .bind(part.counted_to)
            .bind(part.up_to.min(horizon))
            .bind(STEP)
            .bind(part.from.0)
            .bind(part.until.0)
            .fetch_all(conn)
            .await?);
        let seen: i64 = counts.iter().map(|count| count.seen).sum();
        let seen_to = counts.iter().map(|count| count.seen_to).max();
        let is_more = seen == STEP;
        let counted_to = seen_to
            .filter(|_| is_more)
            .unwrap_or(part.up_to.min(horizon));
        writing!(self.db, partner, conn => {
            let mut transaction = conn.begin().await?;
            let counted = COUNTED.query(partner)
                .bind(part.id)
                .bind(part.counted_to)
                .bind(counted_to)
                .bind(counts.iter().filter_map(|count| count.first_position).min())
                .bind(counts.iter().filter_map(|count| count.last_position).max())
                .bind(part.from.0)
                .bind(part.until.0)
                .bind(part.after)
                .bind(part.up_to)
                .execute(&mut *transaction)
                .await?;
            if counted.rows_affected() == 0 {
                return Ok(true);
            }
            for count in counts.iter().filter(|count| count.reads > 0) {
                ADD_UP.query(partner)
                    .bind(part.id)
                    .bind(&count.location)
                    .bind(count.reads)
                    .bind(count.first_read_at)
                    .bind(count.last_read_at)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(is_more)
        })
    }
}
